"""`ordersetup prune` in words: what it shows, asks, tells, and with which code it ends."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from ordersetup.ownership import STACK, VERSION
from tests.conftest import Provision
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine

QUEUE = "OrderProcessingOld"
WHERE = "the stack default in eu-west-1, account 123456789012"


@pytest.fixture
def holding(aws: Aws, provision: Provision) -> Aws:
    """A stack's settings topic, and a queue with a message that an older version has made."""
    provision([stack().step("topic/OrderProcessingAlerts")])
    url = aws.sqs.create_queue(QueueName=QUEUE, tags={STACK: "default", VERSION: "0.0.7"})
    aws.sqs.send_message(QueueUrl=url["QueueUrl"], MessageBody="{}")
    return aws


def queues(aws: Aws) -> list[str]:
    return aws.sqs.list_queues().get("QueueUrls", [])


def test_without_a_terminal_it_wants_to_be_told_that_it_is_meant(
    ordersetup: CommandLine, holding: Aws, calls: list[str]
) -> None:
    calls.clear()
    run = ordersetup("prune", "--stack", "shop2")
    assert run.code == 2
    assert run.talk.splitlines() == [
        "Error: prune asks before it removes anything, and there is no terminal to ask at.",
        "       Say that you mean it with: ordersetup prune --stack shop2 --yes",
    ]
    assert calls == []
    assert queues(holding)


def test_it_shows_the_version_and_keeps_what_holds_something(
    ordersetup: CommandLine, holding: Aws
) -> None:
    run = ordersetup("prune", "--yes")
    assert run.code == 0
    assert run.talk.splitlines()[:3] == [
        "Looking for what is no longer part of the stack default in eu-west-1 of account "
        f"123456789012, as {holding.caller}",
        f"What is no longer part of {WHERE}:",
        "  = queue OrderProcessingOld  made by 0.0.7, stays: it holds 1 message",
    ]
    assert run.out.splitlines() == [
        f"Nothing was removed of {WHERE}.",
        "  queue OrderProcessingOld stays: it holds 1 message",
        "    Look at it in SQS › Queues › OrderProcessingOld",
        "Remove it with what it holds: ordersetup prune --delete-data",
    ]
    assert queues(holding)


def test_with_its_data_it_goes_and_then_there_is_nothing_to_prune(
    ordersetup: CommandLine, holding: Aws
) -> None:
    run = ordersetup("prune", "--yes", "--delete-data")
    assert (run.code, run.out) == (0, f"Removed: 1 thing of {WHERE}.\n")
    assert "  - queue OrderProcessingOld  made by 0.0.7, 1 message" in run.talk.splitlines()
    assert queues(holding) == []
    assert len(holding.sns.list_topics()["Topics"]) == 1
    again = ordersetup("prune", "--yes")
    assert (again.code, again.out) == (0, f"Nothing to prune in {WHERE}.\n")


def test_of_a_stack_that_does_not_stand_it_says_so(ordersetup: CommandLine, holding: Aws) -> None:
    run = ordersetup("prune", "--yes", "--stack", "typo")
    assert run.code == 0
    assert run.talk.splitlines()[0] == (
        "Perhaps there is no stack typo: nothing remembers its settings."
    )
    assert run.out.startswith("Nothing to prune in the stack typo ")
    assert queues(holding)


@pytest.mark.usefixtures("holding")
def test_a_program_gets_the_version_too(ordersetup: CommandLine) -> None:
    run = ordersetup("prune", "--yes", "--delete-data", "--json")
    assert (run.code, run.talk) == (0, "")
    (shown,) = [line for line in run.lines if line["type"] == "removals"]
    assert [(r["step"], r["version"], r["holds"]) for r in shown["removals"]] == [
        (f"queue/{QUEUE}", "0.0.7", 1)
    ]
    assert run.lines[-1]["removed"] == [f"queue/{QUEUE}"]
