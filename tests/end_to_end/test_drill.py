"""The live failure drill on a sound stack, with others at work on the same queue, log and topic."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.drills import (
    counts,
    dead_letter_url,
    drill_queues,
    hold,
    meanwhile,
    subscribed,
    wait_until_it_listens,
)
from tests.end_to_end.shop import Shop, eventually

LOG_GROUP = "/aws/lambda/UpdateInventory"
INTAKE = "/aws/lambda/ProcessOrder"


def taken_in(shop: Shop) -> int:
    """How many lines the first function has logged."""
    return len(shop.client("logs").filter_log_events(logGroupName=INTAKE)["events"])


def drain(shop: Shop) -> None:
    while shop.dead_letters():
        pass


@pytest.fixture(autouse=True)
def _an_empty_queue(shop: Shop) -> Iterator[None]:
    """Each drill finds the queue as no other left it, and leaves nothing of its own."""
    drain(shop)
    yield
    assert drill_queues(shop) == []
    assert subscribed(shop) == []


def test_a_sound_pipeline_is_proven_and_nothing_is_left(
    shop: Shop, ordersetup: CommandLine
) -> None:
    run = ordersetup("verify", "--drill", "--json")
    assert run.code == 0, run.out + run.talk
    lines = [json.loads(line) for line in run.out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds[:2] == ["report", "announcement"]
    assert set(kinds[2:-1]) == {"moment"}
    result = run.result
    assert (result["type"], result["proven"]) == ("drill", True)
    assert [e["name"] for e in result["expectations"]] == [
        *("accepted", "attempts", "alerts", "record", "condition", "error"),
        *("rows", "stock", "quiet"),
    ]
    assert all(e["holds"] for e in result["expectations"])
    assert sorted(m["text"] for m in result["timeline"]) == sorted(
        [
            *("accepted by the API", "attempt 1", "retry 1", "retry 2"),
            *("alert 1", "alert 2", "alert 3", "record in OrderProcessingDLQ"),
        ]
    )
    assert counts(shop) == (0, 0)
    assert shop.rows(result["order_id"]) == {}


def test_a_person_is_told_first_what_will_happen(shop: Shop, ordersetup: CommandLine) -> None:
    topics = shop.client("sns")
    arn = topics.create_topic(Name="OrderProcessingAlerts")["TopicArn"]
    address = "ops@example.com"
    mail = topics.subscribe(TopicArn=arn, Protocol="email", Endpoint=address)
    try:
        run = ordersetup("verify", "--drill", "--yes")
        assert run.code == 0, run.out + run.talk
        assert "OrderProcessingAlerts: 1 confirmed subscriber, up to 3 messages each" in run.talk
        assert "OrderConfirmationTopic: 0 confirmed subscribers, up to 1 message each" in run.talk
        assert "some seconds" in run.talk
        assert "The failure path works: all 9 expectations hold" in run.out
        assert address not in run.out + run.talk
        assert "@" not in run.out + run.talk
    finally:
        topics.unsubscribe(SubscriptionArn=mail["SubscriptionArn"])


def test_a_drill_that_is_declined_sends_nothing(
    shop: Shop, ordersetup: CommandLine, tmp_path: Path
) -> None:
    before = taken_in(shop)
    receipt = tmp_path / "proof.json"
    run = ordersetup.answered("n", "verify", "--drill", "--receipt", str(receipt))
    assert run.code == 1, run.out + run.talk
    assert "Hold the drill? [y/N]" in run.talk
    assert "No order was sent." in run.talk
    assert not receipt.exists()
    assert taken_in(shop) == before


def test_200_messages_of_others_stay_and_are_visible_at_once(shop: Shop) -> None:
    queues, url = shop.client("sqs"), dead_letter_url(shop)
    for batch in range(20):
        queues.send_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(n), "MessageBody": json.dumps({"n": f"{batch}-{n}"})} for n in range(10)
            ],
        )
    hidden: list[float] = []
    with meanwhile(lambda: hidden.append(time.monotonic()) if counts(shop)[1] else None):
        held = hold(shop)
    assert counts(shop) == (200, 0)
    assert held.result.proven, held.result.failing
    assert hidden, "nobody saw the look"
    assert hidden[-1] - hidden[0] < 5
    seen: dict[str, int] = {}
    while messages := queues.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=60,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    ).get("Messages", []):
        for message in messages:
            seen[message["Body"]] = int(message["Attributes"]["ApproximateReceiveCount"])
            queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert len(seen) == 200
    # One look of the drill, and the one just now.
    assert max(seen.values()) <= 2


def test_a_record_that_somebody_takes_out_is_missed_and_nothing_else(shop: Shop) -> None:
    with meanwhile(lambda: drain(shop)):
        held = hold(shop)
    assert held.roots == {"record"}
    assert "another program may have taken it" in held.cause("record")
    assert {e.follows for e in held.result.failing if e.follows} == {"record"}


def test_a_log_that_is_swallowed_is_missed_and_nothing_else(shop: Shop) -> None:
    logs = shop.client("logs")

    def swallow() -> None:
        streams = logs.describe_log_streams(logGroupName=LOG_GROUP)["logStreams"]
        for stream in streams:
            logs.delete_log_stream(logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"])

    with meanwhile(swallow):
        held = hold(shop)
    assert held.roots == {"attempts"}
    assert LOG_GROUP in held.cause("attempts")


def test_alerts_that_are_swallowed_are_missed_and_nothing_else(shop: Shop) -> None:
    queues = shop.client("sqs")

    def swallow() -> None:
        for url in drill_queues(shop):
            try:
                found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
                for message in found.get("Messages", []):
                    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            except queues.exceptions.QueueDoesNotExist:
                continue

    with meanwhile(swallow):
        held = hold(shop)
    assert held.roots == {"alerts"}
    assert "did not arrive" in held.cause("alerts")


def test_a_drill_that_is_interrupted_clears_up(shop: Shop, ordersetup: CommandLine) -> None:
    run = ordersetup.interrupted("verify", "--drill", when=lambda: wait_until_it_listens(shop))
    assert run.code == 130
    assert "can still come to OrderProcessingDLQ" in run.out
    assert drill_queues(shop) == []
    assert subscribed(shop) == []


def test_what_a_drill_has_left_that_was_killed_after_it_posted_is_removed_by_the_next(
    shop: Shop, ordersetup: CommandLine
) -> None:
    before = taken_in(shop)

    def it_has_posted() -> None:
        assert eventually(lambda: taken_in(shop) > before, bool, within=60)

    ordersetup.killed("verify", "--drill", when=it_has_posted)
    (url,) = drill_queues(shop)
    assert len(subscribed(shop)) == 1
    queues = shop.client("sqs")
    assert int(queues.list_queue_tags(QueueUrl=url)["Tags"]["ordersetup:drill"]) > time.time()

    assert hold(shop).result.order_id
    assert drill_queues(shop) == [url], "a drill that may still run keeps its queue"

    queues.tag_queue(QueueUrl=url, Tags={"ordersetup:drill": str(int(time.time()) - 1)})
    eventually(lambda: counts(shop)[0], bool, within=10)
    hold(shop)
    assert drill_queues(shop) == []
    assert subscribed(shop) == []
