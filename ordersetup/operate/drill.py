"""The live failure drill: one order that must fail, watched on its way into the dead-letter queue.

It goes through the real pipeline, from the API on. What it needs is made for it and removed in any
case; what a killed drill has left is removed by the next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from ordersetup.aws import Aws
from ordersetup.blueprint import RETRY_ATTEMPTS, Blueprint
from ordersetup.errors import OrderLost
from ordersetup.operate.drill_ear import EAR_NAME, Ear, EarPlan, confirmed, sweep
from ordersetup.operate.drill_judge import judge
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_records import ITEM_PREFIX, ORDER_PREFIX
from ordersetup.operate.drill_tables import Tables, held_back
from ordersetup.operate.drill_watch import AMAZON, ENGINE, Follow, Pace, Watch
from ordersetup.operate.evidence import DrillResult, Evidence, Moment, Plan
from ordersetup.operate.order import SIMULATOR, TestOrder
from ordersetup.operate.posting import Posted, post
from ordersetup.patience import Patience
from ordersetup.refusals import message_of
from ordersetup.report import Report
from ordersetup.web import NoAnswer

LEFT_SECONDS = 60
"""For so long after its time a drill may still be clearing up."""

Wait = Callable[[str, float], None]


@dataclass(frozen=True)
class Audience:
    """Whom a drill will send messages to.

    Args:
        topic: the topic's name.
        subscribers: how many have confirmed.
        messages: how many messages each of them gets.
    """

    topic: str
    subscribers: int
    messages: int


@dataclass(frozen=True)
class Announcement:
    """What a drill is going to do.

    Args:
        order_id: the order that must fail.
        item: the item that cannot exist.
        audiences: who gets messages, and how many.
        lasts: how long it takes, in words.
        timeout: seconds after which it gives up.
    """

    order_id: str
    item: str
    audiences: tuple[Audience, ...]
    lasts: str
    timeout: float


@dataclass(frozen=True)
class Site:
    """What a drill is held on.

    Args:
        aws: where.
        blueprint: the stack; its names alone matter.
        url: where orders are posted; None if there is no API.
        report: the survey before the drill, whose findings explain what fails.
    """

    aws: Aws
    blueprint: Blueprint
    url: str | None
    report: Report | None = None


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
        self._pace = pace or (AMAZON if site.aws.amazon else ENGINE)
        self._wait = wait
        self._patience = Patience(threading.Event(), wait, time.monotonic() + timeout)
        mark = uuid4().hex[:12]
        self._order = TestOrder(f"{ORDER_PREFIX}{mark}", SIMULATOR, ((f"{ITEM_PREFIX}{mark}", 1),))
        self._plan = _plan(site, self._order, timeout)
        self._tables = Tables(site.aws, self._plan)

    def announce(self) -> Announcement:
        """What will happen; nothing has happened yet."""
        of, arn = self._site.blueprint.names.of, self._site.blueprint.topic_arn
        counts = (("OrderProcessingAlerts", self._plan.attempts), ("OrderConfirmationTopic", 1))
        return Announcement(
            self._order.order_id,
            self._order.items[0][0],
            tuple(Audience(of(t), confirmed(self._aws, arn(t)), n) for t, n in counts),
            self._pace.words,
            self._timeout,
        )

    def _sweep(self, ear_plan: EarPlan) -> None:
        """Remove what killed drills have left; that this may not be done stops no drill."""
        try:
            sweep(self._aws, ear_plan, time.time())
        except self._aws.sqs.exceptions.ClientError as error:
            left = f"what earlier drills left could not be looked for: {message_of(error)}"
            self._wait(left, 0.0)

    def run(self) -> DrillResult:
        """Post the order, watch it fail, clear up, and judge.

        Raises:
            OrderLost: there is no API to post to.
        """
        if self._site.url is None:
            raise OrderLost(
                "There is no API to post the drill's order to.",
                "Build the stack with: ordersetup provision",
            )
        began = datetime.now(UTC)
        clock = time.monotonic()
        # From now on: the person who was asked first may have thought about it.
        self._patience = Patience(threading.Event(), self._wait, clock + self._timeout)
        ear_plan = self._ear_plan()
        self._sweep(ear_plan)
        ear = Ear(self._aws, ear_plan)
        try:
            watch, evidence = self._held(ear, self._site.url)
        finally:
            self._patience.attempt(ear.close, (), "Clearing up after the drill")
        return DrillResult(
            self._order.order_id,
            began.isoformat(timespec="seconds"),
            round(time.monotonic() - clock, 2),
            tuple(sorted(watch.timeline, key=lambda moment: moment.seconds)),
            judge(evidence, self._plan, self._site.report),
        )

    def _held(self, ear: Ear, url: str) -> tuple[Watch, Evidence]:
        """The drill proper, between making and clearing up."""
        unheard, queue, unread = self._listen(ear), None, ""
        try:
            queue = DeadLetters(self._aws, self._plan.queue)
            depth = queue.depth()
        except self._aws.sqs.exceptions.ClientError as error:
            queue, depth, unread = None, 0, message_of(error)
        before = self._tables.stock()
        posted = post(self._aws, url, self._order, self._patience)
        watch = Watch(
            self._aws,
            self._plan,
            self._pace,
            ear if not unheard else None,
            queue,
            self._follow,
            (posted.began, posted.wall),
            depth,
        )
        status = _status(posted)
        if status == 202:
            self._watched(watch, posted)
        evidence = Evidence(
            answer=status,
            answered=posted.told.replace(SIMULATOR, "(address)"),
            log=watch.log,
            unread_log=watch.unread_log,
            alerts=watch.alerts,
            unheard=unheard or ear.deafness(),
            records=watch.records,
            unread_queue=unread,
            stock_before=before,
        )
        return watch, self._completed(evidence)

    def _listen(self, ear: Ear) -> str:
        """Open the ear; why it could not be, or nothing."""
        try:
            ear.open(self._patience)
        except self._aws.sqs.exceptions.ClientError as error:
            return message_of(error)
        return ""

    def _watched(self, watch: Watch, posted: Posted) -> None:
        watch.tell(Moment(round(posted.seconds, 2), "accepted", "accepted by the API"))
        try:
            self._patience.until(
                lambda: self._patience.attempt(watch.look, (), "The drill"),
                lambda _: watch.settled,
                within=self._timeout,
                reason=lambda _: watch.awaited,
            )
            watch.finish()
        except KeyboardInterrupt:
            if watch.recorded is None:
                said = f"interrupted; the order's record is still to come to {self._plan.queue}"
                watch.tell(Moment(round(watch.elapsed, 2), "interrupted", said))
            raise

    def _completed(self, evidence: Evidence) -> Evidence:
        """The evidence, with what is read once all is over."""
        rows, after = self._tables.rows(), self._tables.stock()
        evidence = replace(
            evidence, rows=rows, stock_after=after, unread_tables=self._tables.unread
        )
        if evidence.answer == 202 and not evidence.records:
            return replace(evidence, **held_back(self._aws, self._plan.function))
        return evidence

    def _ear_plan(self) -> EarPlan:
        blueprint = self._site.blueprint
        return EarPlan(
            topic_arn=blueprint.topic_arn("OrderProcessingAlerts"),
            prefix=blueprint.names.of(EAR_NAME),
            tags=blueprint.owner.tags(),
            until=time.time() + self._timeout + LEFT_SECONDS,
        )


def _plan(site: Site, order: TestOrder, timeout: float) -> Plan:
    of, function = site.blueprint.names.of, site.blueprint.update_inventory
    by_hand = site.report.by_hand if site.report else ()
    return Plan(
        order_id=order.order_id,
        payload_items=dict(order.items),
        function=function.name,
        log_group=function.log_group,
        queue=of("OrderProcessingDLQ"),
        topic=of("OrderProcessingAlerts"),
        transactions=of("InventoryTransactions"),
        inventory=of("Inventory"),
        attempts=1 + RETRY_ATTEMPTS,
        # What others have written has names of its own.
        error="" if any(function.name in title for title in by_hand) else "UnknownItem",
        waited=timeout,
    )


def _status(posted: Posted) -> int | None:
    return None if isinstance(posted.answer, NoAnswer) else posted.answer.status
