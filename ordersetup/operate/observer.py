"""Looking at the running pipeline: every part and number read side by side, as often as wanted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from ordersetup.aws import WORKERS, Aws
from ordersetup.blueprint import Blueprint
from ordersetup.engine import AnyStep
from ordersetup.operate import metrics
from ordersetup.operate.drill_sweep import url_of
from ordersetup.operate.metrics import Metrics, read_metrics
from ordersetup.operate.reading import ABSENT, Reading, reading
from ordersetup.operate.status import (
    UNDEPLOYED,
    Counted,
    Net,
    Parts,
    Status,
    Subscribers,
    Waiting,
)
from ordersetup.permissions import Uses
from ordersetup.step import Seen
from ordersetup.steps import only
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.topics import PENDING

T = TypeVar("T")

_TABLES = ("Inventory", "InventoryTransactions")
_TOPICS = ("OrderConfirmationTopic", "OrderProcessingAlerts")
_FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
_QUEUE = ("OrderProcessingDLQ",)

USES: Uses = {
    **metrics.USES,
    "apigateway:GetRestApis": (),
    "apigateway:GetStage": (),
    "dynamodb:DescribeTable": _TABLES,
    "dynamodb:Scan": _TABLES,
    "lambda:GetFunction": _FUNCTIONS,
    "lambda:GetFunctionEventInvokeConfig": ("UpdateInventory", "SendEmail"),
    "sns:ListSubscriptionsByTopic": _TOPICS,
    "sqs:GetQueueAttributes": _QUEUE,
    "sqs:GetQueueUrl": _QUEUE,
}
"""What looking at the pipeline calls."""

METRICS_SECONDS = 60
"""CloudWatch's numbers are by the minute, and each time they are asked for costs."""

MOST_PAGES = 5
"""Pages of 1 MB that counting a table's rows may read."""


