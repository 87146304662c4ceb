"""A queue of the drill's own that listens to the alerts, and what is left of earlier ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ordersetup.aws import Aws
from ordersetup.ownership import STACK
from ordersetup.patience import Patience

UNTIL = "ordersetup:drill"
"""The tag that says until when, in seconds since 1970, a drill may need its queue."""

EAR_NAME = "OrderProcessingDrill-"
SUBSCRIBED_SECONDS = 30


@dataclass(frozen=True)
class EarPlan:
    """What is listened to, and what the ear is called.

    Args:
        topic_arn: the alerts' topic.
        prefix: what the names of this stack's drill queues begin with.
        tags: the tags of whose it is.
        until: seconds since 1970 after which the queue is a leftover.
    """

    topic_arn: str
    prefix: str
    tags: dict[str, str]
    until: float


class Ear:
    """Listens to a topic from `open` to `close`; makes nothing before, leaves nothing after."""

    def __init__(self, aws: Aws, plan: EarPlan) -> None:
        self._aws = aws
        self._plan = plan
        self._name = f"{plan.prefix}{uuid4().hex[:12]}"
        self._url: str | None = None
        self._subscription: str | None = None
        self._heard: dict[str, tuple[dict[str, str], float]] = {}

    def open(self, patience: Patience) -> None:
        """Make the queue, subscribe it, and wait until the subscription can be read."""
        arn = self._queue_arn
        created = self._aws.sqs.create_queue(
            QueueName=self._name,
            # In the creating call: SNS drops what it may not deliver.
            Attributes={"Policy": self._policy(), "MessageRetentionPeriod": "3600"},
            tags={**self._plan.tags, UNTIL: str(int(self._plan.until))},
        )
        self._url = created["QueueUrl"]
        self._subscription = self._aws.sns.subscribe(
            TopicArn=self._plan.topic_arn,
            Protocol="sqs",
            Endpoint=arn,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        patience.until(
            lambda: any(endpoint == arn for endpoint, _ in subscriptions(self._aws, self._topic)),
            bool,
            within=SUBSCRIBED_SECONDS,
            reason=lambda _: "the drill's subscription is not yet known everywhere in SNS",
        )

    def alerts(self, order_id: str) -> tuple[float, ...]:
        """When each alert about the order came, seconds since 1970; repeated ones count once."""
        while batch := self._batch():
            for body, sent in batch:
                told = _alert(body)
                if told is not None:
                    self._heard.setdefault(told[0], (told[1], sent))
        return tuple(
            sorted(at for told, at in self._heard.values() if told.get("order_id") == order_id)
        )

    def deafness(self) -> str:
        """Why nothing could have been heard; empty if something could have been."""
        if self._url is None:
            return ""
        try:
            found = self._aws.sqs.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["Policy"]
            ).get("Attributes", {})
        except self._aws.sqs.exceptions.QueueDoesNotExist:
            return "the drill's queue was deleted while it listened"
        policy = found.get("Policy", "")
        stands = policy and json.loads(policy) == json.loads(self._policy())
        return "" if stands else "the access policy of the drill's queue lets SNS no longer send"

    def close(self) -> None:
        """Take away what `open` has made, also if it was interrupted halfway."""
        # The subscription first: killed in between, the queue is still found by its tag.
        try:
            self._unsubscribe()
        finally:
            if self._url is None:
                # The answer of the creating call may have been lost to an interruption.
                self._url = _url(self._aws, self._name)
            if self._url is not None:
                _delete(self._aws, self._url)

    def _unsubscribe(self) -> None:
        if self._subscription is None and self._url is not None:
            pairs = subscriptions(self._aws, self._topic)
            self._subscription = next((a for e, a in pairs if e == self._queue_arn), None)
        if self._subscription is not None:
            self._aws.sns.unsubscribe(SubscriptionArn=self._subscription)

    @property
    def _topic(self) -> str:
        return self._plan.topic_arn

    @property
    def _queue_arn(self) -> str:
        return arn_of(self._plan.topic_arn, self._name)

    def _policy(self) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self._queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self._topic}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def _batch(self) -> list[tuple[str, float]]:
        if self._url is None:
            return []
        try:
            messages = self._aws.sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
        except self._aws.sqs.exceptions.QueueDoesNotExist:
            return []
        for message in messages:
            self._aws.sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [(m["Body"], _sent(m.get("Attributes", {}))) for m in messages]


def sweep(aws: Aws, plan: EarPlan, now: float) -> int:
    """Remove what killed drills of this stack have left, once their time is past.

    Returns:
        How many queues and subscriptions were removed.
    """
    swept = 0
    dead = {arn_of(plan.topic_arn, name): url for name, url in _leftovers(aws, plan, now)}
    for endpoint, subscription in subscriptions(aws, plan.topic_arn):
        name = endpoint.rpartition(":")[2]
        ours = name.startswith(plan.prefix) and endpoint == arn_of(plan.topic_arn, name)
        if endpoint in dead or (ours and _url(aws, name) is None):
            aws.sns.unsubscribe(SubscriptionArn=subscription)
            swept += 1
    for url in dead.values():
        _delete(aws, url)
    return swept + len(dead)


def confirmed(aws: Aws, topic_arn: str) -> int:
    """How many confirmed subscribers a topic has; 0 if it does not exist."""
    pages = subscriptions(aws, topic_arn)
    return sum(1 for _, arn in pages if arn.startswith("arn:"))


def subscriptions(aws: Aws, topic_arn: str) -> list[tuple[str, str]]:
    """Endpoint and ARN of each subscription of a topic; none if it does not exist."""
    try:
        return [
            (s.get("Endpoint", ""), s.get("SubscriptionArn", ""))
            for page in aws.sns.get_paginator("list_subscriptions_by_topic").paginate(
                TopicArn=topic_arn
            )
            for s in page.get("Subscriptions", [])
        ]
    except aws.sns.exceptions.NotFoundException:
        return []


def arn_of(topic_arn: str, queue: str) -> str:
    """The ARN of a queue of the topic's account and region."""
    head, _, _ = topic_arn.rpartition(":")
    return f"{head.replace(':sns:', ':sqs:', 1)}:{queue}"


def _leftovers(aws: Aws, plan: EarPlan, now: float) -> Iterator[tuple[str, str]]:
    pages = aws.sqs.get_paginator("list_queues").paginate(QueueNamePrefix=plan.prefix)
    for url in [url for page in pages for url in page.get("QueueUrls", [])]:
        try:
            tags = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        except aws.sqs.exceptions.QueueDoesNotExist:
            continue
        until = tags.get(UNTIL, "")
        if tags.get(STACK) == plan.tags[STACK] and until.isdigit() and int(until) < now:
            yield url.rpartition("/")[2], url


def _alert(body: str) -> tuple[str, dict[str, str]] | None:
    """An alert's id and contents, as SNS wraps it; None for anything else."""
    try:
        envelope = json.loads(body)
        told = json.loads(envelope["Message"])
        return (str(envelope["MessageId"]), told) if isinstance(told, dict) else None
    except (ValueError, KeyError, TypeError):
        return None


def _sent(attributes: Mapping[Any, str]) -> float:
    sent = attributes.get("SentTimestamp", "")
    return int(sent) / 1000 if sent.isdigit() else time.time()


def _url(aws: Aws, name: str) -> str | None:
    try:
        return aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except aws.sqs.exceptions.QueueDoesNotExist:
        return None


def _delete(aws: Aws, url: str) -> None:
    try:
        aws.sqs.delete_queue(QueueUrl=url)
    except aws.sqs.exceptions.QueueDoesNotExist:
        return
