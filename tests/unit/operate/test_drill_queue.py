"""The dead-letter queue is looked through so that others do not notice, and the ear is removed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.drill_ear import UNTIL, Ear, EarPlan, confirmed, subscriptions, sweep
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_records import Record
from ordersetup.patience import Patience
from tests.stacks import ACCOUNT, REGION
from tests.wire import Wire

ORDER = "DRILL-0123456789ab"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:OrderProcessingAlerts"
PREFIX = "OrderProcessingDrill-"


def is_ours(record: Record) -> bool:
    return record.order_id == ORDER


def is_old(record: Record) -> bool:
    return record.order_id == "DRILL-old"


def record(order: str) -> str:
    return json.dumps({"requestContext": {}, "requestPayload": {"order_id": order}})


@pytest.fixture
def url(aws: Aws) -> str:
    return aws.sqs.create_queue(QueueName="OrderProcessingDLQ")["QueueUrl"]


@pytest.fixture
def put(aws: Aws, url: str) -> Callable[..., None]:
    def send(*bodies: str) -> None:
        for body in bodies:
            aws.sqs.send_message(QueueUrl=url, MessageBody=body)

    return send


def left(aws: Aws, url: str) -> dict[str, int]:
    """Bodies of what is visible, and how often each had been received before."""
    found: dict[str, int] = {}
    while messages := aws.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    ).get("Messages", []):
        found |= {m["Body"]: int(m["Attributes"]["ApproximateReceiveCount"]) - 1 for m in messages}
    return found


def test_ours_is_taken_and_all_others_are_visible_at_once(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    others = [f"other-{n}" for n in range(23)]
    put(*others[:15], record(ORDER), *others[15:])
    queue = DeadLetters(aws, "OrderProcessingDLQ")
    assert queue.depth() == 24
    found = queue.look(is_ours, is_old)
    assert [r.order_id for r in found] == [ORDER]
    assert left(aws, url) == dict.fromkeys(others, 1)


def test_what_earlier_drills_have_left_is_taken_out_and_not_told(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    put(record("DRILL-old"), record(ORDER), "other")
    found = DeadLetters(aws, "OrderProcessingDLQ").look(is_ours, is_old)
    assert [r.order_id for r in found] == [ORDER]
    assert left(aws, url) == {"other": 1}


def test_a_second_record_of_ours_is_found_in_the_same_look(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    put(record(ORDER), *(f"other-{n}" for n in range(12)), record(ORDER))
    assert len(DeadLetters(aws, "OrderProcessingDLQ").look(is_ours, is_old)) == 2
    assert len(left(aws, url)) == 12


def test_a_look_that_is_interrupted_gives_everything_back(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    put(*(f"other-{n}" for n in range(9)), record("DRILL-interrupts"))

    def interrupts(found: Record) -> bool:
        if found.order_id == "DRILL-interrupts":
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        DeadLetters(aws, "OrderProcessingDLQ").look(interrupts, is_old)
    assert len(left(aws, url)) == 10


def plan(*, until: float = 60) -> EarPlan:
    return EarPlan(TOPIC, PREFIX, {"ordersetup:stack": "default"}, time.time() + until)


def patience() -> Patience:
    return Patience(threading.Event(), lambda *_: None, time.monotonic() + 5)


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
