"""What IAM asks for each API operation, held against AWS's own table of actions."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from botocore.session import Session
from policy_sentry.querying.actions import get_action_data

from ordersetup.permissions import ANY, NO_RESOURCE, Right, reason_for, rights_of, rights_of_use
from ordersetup.policy import COMMANDS, documents, rights
from tests.iam_reference import faults
from tests.stacks import BOUNDARY, Built, brought_stack, full_stack, stack

STACKS = {
    "plain": stack(),
    "full": full_stack(),
    "brought role": brought_stack(),
    "longest name": stack("a" * 20, sender=f"{'s' * 64}@shop.example.com"),
}
PLAIN = STACKS["plain"].blueprint
TABLE = PLAIN.table_arn("Inventory")
ROLE = PLAIN.role_arn
API = "arn:aws:apigateway:eu-west-1::"
TAGGED, REQUESTED = (
    ((f"aws:{kind}/ordersetup:stack", "default"),) for kind in ("ResourceTag", "RequestTag")
)


def every(built: Built) -> list[Right]:
    return sorted({right for name in COMMANDS for right in rights(name, built.blueprint)})


@pytest.mark.parametrize("name", STACKS)
def test_every_action_exists_and_takes_its_resource_and_conditions(name: str) -> None:
    found = [
        fault for d in documents(every(STACKS[name])) for s in d["Statement"] for fault in faults(s)
    ]
    assert found == []


@pytest.mark.parametrize("name", STACKS)
def test_no_action_is_a_wildcard(name: str) -> None:
    assert not [right for right in every(STACKS[name]) if "*" in right.action]


@pytest.mark.parametrize("name", STACKS)
def test_a_wildcard_resource_has_a_reason_and_nothing_else_has(name: str) -> None:
    for right in every(STACKS[name]):
        named = ":log-group:/" in right.resource or right.action == "lambda:InvokeFunction"
        plain = right.resource.removesuffix(":*") if named else right.resource
        assert bool(reason_for(right)) == any(sign in plain for sign in "*$"), right
        assert (right.resource == ANY) == (right.action in NO_RESOURCE)


@pytest.mark.parametrize(
    ("command", "action", "reason"),
    [
        ("list", "iam:ListRoleTags", "the roles name the stacks of all regions"),
        (
            "adopt",
            "iam:ListRolePolicies",
            "a function that was built by hand may run with a role of any name",
        ),
        (
            "teardown",
            "iam:RemoveRoleFromInstanceProfile",
            "whoever has put the role into an instance profile has named that",
        ),
    ],
)
def test_the_reason_of_a_wildcard_is_its_own(command: str, action: str, reason: str) -> None:
    wild = [r for r in rights(command, PLAIN) if r.action == action and reason_for(r)]
    assert [reason_for(right) for right in wild] == [reason]


def test_a_function_may_be_invoked_by_its_alias_as_well() -> None:
    found = {r.resource for r in rights("redrive", PLAIN) if r.action == "lambda:InvokeFunction"}
    ends = {resource.split(":function:")[1] for resource in found}
    assert ends == {"UpdateInventory", "UpdateInventory:*", "SendEmail", "SendEmail:*"}


def test_an_operation_without_a_resource_has_none_in_the_reference() -> None:
    for operation in NO_RESOURCE:
        service, _, name = operation.partition(":")
        formats = {
            entry["resource_arn_format"] for entry in get_action_data(service, name)[service]
        }
        assert formats == {ANY}, operation


@pytest.mark.parametrize("name", STACKS)
def test_every_declared_operation_exists(name: str) -> None:
    signing = {"sesv2": "ses"}
    known = set()
    for service in ("apigateway", "dynamodb", "iam", "lambda", "logs", "sesv2", "sns", "sqs"):
        model = Session().get_service_model(service)
        known |= {f"{signing.get(service, service)}:{o}" for o in model.operation_names}
    for step in STACKS[name].steps:
        calls = {*step.calls.read, *step.calls.write, *step.calls.remove}
        assert calls <= known | {"iam:PassRole"}, step.key
        assert set(step.calls.create) <= set(step.calls.write), step.key


def test_api_gateway_s_actions_are_the_methods_of_its_operations() -> None:
    model = Session().get_service_model("apigateway")
    for step in STACKS["full"].steps:
        for call in (*step.calls.read, *step.calls.write, *step.calls.remove):
            service, _, name = call.partition(":")
            if service == "apigateway":
                *_, own = rights_of(call, [], PLAIN)
                http = model.operation_model(name).http
                assert own.action == f"apigateway:{http['method']}", name
                path = re.sub(r"\{[^}]+\}", "x", http["requestUri"])
                assert fnmatchcase(f"{API}{path}", own.resource), name


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        ("sts:GetCallerIdentity", []),
        ("dynamodb:GetItem", [Right("dynamodb:GetItem", TABLE)]),
        (
            "dynamodb:CreateTable",
            [Right("dynamodb:CreateTable", TABLE), Right("dynamodb:TagResource", TABLE)],
        ),
        ("sns:Unsubscribe", [Right("sns:Unsubscribe", ANY)]),
        ("sqs:DeleteMessageBatch", [Right("sqs:DeleteMessage", TABLE)]),
        ("apigateway:GetRestApis", [Right("apigateway:GET", f"{API}/restapis")]),
        ("apigateway:GetStages", [Right("apigateway:GET", f"{API}/restapis/*")]),
        (
            "apigateway:CreateRestApi",
            [
                Right("apigateway:PUT", f"{API}/tags/*"),
                Right("apigateway:POST", f"{API}/restapis", REQUESTED),
            ],
        ),
        ("apigateway:PutMethod", [Right("apigateway:PUT", f"{API}/restapis/*", TAGGED)]),
        ("apigateway:TagResource", [Right("apigateway:PUT", f"{API}/tags/*")]),
        (
            "iam:PassRole",
            [Right("iam:PassRole", ROLE, (("iam:PassedToService", "lambda.amazonaws.com"),))],
        ),
        ("ses:GetEmailIdentity", []),
    ],
)
def test_an_operation_asks_for(operation: str, wanted: list[Right]) -> None:
    arns = [] if operation.startswith("sts") else [TABLE]
    assert list(rights_of(operation, arns, PLAIN)) == wanted


def test_what_makes_a_function_passes_its_role_too() -> None:
    made = list(rights_of_use("lambda:CreateFunction", ("SendEmail",), PLAIN))
    assert [right.action for right in made] == [
        *("lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"),
    ]
    assert made[-1].resource == ROLE


def test_a_log_group_is_named_in_both_ways_that_iam_may_meet_it() -> None:
    (bare, whole) = rights_of_use("logs:FilterLogEvents", ("SendEmail",), PLAIN)
    assert bare.resource.endswith(":log-group:/aws/lambda/SendEmail")
    assert whole.resource == f"{bare.resource}:*"


def test_a_sender_s_domain_is_looked_at_and_its_address_alone_is_made() -> None:
    mailing = stack(sender="shop@example.com").blueprint
    looked_at = [r.resource for r in rights_of("ses:GetEmailIdentity", [], mailing)]
    made = {r.resource for r in rights_of("ses:CreateEmailIdentity", [], mailing)}
    assert [arn.rpartition("/")[2] for arn in looked_at] == ["shop@example.com", "example.com"]
    assert made == {looked_at[0]}


class TestWithinABoundary:
    def test_a_role_may_be_made_and_given_rights_within_it_alone(self) -> None:
        bound = full_stack()
        within = (("iam:PermissionsBoundary", BOUNDARY),)
        for right in every(bound):
            wanted = right.action in (
                *("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"),
            )
            assert (right.conditions == within) == wanted, right

    def test_nobody_may_take_it_away(self) -> None:
        assert "iam:DeleteRolePermissionsBoundary" in {r.action for r in every(STACKS["plain"])}
        assert "iam:DeleteRolePermissionsBoundary" not in {r.action for r in every(full_stack())}

    def test_to_make_the_role_is_to_bind_it(self) -> None:
        asked = [r.action for r in rights_of("iam:CreateRole", [ROLE], full_stack().blueprint)]
        assert asked == ["iam:CreateRole", "iam:TagRole", "iam:PutRolePermissionsBoundary"]


def test_another_partition_is_named_everywhere() -> None:
    place = replace(PLAIN.place, partition="aws-cn", region="cn-north-1")
    elsewhere = replace(PLAIN, place=place)
    for name in COMMANDS:
        for right in rights(name, elsewhere):
            assert right.resource == ANY or right.resource.startswith("arn:aws-cn:")
