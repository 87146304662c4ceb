"""The tables in memory answer as moto's do, so that what is proven on them is proven on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.order import Line, Order
from handlers.stock import transaction
from tests.unit.handlers.tables import INVENTORY, TRANSACTIONS, Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = "2026-11-23T10:00:00+00:00"
STOCK = {"lamp": 4, "desk": 3}
baskets = st.dictionaries(
    st.sampled_from([*STOCK, "no-such-item"]), st.integers(1, 3), min_size=1, max_size=3
)
deliveries = st.lists(st.tuples(st.sampled_from(["A-1", "A-2"]), baskets), max_size=5)


def outcome(client: Any, actions: Any) -> list[tuple[str, object]]:
    """Code and old item of each reason a transaction was cancelled for; none if it was not."""
    try:
        client.transact_write_items(TransactItems=actions)
    except client.exceptions.TransactionCanceledException as cancelled:
        reasons = cancelled.response["CancellationReasons"]
        return [(reason["Code"], reason.get("Item")) for reason in reasons]
    return []


def rows(client: Any, order_id: str) -> list[tuple[str, str]]:
    pages = client.get_paginator("query").paginate(
        TableName=TRANSACTIONS,
        KeyConditionExpression="order_id = :order_id",
        ExpressionAttributeValues={":order_id": {"S": order_id}},
        ConsistentRead=True,
    )
    return sorted(
        (row["item_id"]["S"], row["quantity"]["N"]) for page in pages for row in page["Items"]
    )


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deliveries)
def test_each_transaction_ends_as_it_does_on_moto(
    dynamodb: DynamoDBClient, deliveries: list[tuple[str, dict[str, int]]]
) -> None:
    tables = Tables()
    tables.stock |= STOCK
    for item_id, quantity in STOCK.items():
        stocked: Any = {"item_id": {"S": item_id}, "quantity": {"N": str(quantity)}}
        dynamodb.put_item(TableName=INVENTORY, Item=stocked)
    for row in dynamodb.scan(TableName=TRANSACTIONS)["Items"]:
        key = {name: row[name] for name in ("order_id", "item_id")}
        dynamodb.delete_item(TableName=TRANSACTIONS, Key=key)
    for order_id, basket in deliveries:
        order = Order(order_id, tuple(Line(*line) for line in basket.items()), NOW)
        actions = transaction(order, inventory=INVENTORY, transactions=TRANSACTIONS)
        assert outcome(tables, actions) == outcome(dynamodb, actions)
        assert rows(tables, order_id) == rows(dynamodb, order_id)
    left = dynamodb.scan(TableName=INVENTORY)["Items"]
    assert {r["item_id"]["S"]: int(r["quantity"]["N"]) for r in left} == tables.stock
