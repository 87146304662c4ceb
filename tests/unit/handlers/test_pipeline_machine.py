"""The three functions under load and in bad weather, played through by a state machine.

Whatever happens, stock is conserved to the unit, and an order that was handed over ends in its
transaction rows or in the dead-letter queue. It ends in both only where the weather took the last
attempt, or a second delivery, *after* its transaction: Lambda cannot know then. Sent again, such a
record takes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from handlers.errors import OutOfStock
from tests.unit.handlers.lambda_service import CALM, Contents, Fate, LambdaService
from tests.unit.handlers.tables import INVENTORY, TRANSACTIONS

ADDRESS = "ada.lovelace@example.com"
STOCK = {"hot": 5, "lamp": 12, "desk": 12}
UNKNOWN = "no-such-item"
Basket = dict[str, int]

baskets = st.one_of(
    st.just({"hot": 1}),  # what all want
    st.dictionaries(st.sampled_from([*STOCK]), st.integers(1, 4), min_size=1),
    st.dictionaries(st.sampled_from([*STOCK, UNKNOWN]), st.integers(1, 20), min_size=1),
)
fates = st.one_of(
    st.just(CALM),
    st.builds(
        Fate,
        st.sampled_from(["by itself", "dies before", "dies after", "unheard"]),
        overtaken=st.booleans(),
        rivals=st.sampled_from([0, 0, 1, 3, 99]),
        silent=st.booleans(),
    ),
)
numbers = st.integers(0, 99)


@pytest.fixture
def service(start: Callable[..., ModuleType]) -> LambdaService:
    """The three functions, as the stack starts them; there is nothing in stock."""
    names = {
        "UPDATE_INVENTORY_FUNCTION": "UpdateInventory",
        "SEND_EMAIL_FUNCTION": "SendEmail",
        "ALLOWED_ORIGIN": "*",
        "INVENTORY_TABLE": INVENTORY,
        "TRANSACTIONS_TABLE": TRANSACTIONS,
        "ALERTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:Alerts",
        "CONFIRMATION_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:Confirmations",
        "SENDER": "shop@example.com",
    }
    modules = [start(name, **names) for name in ("process_order", "update_inventory", "send_email")]
    return LambdaService(*modules)


def body_of(order_id: str, basket: Basket) -> str:
    items = [{"item_id": item, "quantity": quantity} for item, quantity in basket.items()]
    return json.dumps({"order_id": order_id, "customer_email": ADDRESS, "items": items})


def contents_of(basket: Basket) -> Contents:
    return frozenset(basket.items())


def left_and_taken(service: LambdaService) -> Basket:
    """What is in stock and what was taken, together: it must be what was put there."""
    together = dict(service.tables.stock)
    for lines in service.rows().values():
        for item, quantity in lines:
            together[item] += quantity
    return together


class Pipeline(RuleBasedStateMachine):
    """Clients, Lambda and the weather, in any order."""

    service: LambdaService
    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.service.forget()
        self.service.tables.stock |= STOCK
        self.orders = 0
        self.accepted: set[tuple[str, Contents]] = set()

    @rule(target=sent, basket=baskets, refused=st.sampled_from([None, None, None, {0}, {1}]))
    def a_client_orders(self, basket: Basket, refused: set[int] | None) -> tuple[str, Basket]:
        self.orders += 1
        self._send(order := (f"order-{self.orders}", basket), refused)
        return order

    @rule(order=sent)
    def a_client_sends_it_again(self, order: tuple[str, Basket]) -> None:
        self._send(order)

    @rule(order=sent, basket=baskets)
    def another_order_bears_its_id(self, order: tuple[str, Basket], basket: Basket) -> None:
        self._send((order[0], basket))

    @precondition(lambda self: self.service.queue)
    @rule(number=numbers, fate=fates)
    def lambda_delivers(self, number: int, fate: Fate) -> None:
        self.service.deliver(number, fate)

    @precondition(lambda self: self.service.queue)
    @rule(number=numbers)
    def lambda_delivers_twice(self, number: int) -> None:
        self.service.repeat(number)

    @precondition(lambda self: self.service.records)
    @rule(number=numbers)
    def an_operator_sends_a_record_again(self, number: int) -> None:
        self.service.redrive(number)

    @invariant()
    def stock_is_conserved(self) -> None:
        assert left_and_taken(self.service) == STOCK
        assert min(self.service.tables.stock.values()) >= 0

    @invariant()
    def each_failure_that_could_be_told_was_told(self) -> None:
        assert len(self.service.alerts) == self.service.alerts_due
        assert self.service.false_alarms == 0

    def teardown(self) -> None:
        self.service.settle()
        self.stock_is_conserved()
        self._each_order_is_in_one_place()
        self._nobody_is_named()
        self._what_can_be_filled_is_filled_in_the_end()

    def _send(self, order: tuple[str, Basket], refused: set[int] | None = None) -> None:
        status = self.service.call(body_of(*order), refused=refused)
        assert status == (503 if refused else 202)
        if status == 202:
            self.accepted.add((order[0], contents_of(order[1])))

    def _each_order_is_in_one_place(self) -> None:
        rows = self.service.rows()
        records = [r for r in self.service.records if "customer_email" not in r.event.payload]
        handed_over = {(i, c) for i, all_ in self.service.handed_over.items() for c in all_}
        assert self.accepted <= handed_over
        assert set(rows.items()) <= handed_over
        for order_id, contents in handed_over:
            its = [
                r for r in records if (r.event.order_id, r.event.contents) == (order_id, contents)
            ]
            applied = rows.get(order_id) == contents
            assert applied or its, "an order is nowhere"
            assert not (applied and any(record.final for record in its)), "an order is in both"

    def _nobody_is_named(self) -> None:
        told = [json.dumps(r.event.payload) for r in self.service.records]
        told = [text for text in told if "customer_email" not in text]
        assert ADDRESS not in "".join([*told, *self.service.alerts, *self.service.confirmations])

    def _what_can_be_filled_is_filled_in_the_end(self) -> None:
        """A restock and a redrive leave only records of orders that nobody can fill."""
        before = self.service.rows()
        self.service.tables.stock |= dict.fromkeys(STOCK, 10_000)
        for _ in list(self.service.records):
            self.service.redrive()
        self.service.settle()
        rows = self.service.rows()
        assert before.items() <= rows.items(), "a redrive took an order twice, or back"
        for record in self.service.records:
            wants_unknown = UNKNOWN in dict(record.event.contents)
            assert wants_unknown or rows[record.event.order_id] != record.event.contents
        confirmed = "".join(self.service.confirmations)
        assert all(f"order {order_id}:" in confirmed for order_id, _ in self.accepted)


def test_whatever_happens_stock_is_conserved_and_no_order_is_lost(service: LambdaService) -> None:
    Pipeline.service = service
    run_state_machine_as_test(
        Pipeline,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.parametrize("ends", ["dies after", "unheard"])
def test_a_record_of_an_order_that_was_applied_takes_nothing_when_it_is_sent_again(
    service: LambdaService, ends: str
) -> None:
    service.tables.stock |= {"lamp": 5}
    service.call(body_of("A-1", {"lamp": 2}))
    # Nothing can tell Lambda that the third attempt did its work and died before it said so.
    for fate in (Fate("dies before"), Fate("dies before"), Fate(ends)):  # type: ignore[arg-type]
        number = next(n for n, e in enumerate(service.queue) if e.function == "UpdateInventory")
        service.deliver(number, fate)
    service.settle()
    assert service.rows() == {"A-1": {("lamp", 2)}}
    assert [record.event.order_id for record in service.records] == ["A-1"]
    service.redrive()
    service.settle()
    assert service.records == []
    assert service.tables.stock == {"lamp": 3}


def test_an_attempt_that_dies_after_its_transaction_is_not_repeated_by_its_retry(
    service: LambdaService,
) -> None:
    service.tables.stock |= {"lamp": 5}
    service.call(body_of("A-1", {"lamp": 2}))
    service.deliver(0, Fate("dies after"))
    service.settle()
    assert service.tables.stock == {"lamp": 3}
    assert service.records == []
    assert service.alerts == []


def test_a_hot_item_goes_to_the_orders_it_suffices_for_and_the_others_are_kept(
    service: LambdaService,
) -> None:
    service.tables.stock |= {"hot": 7}
    for number in range(20):
        service.call(body_of(f"A-{number}", {"hot": 1}))
    while service.queue:
        service.deliver(7 * len(service.queue) // 11, Fate(overtaken=True, rivals=2))
    assert service.tables.stock == {"hot": 0}
    assert len(service.rows()) == 7
    assert len(service.records) == 13
    assert {type(record.error) for record in service.records} == {OutOfStock}
    kept = {record.event.order_id for record in service.records}
    assert kept.isdisjoint(service.rows())


def test_a_second_delivery_that_takes_the_last_piece_is_no_lack_of_stock(
    service: LambdaService,
) -> None:
    service.tables.stock |= {"hot": 1}
    service.call(body_of("A-1", {"hot": 1}))
    service.repeat(0)
    service.deliver(0, Fate(overtaken=True))
    service.settle()
    assert service.rows() == {"A-1": {("hot", 1)}}
    assert (service.records, service.alerts) == ([], [])
