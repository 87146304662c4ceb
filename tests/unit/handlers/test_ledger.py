from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.errors import (
    OrderConflict,
    OrderError,
    OutOfStock,
    StockContended,
    TransactionRefused,
    UnknownItem,
)
from handlers.ledger import PAUSES, Ledger
from handlers.order import MOST_LINES, Order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NewOrder = Callable[..., Order]
TRANSACTION = "dynamodb.TransactWriteItems"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def ledger(dynamodb: DynamoDBClient, pauses: list[float]) -> Ledger:
    return Ledger(dynamodb, "Inventory", "Transactions", pause=pauses.append)


@pytest.fixture
def calls(dynamodb: DynamoDBClient) -> list[str]:
    """Names of the calls made from now on."""
    made: list[str] = []

    def note(model: Any, **_: object) -> None:
        made.append(model.name)

    dynamodb.meta.events.register("before-call.dynamodb", note)
    return made


def put_stock(ledger: Ledger, **quantities: int) -> None:
    for item_id, quantity in quantities.items():
        item = {"item_id": {"S": item_id}, "quantity": {"N": str(quantity)}}
        ledger.dynamodb.put_item(TableName=ledger.inventory, Item=item)


def stock(ledger: Ledger) -> dict[str, int]:
    items = ledger.dynamodb.scan(TableName=ledger.inventory)["Items"]
    return {item["item_id"]["S"]: int(item["quantity"]["N"]) for item in items}


def rows(ledger: Ledger) -> list[tuple[str, str, int]]:
    found = ledger.dynamodb.scan(TableName=ledger.transactions)["Items"]
    return sorted(
        (row["order_id"]["S"], row["item_id"]["S"], int(row["quantity"]["N"])) for row in found
    )


