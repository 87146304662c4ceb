"""Stock from a file: all of it is looked at before any of it is written.

A line sets an item's stock, so a file may be imported again: what stands already is not written,
which is also how an import that was cut off is completed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ordersetup.errors import BadInput
from ordersetup.operate.batches import batched
from ordersetup.operate.stock import Stock
from ordersetup.operate.stock_rows import item_fault, quantity_fault

HEADER = ["item_id", "quantity"]
BATCH = 25
"""BatchWriteItem takes no more."""

MOST_TOLD = 20
"""So many bad lines are named; a file of another kind has nothing else."""

Lines = Sequence[tuple[str, int]]


@dataclass
class Imported:
    """How far an import has come.

    Args:
        lines: how many there are.
        done: how many of them are in stock as the file says.
        new: how many items were not in stock before.
        changed: how many had another stock.
    """

    lines: int
    done: int = 0
    new: int = 0
    changed: int = 0

    @property
    def same(self) -> int:
        """How many were as the file says already."""
        return self.done - self.new - self.changed


def read_lines(text: Iterable[str], name: str) -> Lines:
    """The lines of a file with the columns item_id and quantity; blank ones do not count.

    Args:
        text: the file's lines.
        name: what the user calls it, for errors.

    Raises:
        BadInput: some lines cannot be imported; each is named by its number and its fault.
    """
    faults = _Faults()
    lines: list[tuple[str, int]] = []
    first: dict[str, int] = {}
    rows = csv.reader(text, strict=True)
    try:
        if (header := next(rows, [])) != HEADER:
            raise _no_header(name, header)
        for row in rows:
            if not row:
                continue
            number = rows.line_num
            if fault := _fault(row, first):
                faults.add(number, fault)
                continue
            item, quantity = row[0], row[1].strip()
            first[item] = number
            lines.append((item, int(quantity)))
    except csv.Error as error:
        faults.add(rows.line_num, f"{error}; what follows was not read")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8.", "Save it as CSV in UTF-8.") from error
    faults.check(name)
    return lines


class Import:
    """An import under way.

    Args:
        stock: what is imported into.
        lines: item and quantity.

    Attributes:
        imported: how far it has come, also when it was cut off.
    """

    def __init__(self, stock: Stock, lines: Lines) -> None:
        self._stock = stock
        self._lines = lines
        self.imported = Imported(len(lines))

    def run(self, tell: Callable[[Imported], None], *, dry: bool = False) -> Imported:
        """Set the stock of each line (BatchGetItem, then BatchWriteItem of what differs).

        A row's other attributes are kept: they are read along and written back.

        Args:
            tell: is told how far it has come, after each batch.
            dry: write nothing; the result is what would be new and changed.
        """
        imported = self.imported
        for some in batched(self._lines, BATCH):
            found = {row["item_id"]["S"]: row for row in self._stock.raw(item for item, _ in some)}
            puts = [*_puts(some, found)]
            if puts and not dry:
                self._stock.put(puts)
            new = sum(1 for item, _ in some if item not in found)
            imported.done += len(some)
            imported.new += new
            imported.changed += len(puts) - new
            tell(imported)
        return imported


class _Faults:
    """What is wrong with a file, line by line."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._count = 0

    def add(self, number: int, fault: str) -> None:
        self._count += 1
        if self._count <= MOST_TOLD:
            self._told.append(f"line {number}: {fault}")

    def check(self, name: str) -> None:
        """Refuse the file if there are any."""
        if not self._count:
            return
        more = self._count - len(self._told)
        lines = "1 line" if self._count == 1 else f"{self._count} lines"
        raise BadInput(
            f"{name} has {lines} that cannot be imported; nothing was written.",
            "Put them right, then import it again.",
            [*self._told, *([f"and {more} more"] if more else [])],
        )


def _fault(row: list[str], first: Mapping[str, int]) -> str:
    if len(row) != len(HEADER):
        return f"has {len(row)} fields, not item_id and quantity"
    item, quantity = row
    if fault := item_fault(item):
        return f"item_id {fault}"
    if fault := quantity_fault(quantity.strip()):
        return f"quantity {quantity.strip()[:40]!r} {fault}"
    return f"{item} is on line {first[item]} already" if item in first else ""


def _puts(lines: Lines, found: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item, quantity in lines:
        row = found.get(item, {"item_id": {"S": item}})
        wanted = {"N": str(quantity)}
        # DynamoDB tells a whole number without exponent or leading zeros, as Python does.
        if row.get("quantity") != wanted:
            yield {**row, "quantity": wanted}


def _no_header(name: str, found: list[str]) -> BadInput:
    begins = f"begins with {','.join(found)[:60]!r}" if found else "is empty"
    return BadInput(
        f"{name} {begins}, and not with the header item_id,quantity; nothing was written.",
        "Write item_id,quantity as its first line.",
    )
