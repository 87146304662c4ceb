"""What is subscribed to a topic, and what killed drills have left there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ordersetup.aws import Aws
from ordersetup.ownership import STACK

UNTIL = "ordersetup:drill"
"""The tag that says until when, in seconds since 1970, a drill may need its queue."""


@dataclass(frozen=True)
class EarPlan:
    """What is listened to, and what the ear is called.

    Args:
        topic_arn: the alerts' topic.
        prefix: what the names of this stack's drill queues begin with.
        tags: the tags of whose it is.
        until: seconds since 1970 after which the queue is a leftover.
        settles: in how many looks in a row a new subscription must be seen.
    """

    topic_arn: str
    prefix: str
    tags: dict[str, str]
    until: float
    settles: int = 1


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
        if endpoint in dead or (ours and url_of(aws, name) is None):
            aws.sns.unsubscribe(SubscriptionArn=subscription)
            swept += 1
    for url in dead.values():
        delete(aws, url)
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


def url_of(aws: Aws, name: str) -> str | None:
    """A queue's URL; None if there is no such queue."""
    try:
        return aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except aws.sqs.exceptions.QueueDoesNotExist:
        return None


def delete(aws: Aws, url: str) -> None:
    """Delete a queue, or find it deleted."""
    try:
        aws.sqs.delete_queue(QueueUrl=url)
    except aws.sqs.exceptions.QueueDoesNotExist:
        return


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
