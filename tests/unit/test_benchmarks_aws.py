"""The benchmark for a real account: it builds where was agreed, and says what it leaves behind."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from benchmarks.agreed import Agreed
from benchmarks.aws import left_by_hand, main, measure
from benchmarks.process import ByHand, CommandFailed
from benchmarks.results import Column
from tests.unit.aws_cli import AwsCli

ACCOUNT, REGION = "123456789012", "eu-west-1"
HURRIED = {"PATH": os.environ["PATH"], "REST_SECONDS": "0", "PASSING_SECONDS": "0"}
PATIENT = {**HURRIED, "PASSING_SECONDS": "60"}
TOO_MANY = "TooManyRequestsException"
DELETED = (
    *("apigateway.delete-rest-api", "iam.delete-role-policy", "iam.delete-role"),
    *("lambda.delete-function", "logs.delete-log-group", "sns.delete-topic"),
    *("sqs.delete-queue", "dynamodb.delete-table"),
)


@pytest.fixture
def cli(tmp_path: Path) -> AwsCli:
    made = AwsCli(tmp_path, ACCOUNT)
    made.answer("apigateway.get-rest-apis", "api1")
    made.answer("sqs.get-queue-url", "https://sqs/queue")
    return made


def by_hand(cli: AwsCli, around: dict[str, str] = HURRIED, profile: str | None = None) -> None:
    """A round of the script alone."""
    column: Column = {"script": []}
    agreed = Agreed(ACCOUNT, REGION, profile, around)
    measure(column, "bench-1", agreed, cli.path, commands=(), role_seconds=0)
    assert len(column["script"]) == 1


def remove(cli: AwsCli, folder: Path, around: dict[str, str] = HURRIED) -> None:
    """Have the script remove what it may have built."""
    ByHand(cli.path, "bench-1-cli", REGION, ACCOUNT, folder).seconds("remove", around)


class TestTheEnvironmentOfTheCommands:
    def test_our_own_variables_have_no_say_in_it(self) -> None:
        around = {"ORDERSETUP_LOCAL": "1", "ORDERSETUP_PROFILE": "other", "HOME": "/h"}
        agreed = Agreed(ACCOUNT, REGION, None, around)
        assert agreed.environment == {
            "HOME": "/h",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
        assert agreed.ours[-2:] == ("--region", REGION)

    def test_with_a_profile_no_other_credentials_are_in_it(self) -> None:
        others = {
            "AWS_ACCESS_KEY_ID": "other",
            "AWS_SECRET_ACCESS_KEY": "other",
            "AWS_SESSION_TOKEN": "other",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "other",
            "AWS_DEFAULT_PROFILE": "other",
        }
        around = {**others, "AWS_CONFIG_FILE": "/c", "AWS_REGION": "us-west-2"}
        assert Agreed(ACCOUNT, REGION, "bench", around).environment == {
            "AWS_CONFIG_FILE": "/c",
            "AWS_PROFILE": "bench",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
        assert Agreed(ACCOUNT, REGION, "bench", around).ours[-4:-2] == ("--profile", "bench")

    def test_without_one_the_keys_that_were_agreed_to_stay(self) -> None:
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        assert Agreed(ACCOUNT, REGION, None, keys).environment.items() >= keys.items()
        assert "secret" not in repr(Agreed(ACCOUNT, REGION, None, keys))


class TestTheScript:
    def test_it_builds_with_the_profile_and_removes_all_it_has_built(self, cli: AwsCli) -> None:
        by_hand(cli, profile="bench")
        assert {call.split()[0] for call in cli.calls} == {"bench"}
        made = [c.split()[2] for c in cli.calls if c.split()[2].startswith("create-")]
        assert len(made) == 12
        assert [call for call in DELETED if not cli.count(call)] == []
        assert "bench apigateway delete-rest-api --rest-api-id api1" in cli.calls

    def test_in_another_account_than_was_agreed_it_does_nothing(self, cli: AwsCli) -> None:
        cli.answer("sts.get-caller-identity", "999999999999")
        with pytest.raises(CommandFailed, match=f"of account 999999999999, not of {ACCOUNT}"):
            by_hand(cli)
        assert len(cli.calls) == cli.count("sts.get-caller-identity") == 2

    @pytest.mark.parametrize(
        ("call", "code"),
        [
            ("apigateway.delete-rest-api", "TooManyRequestsException"),
            ("iam.delete-role", "DeleteConflict"),
            ("dynamodb.delete-table", "ResourceInUseException"),
            ("apigateway.get-rest-apis", "TooManyRequestsException"),
        ],
    )
    def test_what_passes_is_tried_again(
        self, cli: AwsCli, tmp_path: Path, call: str, code: str
    ) -> None:
        before = {"dynamodb.delete-table": 2}.get(call, 1)
        cli.refuse(call, code, times=3)
        remove(cli, tmp_path, PATIENT)
        assert cli.count(call) == before + 3

    @pytest.mark.parametrize(
        ("call", "code", "left"),
        [
            ("apigateway.delete-rest-api", TOO_MANY, "REST API bench-1-cli-EcommerceAPI (api1)"),
            ("apigateway.get-rest-apis", TOO_MANY, "REST APIs named bench-1-cli-EcommerceAPI"),
            ("iam.delete-role", "DeleteConflict", "role bench-1-cli-OrderProcessingRole"),
            ("sqs.get-queue-url", "AccessDenied", "queue bench-1-cli-OrderProcessingDLQ"),
        ],
    )
    def test_what_is_left_is_named_with_its_reason_and_the_rest_is_gone(
        self, cli: AwsCli, tmp_path: Path, call: str, code: str, left: str
    ) -> None:
        cli.refuse(call, code, times=100)
        with pytest.raises(CommandFailed) as failed:
            remove(cli, tmp_path)
        assert f"Left in {REGION} of account {ACCOUNT}:\n{left}: " in str(failed.value)
        assert f"({code})" in str(failed.value)
        assert cli.count("dynamodb.delete-table") == 2

    def test_what_no_waiting_helps_is_asked_once(self, cli: AwsCli, tmp_path: Path) -> None:
        cli.refuse("iam.delete-role", "AccessDenied", times=100)
        with pytest.raises(CommandFailed):
            remove(cli, tmp_path, PATIENT)
        assert cli.count("iam.delete-role") == 1

    def test_what_is_not_there_is_not_left(self, cli: AwsCli, tmp_path: Path) -> None:
        for call in DELETED:
            cli.refuse(call, "ResourceNotFoundException", times=9)
        cli.refuse("iam.delete-role", "NoSuchEntity")
        cli.refuse("sqs.get-queue-url", "AWS.SimpleQueueService.NonExistentQueue")
        remove(cli, tmp_path)
        assert cli.count("sqs.delete-queue") == 0

    def test_a_round_that_leaves_something_fails_and_says_what_removes_it(
        self, cli: AwsCli, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cli.refuse("apigateway.delete-rest-api", TOO_MANY, times=100)
        with pytest.raises(CommandFailed, match="EcommerceAPI"):
            by_hand(cli, profile="bench")
        _, _, told = capsys.readouterr().err.partition("take it down by hand:\n")
        cli.refuse("apigateway.delete-rest-api", "NotFoundException")
        subprocess.run(shlex.split(told), check=True)  # noqa: S603 - what people would paste
        assert cli.calls[-1].startswith("bench dynamodb delete-table")

    def test_a_build_that_fails_is_told_and_taken_down(self, cli: AwsCli) -> None:
        cli.refuse("sns.create-topic", "AccessDenied")
        with pytest.raises(CommandFailed, match="AccessDenied"):
            by_hand(cli)
        assert cli.count("dynamodb.delete-table") == 2


def test_ctrl_c_while_taking_down_says_how_it_is_done_by_hand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), left_by_hand("take it down"):
        raise KeyboardInterrupt
    assert "Something may be left; take it down by hand:\n  take it down" in capsys.readouterr().err


def test_a_profile_that_is_not_there_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--yes", "--profile", "nobody"]) == 1
    assert "There is no profile 'nobody'" in capsys.readouterr().err
