"""A drill that cannot be held is told in a sentence, and nothing is announced or sent."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from tests.unit.cli.conftest import CommandLine

MADE_FOR_A_DRILL = {"sqs:CreateQueue", "sns:Subscribe"}


@pytest.mark.usefixtures("aws")
def test_no_drill_is_announced_for_a_stack_that_does_not_exist(
    ordersetup: CommandLine, calls: list[str]
) -> None:
    run = ordersetup("verify", "--drill", "--yes", "--stack", "shop9")
    assert run.code == 1
    assert (run.out + run.talk).count("The stack shop9 does not exist in eu-west-1") == 1
    assert "must fail" not in run.talk
    assert not MADE_FOR_A_DRILL & set(calls)


def test_a_stack_without_an_api_is_told_before_anything_is_announced(
    ordersetup: CommandLine, aws: Aws, calls: list[str]
) -> None:
    aws.sqs.create_queue(QueueName="OrderProcessingDLQ")
    calls.clear()
    run = ordersetup("verify", "--drill", "--yes", "--json")
    assert run.code == 1
    assert [line["type"] for line in run.lines] == ["report", "error"]
    assert run.lines[-1]["happened"] == (
        "The stack default has no API in eu-west-1 to post the drill's order to."
    )
    assert not MADE_FOR_A_DRILL & set(calls)


@pytest.mark.usefixtures("aws")
def test_a_timeout_that_no_drill_can_keep_to_is_refused_before_anything_is_read(
    ordersetup: CommandLine,
) -> None:
    run = ordersetup("verify", "--drill", "--yes", "--timeout", "100")
    assert (run.code, run.out) == (2, "")
    assert "--timeout 100 is shorter than a drill takes here: 200 s at the least" in run.talk
    assert "No order was sent." in run.talk
    assert "ordersetup verify --drill --timeout 400" in run.talk
    # Without a drill it is time enough.
    assert ordersetup("verify", "--timeout", "100").code == 1
