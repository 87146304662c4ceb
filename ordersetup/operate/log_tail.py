"""A function's log as it grows: each event once, however often it is told, and none left out.

CloudWatch makes events known late and not in their order, so every look begins before the last
event that was seen, now and then far before it, and what was seen already is left out by its id.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ordersetup.aws import Aws
from ordersetup.operate.drill_texts import mentions
from ordersetup.operate.log_entry import read_entry
from ordersetup.operate.order_log import CLOCK_SLACK_MS

OVERLAP_MS = 20_000
"""Most events are known within so long."""

LATE_MS = 120_000
"""And all of them within so long."""

WIDE_EVERY_MS = 20_000
"""How often a look goes far back for those that were late."""

WIDE_MS = LATE_MS + WIDE_EVERY_MS + 10_000
"""How far back: the latest event is still within reach of one such look, which may tarry a bit."""

MOST_REMEMBERED = 200_000
"""Ids that are remembered at most, some 40 MB; beyond that no look goes back behind the oldest."""

MOST_EVENTS = 10_000
"""FilterLogEvents tells no more at once."""


@dataclass(frozen=True)
class LogEvent:
    """An event of a log.

    Args:
        function: the guide's name of whose log it is.
        at_ms: its time, milliseconds since 1970.
        message: its text, as it was logged.
        stream: the log stream.
        event_id: CloudWatch's; made up where an engine has none.
    """

    function: str
    at_ms: int
    message: str
    stream: str
    event_id: str


class LogTail:
    """Reads a log from some moment on, again and again.

    Args:
        aws: where.
        function: the guide's name of whose log it is.
        group: the log group.
        since_ms: from when on, milliseconds since 1970.
        order_id: the order whose lines are wanted alone, with those of its runs.
        page: is called before each further page, and may raise.
    """

    def __init__(
        self,
        aws: Aws,
        function: str,
        group: str,
        since_ms: int,
        *,
        order_id: str | None = None,
        page: Callable[[], None] = lambda: None,
    ) -> None:
        self.function = function
        self._aws = aws
        self._group = group
        self._since = since_ms
        self._order = order_id
        self._page = page
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._floor = since_ms
        self._newest: int | None = None
        self._wide_at: int | None = None
        self._runs: dict[str, int] = {}
        """Request ids of the order's, and from when on each is to be read."""

    def look(self, now_ms: int) -> Iterator[LogEvent]:
        """What has not been told yet, in order of time as far as that is known by now.

        Args:
            now_ms: milliseconds since 1970; it may differ from CloudWatch's by some minutes.
        """
        start = self._start(now_ms)
        if self._order is None:
            yield from self._new(self._events(start, None))
        else:
            yield from sorted(self._of_order(start, self._order), key=lambda event: event.at_ms)

    def belongs(self, request_id: str) -> None:
        """Have the lines of a run told as well; for a log of one order."""
        self._runs.setdefault(request_id, self._since)

    def _start(self, now_ms: int) -> int:
        first = self._wide_at is None
        wide = self._wide_at is None or now_ms - self._wide_at >= WIDE_EVERY_MS
        if wide:
            self._wide_at = now_ms
        if first:
            return self._since
        if self._newest is None:
            return max(self._since, now_ms - WIDE_MS - CLOCK_SLACK_MS)
        return max(self._floor, self._newest - (WIDE_MS if wide else OVERLAP_MS))

    def _of_order(self, start: int, order_id: str) -> Iterator[LogEvent]:
        naming = [e for e in self._events(start, order_id) if mentions(e.message, order_id)]
        for event in naming:
            if request_id := read_entry(event.message).request_id:
                self.belongs(request_id)
        # Lines of one moment stand in their order in what a run has logged; so that goes first.
        for request_id, begins in list(self._runs.items()):
            yield from self._new(self._events(begins, request_id))
            self._runs[request_id] = max(begins, start)
        yield from self._new(naming)

    def _new(self, events: Iterable[LogEvent]) -> Iterator[LogEvent]:
        for event in events:
            if event.event_id not in self._seen:
                self._remember(event)
                yield event

    def _remember(self, event: LogEvent) -> None:
        self._seen[event.event_id] = event.at_ms
        self._newest = max(self._newest or 0, event.at_ms)
        while self._forgets():
            _, at = self._seen.popitem(last=False)
            self._floor = max(self._floor, min(at + 1, self._newest))

    def _forgets(self) -> bool:
        """Whether the id remembered longest is of no use any more, or one too many."""
        if len(self._seen) > MOST_REMEMBERED:
            return True
        # The runs of an order are read one by one, so that an old line may be told again.
        oldest = next(iter(self._seen.values()))
        return self._order is None and oldest < (self._newest or 0) - 2 * WIDE_MS

    def _events(self, start: int, text: str | None) -> Iterator[LogEvent]:
        """All events from a moment on that have a text."""
        while True:
            last = count = 0
            for page in self._pages(start, text):
                self._page()
                events = page.get("events", [])
                count = len(events)
                yield from self._read(events)
                last = max([last, *(event.get("timestamp", 0) for event in events)])
            # An engine tells so many and leaves the others out; CloudWatch would have a next page.
            if count < MOST_EVENTS or last <= start:
                return
            start = last

    def _pages(self, start: int, text: str | None) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {} if text is None else {"filterPattern": f'"{text}"'}
        yield from self._aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._group, startTime=max(0, start), **asked
        )

    def _read(self, events: list[dict[str, Any]]) -> Iterator[LogEvent]:
        alike: Counter[str] = Counter()
        for event in sorted(events, key=lambda event: int(event.get("timestamp", 0))):
            at, message = int(event.get("timestamp", 0)), event.get("message", "")
            stream = event.get("logStreamName", "")
            made_up = f"{stream} {at} {message}"
            alike[made_up] += 1
            yield LogEvent(
                self.function,
                at,
                message,
                stream,
                event.get("eventId") or f"{alike[made_up]} {made_up}",
            )
