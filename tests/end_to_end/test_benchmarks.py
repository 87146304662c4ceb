"""The benchmark for a real account, on the engine: it times, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import boto3
import pytest

from benchmarks import aws as on_aws
from benchmarks.agreed import Agreed
from benchmarks.process import COMMANDS, CommandFailed
from benchmarks.results import RESULTS
from ordersetup.local import ROOT_CREDENTIALS, Engine
from tests.unit.aws_cli import AwsCli

REGION, ACCOUNT, OTHER = "ap-south-1", "000000000000", "111111111111"
REAL_CLI = Path(on_aws.__file__).parents[1] / ".venv-bench" / "bin" / "aws"

WHO = f"""#!{sys.executable}
import os, sys, boto3
profile = None if sys.argv[1] == "-" else sys.argv[1]
sts = boto3.Session(profile_name=profile).client("sts")
print(sts.get_caller_identity()["Account"])
"""


@pytest.fixture
def environment(engine: Engine, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": engine.endpoint_url,
        "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS.access_key_id,
        "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS.secret_access_key,
    }


@pytest.fixture
def misleading(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A profile of the agreed account, and about it all that could lead somewhere else."""
    config = tmp_path / "config"
    keys = (ROOT_CREDENTIALS.access_key_id, ROOT_CREDENTIALS.secret_access_key)
    config.write_text(
        f"[profile bench]\naws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}\n"
    )
    return {
        **environment,
        "AWS_CONFIG_FILE": str(config),
        # To the engine, a key of twelve digits is the account's number.
        "AWS_ACCESS_KEY_ID": OTHER,
        "ORDERSETUP_LOCAL": "1",
        "ORDERSETUP_STATE_DIR": str(config),
        "ORDERSETUP_PROFILE": "other",
        "ORDERSETUP_REGION": "us-west-2",
        "ORDERSETUP_STACK": "shop",
    }


def tables(engine: Engine) -> list[str]:
    dynamodb = boto3.Session(*ROOT_CREDENTIALS, region_name=REGION).client(
        "dynamodb", endpoint_url=engine.endpoint_url
    )
    return [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("bench-")]


def timed(told: str) -> list[str]:
    """What the column was filled with."""
    return [line.partition(":")[0] for line in told.splitlines()]


def test_after_a_yes_each_is_timed_where_was_agreed_whatever_the_environment_says(
    engine: Engine,
    misleading: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cli = AwsCli(tmp_path, ACCOUNT)
    cli.do("sts.get-caller-identity", WHO)
    for name, value in misleading.items():
        monkeypatch.setenv(name, value)
    before = RESULTS.read_bytes()
    arguments = ["--yes", "--profile", "bench", "--aws-cli", str(cli.path)]
    code = on_aws.main(arguments)
    told = capsys.readouterr()
    assert code == 0, told.err
    assert f"in {REGION} of account {ACCOUNT}, and as many by the AWS CLI" in told.err
    assert timed(told.out) == [*(key for key, _ in COMMANDS), "script"]
    assert {call.split()[0] for call in cli.calls} == {"bench"}
    assert tables(engine) == []
    assert RESULTS.read_bytes() == before


def test_a_command_that_would_work_in_another_account_is_not_run(
    environment: dict[str, str],
) -> None:
    with pytest.raises(CommandFailed, match=f"{REGION} of account {ACCOUNT}, not in .* of {OTHER}"):
        Agreed(OTHER, REGION, None, environment).check()


@pytest.mark.slow
@pytest.mark.skipif(not REAL_CLI.exists(), reason="`make bench` installs the AWS CLI")
def test_the_real_aws_cli_builds_and_removes_its_stack(
    engine: Engine,
    misleading: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in misleading.items():
        monkeypatch.setenv(name, value)
    code = on_aws.main(["--yes", "--profile", "bench", "--aws-cli", str(REAL_CLI)])
    told = capsys.readouterr()
    assert code == 0, told.err
    assert timed(told.out)[-1] == "script"
    assert tables(engine) == []


def test_a_round_that_fails_takes_down_what_it_has_made(
    engine: Engine, environment: dict[str, str]
) -> None:
    agreed = Agreed(ACCOUNT, REGION, None, environment)
    half = (("fresh", ("provision", "--quiet")), ("noop", ("provision", "--nonsense")))
    with pytest.raises(CommandFailed, match="--nonsense"):
        on_aws.measure({"fresh": [], "noop": []}, "bench-half", agreed, commands=half)
    assert tables(engine) == []


def test_without_a_yes_nothing_is_made_and_nothing_kept(
    engine: Engine,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    before = RESULTS.read_bytes()
    assert on_aws.main([]) == 2
    told = capsys.readouterr().err
    assert "stack(s) named bench-" in told
    assert "Nothing was called but STS" in told
    assert tables(engine) == []
    assert RESULTS.read_bytes() == before
