"""Attempts are counted by the platform's own beginnings, in both shapes of a log."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from ordersetup.operate.drill_log import Line, attempts, heard, unplaced

ORDER = "DRILL-0123456789ab"
OTHER = "DRILL-0123456789abc"


def request(number: int) -> str:
    return str(UUID(int=number, version=4))


def text_run(at: float, number: int, order: str = ORDER, *, fails: bool = True) -> list[Line]:
    """One attempt as the text format has it, all of it at once as engines write it."""
    told = f"order_id={order} request_id={request(number)}"
    lines = [
        f"START RequestId: {request(number)} Version: $LATEST",
        f"INFO attempt {told}",
        f"ERROR failed {told} error=UnknownItem" if fails else f"INFO applied {told}",
        f"END RequestId: {request(number)}",
        f"REPORT RequestId: {request(number)}\tDuration: 3 ms",
    ]
    return [Line(at, line, f"stream-{number}") for line in lines]


def json_run(at: float, number: int, order: str = ORDER, *, fails: bool = True) -> list[Line]:
    """One attempt as Lambda's JSON log format has it."""
    bad = {"errorType": "UnknownItem"} if fails else {}
    event = "failed" if fails else "applied"
    message = f"{event} order_id={order} request_id={request(number)}"
    status = "error" if fails else "success"
    records = [
        {
            "time": "2026-11-23T10:00:00.000Z",
            "type": "platform.start",
            "record": {"requestId": request(number), "version": "$LATEST", "functionArn": "arn"},
        },
        {
            "timestamp": "2026-11-23T10:00:00Z",
            "level": "INFO",
            "message": f"attempt order_id={order} request_id={request(number)}",
            "logger": "orders",
            "requestId": request(number),
            "order_id": order,
        },
        {"level": "ERROR", "message": message, "requestId": request(number), **bad},
        {
            "type": "platform.report",
            "record": {"requestId": request(number), "status": status, "metrics": {}},
        },
    ]
    return [Line(at + n / 100, json.dumps(r), "stream") for n, r in enumerate(records)]


def test_an_engines_retries_are_counted_though_each_has_a_request_id_of_its_own() -> None:
    lines = text_run(1, 1) + text_run(2, 2) + text_run(4, 3)
    assert [(a.at, a.request_id) for a in attempts(lines, ORDER)] == [
        (1, request(1)),
        (2, request(2)),
        (4, request(3)),
    ]


def test_amazons_retries_are_counted_though_all_bear_one_request_id() -> None:
    lines = json_run(0, 7) + json_run(60, 7) + json_run(180, 7)
    assert [a.at for a in attempts(lines, ORDER)] == [0, 60, 180]
    assert {a.request_id for a in attempts(lines, ORDER)} == {request(7)}


@pytest.mark.parametrize("run", [text_run, json_run])
def test_other_orders_are_not_counted_even_if_their_id_begins_alike(run: object) -> None:
    assert callable(run)
    lines = run(0, 1) + run(1, 2, OTHER) + run(2, 3, "A-1")
    assert len(attempts(lines, ORDER)) == 1


def test_an_event_that_is_told_twice_counts_once() -> None:
    assert len(attempts(json_run(0, 1) * 2, ORDER)) == 1


def test_the_order_in_which_events_arrive_is_no_matter() -> None:
    lines = json_run(60, 7) + json_run(0, 7)
    assert [a.at for a in attempts(list(reversed(lines)), ORDER)] == [0, 60]


def test_a_beginning_counts_although_its_other_lines_are_late() -> None:
    lines = json_run(0, 7) + json_run(60, 7)[:1]
    assert len(attempts(lines, ORDER)) == 2


def test_a_start_that_is_late_is_not_counted_yet() -> None:
    assert attempts(text_run(0, 1)[1:], ORDER) == ()


def test_nothing_is_counted_before_a_line_names_the_order() -> None:
    lines = text_run(0, 1)[:1]
    assert attempts(lines, ORDER) == ()
    assert len(attempts(lines, ORDER, frozenset({request(1)}))) == 1


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "platform.start"}',
        '{"type": "platform.start", "record": 3}',
    ],
)
def test_lines_of_any_shape_are_survived(message: str) -> None:
    assert len(attempts([Line(0, message), *text_run(1, 1)], ORDER)) == 1


@pytest.mark.parametrize("run", [text_run, json_run])
def test_a_run_that_ends_well_is_told_from_one_that_fails(run: object) -> None:
    assert callable(run)
    good, bad = heard(run(0, 1, fails=False), ORDER), heard(run(0, 1), ORDER)
    assert (good.ended, good.failures) == (1, 0)
    assert bad.ended == 1
    assert bad.failures >= 1


def test_only_the_platform_knows_what_was_raised() -> None:
    """A handler may log its failure and yet swallow the exception."""
    swallowing = [*json_run(0, 1)[:3], *json_run(0, 1, fails=False)[3:]]
    found = heard(swallowing, ORDER)
    assert (found.ended, found.raised) == (1, 0)
    assert found.failures
    assert heard(json_run(0, 1), ORDER).raised == 1
    timeout = Line(3, f"REPORT RequestId: {request(1)}\tDuration: 3000 ms\tStatus: timeout")
    assert heard([*text_run(0, 1), timeout], ORDER).raised == 1


def test_an_alert_that_could_not_be_published_is_heard_of() -> None:
    told = f"ERROR alert failed order_id={ORDER} request_id={request(1)} error=ClientError"
    found = heard([*text_run(0, 1), Line(0, told, "stream-1")], ORDER)
    assert found.unheard == ("ClientError",)


def printed_run(at: float, number: int, *, stream: str) -> list[Line]:
    """One attempt of a handler that prints the event, and whose runtime tells of the exception."""
    told = [
        f"START RequestId: {request(number)} Version: $LATEST\n",
        f"{{'order_id': '{ORDER}', 'items': []}}\n",
        "[ERROR] KeyError: 'lamp'\nTraceback (most recent call last): …",
        f"END RequestId: {request(number)}\n",
    ]
    return [Line(at + n / 1000, line, stream) for n, line in enumerate(told)]


def test_what_is_merely_printed_belongs_to_the_run_that_last_began_in_its_stream() -> None:
    lines = [
        *printed_run(0, 1, stream="a"),
        *text_run(0.0005, 8, OTHER),
        *printed_run(60, 2, stream="b"),
        *text_run(100, 9, OTHER),
        *printed_run(180, 3, stream="a"),
    ]
    assert [a.request_id for a in attempts(lines, ORDER)] == [request(n) for n in (1, 2, 3)]
    assert unplaced(lines, ORDER) == {"a", "b"}


def test_what_is_printed_before_anything_is_known_to_have_begun_counts_for_nothing() -> None:
    assert attempts(printed_run(0, 1, stream="a")[1:], ORDER) == ()
    assert unplaced(text_run(0, 1), ORDER) == frozenset()
