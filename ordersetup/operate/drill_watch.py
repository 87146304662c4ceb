"""Watching one order fail: the log, the alerts and the dead-letter queue, look by look."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ordersetup.aws import Aws
from ordersetup.operate.drill_ear import Ear
from ordersetup.operate.drill_log import Heard, Line, heard, request_ids
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_records import Record, is_leftover
from ordersetup.operate.evidence import Moment, Plan
from ordersetup.refusals import message_of
from ordersetup.transient import weather

CLOCK_SLACK_MS = 300_000
"""The clocks of this machine and of the log may differ by some minutes."""

Follow = Callable[[Moment], None]


@dataclass(frozen=True)
class Pace:
    """How fast events fail somewhere, in seconds since the order was posted.

    Args:
        attempts: when each attempt is due.
        record: when the record is due.
        longest: when no record can be expected any more.
        quiet: how long after its record the function is watched for another run.
        late: how long after the record logs and alerts may still come.
        between: how long between two looks through the queue, which cost others a receive each.
        words: how long all of it takes.
    """

    attempts: tuple[float, ...]
    record: float
    longest: float
    quiet: float
    late: float
    between: float
    words: str


AMAZON = Pace((0, 60, 180), 185, 360, 15, 60, 30, "3 to 4 minutes, at worst 6")
ENGINE = Pace((0, 1, 3), 4, 20, 2, 4, 1, "some seconds")


@dataclass
class Watch:
    """What has been seen of the order so far.

    Args:
        aws: where.
        plan: what is expected.
        pace: how fast.
        ear: hears the alerts; None where it could not be opened.
        queue: the dead-letter queue; None where it cannot be looked into.
        follow: is told each moment.
        posted: when the order was posted: on the monotonic clock, and seconds since 1970.
    """

    aws: Aws
    plan: Plan
    pace: Pace
    ear: Ear | None
    queue: DeadLetters | None
    follow: Follow
    posted: tuple[float, float]
    depth: int = 0
    log: Heard = field(default_factory=Heard)
    unread_log: str = ""
    alerts: tuple[float, ...] = ()
    records: tuple[Record, ...] = ()
    timeline: list[Moment] = field(default_factory=list)
    looks: int = 0
    looked: float = float("-inf")
    recorded: float | None = None
    told: tuple[int, int] = (0, 0)

    @property
    def elapsed(self) -> float:
        """Seconds since the order was posted."""
        return time.monotonic() - self.posted[0]

    def look(self) -> None:
        """See what is new."""
        self._read_log()
        if self.ear is not None:
            self.alerts = self.ear.alerts(self.plan.order_id)
        self._tell_runs()
        if self.queue is not None and self.recorded is None:
            depth = self.queue.depth()
            if depth > self.depth and self.elapsed - self.looked >= self.pace.between:
                self.look_through()
            # What others have taken out makes room: the next to come is a rise again.
            self.depth = min(self.depth, depth) if self.recorded is None else depth

    def look_through(self) -> None:
        """Look through the dead-letter queue, once."""
        if self.queue is None:
            return
        now = time.time()
        age = max(self.plan.waited, self.pace.longest) * 2
        found = self.queue.look(
            lambda record: record.order_id == self.plan.order_id,
            lambda record: is_leftover(record, now, age),
        )
        # The order's other function may have failed too, and left a record of its own.
        found = tuple(r for r in found if r.function in ("", self.plan.function))
        self.looks += 1
        self.looked = self.elapsed
        self.records += found
        self.depth = self.queue.depth()
        if found and self.recorded is None:
            self.recorded = self.elapsed
            at = found[0].at
            self._tell(
                [("record", f"record in {self.plan.queue}", self._since(at), self.pace.record)]
            )

    def finish(self) -> None:
        """Look through the queue once more where something may not have been seen in it."""
        # While it is missing, the counts may have lagged, or others took out what came in.
        if self.queue is not None and (self.recorded is None or self.queue.depth() > self.depth):
            self.look_through()

    @property
    def settled(self) -> bool:
        """Whether all is seen that can be, so that what is missing stays missing."""
        if self.recorded is None:
            return self.elapsed >= self.pace.longest
        complete = (
            len(self.log.attempts) >= self.plan.attempts and len(self.alerts) >= self.plan.attempts
        )
        waited = self.elapsed - self.recorded
        return waited >= (self.pace.quiet if complete else self.pace.late)

    @property
    def awaited(self) -> str:
        """What is being waited for, in words."""
        if self.recorded is not None:
            return "watching whether it stays quiet after the record"
        runs = len(self.log.attempts)
        if runs < self.plan.attempts:
            due = self.pace.attempts[min(runs, len(self.pace.attempts) - 1)]
            return f"waiting for {_run(runs)}, due at about {due:.0f} s"
        return f"waiting for the record, due at about {self.pace.record:.0f} s"

    def _read_log(self) -> None:
        known = frozenset(r.request_id for r in self.records if r.request_id)
        try:
            lines = self._lines(self.plan.order_id)
            for request_id in request_ids(lines, self.plan.order_id) | known:
                lines += self._lines(request_id)
        except self.aws.logs.exceptions.ClientError as error:
            if weather(error):
                raise  # A throttle passes, and what was read before still stands.
            self.unread_log = message_of(error)
            return
        self.log, self.unread_log = heard(lines, self.plan.order_id, known), ""

    def _lines(self, text: str) -> list[Line]:
        pages = self.aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.plan.log_group,
            startTime=max(0, int(self.posted[1] * 1000) - CLOCK_SLACK_MS),
            filterPattern=f'"{text}"',
        )
        return [
            Line(e.get("timestamp", 0) / 1000, e.get("message", ""), e.get("logStreamName", ""))
            for page in pages
            for e in page.get("events", [])
        ]

    def _tell_runs(self) -> None:
        """Tell the attempts and alerts that are new, in the order they came."""
        runs, alerts = self.told
        due = dict(enumerate(self.pace.attempts))
        new = [
            ("attempt", _run(n), self._since(run.at), due.get(n))
            for n, run in enumerate(self.log.attempts)
            if n >= runs
        ] + [
            ("alert", f"alert {n + 1}", self._since(at), due.get(n))
            for n, at in enumerate(self.alerts)
            if n >= alerts
        ]
        self.told = (max(runs, len(self.log.attempts)), max(alerts, len(self.alerts)))
        self._tell(sorted(new, key=lambda moment: moment[2]))

    def _tell(self, moments: list[tuple[str, str, float, float | None]]) -> None:
        for event, text, seconds, due in moments:
            self.tell(Moment(round(seconds, 2), event, text, due))

    def tell(self, moment: Moment) -> None:
        """Keep a moment, and tell it."""
        self.timeline.append(moment)
        self.follow(moment)

    def _since(self, at: float | None) -> float:
        """Seconds since the order was posted, as far as another clock can be believed."""
        return self.elapsed if at is None else min(max(0.0, at - self.posted[1]), self.elapsed)


def _run(number: int) -> str:
    return "attempt 1" if number == 0 else f"retry {number}"
