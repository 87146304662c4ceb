"""The rows of the inventory: read a page at a time, set, and added to."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ordersetup.aws import Aws
from ordersetup.errors import StockRefused
from ordersetup.operate.batches import batched
from ordersetup.operate.inventory import stock_of
from ordersetup.operate.stock_rows import StockRow, StockSet, number_of, read_row
from ordersetup.patience import Patience, Say
from ordersetup.permissions import Uses
from ordersetup.refusals import AWS_ERRORS
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from ordersetup.blueprint import Names

_TABLE = ("Inventory",)
USES: Uses = {
    "dynamodb:BatchGetItem": _TABLE,
    "dynamodb:BatchWriteItem": _TABLE,
    "dynamodb:DescribeTable": _TABLE,
    "dynamodb:ListTagsOfResource": _TABLE,
    "dynamodb:Scan": _TABLE,
    "dynamodb:TransactWriteItems": _TABLE,
    "dynamodb:UpdateItem": _TABLE,
}
"""What looking after the stock calls."""

BUSY = tuple(
    Transient(
        code,
        fragment,
        "an order is being written to the same item",
        "See whether orders keep arriving for it",
        60,
    )
    for code, fragment in (
        ("TransactionConflictException", ""),
        ("TransactionCanceledException", "TransactionConflict"),
        ("TransactionInProgressException", ""),
    )
)
"""What writing a row meets while a transaction has it."""


class Stock:
    """The inventory of a stack.

    Args:
        aws: where.
        names: the stack's.
        wait: is told of each wait: DynamoDB has no time, or an order has the row.
        timeout: seconds for all of it.
        again: the command that goes on where this one ends.
    """

    def __init__(
        self,
        aws: Aws,
        names: Names,
        wait: Say,
        *,
        timeout: float,
        again: str = "ordersetup stock list",
    ) -> None:
        self._aws = aws
        self._names = names
        self._table = names.of("Inventory")
        self._patience = Patience(threading.Event(), wait, time.monotonic() + timeout, again=again)

    def rows(self) -> Iterator[StockRow]:
        """Every row, in DynamoDB's order; a page of 1 MB is held at a time (Scan, consistent)."""
        pages = self._aws.dynamodb.get_paginator("scan").paginate(
            TableName=self._table, ConsistentRead=True
        )
        return (read_row(row) for page in pages for row in page["Items"])

    def rows_of(self, items: Sequence[str]) -> Iterator[StockRow | str]:
        """The rows of some items, in the order in which they are named; a name without a row."""
        for some in batched(dict.fromkeys(items), 100):
            found = {row["item_id"]["S"]: read_row(row) for row in self.raw(some)}
            yield from (found.get(item, item) for item in some)

    def raw(self, items: Iterable[str]) -> list[Mapping[str, Any]]:
        """Up to 100 items' rows as DynamoDB tells them, all attributes (BatchGetItem)."""
        keys: Any = [{"item_id": {"S": item}} for item in items]
        found: list[Mapping[str, Any]] = []

        def ask() -> Any:
            return self._aws.dynamodb.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )

        def more() -> int:
            nonlocal keys
            answer = self._patience.attempt(ask, BUSY, "Reading the stock")
            found.extend(answer["Responses"].get(self._table, []))
            keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            return len(keys)

        self._patience.whole(more, "{} rows were not read yet: DynamoDB limits the rate")
        return found

    def put(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write up to 25 whole rows, each in the place of what there was (BatchWriteItem)."""
        left: Any = [{"PutRequest": {"Item": row}} for row in rows]

        def write() -> Any:
            return self._aws.dynamodb.batch_write_item(RequestItems={self._table: left})

        def more() -> int:
            nonlocal left
            answer = self._patience.attempt(write, BUSY, "Writing the stock")
            left = answer.get("UnprocessedItems", {}).get(self._table, [])
            return len(left)

        self._patience.whole(more, "{} lines were not written yet: DynamoDB limits the rate")

    def set(self, item: str, quantity: int, *, only_if: int | None = None) -> StockSet:
        """Set an item's stock, whether there is such an item or not; repeating it is safe.

        Args:
            item: the item.
            quantity: pieces.
            only_if: set it only if there are so many now; None for in any case.

        Raises:
            StockRefused: there are not so many now; nothing was changed.
        """
        client = self._aws.dynamodb
        request = _setting(self._table, item, quantity, only_if)
        try:
            answer = self._patience.attempt(
                lambda: client.update_item(**request), BUSY, f"Setting the stock of {item}"
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            old: Any = error.response.get("Item", {})
            before = number_of(old)
            if before != quantity:
                raise _changed(item, only_if, before) from error
        else:
            before = number_of(answer.get("Attributes", {}))
        return StockSet(item, before, Decimal(quantity))

    def add(self, item: str, quantity: int) -> Decimal | None:
        """Add pieces to an item that there is, exactly once even if an answer is lost.

        One token marks all tries of the call, and DynamoDB applies a token once within ten minutes
        (TransactWriteItems › ClientRequestToken); a plain UpdateItem would add again.

        Returns:
            The stock after it, as far as orders have not taken from it since; None if it cannot be
            read any more.

        Raises:
            StockRefused: there is no such item, or its quantity is no number.
        """
        client, token = self._aws.dynamodb, str(uuid4())
        action: Any = {
            "TableName": self._table,
            "Key": {"item_id": {"S": item}},
            "UpdateExpression": "SET quantity = quantity + :more",
            "ConditionExpression": "attribute_type(quantity, :number)",
            "ExpressionAttributeValues": {
                ":more": {"N": str(quantity)},
                ":number": {"S": "N"},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            self._patience.attempt(
                lambda: client.transact_write_items(
                    TransactItems=[{"Update": action}], ClientRequestToken=token
                ),
                BUSY,
                f"Adding to the stock of {item}",
            )
        except client.exceptions.TransactionCanceledException as error:
            (reason,) = error.response["CancellationReasons"]
            if reason.get("Code") != "ConditionalCheckFailed":
                raise
            raise _no_number(item, present=bool(reason.get("Item"))) from error
        return self._now(item)

    def _now(self, item: str) -> Decimal | None:
        # The pieces are in by now: a failure here would look as if they were not.
        try:
            told = stock_of(self._aws, self._names, [item])[item]
        except AWS_ERRORS:
            return None
        return None if told is None else Decimal(told)


def _setting(table: str, item: str, quantity: int, only_if: int | None) -> Any:
    request: dict[str, Any] = {
        "TableName": table,
        "Key": {"item_id": {"S": item}},
        "UpdateExpression": "SET quantity = :quantity",
        "ExpressionAttributeValues": {":quantity": {"N": str(quantity)}},
        "ReturnValues": "UPDATED_OLD",
    }
    if only_if is not None:
        request["ConditionExpression"] = "quantity = :now"
        request["ExpressionAttributeValues"][":now"] = {"N": str(only_if)}
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request


def _changed(item: str, only_if: int | None, before: Decimal | None) -> StockRefused:
    now = "it has no number" if before is None else f"it is {before:f}"
    return StockRefused(
        f"The stock of {item} is not {only_if}, {now}; nothing was changed.",
        f"Look at it with: ordersetup stock list {shlex.quote(item)}",
    )


def _no_number(item: str, *, present: bool) -> StockRefused:
    what = "has a quantity that is no number" if present else "is not in stock"
    return StockRefused(
        f"The item {item} {what}, so nothing can be added to it.",
        f"Set it instead, if the name is right: ordersetup stock set {shlex.quote(item)} N",
    )
