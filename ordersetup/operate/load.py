"""Load: many orders at once, posted where a shop's web page would post them.

An order is made when it is posted and forgotten when it is answered: its id bears the run's and its
number, so the run needs a bit for each order and no more.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ordersetup.operate.drill_sweep import confirmed
from ordersetup.operate.load_tally import THROTTLED, Tally
from ordersetup.operate.order import SIMULATOR, TestOrder
from ordersetup.operate.site import Site
from ordersetup.permissions import Uses
from ordersetup.web import Answer, NoAnswer, Web

USES: Uses = {
    "apigateway:GetRestApis": (),
    "sns:ListSubscriptionsByTopic": ("OrderConfirmationTopic", "OrderProcessingAlerts"),
}
"""What saying beforehand what a load run will do calls."""

TICK_SECONDS = 0.5
"""How often the progress is told."""

RATE_TICKS = 10
"""The rate is that of the last five seconds."""


@dataclass(frozen=True)
class LoadPlan:
    """The orders of a run.

    Args:
        run: what each order's id begins with.
        count: how many orders.
        concurrency: how many are under way at once.
        email: every order's customer.
        items: what every order wants, quantity by item.
    """

    run: str
    count: int
    concurrency: int
    email: str
    items: tuple[tuple[str, int], ...]

    def order_id(self, number: int) -> str:
        """The id of an order, by its number from 0 on."""
        return f"{self.run}-{number}"

    def number(self, order_id: object) -> int | None:
        """The number of an order of this run; None if it is not of it."""
        if not isinstance(order_id, str):
            return None
        run, _, number = order_id.rpartition("-")
        ours = run == self.run and number.isdecimal() and number.isascii()
        return int(number) if ours and int(number) < self.count else None


@dataclass(frozen=True)
class Audience:
    """Whom a run will send messages to.

    Args:
        topic: the topic's name.
        subscribers: how many have confirmed.
        messages: how many messages each of them gets, in words.
    """

    topic: str
    subscribers: int
    messages: str


@dataclass(frozen=True)
class LoadAnnouncement:
    """What a run is going to do.

    Args:
        plan: the orders.
        audiences: who gets messages, and how many.
        mails: how many mails SES will send; 0 if the stack has no sender.
        simulated: whether they go to SES's mailbox simulator, which reaches nobody.
    """

    plan: LoadPlan
    audiences: tuple[Audience, ...]
    mails: int
    simulated: bool


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Args:
        sent: orders that were posted and answered, or given up.
        count: orders there are.
        rate: orders a second, of late.
        p50: seconds that half of the answers took at most.
        p99: seconds that nearly all of them took at most.
        throttled: answers that said "too many".
    """

    sent: int
    count: int
    rate: float
    p50: float
    p99: float
    throttled: int


Tell = Callable[[Progress], None]


def announce(site: Site, plan: LoadPlan) -> LoadAnnouncement:
    """Say what a run is going to do and whom it reaches (SNS ListSubscriptionsByTopic)."""
    aws, blueprint = site.aws, site.blueprint
    messages = {
        "OrderConfirmationTopic": f"{plan.count} messages",
        "OrderProcessingAlerts": "up to 3 messages for each order that fails",
    }
    return LoadAnnouncement(
        plan=plan,
        audiences=tuple(
            Audience(blueprint.names.of(topic), confirmed(aws, blueprint.topic_arn(topic)), each)
            for topic, each in messages.items()
        ),
        mails=plan.count if blueprint.settings.sender else 0,
        simulated=plan.email == SIMULATOR,
    )


class Sender:
    """Posts the orders of a run, some at once, until all are posted or it is told to stop.

    Args:
        plan: the orders.
        url: where to.
        web: asks over HTTP, on as many connections as orders are under way.
        ends: when to stop, on the monotonic clock.
    """

    def __init__(self, plan: LoadPlan, url: str, web: Web, *, ends: float) -> None:
        self.tally = Tally(plan.count)
        self.interrupted = False
        self.seconds = 0.0
        self._plan, self._url, self._web, self._ends = plan, url, web, ends
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._errors: list[BaseException] = []

    def run(self, tell: Tell) -> None:
        """Post the orders. Ctrl-C stops posting, and what is under way is still heard out.

        Args:
            tell: is told the progress now and then, on this thread.

        Raises:
            KeyboardInterrupt: the second Ctrl-C.
        """
        began = time.monotonic()
        threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self._plan.concurrency)
        ]
        waiting = iter(threads)
        ticks = deque([(began, 0)], maxlen=RATE_TICKS)
        while True:
            try:
                for thread in waiting:
                    thread.start()
                _join(threads)
                ticks.append((time.monotonic(), self.tally.sent))
                tell(self._progress(ticks))
                if not any(thread.is_alive() for thread in threads):
                    break
            except KeyboardInterrupt:
                if self._stop.is_set():
                    raise
                self.interrupted = True
                self._stop.set()
        self.seconds = time.monotonic() - began
        self._web.close()
        if self._errors:
            raise self._errors[0]

    def _progress(self, ticks: deque[tuple[float, int]]) -> Progress:
        (since, before), (now, sent) = ticks[0], ticks[-1]
        tally = self.tally
        return Progress(
            sent=sent,
            count=self._plan.count,
            rate=(sent - before) / max(now - since, 0.001),
            p50=tally.latency.percentile(50),
            p99=tally.latency.percentile(99),
            throttled=tally.outcomes[THROTTLED],
        )

    def _work(self) -> None:
        try:
            while not self._stop.is_set() and time.monotonic() < self._ends:
                # One step of C code, so no two threads get the same number.
                if (number := next(self._numbers)) >= self._plan.count:
                    return
                began = time.monotonic()
                answer = self._post(number)
                self.tally.note(number, answer, time.monotonic() - began)
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits for this one
            self._stop.set()
            self._errors.append(error)

    def _post(self, number: int) -> Answer | NoAnswer:
        plan = self._plan
        body = TestOrder(plan.order_id(number), plan.email, plan.items).body()
        headers = {"Content-Type": "application/json"}
        try:
            return self._web.ask("POST", self._url, headers=headers, body=body)
        except NoAnswer as silence:
            return silence


def _join(threads: list[threading.Thread]) -> None:
    """Wait for all threads, a tick at most."""
    ends = time.monotonic() + TICK_SECONDS
    for thread in threads:
        if thread.ident is None:
            continue  # Ctrl-C came just before it was started.
        thread.join(max(0.0, ends - time.monotonic()))
