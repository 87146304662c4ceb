"""The ear hears the alerts about its order, whoever wrote them, and is removed in any case."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.drill_ear import Ear
from ordersetup.operate.drill_sweep import UNTIL, EarPlan, confirmed, subscriptions, sweep
from ordersetup.patience import Patience
from tests.stacks import ACCOUNT, REGION
from tests.wire import Wire

ORDER = "DRILL-0123456789ab"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:OrderProcessingAlerts"
PREFIX = "OrderProcessingDrill-"


def plan(*, until: float = 60, settles: int = 1) -> EarPlan:
    tags = {"ordersetup:stack": "default"}
    return EarPlan(TOPIC, PREFIX, tags, time.time() + until, settles)


def patience(waits: list[str] | None = None) -> Patience:
    told: list[str] = [] if waits is None else waits
    say = lambda reason, _: told.append(reason)  # noqa: E731 - one line says it
    return Patience(threading.Event(), say, time.monotonic() + 5)


def traces(aws: Aws) -> tuple[int, int]:
    """Queues of drills, and subscriptions."""
    queues = aws.sqs.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", [])
    return len(queues), len(subscriptions(aws, TOPIC))


@pytest.fixture
def topic(aws: Aws) -> str:
    return aws.sns.create_topic(Name="OrderProcessingAlerts")["TopicArn"]


def test_alerts_about_the_order_are_heard_and_others_are_not(aws: Aws, topic: str) -> None:
    ear = Ear(aws, plan())
    ear.open(patience())
    for order in (ORDER, "A-1", ORDER):
        aws.sns.publish(TopicArn=topic, Message=json.dumps({"order_id": order}))
    aws.sns.publish(TopicArn=topic, Message="no json")
    assert len(ear.alerts(ORDER)) == 2
    assert not ear.deafness()
    ear.close()
    assert traces(aws) == (0, 0)


def test_the_queue_lets_the_topic_send_from_its_creating_call_on(
    aws: Aws, topic: str, wire: Wire
) -> None:
    ear = Ear(aws, plan())
    ear.open(patience())
    (url,) = aws.sqs.list_queues(QueueNamePrefix=PREFIX)["QueueUrls"]
    found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    (statement,) = json.loads(found["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}
    assert not [call for call in wire.calls if "SetQueueAttributes" in call]
    ear.close()


def test_a_changed_policy_is_told(aws: Aws, topic: str) -> None:
    assert topic
    ear = Ear(aws, plan())
    ear.open(patience())
    (url,) = aws.sqs.list_queues(QueueNamePrefix=PREFIX)["QueueUrls"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "policy" in ear.deafness()
    ear.close()


@pytest.mark.usefixtures("topic")
@pytest.mark.parametrize("call", ["sqs.CreateQueue", "sns.Subscribe"])
def test_an_ear_whose_making_is_interrupted_leaves_nothing(aws: Aws, call: str) -> None:
    """The call gets through, and its answer is lost to Ctrl-C."""
    service, name = call.split(".")
    client = getattr(aws, service)
    ear = Ear(aws, plan())

    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    event = f"after-call.{service}.{name}"
    client.meta.events.register(event, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            ear.open(patience())
    finally:
        client.meta.events.unregister(event, interrupt)
    ear.close()
    assert traces(aws) == (0, 0)


def test_an_ear_that_was_never_opened_has_nothing_to_take_away(aws: Aws) -> None:
    Ear(aws, plan()).close()
    assert traces(aws) == (0, 0)


@pytest.mark.usefixtures("topic")
def test_leftovers_are_removed_once_their_time_is_past(aws: Aws) -> None:
    Ear(aws, plan(until=60)).open(patience())
    Ear(aws, plan(until=600)).open(patience())
    assert sweep(aws, plan(), time.time()) == 0
    assert sweep(aws, plan(), time.time() + 300) == 2
    assert traces(aws) == (1, 1)


@pytest.mark.usefixtures("topic")
def test_a_subscription_whose_queue_is_gone_is_removed(aws: Aws) -> None:
    Ear(aws, plan()).open(patience())
    (url,) = aws.sqs.list_queues(QueueNamePrefix=PREFIX)["QueueUrls"]
    aws.sqs.delete_queue(QueueUrl=url)
    assert sweep(aws, plan(), time.time()) == 1
    assert traces(aws) == (0, 0)


@pytest.mark.parametrize(
    "tags",
    [{}, {UNTIL: "0"}, {UNTIL: "0", "ordersetup:stack": "other"}, {"ordersetup:stack": "default"}],
)
def test_queues_of_others_are_never_removed(aws: Aws, topic: str, tags: dict[str, str]) -> None:
    aws.sqs.create_queue(QueueName=f"{PREFIX}theirs", tags=tags)
    aws.sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{PREFIX}theirs",
    )
    assert sweep(aws, plan(), time.time()) == 0
    assert traces(aws) == (1, 1)


def test_a_topic_that_is_missing_has_no_subscribers(aws: Aws) -> None:
    assert confirmed(aws, TOPIC) == 0


def test_an_alert_of_another_make_is_heard_by_its_words(aws: Aws, topic: str) -> None:
    ear = Ear(aws, plan())
    ear.open(patience())
    for subject, text in (
        ("stock", f"Order {ORDER} could not be filled"),
        (f"Order {ORDER} failed", "See the log."),
        ("stock", json.dumps({"detail": {"order": ORDER}})),
        ("stock", f"Order {ORDER}9 could not be filled"),
        ("stock", f"Order X-{ORDER} could not be filled"),
    ):
        aws.sns.publish(TopicArn=topic, Subject=subject, Message=text)
    assert len(ear.alerts(ORDER)) == 3
    ear.close()


@pytest.mark.usefixtures("topic")
def test_an_alert_that_comes_without_an_envelope_is_heard_too(aws: Aws) -> None:
    ear = Ear(aws, plan())
    ear.open(patience())
    (url,) = aws.sqs.list_queues(QueueNamePrefix=PREFIX)["QueueUrls"]
    for body in (f"Order {ORDER} failed", json.dumps({"order_id": ORDER}), "[3]"):
        aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    assert len(ear.alerts(ORDER)) == 2
    ear.close()


@pytest.mark.usefixtures("topic")
def test_a_subscription_has_to_be_seen_several_times_in_a_row(aws: Aws, wire: Wire) -> None:
    """On Amazon: SNS's nodes learn of it one by one, and one that does not know it drops alerts."""
    waits: list[str] = []
    ear = Ear(aws, plan(settles=3))
    keep = lambda _: None  # noqa: E731 - one line says it
    wire.bend("sns:ListSubscriptionsByTopic", keep, lambda told: told.update(Subscriptions=[]))
    pending = {"Attributes": {"PendingConfirmation": "true"}}
    wire.bend("sns:GetSubscriptionAttributes", keep, lambda told: told.update(pending))
    ear.open(patience(waits))
    assert [wait.partition(": seen ")[2] for wait in waits] == [
        *("1 of 3 times in a row", "0 of 3 times in a row", "0 of 3 times in a row"),
        *("1 of 3 times in a row", "2 of 3 times in a row"),
    ]
    assert "SNS's nodes learn of the drill's subscription one by one" in waits[0]
    ear.close()


@pytest.mark.usefixtures("topic")
def test_who_may_not_read_a_subscription_goes_by_the_list_alone(aws: Aws, wire: Wire) -> None:
    wire.refuse("sns:GetSubscriptionAttributes", "AuthorizationError", "no", times=2)
    ear = Ear(aws, plan(settles=2))
    ear.open(patience())
    ear.close()
    assert traces(aws) == (0, 0)
