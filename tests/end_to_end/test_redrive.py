"""Failed orders, replayed once stock has arrived: each applied once, none lost, others left."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import CUSTOMER, Shop, eventually

WAVE = 20
"""So many orders are let pile up: the engine starts a process for each function that runs."""


def depth(shop: Shop) -> int:
    queues = shop.client("sqs")
    found = queues.get_queue_attributes(
        QueueUrl=queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def settled(shop: Shop, failed: int) -> None:
    """Wait until so many are in the queue."""
    assert eventually(lambda: depth(shop), lambda n: n >= failed, within=120) == failed


def rows(shop: Shop, orders: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What each of the orders has been booked with; nothing of those that were not."""
    pages = shop.client("dynamodb").get_paginator("scan")
    found: dict[str, dict[str, int]] = {}
    for page in pages.paginate(TableName="InventoryTransactions", ConsistentRead=True):
        for row in page["Items"]:
            items = found.setdefault(row["order_id"]["S"], {})
            items[row["item_id"]["S"]] = int(row["quantity"]["N"])
    return {order_id: found[order_id] for order_id in orders.keys() & found.keys()}


def fail_all(shop: Shop, orders: dict[str, dict[str, int]]) -> None:
    """Post orders that cannot be filled, and see each in the queue."""
    for number, (order_id, items) in enumerate(orders.items(), start=1):
        assert shop.post(order_id, items).status == 202
        if number % WAVE == 0 or number == len(orders):
            settled(shop, number)


@pytest.mark.parametrize(
    "count", [pytest.param(6, id="6"), pytest.param(200, id="200", marks=pytest.mark.slow)]
)
def test_failed_orders_are_applied_once_when_stock_has_arrived(
    shop: Shop, ordersetup: CommandLine, count: int
) -> None:
    new, short = f"new-{count}", f"short-{count}"
    shop.put_stock(short, 1)
    orders = {f"R{count}-{n}": {new: 1, short: 2} if n % 2 else {short: 2} for n in range(count)}
    fail_all(shop, orders)
    queues = shop.client("sqs")
    url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="malformed")

    before = ordersetup("redrive", "--what-if", "--json")
    assert before.code == 0, before.out + before.talk
    half = count // 2
    assert before.result["verdicts"] == {"UnknownItem": half, "OutOfStock": half}
    assert {group["error"]: group["count"] for group in before.result["groups"]} == (
        before.result["verdicts"]
    )

    assert ordersetup("stock", "set", new, str(half)).code == 0
    assert ordersetup("stock", "add", short, str(2 * count)).code == 0
    after = ordersetup("redrive", "--what-if", "--json")
    assert after.result["verdicts"] == {"would apply": count}

    run = ordersetup("redrive", "--yes", "--json", "--rate", "10")
    assert run.code == 0, run.out + run.talk
    assert (run.result["done"], run.result["chosen"], run.result["unseen"]) == (count, count, 0)
    assert [group["count"] for group in run.result["left"]] == [1]
    booked = eventually(lambda: rows(shop, orders), lambda found: found == orders, within=120)
    assert booked == orders
    assert (shop.stock(new), shop.stock(short)) == (0, 1)

    again = ordersetup("redrive", "--yes", "--json")
    assert (again.result["chosen"], again.result["messages"]) == (0, 1)
    left = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in left] == ["malformed"]
    queues.delete_message(QueueUrl=url, ReceiptHandle=left[0]["ReceiptHandle"])
    assert CUSTOMER not in before.out + run.out + run.talk


def test_a_replay_of_what_was_applied_takes_nothing(shop: Shop, ordersetup: CommandLine) -> None:
    shop.put_stock("twice", 5)
    assert shop.post("R-twice", {"twice": 2}).status == 202
    assert eventually(lambda: shop.rows("R-twice"), bool) == {"twice": 2}
    queues = shop.client("sqs")
    event = {"order_id": "R-twice", "items": [{"item_id": "twice", "quantity": 2}]}
    arn = "arn:aws:lambda:ap-south-1:000000000000:function:UpdateInventory"
    record = {"requestContext": {"functionArn": arn}, "requestPayload": event}
    url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody=json.dumps(record))
    foreseen = ordersetup("redrive", "--what-if", "--json", "--order", "R-twice")
    assert foreseen.result["verdicts"] == {"applied already": 1}
    declined = ordersetup.answered("n", "redrive", "--order", "R-twice")
    assert (declined.code, depth(shop)) == (1, 1)
    assert "Nothing was taken out of the queue." in declined.talk
    agreed = ordersetup.answered("y", "redrive", "--order", "R-twice")
    assert agreed.code == 0, agreed.talk
    assert agreed.out.endswith("1 of 1 record accepted by Lambda.\n")
    lines = eventually(
        lambda: [line for line in shop.log("UpdateInventory", "R-twice") if "already" in line], bool
    )
    assert lines
    assert (shop.stock("twice"), depth(shop)) == (3, 0)
