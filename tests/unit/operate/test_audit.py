"""An audit of orders accepted, booked and kept in moto, and of what moves while it looks."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import BadInput, NotProvisioned, OrdersetupError
from ordersetup.operate.audit import Audit, Auditor, Missing
from ordersetup.operate.audit_books import Difference
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.unit.operate.mailbox import (
    FakeBox,
    letter,
    logs_of_long_ago,
    mail_event,
    record,
    stock_event,
)
from tests.wire import Wire

STACK = stack()
KEYS = (
    *("table/Inventory", "table/InventoryTransactions"),
    *("log-group//aws/lambda/ProcessOrder", "log-group//aws/lambda/UpdateInventory"),
)
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _what_an_audit_reads(provision: Provision, aws: Aws) -> None:
    wanted = [step for step in STACK.steps if step.key in KEYS]
    assert len(wanted) == len(KEYS)
    provision(with_needs(STACK.steps, *wanted))
    logs_of_long_ago()
    for function in ("ProcessOrder", "UpdateInventory"):
        aws.logs.create_log_stream(logGroupName=f"/aws/lambda/{function}", logStreamName="s")


def log(aws: Aws, function: str, *lines: tuple[str, datetime]) -> None:
    aws.logs.put_log_events(
        logGroupName=f"/aws/lambda/{function}",
        logStreamName="s",
        logEvents=[{"message": m, "timestamp": int(at.timestamp() * 1000)} for m, at in lines],
    )


def accept(aws: Aws, *orders: str, ago: timedelta = HOUR) -> None:
    """ProcessOrder's line in a JSON log."""
    log(aws, "ProcessOrder", *((accepted_line(order), NOW - ago) for order in orders))


def accepted_line(order: str) -> str:
    told = f"accepted order_id={order} request_id=r update_inventory=u send_email=s"
    return json.dumps({"level": "INFO", "message": told, "logger": "orders", "order_id": order})


def book(aws: Aws, order: str, ago: timedelta = HOUR, **items: int) -> None:
    """The rows of an order, taken from stock."""
    for item, quantity in (items or {"lamp": 1}).items():
        row = {
            "order_id": {"S": order},
            "item_id": {"S": item},
            "quantity": {"N": str(quantity)},
            "timestamp": {"S": (NOW - ago).isoformat()},
        }
        aws.dynamodb.put_item(TableName="InventoryTransactions", Item=row)
        add(aws, item, -quantity)


def add(aws: Aws, item: str, pieces: int) -> None:
    aws.dynamodb.update_item(
        TableName="Inventory",
        Key={"item_id": {"S": item}},
        UpdateExpression="ADD quantity :pieces",
        ExpressionAttributeValues={":pieces": {"N": str(pieces)}},
    )


def audit(
    aws: Aws, *records: Any, since: timedelta = 24 * HOUR, earlier: Audit | None = None
) -> Audit:
    letters = [letter(body, f"m-{n}") for n, body in enumerate(records)]
    auditor = Auditor(
        aws,
        STACK.blueprint,
        FakeBox(letters),
        tell=lambda *_: None,
        wait=lambda *_: None,
        timeout=60,
    )
    return auditor.audit(NOW - since, NOW, earlier.books if earlier else None)


def test_of_nothing_there_is_nothing_to_tell(aws: Aws) -> None:
    found = audit(aws)
    assert (found.accepted, found.applied, found.kept.total(), found.items) == (0, 0, 0, {})
    assert found.holds


def test_each_accepted_order_is_found_in_one_place(aws: Aws) -> None:
    add(aws, "lamp", 10)
    accept(aws, "A-1", "A-2", "A-3")
    book(aws, "A-1")
    book(aws, "A-2", lamp=2, desk=0)
    found = audit(aws, record(stock_event("A-3")))
    assert (found.accepted, found.applied, found.kept) == (3, 2, {"OutOfStock": 1})
    assert (found.missing, found.twofold, found.under_way) == ([], [], 0)
    assert found.holds


def test_an_order_that_is_nowhere_is_missing_and_may_be_held_back_by_a_throttle(aws: Aws) -> None:
    accept(aws, "A-1", ago=7 * HOUR)
    accept(aws, "A-2")
    found = audit(aws)
    assert found.missing == [
        Missing("A-1", (NOW - 7 * HOUR).timestamp(), perhaps_held_back=False),
        Missing("A-2", (NOW - HOUR).timestamp(), perhaps_held_back=True),
    ]
    assert not found.holds


def test_an_order_accepted_within_its_retries_is_under_way(aws: Aws) -> None:
    accept(aws, "A-1", ago=timedelta(minutes=5))
    found = audit(aws)
    assert (found.under_way, found.missing, found.holds) == (1, [], True)


def test_an_order_that_was_replayed_just_now_is_under_way(aws: Aws) -> None:
    accept(aws, "A-1", "A-10")
    line = "INFO attempt order_id=A-1 request_id=r"
    log(aws, "UpdateInventory", (line, NOW - timedelta(minutes=1)))
    found = audit(aws)
    assert found.under_way == 1
    assert [order.order_id for order in found.missing] == ["A-10"]


