"""A queue of the drill's own that listens to the alerts."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ordersetup.aws import Aws
from ordersetup.operate.drill_sweep import UNTIL, EarPlan, arn_of, delete, subscriptions, url_of
from ordersetup.operate.drill_texts import mentions
from ordersetup.patience import Patience
from ordersetup.permissions import Uses
from ordersetup.refusals import lasting

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

EAR_NAME = "OrderProcessingDrill-"
SUBSCRIBED_SECONDS = 30

_EARS = (f"{EAR_NAME}*",)
USES: Uses = {
    "sns:GetSubscriptionAttributes": (),
    "sns:ListSubscriptionsByTopic": ("OrderConfirmationTopic", "OrderProcessingAlerts"),
    "sns:Subscribe": ("OrderProcessingAlerts",),
    "sns:Unsubscribe": (),
    "sqs:CreateQueue": _EARS,
    "sqs:DeleteMessage": _EARS,
    "sqs:DeleteQueue": _EARS,
    "sqs:GetQueueAttributes": _EARS,
    "sqs:GetQueueUrl": _EARS,
    "sqs:ListQueueTags": _EARS,
    "sqs:ListQueues": (),
    "sqs:ReceiveMessage": _EARS,
}
"""What listening to the alerts calls, and removing what earlier drills have left."""


@dataclass(frozen=True)
class _Alert:
    """A message of the topic: all its words, and when it came, seconds since 1970."""

    words: tuple[str, ...]
    at: float


class Ear:
    """Listens to a topic from `open` to `close`; makes nothing before, leaves nothing after."""

    def __init__(self, aws: Aws, plan: EarPlan) -> None:
        self._aws = aws
        self._plan = plan
        self._name = f"{plan.prefix}{uuid4().hex[:12]}"
        self._url: str | None = None
        self._subscription: str | None = None
        self._closed = False
        self._heard: dict[str, _Alert] = {}

    def open(self, patience: Patience) -> None:
        """Make the queue, subscribe it, and wait until the subscription can be read."""
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
            Endpoint=self._queue_arn,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        in_a_row = 0

        def look() -> int:
            nonlocal in_a_row
            in_a_row = in_a_row + 1 if self._subscribed() else 0
            return in_a_row

        wanted = self._plan.settles
        patience.until(
            look,
            lambda times: times >= wanted,
            within=SUBSCRIBED_SECONDS,
            reason=lambda times: (
                "SNS's nodes learn of the drill's subscription one by one, and would drop alerts "
                f"until then: seen {times} of {wanted} times in a row"
            ),
        )

    def _subscribed(self) -> bool:
        """Whether the subscription is listed, and reads back as confirmed."""
        pair = (self._queue_arn, self._subscription)
        if pair not in subscriptions(self._aws, self._topic):
            return False
        try:
            found = self._aws.sns.get_subscription_attributes(SubscriptionArn=pair[1] or "")
        except self._aws.sns.exceptions.NotFoundException:
            return False
        except self._aws.sns.exceptions.ClientError as error:
            if not lasting(error):
                raise
            return True  # The list alone must do.
        return found.get("Attributes", {}).get("PendingConfirmation", "false") == "false"

    def alerts(self, order_id: str) -> tuple[float, ...]:
        """When each alert about the order came, seconds since 1970; repeated ones count once.

        An alert is about the order if its subject or its text, or JSON in it, names the order's id.
        """
        while batch := self._batch():
            # All of them before any is deleted: should that fail, they have been heard.
            for name, alert in map(_read, batch):
                self._heard.setdefault(name, alert)
            for message in batch:
                self._aws.sqs.delete_message(
                    QueueUrl=self._url or "", ReceiptHandle=message["ReceiptHandle"]
                )
        about = (a.at for a in self._heard.values() if mentions([*a.words], order_id))
        return tuple(sorted(about))

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
        except self._aws.sqs.exceptions.ClientError as error:
            if not lasting(error):
                raise
            return ""  # What it has heard, it has heard.
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
                self._url = url_of(self._aws, self._name)
            if self._url is not None:
                delete(self._aws, self._url)
            self._closed = True

    def left(self) -> tuple[str, ...]:
        """What `close` could not take away, each with the command that does."""
        region, found = f"--region {self._aws.region}", []
        if self._subscription is not None:
            found.append(
                f"the drill's subscription to {self._topic.rpartition(':')[2]}: "
                f"aws sns unsubscribe {region} --subscription-arn {self._subscription}"
            )
        if not self._closed:
            url = self._url or f"(the URL of {self._name})"
            found.append(
                f"the drill's queue {self._name}: aws sqs delete-queue {region} --queue-url {url}"
            )
        return tuple(found)

    def _unsubscribe(self) -> None:
        if self._subscription is None and self._url is not None:
            pairs = subscriptions(self._aws, self._topic)
            self._subscription = next((a for e, a in pairs if e == self._queue_arn), None)
        if self._subscription is not None:
            self._aws.sns.unsubscribe(SubscriptionArn=self._subscription)
            self._subscription = None

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

    def _batch(self) -> list[MessageTypeDef]:
        if self._url is None:
            return []
        try:
            return self._aws.sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
        except self._aws.sqs.exceptions.QueueDoesNotExist:
            return []


def _read(message: MessageTypeDef) -> tuple[str, _Alert]:
    """A message's id and contents: in SNS's envelope, or raw as other subscriptions have it."""
    body, at = message.get("Body", ""), _sent(message.get("Attributes", {}))
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and {"MessageId", "Message"} <= told.keys():
        words = (str(told.get("Subject") or ""), str(told["Message"]))
        return str(told["MessageId"]), _Alert(words, at)
    return message.get("MessageId", ""), _Alert((body,), at)


def _sent(attributes: Mapping[Any, str]) -> float:
    sent = attributes.get("SentTimestamp", "")
    return int(sent) / 1000 if sent.isdigit() else time.time()
