"""The two tables an order is written to: the only place that talks to DynamoDB."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from .errors import StockContended
from .order import MOST_LINES, Order
from .stock import number, transaction, was_applied, why_cancelled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longest pause before each try, seconds: about 6 in all, of the function's 30.
PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


def doze(longest: float) -> None:
    """Sleep for a random part of `longest` seconds, so that rivals do not wake together."""
    time.sleep(random.uniform(0, longest))  # noqa: S311 (no secret hangs on it)


@dataclass(frozen=True)
class Ledger:
    """Inventory and Transactions.

    Attributes:
        dynamodb: the client.
        inventory: name of the table of stock; key `item_id`.
        transactions: name of the table of what was taken; keys `order_id` and `item_id`.
        pause: waits before a try, up to the given seconds.
    """

    dynamodb: DynamoDBClient
    inventory: str
    transactions: str
    pause: Callable[[float], None] = doze

    def apply(self, order: Order) -> bool:
        """Take the order's items from stock, unless that was done before.

        Two round trips whatever the order's size, more only where others write the same items.

        Returns:
            Whether this call did it; False where an earlier one had.

        Raises:
            OrderConflict: this id was applied with other contents.
            UnknownItem: the inventory lacks an item.
            OutOfStock: it has too little of one.
            StockContended: other orders kept writing to the same items.
            TransactionRefused: DynamoDB cancelled for another reason.
        """
        actions = transaction(order, inventory=self.inventory, transactions=self.transactions)
        for longest in PAUSES:
            self.pause(longest)
            if was_applied(order, self.rows(order.order_id)):
                return False
            try:
                self.dynamodb.transact_write_items(TransactItems=actions)
            except self.dynamodb.exceptions.TransactionCanceledException as cancelled:
                if error := why_cancelled(order, cancelled.response["CancellationReasons"]):
                    raise error from cancelled
            else:
                return True
        raise StockContended(order.order_id)

    def rows(self, order_id: str) -> dict[str, Decimal]:
        """Quantity by item of the rows that bear the order's id, read consistently."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.transactions,
            KeyConditionExpression="order_id = :order_id",
            ExpressionAttributeValues={":order_id": {"S": order_id}},
            ProjectionExpression="item_id, quantity",
            ConsistentRead=True,
            # One row more than any order has is enough to tell them apart.
            PaginationConfig={"MaxItems": MOST_LINES + 1},
        )
        rows = (row for page in pages for row in page["Items"])
        return {row["item_id"]["S"]: number(row.get("quantity")) for row in rows}