def test_drills_and_load_runs_take_their_records_out_themselves(aws: Aws) -> None:
    accept(aws, "DRILL-0123456789ab", "test-0123456789ab-7", "test-0123456789ab", "DRILL-1")
    found = audit(aws)
    assert found.tests == 2
    assert [order.order_id for order in found.missing] == ["DRILL-1", "test-0123456789ab"]


def test_an_order_in_both_places_is_told(aws: Aws) -> None:
    accept(aws, "A-1")
    book(aws, "A-1")
    found = audit(aws, record(stock_event("A-1")))
    assert found.twofold == ["A-1"]
    assert not found.holds


def test_one_that_is_accepted_again_counts_once_wherever_its_rows_are_from(aws: Aws) -> None:
    add(aws, "lamp", 10)
    book(aws, "A-1", ago=72 * HOUR)
    accept(aws, "A-1", "A-1")
    found = audit(aws)
    assert (found.accepted, found.repeated, found.applied, found.holds) == (1, 1, 1, True)
    assert found.unaccepted == []


def test_what_was_accepted_earlier_is_not_asked_about(aws: Aws) -> None:
    add(aws, "lamp", 10)
    accept(aws, "A-1", ago=48 * HOUR)
    book(aws, "A-2", ago=48 * HOUR)
    found = audit(aws, record(stock_event("A-3")))
    assert (found.accepted, found.applied, found.kept.total(), found.holds) == (0, 0, 0, True)


def test_rows_without_an_acceptance_are_remarked_on(aws: Aws) -> None:
    add(aws, "lamp", 10)
    accept(aws, "A-2")
    for order in ("A-1", "A-2"):
        book(aws, order)
    found = audit(aws)
    assert (found.unaccepted, found.holds) == (["A-1"], True)


def test_rows_and_no_acceptance_at_all_do_not_hold(aws: Aws) -> None:
    add(aws, "lamp", 10)
    book(aws, "A-1")
    found = audit(aws)
    assert (found.accepted, found.unaccepted, found.holds) == (0, ["A-1"], False)


def test_the_log_s_own_retention_bounds_the_look_back(aws: Aws) -> None:
    aws.logs.put_retention_policy(logGroupName="/aws/lambda/ProcessOrder", retentionInDays=3)
    with pytest.raises(BadInput, match="further back than the 3 days that ProcessOrder's log"):
        audit(aws, since=timedelta(days=4))


def test_nothing_is_asked_of_a_time_before_there_was_a_log(aws: Aws, wire: Wire) -> None:
    made = NOW - 2 * HOUR

    def bend(answer: Any) -> None:
        for group in answer["logGroups"]:
            group["creationTime"] = int(made.timestamp() * 1000)

    accept(aws, "A-1")
    book(aws, "A-1")
    book(aws, "A-0", ago=3 * HOUR)
    wire.bend("logs:DescribeLogGroups", bend)
    found = audit(aws, since=timedelta(hours=5))
    assert (found.since, found.unaccepted) == (made, [])


def test_confirmations_in_the_queue_are_counted_beside(aws: Aws) -> None:
    accept(aws, "A-1")
    book(aws, "A-1")
    found = audit(aws, record(mail_event("A-1"), function="SendEmail"))
    assert (found.unconfirmed, found.twofold, found.kept.total()) == (1, [], 0)


def test_a_bare_event_of_the_older_queue_keeps_its_order_too(aws: Aws) -> None:
    accept(aws, "A-1")
    assert audit(aws, stock_event("A-1")).kept.total() == 1


def test_an_order_s_line_is_the_functions_own(aws: Aws) -> None:
    log(aws, "ProcessOrder", ("refused request_id=r faults=1", NOW - HOUR))
    log(aws, "ProcessOrder", ("accepted order_id=A-1 request_id=r", NOW - HOUR))
    assert audit(aws).accepted == 1


class TestMeanwhile:
    def test_an_order_applied_after_the_rows_were_read_is_found(self, aws: Aws, wire: Wire) -> None:
        add(aws, "lamp", 10)
        accept(aws, "A-1")
        # Scans: stock, rows, stock; the third answer comes after the rows were read.
        wire.bend("dynamodb:Scan", lambda _: None, lambda _: book(aws, "A-1"))
        found = audit(aws)
        assert (found.applied, found.missing, found.holds) == (1, [], True)

    def test_stock_that_moves_while_it_is_read_is_no_difference(self, aws: Aws, wire: Wire) -> None:
        add(aws, "lamp", 10)
        first = audit(aws)
        accept(aws, "A-1")
        wire.bend("dynamodb:Scan", lambda _: book(aws, "A-1", lamp=3))
        found = audit(aws, earlier=first)
        assert (found.differences, found.holds) == ([], True)


