"""`ordersetup status`: once, again and again, and where there is nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.cli.options import Options
from ordersetup.cli.streams import Outliving
from tests.conftest import Provision
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine, Recorder
from tests.wire import Visitor

pytestmark = pytest.mark.usefixtures("aws")


def test_a_stack_that_is_not_there_is_one_sentence_and_how_to_make_it(
    ordersetup: CommandLine,
) -> None:
    run = ordersetup("status", "--stack", "shop2")
    assert (run.code, run.out) == (1, "")
    assert "The stack shop2 in eu-west-1 is not provisioned." in run.talk
    assert "ordersetup provision --stack shop2" in run.talk
    (told,) = ordersetup("status", "--json").lines
    assert told["error"] == "NotProvisioned"


def test_a_stack_that_stands_is_drawn(ordersetup: CommandLine, provision: Provision) -> None:
    provision(stack("shop2").steps)
    run = ordersetup("status", "--stack", "shop2")
    assert (run.code, run.talk) == (0, "")
    assert run.out.startswith("Order pipeline shop2 in eu-west-1, account 123456789012\n")
    assert "UpdateInventory" in run.out
    assert "\x1b" not in run.out
    assert max(map(len, run.out.splitlines())) <= 80
    (told,) = ordersetup("status", "--stack", "shop2", "--json").lines
    assert (told["type"], told["stack"], told["attention"]) == ("status", "shop2", [])


def test_what_is_missing_is_no_failure_of_the_command(
    ordersetup: CommandLine, provision: Provision, aws: Aws
) -> None:
    provision(stack().steps)
    aws.lambda_.delete_function(FunctionName="SendEmail")
    run = ordersetup("status")
    assert run.code == 0
    assert "! SendEmail is not there." in run.out


def test_what_may_not_be_read_is_no_failure_either(
    ordersetup: CommandLine, provision: Provision, recorder: Recorder
) -> None:
    provision(stack().steps)
    words = "User: jane is not authorized to perform: SNS:ListSubscriptionsByTopic"
    recorder.words = (
        f"<R><Error><Code>AuthorizationError</Code><Message>{words}</Message></Error></R>"
    )
    run = ordersetup("status", AWS_ENDPOINT_URL_SNS=recorder.url)
    assert (run.code, run.talk) == (0, "")
    assert (
        "? OrderConfirmationTopic, OrderProcessingAlerts: not allowed:\n"
        "  SNS:ListSubscriptionsByTopic.\n" in run.out
    )


def test_where_nothing_can_be_read_it_is_an_error(
    ordersetup: CommandLine, recorder: Recorder
) -> None:
    run = ordersetup(
        "status",
        AWS_ENDPOINT_URL_API_GATEWAY=recorder.url,
        AWS_ENDPOINT_URL_DYNAMODB=recorder.url,
        AWS_ENDPOINT_URL_LAMBDA=recorder.url,
        AWS_ENDPOINT_URL_SNS=recorder.url,
        AWS_ENDPOINT_URL_SQS=recorder.url,
    )
    assert (run.code, run.out) == (1, "")
    assert run.talk.startswith("Error: ")


def test_watching_ends_with_the_time_out_and_exit_code_0(
    ordersetup: CommandLine, provision: Provision
) -> None:
    provision(stack().steps)
    run = ordersetup("status", "--watch", "1", "--timeout", "1.5", "--json")
    assert run.code == 0
    assert [line["type"] for line in run.lines] == ["status", "status"]


@pytest.mark.parametrize("seconds", ["0", "0.5", "nan", "often"])
def test_a_pace_that_is_none_is_refused_before_any_call(
    ordersetup: CommandLine, calls: list[str], seconds: str
) -> None:
    run = ordersetup("status", "--watch", seconds)
    assert (run.code, run.out) == (2, "")
    assert calls == []


def test_a_file_is_written_and_a_wrong_one_refused_before_any_call(
    ordersetup: CommandLine, provision: Provision, calls: list[str], tmp_path: Path
) -> None:
    run = ordersetup("status", "--save", str(tmp_path / "status.png"))
    assert (run.code, calls) == (2, [])
    provision(stack().steps)
    path = tmp_path / "status.svg"
    assert ordersetup("status", "--save", str(path)).code == 0
    assert path.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    "args", [("status", "--watch", "1"), ("logs", "--follow")], ids=["status", "logs"]
)
def test_a_follower_ends_when_its_reader_goes(
    args: tuple[str, ...], provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(stack().steps)
    reader, into = os.pipe()
    os.close(reader)
    began = time.monotonic()
    with os.fdopen(into, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", Outliving(pipe))
        with pytest.raises(SystemExit) as ended:
            group.main([*args, "--timeout", "20"], "ordersetup", obj=Options(web=Visitor()))
    assert ended.value.code == 0
    assert time.monotonic() - began < 10
