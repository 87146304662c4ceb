"""What an access policy says beyond AWS's own default."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.steps.access_policy import access_policy

SEND = "sqs:SendMessage"
DENY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": SEND, "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Action": "SQS:*"},
        {"Action": ["sqs:ReceiveMessage", "sqs:Send*"]},
        {"Action": None, "NotAction": "sqs:ReceiveMessage"},
        {"Principal": {"AWS": "123456789012"}},
    ],
    ids=["as it is", "wildcard", "list", "all but another", "an account"],
)
def test_a_denial_of_the_action_is_told_as_one(changes: dict[str, Any]) -> None:
    statement = {k: v for k, v in {**DENY, **changes}.items() if v is not None}
    found = access_policy(policy(statement), SEND)
    assert len(found.denials) == 1
    assert not found.further


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Allow"},
        {"Action": "sqs:ReceiveMessage"},
        {"Action": None, "NotAction": ["sqs:SendMessage"]},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
    ids=["allowed", "another action", "all but this", "without TLS"],
)
def test_whatever_else_is_no_denial_and_is_told(changes: dict[str, Any]) -> None:
    statement = {k: v for k, v in {**DENY, **changes}.items() if v is not None}
    found = access_policy(policy(statement), SEND)
    assert not found.denials
    assert len(found.further) == 1


@pytest.mark.parametrize("spoken", ["true", ["true"], True], ids=repr)
def test_a_denial_of_calls_over_tls_is_one_of_the_pipeline_s(spoken: object) -> None:
    found = access_policy(
        policy({**DENY, "Condition": {"Bool": {"aws:SecureTransport": spoken}}}), SEND
    )
    assert len(found.denials) == 1


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ({"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:1:t"}}, "aws:SourceArn"),
        (
            {
                "Bool": {"aws:SecureTransport": "false"},
                "StringNotEquals": {"aws:PrincipalOrgID": "o-1"},
            },
            "aws:PrincipalOrgID, aws:SecureTransport",
        ),
    ],
    ids=["another key", "TLS and another key"],
)
def test_a_denial_whose_condition_decides_says_that_it_cannot_be_judged(
    condition: dict[str, Any], keys: str
) -> None:
    found = access_policy(policy({**DENY, "Condition": condition}), SEND)
    assert not found.denials
    assert found.further == (
        f"Deny sqs:SendMessage for * under a condition ({keys}): whether that meets the pipeline "
        "cannot be judged by its text; verify --drill shows it",
    )
    other = access_policy(
        policy({**DENY, "Action": "sqs:ReceiveMessage", "Condition": condition}), SEND
    )
    assert other.further == ("Deny sqs:ReceiveMessage for * under a condition",)


def test_what_aws_itself_writes_is_nothing_to_tell() -> None:
    found = access_policy(policy({**DENY, "Effect": "Allow", "Sid": "__owner_statement"}), SEND)
    assert not found.denials
    assert not found.further
    assert found.sha256


def test_no_policy_denies_nothing() -> None:
    assert access_policy(None, SEND) == access_policy("", SEND)
    assert not access_policy(None, SEND).sha256


def test_the_order_of_the_keys_is_none_of_the_hashs_business() -> None:
    turned = dict(reversed(DENY.items()))
    assert access_policy(policy(DENY), SEND).sha256 == access_policy(policy(turned), SEND).sha256
