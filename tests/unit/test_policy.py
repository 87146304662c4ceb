"""The policy of a command: what its calls ask for, in documents that IAM takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ordersetup.permissions import Right, created, reason_for, rights_of_steps
from ordersetup.policy import (
    COMMANDS,
    MOST_CHARACTERS,
    USUAL,
    documents,
    rights,
    size,
)
from tests.stacks import brought_stack, full_stack, stack

PLAIN = stack().blueprint


def actions(command: str) -> set[str]:
    return {right.action for right in rights(command, PLAIN)}


def granted(found: tuple[dict[str, object], ...]) -> Iterator[Right]:
    for document in found:
        statements = document["Statement"]
        assert isinstance(statements, list)
        for statement in statements:
            conditions = statement.get("Condition", {}).get("StringEquals", {})
            for action in statement["Action"]:
                for resource in statement["Resource"]:
                    yield Right(action, resource, tuple(conditions.items()))


def test_documents_grant_the_rights_and_nothing_else_each_of_them_once() -> None:
    wanted = {right for name in COMMANDS for right in rights(name, full_stack().blueprint)}
    found = list(granted(documents(wanted)))
    assert len(found) == len(set(found))
    assert set(found) == wanted


@pytest.mark.parametrize("name", ["default", "a" * 20])
def test_every_document_fits_into_a_managed_policy(name: str) -> None:
    built = stack(name, sender=f"{'s' * 64}@shop.example.com")
    wanted = {right for command in COMMANDS for right in rights(command, built.blueprint)}
    found = documents(wanted)
    assert all(size(document) <= MOST_CHARACTERS for document in found)
    assert all(document["Statement"] for document in found)


def test_what_is_too_long_for_one_document_is_split() -> None:
    wanted = {Right(f"sqs:Action{n}", f"arn:aws:sqs:eu-west-1:1:{'q' * 80}{n}") for n in range(120)}
    found = documents(wanted)
    assert len(found) > 1
    assert all(size(document) <= MOST_CHARACTERS for document in found)
    assert set(granted(found)) == wanted


def test_who_adopts_may_read_roles_of_any_name_and_nobody_else() -> None:
    anybodys = "arn:aws:iam::123456789012:role/*"
    with_it = {n for n in COMMANDS if anybodys in {r.resource for r in rights(n, PLAIN)}}
    assert with_it == set(COMMANDS) - set(USUAL) == {"adopt", "discover"}


def test_who_discovers_reads_whatever_verify_reads_of_any_name_and_writes_nothing() -> None:
    found, known = rights("discover", PLAIN), rights("verify", PLAIN)
    assert {right.action for right in known} <= {right.action for right in found}
    names = {right.resource for right in known} - {right.resource for right in found}
    assert {"arn:aws:dynamodb:eu-west-1:123456789012:table/Inventory"} <= names
    assert not [
        r for r in found if r.action == "lambda:GetFunction" and "function:*" not in r.resource
    ]
    reading = ("Get", "List", "Describe", "Scan", "Simulate", "GET")
    assert all(right.action.partition(":")[2].startswith(reading) for right in found)
    assert all(reason_for(right) for right in found if right.resource.endswith("*"))
    only = {right.action for right in found if right.resource == "*"}
    assert only <= {right.action for right in known if right.resource == "*"} | {
        "dynamodb:ListTables"
    }


def test_looking_writes_nothing() -> None:
    reading = ("Get", "List", "Describe", "Scan", "Simulate", "GET")
    for command in ("plan", "verify", "doctor", "discover"):
        for action in actions(command):
            assert action.partition(":")[2].startswith(reading), (command, action)


def test_a_drill_may_not_build_and_building_may_not_drill() -> None:
    assert "sqs:ReceiveMessage" in actions("drill") - actions("provision")
    assert "dynamodb:CreateTable" in actions("provision") - actions("drill")


def test_a_test_order_reads_the_log_of_the_confirmation_alone() -> None:
    logs = {r.resource for r in rights("send-test-order", PLAIN) if r.action.startswith("logs:")}
    assert {arn.split(":")[6] for arn in logs} == {"/aws/lambda/SendEmail"}


def test_what_is_made_asks_for_its_tags_and_for_passing_the_role() -> None:
    made = {r.action for r in rights_of_steps(stack().steps, created, PLAIN)}
    assert {"dynamodb:CreateTable", "dynamodb:TagResource", "iam:PassRole"} <= made
    assert not {"dynamodb:UpdateTable", "iam:UntagRole", "apigateway:DELETE"} & made


def test_a_role_of_one_s_own_is_passed_and_not_written() -> None:
    built = brought_stack().blueprint
    on_it = {r.action for r in rights("provision", built) if r.resource == built.role_arn}
    assert on_it == {"iam:GetRole", "iam:PassRole", "iam:SimulatePrincipalPolicy"}


def test_two_stacks_share_no_resource_of_a_name() -> None:
    other = {r.resource for r in rights("provision", stack("shop2").blueprint)}
    ours = {r.resource for r in rights("provision", PLAIN)}
    assert {arn for arn in ours & other if not {"*", "$"} & set(arn)} == {
        "arn:aws:apigateway:eu-west-1::/restapis"
    }
