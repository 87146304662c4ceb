"""The stock that test orders take from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.operate.order import OWN_ITEM, TestOrder
from ordersetup.permissions import Uses

OWN_STOCK = 1000

USES: Uses = {
    "dynamodb:BatchGetItem": ("Inventory",),
    "dynamodb:PutItem": ("Inventory",),
}
"""What looking after test orders' stock calls."""


def put_own_item(aws: Aws, names: Names, needed: int) -> None:
    """Put our own item into stock where it is missing or too little; no other item is touched.

    Args:
        aws: where.
        names: the stack's.
        needed: how many pieces are wanted.
    """
    try:
        aws.dynamodb.put_item(
            TableName=names.of("Inventory"),
            Item={"item_id": {"S": OWN_ITEM}, "quantity": {"N": str(max(OWN_STOCK, needed))}},
            ConditionExpression="attribute_not_exists(item_id) OR quantity < :needed",
            ExpressionAttributeValues={":needed": {"N": str(needed)}},
        )
    except aws.dynamodb.exceptions.ConditionalCheckFailedException:
        return


def stock_of(aws: Aws, names: Names, items: Sequence[str]) -> dict[str, str | None]:
    """Quantity by item, read consistently; None for an item that is not there or has none."""
    table = names.of("Inventory")
    keys: Any = [{"item_id": {"S": item}} for item in items]
    stock: dict[str, str | None] = dict.fromkeys(items)
    while keys:
        answer = aws.dynamodb.batch_get_item(
            RequestItems={table: {"Keys": keys, "ConsistentRead": True}}
        )
        for row in answer["Responses"].get(table, []):
            stock[row["item_id"]["S"]] = row.get("quantity", {}).get("N")
        rest = answer.get("UnprocessedKeys", {})
        keys = rest[table]["Keys"] if table in rest else []
    return stock


def shortages(order: TestOrder, stock: Mapping[str, str | None], table: str) -> tuple[str, ...]:
    """Why an order cannot be filled, item by item, for people; empty where it can."""
    short = []
    for item, quantity in order.items:
        there = stock[item]
        if there is None:
            short.append(f"{item} is not in {table}")
        elif Decimal(there) < quantity:
            short.append(f"{item} has {there} of the {quantity} that are ordered")
    return tuple(short)
