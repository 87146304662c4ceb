"""A run that failed half-way: whether the stage serves what is configured by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.cli.options import Options
from ordersetup.web import Web
from tests.unit.cli.conftest import CommandLine, Run
from tests.wire import Wire

SHOP = "https://shop.example.com"
DENIED = "User: jane is not authorized to perform: apigateway:PUT"


@dataclass
class Connected(Options):
    """Options that lead to an AWS whose calls can be refused."""

    aws: Aws | None = None

    def connect(self, soon: Sequence[str] = ()) -> Aws:  # noqa: ARG002 - its clients are made
        assert self.aws is not None
        return self.aws


@pytest.fixture
def ordersetup(aws: Aws) -> CommandLine:
    def run(*args: str, web: Web | None = None, **variables: str) -> Run:
        options = Connected(web=web, aws=aws)
        result = CliRunner().invoke(group, args, obj=options, env=variables, prog_name="ordersetup")
        return Run(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def _stands(ordersetup: CommandLine) -> None:
    run = ordersetup("provision")
    assert run.code == 0, run.talk


@pytest.mark.usefixtures("_stands")
def test_what_is_configured_and_not_deployed_is_named(ordersetup: CommandLine, wire: Wire) -> None:
    wire.refuse(
        "apigateway:PutGatewayResponse", "AccessDeniedException", DENIED, times=2, status=403
    )
    run = ordersetup("provision", "--cors-origin", SHOP)
    assert run.code == 1
    assert "The stage does not serve what is configured: " in run.talk
    assert "OPTIONS: Access-Control-Allow-Origin" in run.talk
    assert "Gateway response" not in run.talk.partition("does not serve")[2].partition(":")[2]

    run = ordersetup("provision")
    assert run.code == 0, run.talk
    assert "does not serve" not in run.talk
    assert ordersetup("verify").code == 0


@pytest.mark.usefixtures("_stands")
def test_a_program_is_told_as_details_of_the_error(ordersetup: CommandLine, wire: Wire) -> None:
    wire.refuse("apigateway:CreateDeployment", "AccessDeniedException", DENIED, status=403)
    last = ordersetup("provision", "--cors-origin", SHOP, "--json").lines[-1]
    assert last["error"] == "StepsFailed"
    assert last["details"][0].startswith("The stage does not serve what is configured: ")


@pytest.mark.usefixtures("_stands")
def test_a_failure_elsewhere_says_nothing_of_the_stage(ordersetup: CommandLine, wire: Wire) -> None:
    wire.refuse("logs:PutRetentionPolicy", "AccessDeniedException", DENIED, times=3)
    run = ordersetup("provision", "--retention-days", "90")
    assert run.code == 1
    assert "does not serve" not in run.talk


def test_without_a_stage_there_is_nothing_to_say(ordersetup: CommandLine, wire: Wire) -> None:
    wire.refuse("apigateway:CreateDeployment", "AccessDeniedException", DENIED, status=403)
    run = ordersetup("provision")
    assert run.code == 1
    assert "does not serve" not in run.talk


@pytest.mark.usefixtures("_stands")
def test_a_stage_that_cannot_be_read_does_not_hide_the_failure(
    ordersetup: CommandLine, wire: Wire
) -> None:
    wire.refuse("apigateway:CreateDeployment", "AccessDeniedException", DENIED, status=403)
    wire.refuse("apigateway:GetExport", "AccessDeniedException", DENIED, status=403)
    run = ordersetup("provision", "--cors-origin", SHOP)
    assert run.code == 1
    assert "failed, 1 not tried" in run.talk
    assert "does not serve" not in run.talk
