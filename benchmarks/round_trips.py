"""How often UpdateInventory calls DynamoDB for an order, by the order's size."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
from moto import mock_aws

from handlers.ledger import Ledger
from handlers.order import MOST_LINES, Line, Order

SIZES = (1, 2, 10, 25, MOST_LINES)
REGION = "eu-west-1"


def round_trips() -> dict[str, dict[str, int]]:
    """Of an order of each size: how often each operation is called. On moto."""
    with mock_aws():
        dynamodb: Any = boto3.Session("test", "test", region_name=REGION).client("dynamodb")
        for table, keys in {"Stock": ("item_id",), "Rows": ("order_id", "item_id")}.items():
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": "RANGE" if place else "HASH"}
                    for place, key in enumerate(keys)
                ],
            )
        for index in range(MOST_LINES):
            item = {"item_id": {"S": f"item-{index}"}, "quantity": {"N": "1000"}}
            dynamodb.put_item(TableName="Stock", Item=item)
        made: list[str] = []
        dynamodb.meta.events.register("before-call", lambda model, **_: made.append(model.name))
        ledger = Ledger(dynamodb, "Stock", "Rows")
        found: dict[str, dict[str, int]] = {}
        for size in SIZES:
            made.clear()
            lines = tuple(Line(f"item-{index}", 1) for index in range(size))
            ledger.apply(Order(f"order-{size}", lines, "2026-11-24T10:00:00+00:00"))
            found[str(size)] = dict(Counter(made))
        return found
