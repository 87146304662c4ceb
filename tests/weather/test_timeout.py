"""--timeout bounds everything: also an AWS that takes every call and never answers."""

from __future__ import annotations

import time
from pathlib import Path

import boto3
import click
import pytest
from botocore.exceptions import ReadTimeoutError
from click.testing import CliRunner

from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.web import Web
from tests.stacks import REGION
from tests.weather.endpoint import Endpoint

SECONDS = 2
FAR_TOO_LONG = 12
"""Much less than the calls would be given without an end, and much more than a machine takes."""


def test_a_call_that_is_never_answered_ends_with_the_run_and_is_not_sent_again(
    endpoint: Endpoint,
) -> None:
    session = boto3.Session("testing", "testing", region_name=REGION)
    aws = Aws(session, endpoint_url=endpoint.url, web=Web(), seconds=SECONDS)
    began = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        aws.dynamodb.list_tables()
    assert time.monotonic() - began < FAR_TOO_LONG
    assert endpoint.calls == 1


ARGUMENTS = {
    "audit": "--since 1d",
    "export": "--format terraform --output {folder}/export",
    "logs": "--since 1h",
    "prune": "--yes",
    "redrive": "--what-if",
    "stock add": "lamp-1 1",
    "stock import": "{folder}/stock.csv",
    "stock set": "lamp-1 1",
    "teardown": "--yes",
    "trace": "order-1",
}
"""What the commands are given that cannot do without."""

CALLS_NOTHING = {"completion", "explain", "local reset", "local status", "local stop"}
SAYS_WHAT_IT_COULD_NOT_READ = {"list"}
"""That is its result, and its exit code is 0."""


def commands(within: click.Command = group, name: str = "") -> list[str]:
    """Every command there is, with its group's name."""
    if not isinstance(within, click.Group):
        return [name]
    return sorted(
        command
        for n, c in within.commands.items()
        for command in commands(c, f"{name} {n}".strip())
    )


@pytest.mark.parametrize("command", [c for c in commands() if c not in CALLS_NOTHING])
def test_no_command_outlasts_its_time(command: str, endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text("item_id,quantity\nlamp-1,1\n", encoding="utf-8")
    given = ARGUMENTS.get(command, "").format(folder=tmp_path).split()
    options = ["--endpoint-url", endpoint.url, "--timeout", str(SECONDS)]
    began = time.monotonic()
    run = CliRunner().invoke(group, [*options, *command.split(), *given], prog_name="ordersetup")
    took = time.monotonic() - began
    assert endpoint.calls, f"{command} calls nothing: {run.output}"
    assert took < FAR_TOO_LONG, run.output
    assert run.exit_code == (0 if command in SAYS_WHAT_IT_COULD_NOT_READ else 1), run.output
    assert "Traceback" not in run.output
