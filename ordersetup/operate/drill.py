"""The live failure drill: one order that must fail, watched on its way into the dead-letter queue.

It goes through the real pipeline, from the API on. What it needs is made for it and removed in any
case; what a killed drill has left is removed by the next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from ordersetup.errors import OrdersetupError
from ordersetup.operate.drill_ear import EAR_NAME, Ear
from ordersetup.operate.drill_judge import judge
from ordersetup.operate.drill_pace import Pace, pace_of
from ordersetup.operate.drill_plan import (
    Announcement,
    Audience,
    plan_of,
    refuse_passing_on,
    url_of,
)
from ordersetup.operate.drill_queue import Counts, DeadLetters
from ordersetup.operate.drill_records import ITEM_PREFIX, ORDER_PREFIX
from ordersetup.operate.drill_survey import Survey
from ordersetup.operate.drill_sweep import EarPlan, confirmed, sweep
from ordersetup.operate.drill_tables import Tables, held_back
from ordersetup.operate.drill_watch import Follow, Watch, leftover_after
from ordersetup.operate.evidence import DrillResult, Evidence, Moment
from ordersetup.operate.order import SIMULATOR, TestOrder
from ordersetup.operate.posting import Posted, by_gateway, post
from ordersetup.operate.site import Site
from ordersetup.patience import Patience
from ordersetup.refusals import message_of
from ordersetup.web import NoAnswer

LEFT_SECONDS = 60
"""For so long after its time a drill may still be clearing up."""

Wait = Callable[[str, float], None]


class Drill:
    """One drill.

    Args:
        site: the stack.
        follow: is told each moment, as it comes.
        wait: is told what is waited for, and for how long already.
        timeout: seconds for everything.
        pace: how fast events fail there; None to know it by the endpoint.
    """

    def __init__(
        self,
        site: Site,
        follow: Follow,
        wait: Wait,
        *,
        timeout: float,
        pace: Pace | None = None,
    ) -> None:
        self._site = site
        self._aws = site.aws
        self._follow = follow
        self._timeout = timeout
        self._pace = pace or pace_of(site.aws)
        self._wait = wait
        self._patience = self._until(timeout)
        self._clock = time.monotonic()
        mark = uuid4().hex[:12]
        self._order = TestOrder(f"{ORDER_PREFIX}{mark}", SIMULATOR, ((f"{ITEM_PREFIX}{mark}", 1),))
        self._plan = plan_of(site, self._order, timeout)
        self._hopes = Survey(self._plan, site.report).hopes()
        self._tables = Tables(site.aws, self._plan)

    def announce(self) -> Announcement:
        """What will happen; nothing has happened yet.

        Raises:
            NotHeld: the drill cannot be held here.
        """
        counts = self._opened()[1]
        of, arn = self._site.blueprint.names.of, self._site.blueprint.topic_arn
        messages = (("OrderProcessingAlerts", self._plan.attempts), ("OrderConfirmationTopic", 1))
        return Announcement(
            self._order.order_id,
            self._order.items[0][0],
            tuple(Audience(of(t), confirmed(self._aws, arn(t)), n) for t, n in messages),
            self._pace.words,
            self._timeout,
            self._plan.queue,
            counts.passes_on if counts else None,
            marked=not self._site.foreign,
            against=self._hopes.against,
        )

    def run(self) -> DrillResult:
        """Post the order, watch it fail, clear up, and judge.

        Raises:
            NotHeld: the drill cannot be held here.
        """
        began = datetime.now(UTC)
        self._clock = time.monotonic()
        # From now on: the person who was asked first may have thought about it.
        self._patience = self._until(self._timeout)
        url = self._opened()[0]
        ear_plan = self._ear_plan()
        self._sweep(ear_plan)
        ear = Ear(self._aws, ear_plan)
        try:
            watch, evidence = self._held(ear, url)
        finally:
            left = self._cleared(ear)
        return DrillResult(
            self._order.order_id,
            began.isoformat(timespec="seconds"),
            round(time.monotonic() - self._clock, 2),
            tuple(sorted(watch.timeline, key=lambda moment: moment.seconds)),
            judge(evidence, self._plan, self._site.report),
            (*left, *self._stuck(watch)),
        )

    def _until(self, seconds: float) -> Patience:
        return Patience(threading.Event(), self._wait, time.monotonic() + seconds)

    def _opened(self) -> tuple[str, Counts | None]:
        """Where to post, and what the queue tells of itself.

        Raises:
            NotHeld: the drill cannot be held here.
        """
        queue, counts, _ = self._queue()
        url = url_of(self._site, queue_stands=queue is not None)
        refuse_passing_on(self._plan, counts)
        return url, counts

    def _queue(self) -> tuple[DeadLetters | None, Counts | None, str]:
        """The dead-letter queue, what it tells of itself; or why it cannot be looked into."""

        def opened() -> tuple[DeadLetters, Counts]:
            queue = DeadLetters(self._aws, self._plan.queue, most=self._pace.holds)
            return queue, queue.counts()

        try:
            return (*self._patience.attempt(opened, (), "The dead-letter queue"), "")
        except self._aws.sqs.exceptions.ClientError as error:
            return None, None, message_of(error)

    def _sweep(self, ear_plan: EarPlan) -> None:
        """Remove what killed drills have left; that this may not be done stops no drill."""
        try:
            sweep(self._aws, ear_plan, time.time())
        except self._aws.sqs.exceptions.ClientError as error:
            left = f"what earlier drills left could not be looked for: {message_of(error)}"
            self._wait(left, 0.0)

    def _held(self, ear: Ear, url: str) -> tuple[Watch, Evidence]:
        """The drill proper, between making and clearing up."""
        unheard = self._listen(ear)
        queue, counts, unread = self._queue()
        before = self._tables.stock()
        watch: Watch | None = None
        try:
            posted = post(self._aws, url, self._order, self._patience)
            watch = Watch(
                self._aws,
                self._plan,
                self._pace,
                ear if not unheard else None,
                queue,
                self._follow,
                (posted.began, posted.wall),
                counts.depth if counts else 0,
                self._plan.accepts(_status(posted)),
                hopes=self._hopes,
            )
            self._watched(watch, posted)
        except KeyboardInterrupt:
            if watch is None or watch.recorded is None:
                self._say("interrupted", self._still_to_come())
            raise
        evidence = Evidence(
            answer=_status(posted),
            answered=posted.told.replace(SIMULATOR, "(address)"),
            log=watch.log,
            unread_log=watch.unread_log,
            alerts=watch.alerts,
            unheard=unheard or watch.unheard or self._patience.attempt(ear.deafness, (), "The ear"),
            records=watch.records,
            unread_queue=unread or watch.unread_queue,
            cut_short=watch.cut_short,
            stock_before=before,
        )
        return watch, self._completed(evidence)

    def _listen(self, ear: Ear) -> str:
        """Open the ear; why it could not be, or nothing."""
        try:
            self._patience.attempt(lambda: ear.open(self._patience), (), "The drill's queue")
        except self._aws.sqs.exceptions.ClientError as error:
            return message_of(error)
        return ""

    def _watched(self, watch: Watch, posted: Posted) -> None:
        seconds = round(posted.seconds, 2)
        if watch.accepted:
            watch.tell(Moment(seconds, "accepted", "accepted by the API"))
        else:
            told = f"not accepted: {_status(posted) or 'no answer'}"
            watch.tell(Moment(seconds, "refused", told))
            if self._never_begun(posted):
                return
        self._patience.until(
            lambda: self._patience.attempt(watch.look, (), "The drill"),
            lambda _: watch.settled,
            within=self._timeout,
            reason=lambda _: watch.awaited,
        )
        self._until(LEFT_SECONDS).attempt(watch.finish, (), "The last look through the queue")

    def _never_begun(self, posted: Posted) -> bool:
        """Whether the answer tells that no function has handed the order on."""
        if isinstance(posted.answer, NoAnswer):
            return False
        refused = self._plan.own_intake and 400 <= posted.answer.status < 500
        return refused or by_gateway(posted.answer)

    def _completed(self, evidence: Evidence) -> Evidence:
        """The evidence, with what is read once all is over."""
        rows, after = self._tables.rows(), self._tables.stock()
        evidence = replace(
            evidence, rows=rows, stock_after=after, unread_tables=self._tables.unread
        )
        begun = evidence.begun or self._plan.accepts(evidence.answer)
        if begun and not evidence.records:
            return replace(evidence, **held_back(self._aws, self._plan.function))
        return evidence

    def _cleared(self, ear: Ear) -> tuple[str, ...]:
        """Take away what the drill has made; what it could not, and how it is taken away."""
        try:
            self._until(LEFT_SECONDS).attempt(ear.close, (), "Clearing up after the drill")
        except (self._aws.sqs.exceptions.ClientError, OrdersetupError) as error:
            left = tuple(f"{what} ({message_of(error)})" for what in ear.left())
            for what in left:
                self._say("left", f"left behind: {what}")
            return left
        return ()

    def _stuck(self, watch: Watch) -> tuple[str, ...]:
        """What of drills is left in the dead-letter queue."""
        if watch.queue is None or not watch.queue.stuck:
            return ()
        where = f"SQS › Queues › {self._plan.queue} › Send and receive messages"
        return (
            f"{watch.queue.stuck} of its messages in {self._plan.queue}: delete in {where} what "
            f"names an order {ORDER_PREFIX}… ({watch.unread_queue or 'it was not taken out'})",
        )

    def _still_to_come(self) -> str:
        minutes = leftover_after(self._plan, self._pace) / 60
        return (
            f"interrupted; the order's record can still come to {self._plan.queue}. A drill that "
            f"is held once it has lain there for {minutes:.0f} minutes removes it; sooner by hand: "
            f"SQS › Queues › {self._plan.queue} › Send and receive messages, what names "
            f"{self._order.order_id}"
        )

    def _say(self, event: str, text: str) -> None:
        self._follow(Moment(round(time.monotonic() - self._clock, 2), event, text))

    def _ear_plan(self) -> EarPlan:
        blueprint = self._site.blueprint
        return EarPlan(
            topic_arn=blueprint.topic_arn("OrderProcessingAlerts"),
            prefix=blueprint.names.of(EAR_NAME),
            tags=blueprint.owner.tags(),
            until=time.time() + self._timeout + LEFT_SECONDS,
            settles=self._pace.settles,
        )


def _status(posted: Posted) -> int | None:
    return None if isinstance(posted.answer, NoAnswer) else posted.answer.status
