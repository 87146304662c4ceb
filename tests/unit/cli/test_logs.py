"""`ordersetup logs`: what was logged, and what cannot be read."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ordersetup.aws import Aws
from ordersetup.cli.logs import FUNCTIONS
from ordersetup.operate import log_reader
from tests.unit.cli.conftest import CommandLine, Recorder

pytestmark = pytest.mark.usefixtures("aws")
Log = Callable[[str, str], None]


@pytest.fixture
def log(aws: Aws) -> Log:
    for name in FUNCTIONS:
        group = f"/aws/lambda/shop2-{name}"
        aws.logs.create_log_group(logGroupName=group)
        aws.logs.create_log_stream(logGroupName=group, logStreamName="stream")

    def write(function: str, line: str) -> None:
        aws.logs.put_log_events(
            logGroupName=f"/aws/lambda/shop2-{function}",
            logStreamName="stream",
            logEvents=[{"timestamp": int(time.time() * 1000) - 5000, "message": line}],
        )

    return write


def test_lines_go_to_stdout_and_nothing_else_does(ordersetup: CommandLine, log: Log) -> None:
    log("SendEmail", "INFO confirmed order_id=A-1 request_id=x")
    log("ProcessOrder", "INFO accepted order_id=A-2 request_id=y")
    run = ordersetup("logs", "--stack", "shop2")
    assert (run.code, run.talk) == (0, "")
    _, *lines = run.out.splitlines()
    assert [line.split()[1:4] for line in sorted(lines, key=lambda line: line.split()[1])] == [
        ["ProcessOrder", "INFO", "accepted"],
        ["SendEmail", "INFO", "confirmed"],
    ]
    assert len(ordersetup("logs", "sendemail", "--stack", "shop2").out.splitlines()) == 2
    (line,) = ordersetup("logs", "--stack", "shop2", "--order", "A-2", "--json").lines
    assert (line["type"], line["function"]) == ("log", "ProcessOrder")


@pytest.mark.usefixtures("log")
def test_no_line_is_no_failure_and_is_said(ordersetup: CommandLine) -> None:
    run = ordersetup("logs", "--stack", "shop2", "--since", "90s")
    assert (run.code, run.out) == (0, "")
    assert run.talk.startswith("Nothing has been logged since ")
    assert ordersetup("logs", "--stack", "shop2", "--json").out == ""
    assert ordersetup("logs", "--stack", "shop2", "--quiet").talk == ""


def test_a_log_that_is_not_there_is_one_sentence(
    ordersetup: CommandLine, log: Log, aws: Aws
) -> None:
    log("SendEmail", "a")
    aws.logs.delete_log_group(logGroupName="/aws/lambda/shop2-ProcessOrder")
    run = ordersetup("logs", "--stack", "shop2")
    assert (run.code, run.talk) == (0, "ProcessOrder: its log group is not there\n")
    missing = ordersetup("logs", "ProcessOrder", "--stack", "shop2")
    assert missing.code == 1
    assert "The stack shop2 in eu-west-1 has no log of ProcessOrder." in missing.talk
    assert "ordersetup provision --stack shop2" in missing.talk


def test_logs_that_may_not_be_read_are_one_sentence(
    ordersetup: CommandLine, recorder: Recorder
) -> None:
    recorder.words = '{"__type": "AccessDeniedException", "message": "no"}'
    run = ordersetup("logs", AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=recorder.url)
    assert (run.code, run.out) == (1, "")
    assert "Error: Your credentials may not FilterLogEvents" in run.talk


def test_following_ends_with_the_time_out_and_exit_code_0(
    ordersetup: CommandLine, log: Log
) -> None:
    log("SendEmail", "a")
    run = ordersetup("logs", "--stack", "shop2", "--follow", "--timeout", "2.5", "--json")
    assert run.code == 0
    # It has looked twice, and told once.
    assert [line["message"] for line in run.lines] == ["a"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("UpdateInventroy",), "Did you mean 'UpdateInventory'?"),
        (("xyzzy",), "is none of ProcessOrder, UpdateInventory, SendEmail."),
        (("--order", "A 1"), "--order 'A 1' is not accepted."),
        (("--since", "soon"), "no span of time"),
    ],
    ids=["near miss", "no function", "no order", "no time"],
)
def test_bad_input_is_refused_before_any_call(
    ordersetup: CommandLine, calls: list[str], args: tuple[str, ...], said: str
) -> None:
    run = ordersetup("logs", *args)
    assert (run.code, run.out, calls) == (2, "", [])
    assert said in run.talk


def test_the_functions_that_can_be_named_are_those_that_are_read() -> None:
    """They are spelt out beside the option, so that help need not import the reader."""
    assert log_reader.FUNCTIONS == FUNCTIONS
