"""What a message of the dead-letter queue is, whatever its shape, and whether it can go again."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ordersetup.operate import core
from ordersetup.operate.letters import Reader
from tests.stacks import stack
from tests.unit.operate.mailbox import letter, mail_event, record, stock_event


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in record(stock_event("A-1")).items() if key not in keys}


def test_a_record_of_a_worker_can_go_again() -> None:
    found = letter(record(stock_event("A-1")))
    assert (found.order_id, found.worker, found.error) == ("A-1", "UpdateInventory", "OutOfStock")
    assert (found.record.attempts, found.because, found.email) == (3, "", "")


def test_a_record_of_the_mail_bears_the_customer() -> None:
    found = letter(record(mail_event("A-1"), function="SendEmail", error="MailRefused"))
    assert (found.worker, found.because) == ("SendEmail", "")
    assert found.email == "jane.doe@example.com"


def test_a_stack_s_own_names_count() -> None:
    reader = Reader(stack("shop2").blueprint.names)
    body = json.dumps(record(stock_event("A-1"), function="shop2-UpdateInventory:live"))
    found = reader.read({"MessageId": "m", "ReceiptHandle": "r", "Body": body})
    assert (found.worker, found.record.qualifier) == ("UpdateInventory", "live")
    assert letter(body).because == "a record of shop2-UpdateInventory, no worker of this stack"


def test_of_an_event_that_never_ran_there_is_the_reason_in_place_of_the_error() -> None:
    never_ran = without("responseContext", "responsePayload")
    never_ran["requestContext"] |= {
        "condition": "ZeroReservedConcurrency",
        "approximateInvokeCount": 0,
    }
    found = letter(never_ran)
    assert (found.error, found.record.attempts, found.because) == ("ZeroReservedConcurrency", 0, "")


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ("no JSON", "no record of Lambda"),
        ("", "no record of Lambda"),
        ('["list"]', "no record of Lambda"),
        (stock_event("A-1"), "a bare event, which does not say what function failed"),
        (without("requestContext"), "it names no function"),
        (without("requestPayload"), "no record of Lambda"),
        (
            record(stock_event("A-1"), function="Other"),
            "a record of Other, no worker of this stack",
        ),
        (
            record({"body": "{}"}, function="ProcessOrder"),
            "a record of ProcessOrder, no worker of this stack",
        ),
        (record({"order_id": "A-1"}), "its event is no order (MalformedOrder)"),
        (record("cut off"), "its event is no order (MalformedOrder)"),
        (record(mail_event("A-1", "nobody"), function="SendEmail"), "its event is no order"),
    ],
)
def test_what_is_no_record_of_a_worker_stays(body: object, because: str) -> None:
    assert letter(body).because.startswith(because)


def test_a_name_that_anybody_may_have_written_is_fit_for_a_terminal() -> None:
    found = letter(record(stock_event("A-1"), error="Bad\x1b[2J" + "x" * 500))
    assert found.error.isprintable()
    assert len(found.error) < 80


def test_the_core_is_loaded_under_a_name_of_its_own() -> None:
    before = sys.modules.get("handlers")
    assert core.order_id_of({"order_id": "A-1"}) == "A-1"
    assert sys.modules.get("handlers") is before
    assert sys.modules["ordersetup_handlers_core.order"].__name__.startswith("ordersetup_")