class TestStock:
    def test_without_a_starting_point_nothing_is_claimed(self, aws: Aws) -> None:
        add(aws, "lamp", 10)
        found = audit(aws)
        assert (found.then, found.differences, list(found.items)) == ("", [], ["lamp"])

    def test_stock_that_moved_by_the_rows_adds_up(self, aws: Aws) -> None:
        add(aws, "lamp", 10)
        first = audit(aws)
        book(aws, "A-1", lamp=3)
        # A replay of an order that was accepted long before the starting point.
        book(aws, "A-2", ago=72 * HOUR, lamp=2)
        found = audit(aws, earlier=first)
        assert found.differences == []
        assert found.then == NOW.isoformat()

    def test_what_was_put_in_or_taken_by_hand_is_a_difference(self, aws: Aws) -> None:
        for item in ("lamp", "desk", "rug"):
            add(aws, item, 10)
        first = audit(aws)
        book(aws, "A-1", lamp=3, desk=1)
        add(aws, "lamp", -1)
        add(aws, "desk", 5)
        found = audit(aws, earlier=first)
        assert found.differences == [
            Difference("desk", Decimal(5)),
            Difference("lamp", Decimal(-1)),
        ]
        assert not found.holds

    def test_fewer_than_none_in_stock_is_told(self, aws: Aws) -> None:
        add(aws, "lamp", -1)
        found = audit(aws)
        assert (found.below, found.holds) == (["lamp"], False)


class TestReading:
    def test_it_reads_only(self, aws: Aws, calls: list[str]) -> None:
        accept(aws, "A-1")
        calls.clear()
        audit(aws)
        assert set(calls) == {
            "dynamodb:Scan",
            "dynamodb:Query",
            "logs:DescribeLogGroups",
            "logs:FilterLogEvents",
        }

    def test_empty_pages_of_the_log_are_read_on(self, aws: Aws, wire: Wire) -> None:
        accept(aws, "A-1")
        for token in ("1", "2"):
            wire.answer("logs:FilterLogEvents", {"events": [], "nextToken": token})
        event = {"message": accepted_line("A-2"), "timestamp": int(time.time() * 1000)}
        wire.answer("logs:FilterLogEvents", {"events": [event]})
        assert audit(aws).accepted == 1

    def test_a_throttle_of_the_log_is_waited_for(self, aws: Aws, wire: Wire) -> None:
        accept(aws, "A-1", ago=timedelta(minutes=1))
        wire.refuse("logs:FilterLogEvents", "ThrottlingException", "Rate exceeded", times=4)
        assert audit(aws).accepted == 1

    def test_a_log_group_that_is_not_there_is_said_so(self, aws: Aws) -> None:
        aws.logs.delete_log_group(logGroupName="/aws/lambda/ProcessOrder")
        with pytest.raises(NotProvisioned, match="There is no log group /aws/lambda/ProcessOrder"):
            audit(aws)

    def test_time_that_is_up_proves_nothing(self, aws: Aws, wire: Wire) -> None:
        wire.answer("dynamodb:Scan", {"Items": [], "Count": 0, "LastEvaluatedKey": {"x": {}}})
        box = FakeBox([])
        said = {"tell": lambda *_: None, "wait": lambda *_: None}
        auditor = Auditor(aws, STACK.blueprint, box, timeout=0, **said)
        with pytest.raises(OrdersetupError, match="nothing is proven"):
            auditor.audit(NOW - HOUR, NOW)

    def test_a_queue_too_long_to_see_whole_is_told(self, aws: Aws) -> None:
        accept(aws, "A-1")
        records = [letter(record(stock_event(f"B-{n}")), f"m-{n}") for n in range(20_500)]
        said = {"tell": lambda *_: None, "wait": lambda *_: None}
        auditor = Auditor(aws, STACK.blueprint, FakeBox(records), timeout=60, **said)
        found = auditor.audit(NOW - 24 * HOUR, NOW)
        assert found.unseen > 0
        assert len(found.missing) == 1

    def test_ten_thousand_orders_take_memory_for_their_ids_alone(
        self, aws: Aws, wire: Wire
    ) -> None:
        stamp = int((NOW - HOUR).timestamp() * 1000)
        for page in range(10):
            events = [
                {"message": accepted_line(f"A-{page * 1000 + n}"), "timestamp": stamp}
                for n in range(1000)
            ]
            more = {"nextToken": str(page)} if page < 9 else {}
            wire.answer("logs:FilterLogEvents", {"events": events, **more})
        records = [letter(record(stock_event(f"A-{n}")), f"m-{n}") for n in range(10_000)]
        said = {"tell": lambda *_: None, "wait": lambda *_: None}
        auditor = Auditor(aws, STACK.blueprint, FakeBox(records), timeout=60, **said)
        tracemalloc.start()
        found = auditor.audit(NOW - 24 * HOUR, NOW)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (found.accepted, found.kept.total(), found.holds) == (10_000, 10_000, True)
        assert peak < 8_000_000
