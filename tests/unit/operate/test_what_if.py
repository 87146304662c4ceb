"""What a replay would meet now, by the functions' own code on the tables as they are."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.stock import Stock
from ordersetup.operate.what_if import Verdict, WhatIf
from tests.conftest import Provision
from tests.stacks import stack
from tests.unit.operate.mailbox import letter, mail_event, record, stock_event

STACK = stack()
NAMES = STACK.blueprint.names
APPLY, APPLIED = Verdict("would apply"), Verdict("applied already")


@pytest.fixture
def what_if(aws: Aws, provision: Provision) -> WhatIf:
    provision([STACK.step("table/Inventory"), STACK.step("table/InventoryTransactions")])
    return WhatIf(aws, NAMES, Stock(aws, NAMES, lambda *_: None, timeout=5))


def put(aws: Aws, item: str, quantity: str) -> None:
    row = {"item_id": {"S": item}, "quantity": {"N": quantity}}
    aws.dynamodb.put_item(TableName="Inventory", Item=row)


def applied(aws: Aws, order_id: str, item: str, quantity: str) -> None:
    keys = {"order_id": {"S": order_id}, "item_id": {"S": item}}
    row = {**keys, "quantity": {"N": quantity}}
    aws.dynamodb.put_item(TableName="InventoryTransactions", Item=row)


def judged(what_if: WhatIf, *events: dict[str, object]) -> list[Verdict]:
    return [*what_if.judge([letter(record(e), f"m-{n}") for n, e in enumerate(events)])]


def test_each_is_told_what_it_would_meet(what_if: WhatIf, aws: Aws) -> None:
    put(aws, "lamp", "3")
    applied(aws, "A-3", "lamp", "2")
    applied(aws, "A-4", "desk", "2")
    assert judged(
        what_if,
        stock_event("A-1", lamp=2),
        stock_event("A-2", chair=1),
        stock_event("A-3", lamp=2),
        stock_event("A-4", lamp=1),
        stock_event("A-5", lamp=9),
    ) == [
        APPLY,
        Verdict("UnknownItem", "the inventory has no item chair"),
        APPLIED,
        Verdict("OrderConflict", "order A-4 was applied before with other items"),
        Verdict("OutOfStock", "item lamp has 1 left, the order wants 9"),
    ]


def test_each_takes_from_what_those_before_it_would_leave(what_if: WhatIf, aws: Aws) -> None:
    put(aws, "lamp", "2")
    found = judged(what_if, *(stock_event(f"A-{n}") for n in range(3)))
    assert [verdict.outcome for verdict in found] == ["would apply", "would apply", "OutOfStock"]
    # Also where they come with a later batch.
    assert judged(what_if, stock_event("A-9"))[0].outcome == "OutOfStock"


def test_the_same_order_twice_is_applied_once(what_if: WhatIf, aws: Aws) -> None:
    put(aws, "lamp", "2")
    assert judged(what_if, stock_event("A-1"), stock_event("A-1")) == [APPLY, APPLIED]
    assert judged(what_if, stock_event("A-1"), stock_event("A-2")) == [APPLIED, APPLY]


def test_a_quantity_that_is_no_number_is_none(what_if: WhatIf, aws: Aws) -> None:
    row = {"item_id": {"S": "lamp"}, "quantity": {"S": "5"}}
    aws.dynamodb.put_item(TableName="Inventory", Item=row)
    assert judged(what_if, stock_event("A-1"))[0].outcome == "OutOfStock"


def test_a_confirmation_is_not_known_to_have_gone_out(what_if: WhatIf) -> None:
    found = letter(record(mail_event("A-1"), function="SendEmail"))
    assert what_if.judge([found]) == [Verdict("would confirm")]


def test_it_reads_only(what_if: WhatIf, aws: Aws, calls: list[str]) -> None:
    put(aws, "lamp", "2")
    calls.clear()
    judged(what_if, stock_event("A-1", lamp=1, chair=1), stock_event("A-2"))
    assert set(calls) == {"dynamodb:BatchGetItem", "dynamodb:Query"}
