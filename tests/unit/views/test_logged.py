"""Log lines as a person and as a program reads them."""

from __future__ import annotations

import json

import pytest

from ordersetup.operate.log_tail import LogEvent
from ordersetup.views.json_lines import TYPES
from ordersetup.views.logged import LogJson, LogLines, rendered
from tests.unit.operate.test_log_entry import ID, LINES, OURS, RAISED, platform

AT = 1_795_525_483_128


def event(message: str, function: str = "SendEmail", at: int = AT) -> LogEvent:
    return LogEvent(function, at, message, "stream", "id-1")


def lines(message: str, function: str = "SendEmail") -> list[str]:
    return [line.plain for line in rendered(event(message, function))]


HEAD = "13:04:43.128  SendEmail        "


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (f"START RequestId: {ID} Version: $LATEST", "run d6eb948a begins"),
        (platform("start"), "run d6eb948a begins"),
        (
            platform("report", status="success", metrics={"durationMs": 52, "maxMemoryUsedMB": 81}),
            "run d6eb948a ends after 52 ms, 81 MB",
        ),
        (
            platform("report", status="timeout", metrics={"durationMs": 3000, "initDurationMs": 9}),
            "run d6eb948a ends after 3000 ms, started in 9 ms: Timeout",
        ),
        (
            f"REPORT RequestId: {ID}\tDuration: 52 ms\tMax Memory Used: 0 MB",
            "run d6eb948a ends after 52 ms",
        ),
        (f"REPORT RequestId: {ID}\tDuration: ? ms", "run d6eb948a ends"),
        (json.dumps(OURS), "ERROR failed  order_id=A-1 error=OutOfStock  run d6eb948a"),
        (
            f"INFO accepted order_id=A-1 request_id={ID} send_email={ID}",
            "INFO accepted  order_id=A-1 send_email=d6eb948a  run d6eb948a",
        ),
        ("hello [bold]there[/bold]", "hello [bold]there[/bold]"),
        ("to ann@example.com \x1b[31m", "to a…@example.com  [31m"),
        (platform("initStart"), "initStart"),
        ("", ""),
    ],
    ids=str,
)
def test_a_line_is_told_in_the_words_of_people(message: str, told: str) -> None:
    assert lines(message) == [f"{HEAD}{told}"]


@pytest.mark.parametrize(
    "message", [f"END RequestId: {ID}", platform("runtimeDone", status="success")], ids=str
)
def test_what_another_line_says_as_well_is_left_out(message: str) -> None:
    assert lines(message) == []


def test_what_was_raised_is_told_with_its_frames() -> None:
    assert lines(json.dumps(RAISED)) == [
        f"{HEAD}ERROR OutOfStock: item lamp has 2 left, the order wants 5",
        '      File "x.py", line 1',
    ]


def test_a_line_of_several_lines_is_told_in_full() -> None:
    told = lines("[ERROR]\t2026-11-24T13:04:00.000Z\t\tfirst\n  second\r\n\nann@example.com\n")
    assert told == [f"{HEAD}ERROR first", "      second", "    a…@example.com"]


@pytest.mark.parametrize("name", LINES)
def test_no_line_is_a_surprise(name: str) -> None:
    for line in rendered(event(LINES[name][0], "UpdateInventory")):
        assert "\n" not in line.plain


def test_the_day_is_told_when_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    view = LogLines(color=True)
    view.line(event("a"))
    view.line(event(f"END RequestId: {ID}", at=AT + 86_400_000))
    view.line(event("b", "ProcessOrder", at=AT + 86_400_001))
    view.unread("SendEmail", "absent")
    view.nothing(AT / 1000)
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "2026-11-24, UTC",
        f"{HEAD}a",
        "2026-11-25, UTC",
        "13:04:43.129  ProcessOrder     b",
    ]
    assert told.err.splitlines() == [
        "SendEmail: its log group is not there",
        "Nothing has been logged since 2026-11-24 13:04:43 UTC.",
    ]


def test_each_function_has_a_colour_of_its_own() -> None:
    styles = {
        str(next(rendered(event("a", name))).spans[1].style)
        for name in ("ProcessOrder", "UpdateInventory", "SendEmail")
    }
    assert len(styles) == 3


def test_a_program_gets_every_line_as_it_was_logged_but_for_addresses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = LogJson()
    view.line(event(f"END RequestId: {ID}\n"))
    view.line(event(json.dumps({"message": "to ann@example.com"})))
    view.unread("SendEmail", "not allowed: logs:FilterLogEvents")
    view.nothing(0)
    first, second, third = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {first["type"], third["type"]} <= set(TYPES)
    assert first["message"] == f"END RequestId: {ID}\n"
    assert (first["function"], first["at"]) == ("SendEmail", "2026-11-24T13:04:43.128+00:00")
    assert json.loads(second["message"]) == {"message": "to a…@example.com"}
    assert third["because"] == "not allowed: logs:FilterLogEvents"
