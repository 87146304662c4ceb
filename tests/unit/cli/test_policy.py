"""`ordersetup policy`: a bare document on stdout, whatever is said beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.policy import COMMANDS, MOST_CHARACTERS, size
from tests.conftest import Provision
from tests.stacks import BOUNDARY, stack
from tests.unit.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("aws")


def actions(document: Any) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_stdout_is_one_document_and_stderr_is_silent(ordersetup: CommandLine) -> None:
    run = ordersetup("policy")
    assert (run.code, run.talk) == (0, "")
    document = json.loads(run.out)
    assert set(document) == {"Version", "Statement"}
    assert size(document) <= MOST_CHARACTERS
    assert "dynamodb:CreateTable" in actions(document)


def test_for_narrows_it_repeated_or_with_commas(ordersetup: CommandLine) -> None:
    with_commas = ordersetup("policy", "--for", "plan, drill")
    assert "dynamodb:CreateTable" not in actions(json.loads(with_commas.out))
    assert with_commas.out == ordersetup("policy", "--for", "plan", "--for", "drill").out


def test_an_unknown_command_is_refused_with_those_that_are_known(ordersetup: CommandLine) -> None:
    run = ordersetup("policy", "--for", "plan,explode")
    assert (run.code, run.out) == (2, "")
    assert "'explode' is none of" in run.talk
    assert all(name in run.talk for name in COMMANDS)


def test_its_stack_and_region_are_those_of_the_options(ordersetup: CommandLine) -> None:
    run = ordersetup("policy", "--stack", "shop2", "--region", "us-east-2")
    assert "arn:aws:dynamodb:us-east-2:123456789012:table/shop2-Inventory" in run.out
    assert "eu-west-1" not in run.out


def test_settings_count_given_or_remembered(ordersetup: CommandLine, provision: Provision) -> None:
    assert "ses:CreateEmailIdentity" in ordersetup("policy", "--sender", "shop@example.com").out
    assert "ses:CreateEmailIdentity" not in ordersetup("policy").out
    provision(stack(sender="shop@example.com").steps)
    assert "ses:CreateEmailIdentity" in ordersetup("policy").out
    assert "ses:CreateEmailIdentity" not in ordersetup("policy", "--unset", "sender").out


def test_a_boundary_becomes_a_condition(ordersetup: CommandLine) -> None:
    document = json.loads(ordersetup("policy", "--permissions-boundary", BOUNDARY).out)
    (bound,) = (s for s in document["Statement"] if "iam:CreateRole" in s["Action"])
    assert bound["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}


def test_json_is_one_line_with_every_document_and_why_a_wildcard_is_one(
    ordersetup: CommandLine,
) -> None:
    run = ordersetup("policy", "--json")
    (line,) = run.lines
    assert line["type"] == "policy"
    assert [json.loads(ordersetup("policy").out)] == line["documents"]
    assert all(set(w) == {"action", "resource", "because"} for w in line["wildcards"])
    assert "sqs:ListQueues" in {wildcard["action"] for wildcard in line["wildcards"]}


def test_a_part_that_does_not_exist_is_refused(ordersetup: CommandLine) -> None:
    for args, said in (
        (("--for", "list"), "There is 1 document."),
        (
            ("--stack", "a" * 20, "--sender", f"{'s' * 60}@shop.example.com"),
            "There are 2 documents.",
        ),
    ):
        run = ordersetup("policy", "--part", "9", *args)
        assert (run.code, run.out) == (2, "")
        assert said in run.talk


def test_bad_settings_are_refused_before_any_call(ordersetup: CommandLine) -> None:
    run = ordersetup("policy", "--sender", "nobody")
    assert (run.code, run.out) == (2, "")


def test_what_takes_several_documents_prints_the_one_asked_for_and_says_so(
    ordersetup: CommandLine,
) -> None:
    long = ("--stack", "a" * 20, "--sender", f"{'s' * 60}@shop.example.com")
    first, second = ordersetup("policy", *long), ordersetup("policy", *long, "--part", "2")
    (line,) = ordersetup("policy", *long, "--json").lines
    assert [json.loads(first.out), json.loads(second.out)] == line["documents"]
    assert "This is document 1 of 2" in first.talk
    assert "This is document 2 of 2" in second.talk
    assert ordersetup("policy", *long, "--quiet").talk == ""
