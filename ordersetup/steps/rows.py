"""A sample of rows: are quantities Numbers and timestamps Strings, as the guide has them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.tables import Table

SAMPLE = 25
"""Rows that are looked at: enough to show a habit, and one read of a few kilobytes."""

MOST_NAMED = 3
"""Rows of the wrong type that are named; the others are counted."""

_NAMES = {"S": "String", "N": "Number", "B": "Binary", "BOOL": "Boolean", "NULL": "Null"}


@dataclass(frozen=True, kw_only=True)
class RowsState(State):
    """The types found in a sample; an attribute that no row has counts as right."""

    quantity: Annotated[str, Shown("Type of quantity, in a sample of rows")]
    timestamp: Annotated[str, Shown("Type of timestamp, in a sample of rows")]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows(Step[RowsState]):
    """DynamoDB › Tables › the table › Explore table items.

    The console's form offers String first, so a quantity typed in by hand is easily a String; then
    UpdateInventory cannot subtract from it. Scan reads a few rows of the first page only.
    """

    table: Table

    group: ClassVar[Group] = Group.TABLES
    calls: ClassVar[Calls] = Calls(read=("dynamodb:Scan",), write=())

    @property
    def key(self) -> str:
        return f"rows/{self.table.name}"

    @property
    def title(self) -> str:
        return f"Items of {self.table.name}"

    @property
    def console(self) -> str:
        return f"DynamoDB › Tables › {self.table.name} › Explore table items"

    def console_page(self, region: str) -> str:
        return f"dynamodbv2/home?region={region}#item-explorer?table={self.table.name}"

    @property
    def desired(self) -> RowsState:
        return RowsState(quantity="Number", timestamp="String")

    @property
    def parent(self) -> Table:
        return self.table

    def by_hand(self, attribute: str) -> str:
        wanted = getattr(self.desired, attribute)
        return f"{self.console} › the item › {attribute} › set the type to {wanted}"

    def read(self, aws: Aws, seen: Seen) -> RowsState:
        rows = aws.dynamodb.scan(TableName=self.table.name, Limit=SAMPLE)["Items"]
        return RowsState(
            quantity=self._types(rows, "quantity", "Number"),
            timestamp=self._types(rows, "timestamp", "String"),
        )

    def _types(self, rows: Sequence[Mapping[str, Any]], attribute: str, wanted: str) -> str:
        """The type that all rows have; else each other one, with the rows that have it."""
        others: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            if attribute in row and (kind := _type(row[attribute])) != wanted:
                others.setdefault(kind, []).append(row)
        keys = [key for key in (self.table.partition_key, self.table.sort_key) if key]
        told = [f"{kind} in {_named(found, keys)}" for kind, found in sorted(others.items())]
        return " and ".join(told) or wanted

    def apply(
        self, aws: Aws, seen: Seen, actual: RowsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: rows are the shop's data."""


def _named(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str:
    """Some rows by their keys; the others are counted."""
    names = [
        " / ".join(str(next(iter(row[key].values()))) for key in keys if key in row) for row in rows
    ]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _type(value: Mapping[str, object]) -> str:
    kind = next(iter(value), "")
    return _NAMES.get(kind, kind)
