"""Drills held on the engine, from inside the test's own process, at a pace that suits it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ordersetup.aws import Aws
from ordersetup.lifecycle import Lifecycle
from ordersetup.local import ROOT_CREDENTIALS
from ordersetup.operate.drill import Drill
from ordersetup.operate.drill_pace import ENGINE
from ordersetup.operate.evidence import DrillResult, Moment
from ordersetup.operate.site import Site, foreign
from ordersetup.report import report_on
from ordersetup.settings import Connection
from ordersetup.stack import open_stack
from ordersetup.steps.inspections import inspections
from tests.end_to_end.command_line import REGION
from tests.end_to_end.shop import Shop, eventually

QUICK = replace(ENGINE, longest=10, quiet=0.6, late=2, between=0.2)
"""The test's engine retries after 0.2 s; what has not come after 10 s does not come."""

PREFIX = "OrderProcessingDrill-"


@dataclass(frozen=True)
class Held:
    """A drill that was held."""

    result: DrillResult
    moments: tuple[Moment, ...]

    @property
    def roots(self) -> set[str]:
        """What does not hold and follows from nothing else."""
        return {e.name for e in self.result.failing if not e.follows}

    def cause(self, name: str) -> str:
        """The likely cause that is told for an expectation."""
        return next(e.cause for e in self.result.expectations if e.name == name)


def hold(shop: Shop) -> Held:
    """Survey the stack, and hold a drill on it, as `verify --drill` does."""
    connection = Connection(
        stack="default",
        region=REGION,
        profile=None,
        endpoint_url=shop.endpoint_url,
        keys=ROOT_CREDENTIALS,
    )
    stack = open_stack(Aws.connect(connection), "default", {})
    steps = (*stack.steps, *inspections(stack.steps, stack.blueprint))
    outcomes = Lifecycle(stack.aws, steps, lambda _: None, timeout=30).survey()
    report = report_on(stack.aws, "default", steps, outcomes)
    moments: list[Moment] = []
    written = foreign(stack.steps, report)
    site = Site(stack.aws, stack.blueprint, stack.orders_url(), report, written)
    drill = Drill(site, moments.append, lambda *_: None, timeout=30, pace=QUICK)
    return Held(drill.run(), tuple(moments))


@contextmanager
def meanwhile(deed: Callable[[], None]) -> Iterator[None]:
    """Do something over and over, as long as the context lasts."""
    over = threading.Event()
    errors: list[Exception] = []

    def work() -> None:
        try:
            while not over.wait(0.005):
                deed()
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not errors


def drill_queues(shop: Shop) -> list[str]:
    """URLs of the queues that drills have made."""
    found: list[str] = shop.client("sqs").list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", [])
    return found


def subscribed(shop: Shop) -> list[str]:
    """Queues that are subscribed to the alerts."""
    topics: Any = shop.client("sns")
    arn = f"arn:aws:sns:{REGION}:000000000000:OrderProcessingAlerts"
    try:
        found = topics.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    except topics.exceptions.NotFoundException:
        return []
    return [s["Endpoint"] for s in found if s["Protocol"] == "sqs"]


def dead_letter_url(shop: Shop) -> str:
    """The dead-letter queue's URL."""
    url: str = shop.client("sqs").get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    return url


def counts(shop: Shop) -> tuple[int, int]:
    """Messages of the dead-letter queue: visible, hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = shop.client("sqs").get_queue_attributes(
        QueueUrl=dead_letter_url(shop), AttributeNames=names
    )["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def wait_until_it_listens(shop: Shop) -> None:
    """Until a drill has subscribed its queue, and is about to post."""
    assert eventually(lambda: subscribed(shop), bool, within=30)
    time.sleep(0.3)
