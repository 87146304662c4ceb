"""The dead-letter queue, where AWS is stricter or slower than moto."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Incompatible
from ordersetup.step import Seen
from ordersetup.steps.queue import Queue
from tests.conftest import Provision
from tests.stacks import drift, stack
from tests.wire import Wire

QUEUE: Queue = stack().step("queue/OrderProcessingDLQ")


def test_a_queue_that_dies_between_two_reads_is_looked_for_again_and_made(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    provision([QUEUE])
    wire.bend("sqs:GetQueueUrl", lambda found: aws.sqs.delete_queue(QueueUrl=found["QueueUrl"]))
    wire.calls.clear()

    run = provision([QUEUE])

    assert run.reasons == ["SQS has not yet heard everywhere that the queue was made or deleted"]
    assert wire.calls.count("sqs:CreateQueue") == 1
    assert drift(run.seen, [QUEUE]) == set()


def test_the_name_of_a_queue_just_deleted_is_waited_for(provision: Provision, wire: Wire) -> None:
    wire.refuse(
        "sqs:CreateQueue",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the "
        "same name.",
        times=2,
    )
    run = provision([QUEUE])
    assert run.reasons == ["SQS keeps a deleted queue's name blocked for 60 seconds"] * 2
    assert wire.calls.count("sqs:CreateQueue") == 3


def test_a_change_that_some_replicas_do_not_show_yet_is_waited_for(
    provision: Provision, wire: Wire
) -> None:
    def stale(answer: dict[str, Any]) -> None:
        answer["Attributes"]["MessageRetentionPeriod"] = "345600"

    def fresh(answer: dict[str, Any]) -> None:
        assert answer["Attributes"]["MessageRetentionPeriod"] == "1209600"

    wire.bend("sqs:GetQueueAttributes", fresh, stale)

    run = provision([QUEUE])

    assert run.reasons == ["Message retention period is 345600, not 1209600"]
    assert wire.calls.count("sqs:SetQueueAttributes") == 0


def test_a_queue_with_a_key_of_kms_gets_sqs_own_key_again(aws: Aws, provision: Provision) -> None:
    url = provision([QUEUE]).seen.of(QUEUE).url
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/mine"})
    broken = QUEUE.read(aws, Seen())
    assert broken is not None
    assert broken.encryption == "AWS KMS key alias/mine"

    run = provision([QUEUE])

    assert drift(run.seen, [QUEUE]) == set()


def test_a_fifo_queue_is_refused(provision: Provision, wire: Wire) -> None:
    provision([QUEUE])
    wire.calls.clear()
    wire.bend(
        "sqs:GetQueueAttributes", lambda answer: answer["Attributes"].update(FifoQueue="true")
    )

    with pytest.raises(Incompatible, match="Type is FIFO, not Standard"):
        provision([QUEUE])

    assert set(wire.calls) <= set(QUEUE.calls.read)


def test_a_queue_without_tags_is_nobodys(aws: Aws, wire: Wire) -> None:
    aws.sqs.create_queue(QueueName=QUEUE.name)
    wire.bend("sqs:ListQueueTags", lambda answer: answer.pop("Tags", None))
    state = QUEUE.read(aws, Seen())
    assert state is not None
    assert state.owner is None
    assert state.tags == ()
