"""A trace as a person and as a program reads it."""

from __future__ import annotations

import json

import pytest

from ordersetup.operate.reading import ABSENT
from ordersetup.operate.trace import Event, Moment, Outcome, Row, Trace
from ordersetup.operate.tracer import Search
from ordersetup.views.json_lines import TYPES
from ordersetup.views.traced import tell_trace, trace_lines

AT = 1_795_525_483.128
MOMENTS = (
    Moment(AT, Event.ACCEPTED, "ProcessOrder"),
    Moment(AT + 1, Event.BEGAN, "UpdateInventory", 1),
    Moment(AT + 2, Event.FAILED, "UpdateInventory", 1, "OutOfStock", "item lamp has 2 left, " * 6),
    Moment(AT + 2, Event.UNALERTED, "UpdateInventory", 1, "NotFoundException"),
    Moment(AT + 3, Event.CONFIRMED, "SendEmail", 1),
    Moment(AT + 4, Event.SAID, "SendEmail", text="[a line] of somebody's"),
    Moment(
        *(AT + 5, Event.RECORD, "OrderProcessingDLQ"),
        error="OutOfStock",
        text="UpdateInventory, RetriesExhausted",
    ),
)
KEPT = Search(Trace("A-1", MOMENTS, (), Outcome.KEPT, confirmed=True), AT - 86_400, {})
APPLIED = Search(
    Trace(
        "A-1",
        (Moment(AT, Event.ROWS, "InventoryTransactions", text="lamp × 2"),),
        (Row("lamp", "2", AT),),
        Outcome.APPLIED,
        None,
        ("Not in the logs: its confirmation; they may come up to 2 minutes late.",),
    ),
    AT,
    {"SendEmail": "not allowed: logs:FilterLogEvents", "ProcessOrder": ABSENT},
)


def test_each_moment_is_a_line_in_order_of_time() -> None:
    assert [line.plain for line in trace_lines(KEPT)] == [
        "2026-11-24 13:04:43  ProcessOrder           accepted, and handed to both workers",
        "2026-11-24 13:04:44  UpdateInventory        attempt 1 begins",
        "2026-11-24 13:04:45  UpdateInventory",
        "    attempt 1 fails: OutOfStock (item lamp has 2 left, item lamp has 2 left,",
        "    item lamp has 2 left, item lamp has 2 left, item lamp has 2 left, item lamp",
        "    has 2 left, )",
        "2026-11-24 13:04:45  UpdateInventory",
        "    its alert could not be published: NotFoundException",
        "2026-11-24 13:04:46  SendEmail              confirmation published",
        "2026-11-24 13:04:47  SendEmail              [a line] of somebody's",
        "2026-11-24 13:04:48  OrderProcessingDLQ",
        "    record: OutOfStock (UpdateInventory, RetriesExhausted)",
        "Order A-1: not applied; kept in OrderProcessingDLQ (OutOfStock); confirmed.",
    ]


def test_what_is_missing_and_what_could_not_be_read_is_marked_without_colour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_trace(APPLIED, "default", json=False, color=True)
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert told.splitlines() == [
        "2026-11-24 13:04:43  InventoryTransactions  rows: lamp × 2",
        "? Not in the logs: its confirmation; they may come up to 2 minutes late.",
        "? SendEmail: not allowed: logs:FilterLogEvents.",
        "? ProcessOrder is not there.",
        "Order A-1: applied; not confirmed yet.",
    ]


def test_no_line_is_wider_than_a_terminal() -> None:
    lines = [line for search in (KEPT, APPLIED) for line in trace_lines(search)]
    assert max(line.cell_len for line in lines) <= 80


def test_a_program_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell_trace(KEPT, "shop2", json=True, color=False)
    told = json.loads(capsys.readouterr().out)
    assert told["type"] in TYPES
    assert (told["stack"], told["order_id"], told["outcome"]) == ("shop2", "A-1", "kept")
    assert told["since"] == "2026-11-23T13:04:43+00:00"
    assert told["moments"][1] == {
        "at": "2026-11-24T13:04:44.128+00:00",
        "event": "began",
        "where": "UpdateInventory",
        "attempt": 1,
        "error": None,
        "text": None,
    }
    tell_trace(APPLIED, "shop2", json=True, color=False)
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == [{"item_id": "lamp", "quantity": "2"}]
    assert (len(told["missing"]), len(told["unread"])) == (1, 2)


@pytest.mark.parametrize("outcome", Outcome, ids=str)
def test_every_outcome_has_its_sentence(outcome: Outcome) -> None:
    search = Search(Trace("A-1", (), (), outcome, confirmed=False), AT, {})
    (line,) = trace_lines(search)
    assert line.plain.startswith("Order A-1: ")
    assert line.plain.endswith(".")
