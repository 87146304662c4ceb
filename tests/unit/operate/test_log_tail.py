"""A log as it grows: each event once, none left out, whatever comes late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordersetup.operate import log_tail
from ordersetup.operate.log_tail import LATE_MS, LogTail
from tests.unit.operate.test_drill_log import request

BEGAN = 1_795_525_483_000
POLL_MS = 2_000


@dataclass
class Log:
    """CloudWatch's side: an event is told from the moment on at which it becomes known.

    Args:
        events: time, when it becomes known, message.
        with_ids: whether events bear an id.
        page: how many it tells at once.
        tokens: whether it says that there is more.
    """

    events: list[tuple[int, int, str]] = field(default_factory=list)
    with_ids: bool = True
    page: int = 3
    tokens: bool = True
    now: int = BEGAN
    asked: list[int] = field(default_factory=list)

    def get_paginator(self, name: str) -> Log:
        assert name == "filter_log_events"
        return self

    def paginate(self, **asked: Any) -> Iterator[Mapping[str, Any]]:
        self.asked.append(asked["startTime"])
        text = asked.get("filterPattern", "").strip('"')
        found = [
            {
                "timestamp": at,
                "message": message,
                "logStreamName": "stream",
                **({"eventId": str(number)} if self.with_ids else {}),
            }
            for number, (at, known, message) in enumerate(self.events)
            if known <= self.now and at >= asked["startTime"] and text in message
        ]
        found.sort(key=lambda event: int(str(event["timestamp"])))
        pages = [found[n : n + self.page] for n in range(0, len(found), self.page)] or [[]]
        for page in pages if self.tokens else pages[:1]:
            yield {"events": page}


def tail(log: Log, order_id: str | None = None, since: int = BEGAN) -> LogTail:
    aws: Any = SimpleNamespace(logs=log)
    return LogTail(aws, "SendEmail", "/aws/lambda/SendEmail", since, order_id=order_id)


def told(following: LogTail, log: Log) -> list[str]:
    return [event.message for event in following.look(log.now)]


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 240_000), st.integers(0, LATE_MS)), min_size=1, max_size=40
)


@settings(max_examples=25)
@given(arrivals=ARRIVALS, with_ids=st.booleans())
def test_every_event_is_told_exactly_once_however_late_it_comes(
    arrivals: list[tuple[int, int]], with_ids: bool
) -> None:
    events = [(BEGAN + at, BEGAN + at + late, f"e{at}") for at, late in arrivals]
    # Others keep logging, as they do where lateness matters.
    events += [(BEGAN + at, BEGAN + at, "tick") for at in range(0, 400_000, 1_000)]
    log = Log(events, with_ids=with_ids, page=50)
    following = tail(log)
    found: list[str] = []
    for now in range(BEGAN, BEGAN + 400_000, POLL_MS):
        log.now = now
        found += told(following, log)
    assert sorted(m for m in found if m != "tick") == sorted(f"e{at}" for at, _ in arrivals)
    assert found.count("tick") in (399, 400)


def test_lines_that_are_alike_are_told_as_often_as_they_were_logged() -> None:
    events = [(BEGAN, BEGAN, "    ^^^^")] * 3
    for with_ids in (True, False):
        log = Log(list(events), with_ids=with_ids)
        following = tail(log)
        assert told(following, log) == ["    ^^^^"] * 3
        assert told(following, log) == []


def test_a_log_that_tells_a_part_and_no_token_is_asked_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_tail, "MOST_EVENTS", 4)
    events = [(BEGAN + n // 2, BEGAN, f"e{n}") for n in range(11)]
    log = Log(events, with_ids=False, page=4, tokens=False, now=BEGAN + 1000)
    assert told(tail(log), log) == [f"e{n}" for n in range(11)]


def test_what_is_remembered_is_bounded_and_nothing_is_told_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_tail, "MOST_REMEMBERED", 5)
    log = Log([(BEGAN + n, BEGAN, f"e{n}") for n in range(30)], page=10, now=BEGAN + 1000)
    following = tail(log)
    assert told(following, log) == [f"e{n}" for n in range(30)]
    assert len(following._seen) == 5
    assert told(following, log) == []


def test_a_silent_log_is_not_read_from_its_beginning_each_time() -> None:
    log = Log(now=BEGAN + 86_400_000)
    following = tail(log)
    told(following, log)
    told(following, log)
    assert log.asked[0] == BEGAN
    assert log.asked[1] > BEGAN + 86_400_000 - 600_000


def test_of_an_order_the_lines_of_its_runs_are_told_too_and_no_others() -> None:
    mine, other = request(1), request(2)
    lines = [
        f"START RequestId: {mine} Version: 1",
        f"INFO attempt order_id=A-1 request_id={mine}",
        f"START RequestId: {other} Version: 1",
        f"INFO attempt order_id=A-10 request_id={other}",
        f"END RequestId: {mine}",
    ]
    log = Log([(BEGAN, BEGAN, line) for line in lines], with_ids=False)
    following = tail(log, "A-1")
    assert told(following, log) == [lines[0], lines[1], lines[4]]
    log.events.append((BEGAN + 60_000, BEGAN + 60_000, lines[0]))
    log.now = BEGAN + 70_000
    assert told(following, log) == [lines[0]]
    assert told(following, log) == []


def test_of_an_order_an_old_line_is_not_told_twice_when_a_new_one_comes() -> None:
    mine, again = request(1), request(2)
    log = Log([(BEGAN, BEGAN, f"INFO attempt order_id=A-1 request_id={mine}")])
    following = tail(log, "A-1")
    assert len(told(following, log)) == 1
    log.now = BEGAN + 7_200_000
    log.events.append((log.now, log.now, f"INFO attempt order_id=A-1 request_id={again}"))
    assert len(told(following, log)) == 1
    assert told(following, log) == []


def test_of_an_order_whose_runs_are_hours_apart_each_line_is_told_once() -> None:
    runs = [(BEGAN, request(1)), (BEGAN + 7_200_000, request(2))]
    log = Log([(at, at, f"INFO attempt order_id=A-1 request_id={name}") for at, name in runs])
    log.now = BEGAN + 7_200_000
    assert len(told(tail(log, "A-1"), log)) == 2


def test_a_run_that_is_known_from_elsewhere_is_told_without_naming_the_order() -> None:
    log = Log([(BEGAN, BEGAN, f"2026-11-24T13:04:00Z {request(3)} Task timed out")])
    following = tail(log, "A-1")
    assert told(following, log) == []
    following.belongs(request(3))
    assert len(told(following, log)) == 1
