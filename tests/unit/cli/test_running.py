"""Commands that run, against an AWS in memory: what they tell, where, and with which code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.views.json_lines import TYPES
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine
from tests.wire import Visitor

pytestmark = pytest.mark.usefixtures("aws")

STEPS = len(stack().steps)


class TestShared:
    def reading(self, ordersetup: CommandLine, *args: str, **variables: str) -> str:
        """The stack that a command says it reads."""
        run = ordersetup(*args, web=None, **variables)
        assert run.code == 0, run.talk
        return run.talk.splitlines()[0].partition("the stack ")[2].partition(" of account ")[0]

    @pytest.mark.parametrize(
        "args",
        [("--stack", "shop2", "plan"), ("plan", "--stack", "shop2"), ("plan", "--stack=shop2")],
    )
    def test_options_are_taken_before_and_after_the_command(
        self, ordersetup: CommandLine, args: tuple[str, ...]
    ) -> None:
        assert self.reading(ordersetup, *args) == "shop2 in eu-west-1"

    def test_the_later_one_wins(self, ordersetup: CommandLine) -> None:
        said = self.reading(ordersetup, "--stack", "shop2", "plan", "--stack", "shop3")
        assert said == "shop3 in eu-west-1"

    def test_each_has_a_variable(self, ordersetup: CommandLine) -> None:
        said = self.reading(
            ordersetup, "plan", ORDERSETUP_STACK="shop2", ORDERSETUP_REGION="us-east-1"
        )
        assert said == "shop2 in us-east-1"

    @pytest.mark.parametrize("args", [("--stack", "shop3", "plan"), ("plan", "--stack", "shop3")])
    def test_a_variable_loses_to_an_option_in_either_place(
        self, ordersetup: CommandLine, args: tuple[str, ...]
    ) -> None:
        assert self.reading(ordersetup, *args, ORDERSETUP_STACK="shop2") == "shop3 in eu-west-1"

    def test_a_flag_s_variable_works_too(self, ordersetup: CommandLine) -> None:
        assert ordersetup("plan", ORDERSETUP_JSON="1").lines[0]["type"] == "plan"
        assert ordersetup("plan", ORDERSETUP_QUIET="true").talk == ""

    def test_the_region_is_looked_for_as_aws_cli_does(self, ordersetup: CommandLine) -> None:
        said = self.reading(
            ordersetup, "plan", AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-west-2"
        )
        assert said == "default in us-east-1"
        said = self.reading(ordersetup, "plan", "--region", "us-east-2", AWS_REGION="us-east-1")
        assert said == "default in us-east-2"

    def test_without_any_region_it_is_the_guide_s(
        self, ordersetup: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        assert self.reading(ordersetup, "plan") == "default in ap-south-1"


class TestPlan:
    def test_it_tells_what_would_be_made_on_stdout(self, ordersetup: CommandLine) -> None:
        run = ordersetup("plan")
        assert run.code == 0
        assert "+ Create table Inventory\n" in run.out
        assert run.out.splitlines()[-1].startswith(f"{STEPS - 1} to create, 0 to change")
        assert "Create table" not in run.talk

    def test_exit_code_tells_that_there_is_something_to_do(self, ordersetup: CommandLine) -> None:
        assert ordersetup("plan", "--exit-code").code == 3

    @pytest.mark.parametrize("command", ["plan", "provision"])
    def test_the_account_and_the_caller_are_named_first(
        self, ordersetup: CommandLine, aws: Aws, command: str
    ) -> None:
        assert ordersetup(command).talk.splitlines()[0] == (
            "Reading the stack default in eu-west-1 of account 123456789012, as "
            f"{aws.caller} ({STEPS} steps)"
        )

    def test_json_is_one_line(self, ordersetup: CommandLine) -> None:
        run = ordersetup("plan", "--json")
        [line] = run.lines
        assert line["type"] == "plan"
        assert line["create"] == STEPS - 1
        assert run.talk == ""

    def test_nothing_is_written(self, ordersetup: CommandLine, aws: Aws) -> None:
        ordersetup("plan", "--sender", "shop@example.com")
        assert aws.dynamodb.list_tables()["TableNames"] == []

    def test_a_role_of_another_account_is_bad_input(self, ordersetup: CommandLine) -> None:
        run = ordersetup("plan", "--role-arn", "arn:aws:iam::999999999999:role/x")
        assert run.code == 2
        assert "is of another account than yours" in run.talk


class TestProvision:
    def test_from_nothing_to_a_second_run_that_changes_nothing(
        self, ordersetup: CommandLine
    ) -> None:
        first = ordersetup("provision", "--retention-days", "90")
        assert first.code == 0, first.talk
        assert first.out.startswith(f"The pipeline stands: {STEPS - 1} steps created, 0 changed")
        assert "  Endpoint " in first.out
        assert "Left to you\n" in first.out
        assert "  + Create table Inventory\n" in first.talk

        second = ordersetup("provision")
        assert second.code == 0
        assert second.out.startswith(f"Nothing to do: all {STEPS} steps stand")
        assert "Inventory" not in second.out

        assert ordersetup("plan", "--exit-code").code == 0
        change = ordersetup("plan", "--exit-code", "--unset", "retention-days")
        assert change.code == 3
        assert "    Retention: 90 → 30\n" in change.out
        assert ordersetup("--quiet", "provision").talk == ""

    def test_what_it_says_to_run_next_is_about_the_same_stack(
        self, ordersetup: CommandLine
    ) -> None:
        first = ordersetup("provision", "--stack", "shop2")
        assert "ordersetup send-test-order --stack shop2 puts the item into stock" in first.out
        again = ordersetup("provision", "--stack", "shop2")
        assert "Every address: ordersetup provision --stack shop2 --verbose" in again.out

    def test_json_lines_end_with_the_result(self, ordersetup: CommandLine) -> None:
        run = ordersetup("provision", "--json")
        assert run.code == 0
        kinds = [line["type"] for line in run.lines]
        assert set(kinds) <= set(TYPES)
        assert kinds[0] == "begin"
        assert kinds[-1] == "result"
        assert run.lines[-1]["created"] == STEPS - 1
        assert run.talk == ""

    def test_what_is_not_ours_is_refused_and_left(self, ordersetup: CommandLine, aws: Aws) -> None:
        aws.sqs.create_queue(QueueName="OrderProcessingDLQ")
        run = ordersetup("provision")
        assert run.code == 1
        assert run.talk.splitlines()[1:4] == [
            "Error: SQS › Queues › OrderProcessingDLQ exists and was not made by ordersetup. "
            "Nothing there was changed.",
            "         SQS › Queues › OrderProcessingDLQ",
            "           Message retention period: 345600 → 1209600",
        ]
        assert "ordersetup provision --adopt; or build beside it with" in run.talk.splitlines()[-1]
        assert aws.dynamodb.list_tables()["TableNames"] == []
        assert ordersetup("plan").code == 1

    def test_an_interrupt_is_told_with_what_stands_and_how_to_go_on(
        self, ordersetup: CommandLine
    ) -> None:
        class Impatient(Visitor):
            def ask(self, *_: Any, **__: Any) -> Any:
                raise KeyboardInterrupt

        run = ordersetup("provision", web=Impatient())
        assert run.code == 130
        assert run.out == ""
        assert run.talk.splitlines()[-1] == (
            f"Interrupted: {STEPS - 1} of {STEPS} steps stand; nothing is undone. "
            "To go on from here, run: ordersetup provision"
        )
        again = ordersetup("provision")
        assert again.code == 0
        assert again.out.startswith(f"Nothing to do: all {STEPS} steps stand")


LISTENING = """
import signal
from ordersetup.cli import main
# Whoever starts the tests in the background lets them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


