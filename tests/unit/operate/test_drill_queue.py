"""The dead-letter queue is looked through so that others do not notice."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_records import Record
from tests.stacks import ACCOUNT, REGION

ORDER = "DRILL-0123456789ab"


def is_ours(record: Record) -> bool:
    return record.names(ORDER)


def is_old(record: Record) -> bool:
    return record.names("DRILL-old")


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
    look = queue.look(is_ours, is_old)
    assert (look.seen, look.of, look.whole, look.left) == (24, 24, True, 23)
    (found,) = queue.found
    assert found.names(ORDER)
    assert left(aws, url) == dict.fromkeys(others, 1)


def test_what_earlier_drills_have_left_is_taken_out_and_not_told(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    put(record("DRILL-old"), record(ORDER), "other")
    queue = DeadLetters(aws, "OrderProcessingDLQ")
    assert queue.look(is_ours, is_old).taken == 2
    (found,) = queue.found
    assert found.names(ORDER)
    assert left(aws, url) == {"other": 1}


def test_a_second_record_of_ours_is_found_in_the_same_look(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    put(record(ORDER), *(f"other-{n}" for n in range(12)), record(ORDER))
    queue = DeadLetters(aws, "OrderProcessingDLQ")
    queue.look(is_ours, is_old)
    assert len(queue.found) == 2
    assert len(left(aws, url)) == 12


def test_a_look_that_is_interrupted_gives_everything_back(
    aws: Aws, url: str, put: Callable[..., None]
) -> None:
    put(*(f"other-{n}" for n in range(9)), record("DRILL-interrupts"))

    def interrupts(found: Record) -> bool:
        if found.names("DRILL-interrupts"):
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        DeadLetters(aws, "OrderProcessingDLQ").look(interrupts, is_old)
    assert len(left(aws, url)) == 10


@pytest.mark.usefixtures("url")
def test_a_look_that_is_cut_short_tells_how_far_it_came(aws: Aws, put: Callable[..., None]) -> None:
    put(*(f"other-{n}" for n in range(25)))
    look = DeadLetters(aws, "OrderProcessingDLQ", most=20).look(is_ours, is_old)
    assert (look.seen, look.of, look.whole) == (20, 25, False)
    ticks = iter([0.0, 1.0, 11.0])
    look = DeadLetters(aws, "OrderProcessingDLQ", clock=lambda: next(ticks)).look(is_ours, is_old)
    assert (look.seen, look.of, look.whole) == (10, 25, False)


@pytest.mark.parametrize(("most", "told"), [("5", 5), (None, None)], ids=["has-one", "has-none"])
def test_a_redrive_policy_of_the_queue_is_read_with_its_depth(
    aws: Aws, url: str, most: str | None, told: int | None
) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:Graveyard"
    aws.sqs.create_queue(QueueName="Graveyard")
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": most}
    if most:
        told_as = {"RedrivePolicy": json.dumps(policy)}
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes=told_as)  # type: ignore[arg-type]
    counts = DeadLetters(aws, "OrderProcessingDLQ").counts()
    assert (counts.depth, counts.passes_on) == (0, told)
