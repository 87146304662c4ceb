"""A check's value as a person reads it."""

from __future__ import annotations

import json

import pytest

from ordersetup.blueprint import role_statements, trust_policy
from ordersetup.values import change, value
from tests.stacks import stack

QUEUE = "arn:aws:sqs:ap-south-1:123456789012:OrderProcessingDLQ"


def statement(**more: object) -> str:
    return json.dumps(
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [QUEUE], **more}
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "none"),
        ("", "none"),
        ((), "none"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (30, "30"),
        (50.0, "50.0"),
        ("Standard", "Standard"),
        (("a@x.io", "b@x.io"), "a@x.io, b@x.io"),
        ((("Env", "prod"), ("Team", "")), "Env=prod, Team="),
        ("{not JSON", "{not JSON"),
        ('{"statusCode": 200}', '{"statusCode": 200}'),
        ('{"Statement": ["x"]}', '{"Statement": ["x"]}'),
        ('{"Statement": [{"Action": 7}]}', '{"Statement": [{"Action": 7}]}'),
    ],
)
def test_a_value_is_said_plainly(found: object, words: str) -> None:
    assert value(found) == words


class TestPolicies:
    def test_a_statement_is_its_actions_and_the_ends_of_its_resources(self) -> None:
        assert value(statement()) == "sqs:SendMessage on OrderProcessingDLQ"

    def test_one_action_or_resource_may_stand_without_a_list(self) -> None:
        found = statement(Action="sqs:*", Resource="*")
        assert value(found) == "sqs:* on *"

    def test_a_condition_is_told(self) -> None:
        found = statement(Condition={"StringEquals": {"ses:FromAddress": "shop@example.com"}})
        assert value(found).endswith("OrderProcessingDLQ if ses:FromAddress is shop@example.com")

    def test_a_denial_is_no_permission(self) -> None:
        assert value(statement(Effect="Deny")) == "never sqs:SendMessage on OrderProcessingDLQ"

    def test_a_trust_policy_says_who_may(self) -> None:
        assert value(json.dumps(trust_policy())) == "sts:AssumeRole by lambda.amazonaws.com"

    def test_every_statement_of_the_role_is_said_without_a_brace(self) -> None:
        blueprint = stack(sender="shop@example.com").blueprint
        for found in role_statements(blueprint).values():
            assert "{" not in value(json.dumps(found))


class TestChange:
    def test_old_and_new(self) -> None:
        assert change(0, 2) == "0 → 2"

    def test_of_a_list_only_what_goes_and_what_comes(self) -> None:
        old = (("ALLOWED_ORIGIN", "*"), ("TABLE", "Inventory"))
        new = (("ALLOWED_ORIGIN", "https://x.io"), ("TABLE", "Inventory"))
        assert change(old, new) == "ALLOWED_ORIGIN=* → ALLOWED_ORIGIN=https://x.io"
        assert change((), new) == "none → ALLOWED_ORIGIN=https://x.io, TABLE=Inventory"

    def test_of_a_list_in_another_order_all_of_it(self) -> None:
        assert change(("a", "b"), ("b", "a")) == "a, b → b, a"

    def test_what_is_shortened_to_the_same_words_is_told_in_full(self) -> None:
        other = statement(Resource=[QUEUE.replace("ap-south-1", "eu-west-1")])
        told = change(other, statement())
        assert "eu-west-1" in told
        assert "ap-south-1" in told


def test_what_was_read_from_json_is_told_as_what_was_not() -> None:
    assert value(["a", "b"]) == value(("a", "b")) == "a, b"
    assert value([]) == "none"