QUICK = """
import builtins, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
real = builtins.__import__
def pressed(name, *rest):
    if name == "click":
        signal.raise_signal(signal.SIGINT)
    return real(name, *rest)
builtins.__import__ = pressed
from ordersetup.__main__ import main
main()
"""


def test_ctrl_c_while_loading_ends_without_a_word() -> None:
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", QUICK, "plan"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


def test_ctrl_c_ends_the_command_with_130(tmp_path: Path) -> None:
    """The endpoint itself presses it, as soon as it is asked."""
    asked = threading.Event()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            os.kill(run.pid, signal.SIGINT)
            asked.set()
            ended.wait(20)

        def log_message(self, *_: Any) -> None:
            """Tests say nothing."""

    ended = threading.Event()
    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        run = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", LISTENING, "plan", "--endpoint-url", url],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "y",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        _, talk = run.communicate(timeout=30)
        ended.set()
        serving.join()
    assert asked.is_set()
    assert run.returncode == 130
    assert "Traceback" not in talk


class TestLocal:
    def test_without_an_engine_status_says_so(self, ordersetup: CommandLine) -> None:
        run = ordersetup("local", "status")
        assert (run.code, run.out) == (0, "No engine is running.\n")

    @pytest.mark.parametrize("args", [("local", "status", "--json"), ("--json", "local", "status")])
    def test_status_is_a_line_of_json_for_a_program(
        self, ordersetup: CommandLine, tmp_path: Path, args: tuple[str, ...]
    ) -> None:
        [line] = ordersetup(*args).lines
        assert line["type"] == "local"
        assert line["condition"] == "stopped"
        assert line["home"] == str(tmp_path / "state"), "where it would be"
        assert line.keys() == {
            *("type", "condition", "detail", "endpoint_url", "pid"),
            *("home", "log", "started", "version"),
        }

    def test_stopping_what_does_not_run_is_no_error(self, ordersetup: CommandLine) -> None:
        assert ordersetup("local", "stop").out == "No engine was running.\n"
        assert ordersetup("local", "stop", "--json").lines == [{"type": "local", "stopped": False}]

    def test_a_reset_without_anybody_to_ask_demands_yes(
        self, ordersetup: CommandLine, tmp_path: Path
    ) -> None:
        run = ordersetup("local", "reset")
        assert run.code == 2
        assert run.talk.splitlines() == [
            f"Error: Everything in {tmp_path / 'state'} would be deleted, "
            "and there is nobody to ask.",
            "       Say so with --yes.",
        ]

    def test_a_reset_with_yes_empties_the_engine(self, ordersetup: CommandLine) -> None:
        run = ordersetup("local", "reset", "--yes")
        assert (run.code, run.out) == (0, "The engine is empty.\n")
