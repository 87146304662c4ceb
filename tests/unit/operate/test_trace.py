"""An order's trace, put together from what logs, rows and queue have of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from ordersetup.operate.drill_log import Line
from ordersetup.operate.drill_records import Record
from ordersetup.operate.trace import (
    FAILING_SECONDS,
    LONGEST_TEXT,
    Event,
    Found,
    Outcome,
    Row,
    Trace,
    trace,
)
from tests.unit.operate.test_drill_log import json_run, request, text_run

ORDER = "A-1"
ROWS = (Row("lamp", "2", 100.0), Row("desk", "1", 100.0))
ACCEPTED = [Line(100, f"INFO accepted order_id={ORDER} request_id={request(9)}", "p")]
CONFIRMED = [Line(101.5, f"INFO confirmed order_id={ORDER} request_id={request(8)}", "s")]


def record(function: str = "UpdateInventory", at: float | None = 290) -> Record:
    return Record(True, {}, "RetriesExhausted", "OutOfStock", request(1), function, at=at)


def told(
    update: Sequence[Line] = (),
    *,
    rows: Sequence[Row] = (),
    records: Sequence[Record] = (),
    send: Sequence[Line] = CONFIRMED,
    now: float = 110,
    unread: Sequence[str] = (),
) -> Trace:
    lines = {"ProcessOrder": ACCEPTED, "UpdateInventory": update, "SendEmail": send}
    return trace(ORDER, Found(lines, rows, records), now, unread)


def events(found: Trace) -> list[tuple[str, int | None, str]]:
    return [(str(m.event), m.attempt, m.error) for m in found.moments]


@pytest.mark.parametrize("run", [text_run, json_run], ids=["text", "json"])
def test_an_applied_order_is_told_from_its_acceptance_to_its_confirmation(run: object) -> None:
    assert callable(run)
    found = told(run(101, 1, ORDER, fails=False), rows=ROWS)
    assert events(found) == [
        ("accepted", None, ""),
        ("began", 1, ""),
        ("applied", 1, ""),
        ("rows", None, ""),
        ("confirmed", None, ""),
    ]
    assert found.moments[3].text == "lamp × 2, desk × 1"
    assert (found.outcome, found.confirmed, found.missing) == (Outcome.APPLIED, True, ())


@pytest.mark.parametrize(
    "ids", [(1, 1, 1), (1, 2, 3)], ids=["one request id, as on AWS", "one each, as on engines"]
)
@pytest.mark.parametrize("run", [text_run, json_run], ids=["text", "json"])
def test_each_attempt_fails_once_however_many_tell_of_it(run: object, ids: tuple[int, ...]) -> None:
    assert callable(run)
    lines = [line for n, i in enumerate(ids) for line in run(101 + 60 * n, i, ORDER)]
    found = told(lines, records=[record()], now=300)
    assert events(found)[1:3] == [("began", 1, ""), ("failed", 1, "UnknownItem")]
    assert [(a, e) for event, a, e in events(found) if event == "failed"] == [
        (1, "UnknownItem"),
        (2, "UnknownItem"),
        (3, "UnknownItem"),
    ]
    assert events(found)[-1] == ("record", None, "OutOfStock")
    assert (found.outcome, found.missing) == (Outcome.KEPT, ())


def test_what_was_raised_adds_its_message_to_the_failure() -> None:
    raised = {
        "errorType": "OutOfStock",
        "errorMessage": "OutOfStock: of lamp for ann@example.com" + "x" * 2 * LONGEST_TEXT,
        "requestId": request(1),
    }
    lines = [*json_run(101, 1, ORDER)[:3], Line(101.5, json.dumps(raised))]
    (failed,) = [m for m in told(lines).moments if m.event is Event.FAILED]
    assert failed.text.startswith("OutOfStock: of lamp for a…@example.com")
    assert len(failed.text) == LONGEST_TEXT + 1


def test_a_timeout_is_a_failure_that_the_platform_alone_tells() -> None:
    begin = json_run(101, 1, ORDER)[:2]
    done = {"type": "platform.report", "record": {"requestId": request(1), "status": "timeout"}}
    found = told([*begin, Line(131, json.dumps(done))])
    assert events(found)[-1] == ("failed", 1, "Timeout")


def test_alerts_are_told_as_the_handler_logs_them() -> None:
    words = f"order_id={ORDER} request_id={request(1)}"
    lines = [
        *text_run(101, 1, ORDER)[:2],
        Line(102, f"INFO alerted {words}"),
        Line(103, f"ERROR alert failed {words} error=NotFoundException"),
    ]
    assert events(told(lines))[-2:] == [
        ("alerted", 1, ""),
        ("alert failed", 1, "NotFoundException"),
    ]


def test_an_order_that_was_not_handed_on_is_refused() -> None:
    lines = [Line(100, f"ERROR failed order_id={ORDER} request_id={request(9)} error=Throttled")]
    found = trace(ORDER, Found({"ProcessOrder": lines}), 110)
    assert events(found) == [("refused", None, "Throttled")]
    assert found.outcome is Outcome.REFUSED


def test_a_fresh_order_is_under_way_and_says_that_logs_are_late() -> None:
    found = told(send=[])
    assert (found.outcome, found.confirmed) == (Outcome.PENDING, None)
    first, second = found.missing
    assert first == "Not in the logs: its confirmation; they may come up to 2 minutes late."
    assert second.startswith("Neither rows nor a record yet")


def test_an_old_order_that_is_nowhere_is_lost_unless_not_all_could_be_read() -> None:
    later = 101.5 + FAILING_SECONDS + 1
    found = told(now=later)
    assert found.outcome is Outcome.LOST
    assert found.missing[0].startswith("Neither rows nor a record: a throttled event")
    assert told(now=later, unread=["OrderProcessingDLQ"]).outcome is Outcome.UNKNOWN
    assert told(now=later - 2).outcome is Outcome.PENDING


def test_rows_and_a_record_are_both() -> None:
    found = told(text_run(101, 1, ORDER, fails=False), rows=ROWS, records=[record()])
    assert found.outcome is Outcome.BOTH


def test_a_record_of_sendemail_is_of_the_confirmation_alone() -> None:
    found = told(
        text_run(101, 1, ORDER, fails=False),
        rows=ROWS,
        records=[record("shop2-SendEmail")],
        send=[],
        now=300,
    )
    assert (found.outcome, found.confirmed, found.missing) == (Outcome.APPLIED, False, ())


def test_rows_whose_log_is_gone_say_so() -> None:
    found = trace(ORDER, Found(rows=ROWS), 10_000)
    assert [(m.event, m.at) for m in found.moments] == [(Event.ROWS, 100)]
    assert found.missing == (
        "Not in the logs: its acceptance, the attempt that has applied it, its confirmation; "
        "a log is kept for its retention only.",
    )


def test_what_could_not_be_read_is_not_said_to_be_missing() -> None:
    unread = ["ProcessOrder", "UpdateInventory", "SendEmail"]
    assert trace(ORDER, Found(rows=ROWS), 10_000, unread).missing == ()


def test_applied_without_rows_is_told_unless_the_rows_may_not_be_read() -> None:
    lines = text_run(101, 1, ORDER, fails=False)
    assert "somebody has removed them" in told(lines).missing[-1]
    closed = told(lines, unread=["InventoryTransactions"])
    assert (closed.outcome, closed.missing) == (Outcome.APPLIED, ())


def test_lines_of_somebody_else_s_function_are_told_masked() -> None:
    lines = [Line(101, f"booked {ORDER} for ann@example.com\n", "x")]
    (moment,) = [m for m in told(lines).moments if m.event is Event.SAID]
    assert moment.text == f"booked {ORDER} for a…@example.com"


def test_many_rows_are_told_in_part() -> None:
    rows = [Row(f"item-{n}", "1", 100.0) for n in range(50)]
    (moment,) = [m for m in told(rows=rows).moments if m.event is Event.ROWS]
    assert moment.text.endswith("item-4 × 1 and 45 more")


def test_nothing_is_nothing() -> None:
    found = trace(ORDER, Found(), 100)
    assert (found.moments, found.outcome) == ((), Outcome.UNKNOWN)
