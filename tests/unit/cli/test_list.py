"""`ordersetup list`: exit code 0 whatever is found, remarks beside the result."""

from __future__ import annotations

import pytest

from ordersetup.views.json_lines import TYPES
from tests.conftest import Provision
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine, Recorder


@pytest.mark.usefixtures("aws")
def test_an_empty_account_is_no_failure(ordersetup: CommandLine) -> None:
    run = ordersetup("list", "--region", "eu-west-1")
    assert (run.code, run.talk) == (0, "")
    assert run.out.splitlines() == [
        "No stack was found in eu-west-1, account 123456789012.",
        "Make one with: ordersetup provision --region eu-west-1",
    ]


@pytest.mark.usefixtures("aws")
def test_a_stack_is_found_whatever_stack_is_named(
    ordersetup: CommandLine, provision: Provision
) -> None:
    provision(stack("shop2").steps)
    run = ordersetup("list", "--stack", "other")
    assert run.code == 0
    assert run.out.splitlines()[1].split()[:2] == ["shop2", "eu-west-1"]
    (line,) = ordersetup("list", "--json").lines
    assert line["type"] in TYPES
    assert [found["health"] for found in line["stacks"]] == ["complete"]


@pytest.mark.usefixtures("aws")
def test_what_was_refused_is_said_beside_the_result(
    ordersetup: CommandLine, recorder: Recorder
) -> None:
    recorder.words = "<R><Error><Code>AccessDenied</Code><Message>no</Message></Error></R>"
    run = ordersetup("list", AWS_ENDPOINT_URL_IAM=recorder.url)
    assert run.code == 0
    assert run.talk.startswith("Roles could not be listed: ")
    assert run.out.startswith("No stack was found in eu-west-1")
    (line,) = ordersetup("list", "--json", AWS_ENDPOINT_URL_IAM=recorder.url).lines
    assert len(line["remarks"]) == 1
