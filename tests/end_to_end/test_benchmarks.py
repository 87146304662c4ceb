"""The benchmark for a real account, on the engine: it times, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import pytest

from benchmarks import aws as on_aws
from benchmarks.process import COMMANDS, CommandFailed
from benchmarks.results import RESULTS, Column
from ordersetup.local import ROOT_CREDENTIALS, Engine

REGION = "ap-south-1"


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


def tables(engine: Engine) -> list[str]:
    dynamodb = boto3.Session(*ROOT_CREDENTIALS, region_name=REGION).client(
        "dynamodb", endpoint_url=engine.endpoint_url
    )
    return [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("bench-")]


def test_each_command_is_timed_once_and_the_stack_is_gone(
    engine: Engine, environment: dict[str, str]
) -> None:
    column: Column = {key: [] for key, _ in COMMANDS}
    on_aws.measure(column, "bench-e2e", environment)
    assert {key: len(times) for key, times in column.items()} == {key: 1 for key, _ in COMMANDS}
    assert tables(engine) == []


def test_a_round_that_fails_takes_down_what_it_has_made(
    engine: Engine, environment: dict[str, str]
) -> None:
    half = (("fresh", ("provision", "--quiet")), ("noop", ("provision", "--nonsense")))
    with pytest.raises(CommandFailed, match="--nonsense"):
        on_aws.measure({"fresh": [], "noop": []}, "bench-half", environment, commands=half)
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