class Observer:
    """Looks at a stack.

    Args:
        aws: where.
        blueprint: the stack; its names alone matter.
        steps: the guide's steps for it.
        clock: tells the seconds that have passed since whenever.
        now: tells the time of day.
    """

    def __init__(
        self,
        aws: Aws,
        blueprint: Blueprint,
        steps: Sequence[AnyStep],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._aws = aws
        self._blueprint = blueprint
        self._names = blueprint.names
        self._api = only(RestApi, steps)
        self._nets = [step for step in steps if isinstance(step, AsyncInvocation)]
        self._wanted = metrics.metrics(self._names)
        self._clock = clock
        self._now = now
        self._metrics: Metrics = {}
        self._metrics_at = now()
        self._due = clock()

    def look(self) -> Status:
        """How the stack is just now."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="status") as pool:
            numbers = pool.submit(self._read_metrics)
            endpoint = _read(pool, self._endpoint)
            functions = {name: _read(pool, self._function, name) for name in _FUNCTIONS}
            nets = {step.function.plan.name: _read(pool, self._net, step) for step in self._nets}
            tables = {name: _read(pool, self._rows, name) for name in _TABLES}
            topics = {name: _read(pool, self._subscribers, name) for name in _TOPICS}
            queue = _read(pool, self._queue)
        numbers.result()
        waiting = queue.result()
        guide = {self._names.of(name): name for name in _FUNCTIONS}
        return Status(
            stack=self._names.stack,
            account=self._aws.account,
            region=self._aws.region,
            at=self._now(),
            parts=Parts(
                endpoint=endpoint.result(),
                functions=_results(functions),
                nets={guide[n]: _checked(f.result(), waiting) for n, f in nets.items()},
                tables=_results(tables),
                topics=_results(topics),
                queue=waiting,
            ),
            metrics=self._metrics,
            metrics_at=self._metrics_at,
            amazon=self._aws.amazon,
        )

    def _read_metrics(self) -> None:
        if self._clock() < self._due:
            return
        self._metrics_at = self._now()
        self._metrics = read_metrics(self._aws, self._wanted, self._metrics_at)
        self._due = self._clock() + METRICS_SECONDS

    def _endpoint(self) -> str | None:
        found = self._api.read(self._aws, Seen())
        if found is None:
            return None
        names = self._names
        try:
            self._aws.apigateway.get_stage(restApiId=found.api_id, stageName=names.stage)
        except self._aws.apigateway.exceptions.NotFoundException:
            return UNDEPLOYED
        return self._aws.orders_url(found.api_id, names.stage, names.path)

    def _function(self, name: str) -> str | None:
        try:
            found = self._aws.lambda_.get_function(FunctionName=self._names.of(name))
        except self._aws.lambda_.exceptions.ResourceNotFoundException:
            return None
        if found.get("Concurrency", {}).get("ReservedConcurrentExecutions") == 0:
            return "Switched off by a reserved concurrency of 0"
        told = found["Configuration"]
        updating = told.get("LastUpdateStatus", "Successful") or "Successful"
        state = told.get("State", "Active")
        if state == "Active" and updating != "Successful":
            return "Being updated" if updating == "InProgress" else "In use, but its update failed"
        return state

    def _net(self, step: AsyncInvocation) -> Net:
        found = step.read(self._aws, Seen())
        if found is None:
            # Nothing is set: Lambda's own defaults.
            return Net(retries=2, within_seconds=21_600, destination=None)
        arn = found.on_failure
        ours = arn == self._blueprint.queue_arn
        return Net(
            retries=found.retry_attempts,
            within_seconds=found.maximum_age_seconds,
            destination=_QUEUE[0] if ours else arn,
        )

    def _rows(self, name: str) -> Counted | None:
        try:
            return self._counted(name)
        except self._aws.dynamodb.exceptions.ResourceNotFoundException:
            return None

    def _counted(self, name: str) -> Counted:
        """Rows, and orders where they are of orders: all of one stand side by side in a Scan."""
        table, of_orders = self._names.of(name), name == "InventoryTransactions"
        asked: dict[str, Any] = (
            {"ProjectionExpression": "order_id"} if of_orders else {"Select": "COUNT"}
        )
        rows = orders = 0
        last: object = None
        pages = self._aws.dynamodb.get_paginator("scan").paginate(TableName=table, **asked)
        for number, page in enumerate(pages, start=1):
            rows += page["Count"]
            for row in page.get("Items", []):
                orders += row.get("order_id") != last
                last = row.get("order_id")
            if number == MOST_PAGES and "LastEvaluatedKey" in page:
                described = self._aws.dynamodb.describe_table(TableName=table)["Table"]
                about = described.get("ItemCount", 0)
                return Counted(rows, orders if of_orders else None, more=True, about=about)
        return Counted(rows, orders if of_orders else None)

    def _subscribers(self, name: str) -> Subscribers | None:
        try:
            pages = self._aws.sns.get_paginator("list_subscriptions_by_topic").paginate(
                TopicArn=self._blueprint.topic_arn(name)
            )
            arns = [s.get("SubscriptionArn", "") for page in pages for s in page["Subscriptions"]]
        except self._aws.sns.exceptions.NotFoundException:
            return None
        return Subscribers(
            confirmed=sum(1 for arn in arns if arn.startswith("arn:")),
            pending=arns.count(PENDING),
        )

    def _queue(self) -> Waiting | None:
        url = url_of(self._aws, self._names.of(_QUEUE[0]))
        if url is None:
            return None
        try:
            found = self._aws.sqs.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                    "MessageRetentionPeriod",
                ],
            )["Attributes"]
        except self._aws.sqs.exceptions.QueueDoesNotExist:
            return None
        retention = int(found.pop("MessageRetentionPeriod"))
        hidden = int(found["ApproximateNumberOfMessagesNotVisible"])
        return Waiting(sum(int(number) for number in found.values()), hidden, retention)


def _read(
    pool: ThreadPoolExecutor, look: Callable[..., T | None], *about: object
) -> Future[Reading[T]]:
    return pool.submit(lambda: reading(lambda: look(*about)))


def _results(futures: dict[str, Future[Reading[T]]]) -> dict[str, Reading[T]]:
    return {name: future.result() for name, future in futures.items()}


def _checked(net: Reading[Net], queue: Reading[Waiting]) -> Reading[Net]:
    """The net, with whether its destination is there, as far as that is this stack's queue."""
    found = net.value
    if found is None or found.destination != _QUEUE[0]:
        return net
    exists = True if queue.value else (False if queue.because == ABSENT else None)
    return Reading(Net(found.retries, found.within_seconds, found.destination, exists))