def cancel(dynamodb: DynamoDBClient, *codes: str, times: int) -> None:
    """Cancel the next transactions before they are tried."""
    left = iter(range(times))

    def refuse(**_: object) -> None:
        if next(left, None) is not None:
            reasons: Any = [{"Code": code} for code in codes]
            raise dynamodb.exceptions.TransactionCanceledException(
                {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
                "TransactWriteItems",
            )

    dynamodb.meta.events.register(f"before-call.{TRANSACTION}", refuse)


def test_an_order_is_taken_from_stock(
    ledger: Ledger,
    order: NewOrder,
) -> None:
    put_stock(ledger, lamp=5, desk=1, chair=7)
    assert ledger.apply(order("A-1", lamp=2, desk=1))
    assert stock(ledger) == {"lamp": 3, "desk": 0, "chair": 7}
    assert rows(ledger) == [("A-1", "desk", 1), ("A-1", "lamp", 2)]


def test_a_row_has_the_time_the_order_was_accepted(
    ledger: Ledger, order: NewOrder, dynamodb: DynamoDBClient
) -> None:
    put_stock(ledger, lamp=5)
    ledger.apply(order("A-1", lamp=2))
    (row,) = dynamodb.scan(TableName="Transactions")["Items"]
    assert row == {
        "order_id": {"S": "A-1"},
        "item_id": {"S": "lamp"},
        "quantity": {"N": "2"},
        "timestamp": {"S": "2026-11-23T10:00:00+00:00"},
    }


@pytest.mark.parametrize("size", [1, 2, 10, 25, MOST_LINES])
def test_an_order_of_any_size_costs_two_round_trips_and_a_repetition_one(
    ledger: Ledger, calls: list[str], order: NewOrder, size: int
) -> None:
    wanted = {f"item-{index}": 1 for index in range(size)}
    put_stock(ledger, **wanted)
    calls.clear()
    assert ledger.apply(order("A-1", **wanted))
    assert calls == ["Query", "TransactWriteItems"]
    calls.clear()
    assert not ledger.apply(order("A-1", **wanted))
    assert calls == ["Query"]


@pytest.mark.parametrize("size", [1, 2, 10, 25, MOST_LINES])
def test_an_order_that_is_refused_costs_two_round_trips(
    ledger: Ledger, calls: list[str], order: NewOrder, size: int
) -> None:
    wanted = {f"item-{index}": 1 for index in range(size)}
    put_stock(ledger, **(wanted | {"item-0": 0}))
    calls.clear()
    with pytest.raises(OutOfStock):
        ledger.apply(order("A-1", **wanted))
    assert calls == ["Query", "TransactWriteItems"]


def test_the_rows_are_read_consistently(ledger: Ledger, dynamodb: DynamoDBClient) -> None:
    asked: list[object] = []

    def note(params: dict[str, object], **_: object) -> None:
        asked.append(params["ConsistentRead"])

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", note)
    ledger.rows("A-1")
    assert asked == [True]


def test_the_same_order_again_changes_nothing(
    ledger: Ledger, order: NewOrder, calls: list[str]
) -> None:
    put_stock(ledger, lamp=5)
    ledger.apply(order("A-1", lamp=2))
    calls.clear()
    assert not ledger.apply(order("A-1", lamp=2))
    assert calls == ["Query"]
    assert stock(ledger) == {"lamp": 3}


def test_the_same_order_again_is_no_lack_of_stock(
    ledger: Ledger,
    order: NewOrder,
) -> None:
    put_stock(ledger, lamp=2)
    assert ledger.apply(order("A-1", lamp=2))
    assert not ledger.apply(order("A-1", lamp=2))


@pytest.mark.parametrize("other", [{"lamp": 3}, {"lamp": 2, "desk": 1}, {"desk": 1}])
def test_the_same_id_with_other_contents_is_a_conflict(
    ledger: Ledger, order: NewOrder, other: dict[str, int]
) -> None:
    put_stock(ledger, lamp=9, desk=9)
    ledger.apply(order("A-1", lamp=2))
    with pytest.raises(OrderConflict):
        ledger.apply(order("A-1", **other))
    assert stock(ledger) == {"lamp": 7, "desk": 9}


@pytest.mark.parametrize(
    ("wanted", "error", "says"),
    [
        ({"desk": 1, "lamp": 6}, OutOfStock, "OutOfStock: item lamp has 5 left, the order wants 6"),
        ({"desk": 1, "sofa": 1}, UnknownItem, "UnknownItem: the inventory has no item sofa"),
    ],
)
def test_what_is_not_there_is_refused_as_a_whole(
    ledger: Ledger,
    order: NewOrder,
    wanted: dict[str, int],
    error: type[OrderError],
    says: str,
) -> None:
    put_stock(ledger, lamp=5, desk=1)
    with pytest.raises(error) as caught:
        ledger.apply(order("A-1", **wanted))
    assert str(caught.value) == says
    assert stock(ledger) == {"lamp": 5, "desk": 1}
    assert rows(ledger) == []


def test_a_lost_race_is_looked_at_again(
    ledger: Ledger, order: NewOrder, dynamodb: DynamoDBClient
) -> None:
    put_stock(ledger, lamp=2)
    race = iter([order("A-1", lamp=2)])

    def duplicate_comes_first(**_: object) -> None:
        if duplicate := next(race, None):
            assert ledger.apply(duplicate)

    dynamodb.meta.events.register(f"before-call.{TRANSACTION}", duplicate_comes_first)
    assert not ledger.apply(order("A-1", lamp=2))
    assert stock(ledger) == {"lamp": 0}


def test_a_race_lost_to_other_contents_is_a_conflict(
    ledger: Ledger, order: NewOrder, dynamodb: DynamoDBClient
) -> None:
    put_stock(ledger, lamp=9)
    race = iter([order("A-1", lamp=3)])

    def other_comes_first(**_: object) -> None:
        if other := next(race, None):
            assert ledger.apply(other)

    dynamodb.meta.events.register(f"before-call.{TRANSACTION}", other_comes_first)
    with pytest.raises(OrderConflict):
        ledger.apply(order("A-1", lamp=2))
    assert stock(ledger) == {"lamp": 6}


def test_contended_stock_is_tried_again(
    ledger: Ledger,
    order: NewOrder,
    dynamodb: DynamoDBClient,
    pauses: list[float],
) -> None:
    put_stock(ledger, lamp=5)
    cancel(dynamodb, "None", "TransactionConflict", times=2)
    assert ledger.apply(order(lamp=2))
    assert stock(ledger) == {"lamp": 3}
    assert pauses == list(PAUSES[:3])


def test_stock_that_stays_contended_is_an_error(
    ledger: Ledger, order: NewOrder, dynamodb: DynamoDBClient, pauses: list[float]
) -> None:
    cancel(dynamodb, "None", "TransactionConflict", times=1000)
    with pytest.raises(StockContended, match=r"^StockContended: order A-1 "):
        ledger.apply(order("A-1", lamp=2))
    assert pauses == list(PAUSES)


def test_a_transaction_cancelled_for_another_reason_is_an_error(
    ledger: Ledger, order: NewOrder, dynamodb: DynamoDBClient, pauses: list[float]
) -> None:
    cancel(dynamodb, "None", "ValidationError", times=1)
    with pytest.raises(TransactionRefused, match="ValidationError"):
        ledger.apply(order(lamp=2))
    assert len(pauses) == 1


def test_a_missing_table_is_told_in_the_words_of_aws(
    dynamodb: DynamoDBClient, order: NewOrder
) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        Ledger(dynamodb, "Inventory", "Gone").apply(order(lamp=1))


@dataclass(frozen=True)
class Delivery:
    """One invocation: of which order, and what happens to it on the way."""

    basket: int
    overtaken: bool = False  # the next delivery runs between its look and its transaction
    answer_lost: bool = False  # it never hears what came of its transaction


class Weather:
    """Delivers orders to a ledger in every unlucky way."""

    def __init__(self, ledger: Ledger, orders: list[Order], deliveries: list[Delivery]) -> None:
        self.ledger = ledger
        self.orders = orders
        self.queue = iter(deliveries)
        self.running: list[Delivery] = []
        self.applied: Counter[str] = Counter()  # how often a delivery said that it did it

    def run(self) -> None:
        events = self.ledger.dynamodb.meta.events
        events.register(f"before-call.{TRANSACTION}", self.overtake)
        events.register(f"after-call.{TRANSACTION}", self.lose_answer)
        try:
            while self.deliver():
                pass
        finally:
            events.unregister(f"before-call.{TRANSACTION}", self.overtake)
            events.unregister(f"after-call.{TRANSACTION}", self.lose_answer)

    def deliver(self) -> bool:
        if (delivery := next(self.queue, None)) is None:
            return False
        order = self.orders[delivery.basket]
        self.running.append(delivery)
        # What is raised here, Lambda delivers again.
        with suppress(OutOfStock, ConnectionClosedError):
            self.applied[order.order_id] += self.ledger.apply(order)
        self.running.pop()
        return True

    def overtake(self, **_: object) -> None:
        if self.running[-1].overtaken:
            self.deliver()

    def lose_answer(self, **_: object) -> None:
        if self.running[-1].answer_lost:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")


BASKETS = 3
STOCK = {"lamp": 6, "desk": 6}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    baskets=st.lists(
        st.dictionaries(st.sampled_from([*STOCK]), st.integers(1, 4), min_size=1),
        min_size=BASKETS,
        max_size=BASKETS,
    ),
    deliveries=st.lists(
        st.builds(Delivery, st.integers(0, BASKETS - 1), st.booleans(), st.booleans()),
        max_size=8,
    ),
)
def test_an_order_is_applied_once_however_often_and_entangled_it_is_delivered(
    ledger: Ledger, order: NewOrder, baskets: list[dict[str, int]], deliveries: list[Delivery]
) -> None:
    put_stock(ledger, **STOCK)
    run = uuid.uuid4().hex
    orders = [order(f"{run}-{index}", **basket) for index, basket in enumerate(baskets)]
    calm = [Delivery(index) for index in range(BASKETS)]
    weather = Weather(ledger, orders, deliveries + calm)
    weather.run()
    left = stock(ledger)
    taken: Counter[str] = Counter()
    for each, basket in zip(orders, baskets, strict=True):
        found = ledger.rows(each.order_id)
        assert weather.applied[each.order_id] <= (1 if found else 0)
        assert found == basket or (not found and any(left[item] < basket[item] for item in basket))
        taken.update({item: int(count) for item, count in found.items()})
    assert left == {item: STOCK[item] - taken[item] for item in STOCK}
    assert min(left.values()) >= 0
