"""Many orders through the deployed pipeline: stock is conserved to the piece, and none is lost."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import Shop

AT_ONCE = 2
WAVE = 20
"""So many orders are let pile up: the engine starts a process for each function that runs."""


@dataclass(frozen=True)
class Crowd:
    """Orders of random items, some sent twice, and all wanting one item that runs short.

    Args:
        orders: items by order.
        posts: ids in the order in which they are posted.
        stock: what is in stock before.
    """

    orders: Mapping[str, dict[str, int]]
    posts: Sequence[str]
    stock: Mapping[str, int]

    @classmethod
    def of(cls, count: int, name: str) -> Crowd:
        """A crowd that posts so many orders; the same for the same name."""
        chance = random.Random(name)  # noqa: S311 - no secret hangs on it
        plenty = [f"{name}-{number}" for number in range(8)]
        hot = f"{name}-hot"
        orders = {}
        for number in range(count):
            items = chance.sample(plenty, chance.randint(1, 3))
            orders[f"{name}-{number}"] = {item: chance.randint(1, 3) for item in items} | (
                {hot: 1} if chance.random() < 0.25 else {}
            )
        twice = chance.sample([*orders], count // 10)
        posts = [*orders, *twice]
        chance.shuffle(posts)
        wanted = sum(1 for items in orders.values() if hot in items)
        return cls(orders, posts, dict.fromkeys(plenty, 10 * count) | {hot: wanted * 2 // 3})


def waves(posts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(posts), WAVE):
        yield posts[start : start + WAVE]


class Books:
    """Where each order ended, by plain boto3.

    A record that is not about stock is sent again, as an operator would: on a busy machine a call
    of the function may take longer than it waits, and the transaction takes effect all the same.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._dynamodb, self._lambda = shop.client("dynamodb"), shop.client("lambda")
        self.posted: set[str] = set()
        self.kept: set[str] = set()

    def unsettled(self) -> set[str]:
        """Which orders are neither in their rows nor in the queue, whose records are taken out."""
        while records := self._shop.dead_letters():
            for record in records:
                self._file(record["requestPayload"], record["responsePayload"]["errorMessage"])
        return self.posted - self.kept - self.rows().keys()

    def rows(self) -> dict[str, dict[str, int]]:
        """Quantities by item of each order that was taken from stock."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName="InventoryTransactions", ConsistentRead=True
        )
        rows: dict[str, dict[str, int]] = {}
        for page in pages:
            for row in page["Items"]:
                lines = rows.setdefault(row["order_id"]["S"], {})
                lines[row["item_id"]["S"]] = int(row["quantity"]["N"])
        return {order_id: rows[order_id] for order_id in rows.keys() & self.posted}

    def _file(self, event: dict[str, Any], message: str) -> None:
        if message.startswith("OutOfStock: "):
            self.kept.add(event["order_id"])
        elif "customer_email" not in event:
            self._lambda.invoke(
                FunctionName="UpdateInventory",
                InvocationType="Event",
                Payload=json.dumps(event).encode(),
            )


def pour(shop: Shop, crowd: Crowd, books: Books) -> None:
    """Post all orders, and see each of them settled."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for wave in waves(crowd.posts):
            answers = pool.map(lambda order_id: shop.post(order_id, crowd.orders[order_id]), wave)
            assert {answer.status for answer in answers} == {202}
            books.posted |= set(wave)
            settled(books)


def settled(books: Books) -> None:
    """Wait until every order is found."""
    ends = time.monotonic() + 120
    while left := books.unsettled():
        assert time.monotonic() < ends, left
        time.sleep(0.3)


@pytest.mark.parametrize(
    "count", [pytest.param(100, id="100"), pytest.param(2000, id="2000", marks=pytest.mark.slow)]
)
def test_each_order_of_a_crowd_ends_in_one_place_and_stock_is_conserved(
    shop: Shop, count: int
) -> None:
    crowd = Crowd.of(count, f"crowd-{count}")
    for item, quantity in crowd.stock.items():
        shop.put_stock(item, quantity)
    books = Books(shop)
    pour(shop, crowd, books)
    # A second delivery of an order that failed may still be on its way into the queue.
    time.sleep(2)
    settled(books)
    rows = books.rows()
    assert rows == {order_id: crowd.orders[order_id] for order_id in rows}
    assert rows.keys() | books.kept == crowd.orders.keys()
    assert rows.keys().isdisjoint(books.kept)
    taken: Counter[str] = Counter()
    for lines in rows.values():
        taken.update(lines)
    left = {item: shop.stock(item) for item in crowd.stock}
    assert left == {item: quantity - taken[item] for item, quantity in crowd.stock.items()}
    assert left[f"crowd-{count}-hot"] == 0
    assert min(left.values()) >= 0


def test_load_is_sent_and_accounted_for(shop: Shop, ordersetup: CommandLine) -> None:
    words = ("send-test-order", "--count", "40", "--concurrency", "2", "--json")
    run = ordersetup(*words)
    assert run.code == 0, run.out + run.talk
    assert (run.result["type"], run.result["sent"]) == ("load", 40)
    assert (run.result["applied"], run.result["kept"], run.result["missing"]) == (40, 0, 0)
    assert run.result["conserved"]
    assert "@" not in run.out + run.talk
    assert not shop.dead_letters()


def test_load_on_an_item_that_runs_short_finds_the_others_in_the_queue(
    shop: Shop, ordersetup: CommandLine
) -> None:
    shop.put_stock("scarce", 25)
    queues = shop.client("sqs")
    url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="of somebody else")
    run = ordersetup(
        *("send-test-order", "--item", "scarce:2", "--count", "20", "--concurrency", "2", "--json")
    )
    assert run.code == 0, run.out + run.talk
    assert (run.result["applied"], run.result["kept"]) == (12, 8)
    assert run.result["errors"] == {"OutOfStock": 8}
    assert shop.stock("scarce") == 1
    left = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in left] == ["of somebody else"]
    queues.delete_message(QueueUrl=url, ReceiptHandle=left[0]["ReceiptHandle"])


@pytest.mark.usefixtures("shop")
def test_load_that_is_interrupted_tells_what_was_accepted(ordersetup: CommandLine) -> None:
    run = ordersetup.interrupted(
        *("send-test-order", "--count", "5000", "--concurrency", "2", "--json"),
        when=lambda: time.sleep(6),
    )
    assert run.code == 130
    assert run.result["interrupted"]
    assert run.result["sent"] < 5000
