"""--timeout bounds everything: also an AWS that takes every call and never answers."""

from __future__ import annotations

import time

import boto3
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


@pytest.mark.parametrize(
    "command", ["provision", "plan", "verify", "teardown --yes", "outputs", "list"]
)
def test_no_command_outlasts_its_time(command: str, endpoint: Endpoint) -> None:
    options = ["--endpoint-url", endpoint.url, "--timeout", str(SECONDS)]
    began = time.monotonic()
    run = CliRunner().invoke(group, [*options, *command.split()], prog_name="ordersetup")
    took = time.monotonic() - began
    # What `list` could not look into it says, and that is its result.
    assert run.exit_code == (0 if command == "list" else 1), run.output
    assert took < FAR_TOO_LONG, run.output
    assert "Traceback" not in run.output
