"""Watching one order fail: the log, the alerts and the dead-letter queue, look by look."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ordersetup.aws import Aws
from ordersetup.operate.drill_ear import Ear
from ordersetup.operate.drill_log import Heard
from ordersetup.operate.drill_pace import MOST_LOOKS, Pace
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_reader import FunctionLog
from ordersetup.operate.drill_records import Record, is_leftover
from ordersetup.operate.drill_survey import Hopes
from ordersetup.operate.evidence import Moment, Plan
from ordersetup.refusals import lasting, message_of
from ordersetup.transient import weather

Follow = Callable[[Moment], None]


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
        depth: how many messages the queue held before; later, how many were looked through.
        accepted: whether the API said so; if not, the order may have been begun all the same.
        hopes: what can come at all; None for all that is planned.
    """

    aws: Aws
    plan: Plan
    pace: Pace
    ear: Ear | None
    queue: DeadLetters | None
    follow: Follow
    posted: tuple[float, float]
    depth: int = 0
    accepted: bool = True
    hopes: Hopes | None = None
    log: Heard = field(default_factory=Heard)
    unread_log: str = ""
    alerts: tuple[float, ...] = ()
    unheard: str = ""
    records: tuple[Record, ...] = ()
    unread_queue: str = ""
    cut_short: str = ""
    timeline: list[Moment] = field(default_factory=list)
    looks: int = 0
    looked: float = float("-inf")
    recorded: float | None = None
    completed: float | None = None
    told: tuple[int, int] = (0, 0)

    @property
    def elapsed(self) -> float:
        """Seconds since the order was posted."""
        return time.monotonic() - self.posted[0]

    def look(self) -> None:
        """See what is new; what is refused for good is noted, and not tried again."""
        self._read_log()
        self._hear()
        self._tell_runs()
        self._see_queue(last=False)
        if self.completed is None and self._complete:
            self.completed = self.elapsed

    def finish(self) -> None:
        """Look through the queue once more where something may not have been seen in it.

        Log and alerts are read after it: a record that is found now tells of attempts before it.
        """
        self._see_queue(last=True)
        self._read_log()
        self._hear()
        self._tell_runs()

    def _see_queue(self, *, last: bool) -> None:
        if self.queue is None or self.unread_queue:
            return
        try:
            self.queue.take_out()
            depth = self.queue.depth()
            if self._worth_a_look(depth, last=last):
                self._look_through(self.queue)
            # What others have taken out makes room: the next to come is a rise again.
            self.depth = min(self.depth, depth)
        except self.aws.sqs.exceptions.ClientError as error:
            self.unread_queue = lasting(error)
            if not self.unread_queue:
                raise

    def _worth_a_look(self, depth: int, *, last: bool) -> bool:
        if self.looks >= MOST_LOOKS:
            return False
        if last:
            # While it is missing, the counts may have lagged, or others took out what came in.
            missing = self.recorded is None and (self.accepted or self._begun)
            return missing or depth > self.depth
        if self.recorded is not None or self.looks >= MOST_LOOKS - 1:
            return False
        return depth > self.depth and self.elapsed - self.looked >= self.pace.between

    def _look_through(self, queue: DeadLetters) -> None:
        now = time.time()
        age = leftover_after(self.plan, self.pace)
        self.looks += 1
        self.looked = self.elapsed
        try:
            look = queue.look(
                lambda record: record.names(self.plan.order_id),
                lambda record: is_leftover(record, now, age),
            )
        finally:
            self._take(queue)
        if look.whole:
            self.depth, self.cut_short = look.left, ""
        else:
            self.cut_short = f"only {look.seen} of {look.of} messages were looked through"

    def _take(self, queue: DeadLetters) -> None:
        """Take over what was found, also by a look that ended in an error."""
        # The order's other function may have failed too, and left a record of its own.
        self.records = tuple(r for r in queue.found if r.function in ("", self.plan.function))
        if self.records and self.recorded is None:
            self.recorded = self.elapsed
            at = self.records[0].at
            self._tell(
                [("record", f"record in {self.plan.queue}", self._since(at), self.pace.record)]
            )

    @property
    def settled(self) -> bool:
        """Whether all is seen that can be, so that what is missing stays missing."""
        if not self.accepted and not self._begun and not self.unread_log:
            return self.elapsed >= self.pace.late
        if self.recorded is None and self.completed is not None and not self._hoped.record:
            return self.elapsed - self.completed >= self.pace.quiet
        if self.recorded is None:
            blind = self.queue is None or bool(self.unread_queue)
            due = min(self.pace.record + self.pace.late, self.pace.longest)
            return self.elapsed >= (due if blind and self._complete else self.pace.longest)
        waited = self.elapsed - self.recorded
        return waited >= (self.pace.quiet if self._complete else self.pace.late)

    @property
    def _hoped(self) -> Hopes:
        return self.hopes or Hopes(self.plan.attempts)

    @property
    def _complete(self) -> bool:
        """Whether all attempts and alerts have been seen that can come."""
        wanted = self._hoped.attempts
        heard = len(self.alerts) >= wanted or not self._hoped.alerts
        return len(self.log.attempts) >= wanted and heard

    @property
    def awaited(self) -> str:
        """What is being waited for, in words."""
        if self.recorded is not None:
            return "watching whether it stays quiet after the record"
        if not self.accepted and not self._begun:
            return "watching whether the order was begun all the same"
        if self.completed is not None and not self._hoped.record:
            return "no record can come; watching whether it stays quiet"
        runs = len(self.log.attempts)
        if runs < self._hoped.attempts:
            due = self.pace.attempts[min(runs, len(self.pace.attempts) - 1)]
            return f"waiting for {_run(runs)}, due at about {due:.0f} s"
        return f"waiting for the record, due at about {self.pace.record:.0f} s"

    @property
    def _begun(self) -> bool:
        return bool(self.log.attempts or self.alerts or self.records)

    def _read_log(self) -> None:
        known = frozenset(r.request_id for r in self.records if r.request_id)
        try:
            self.log = FunctionLog(self.aws, self.plan, self.posted[1]).read(known)
        except self.aws.logs.exceptions.ClientError as error:
            if weather(error):
                raise  # A throttle passes, and what was read before still stands.
            self.unread_log = message_of(error)
            return
        self.unread_log = ""

    def _hear(self) -> None:
        if self.ear is None or self.unheard:
            return
        try:
            self.alerts = self.ear.alerts(self.plan.order_id)
        except self.aws.sqs.exceptions.ClientError as error:
            self.unheard = lasting(error)
            if not self.unheard:
                raise

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


def leftover_after(plan: Plan, pace: Pace) -> float:
    """Seconds after which no drill can be waiting for its record any more."""
    return max(plan.waited, pace.longest) * 2


def _run(number: int) -> str:
    return "attempt 1" if number == 0 else f"retry {number}"
