"""API Gateway's permission: the console's statement counts as ours, and an old one goes last."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.step import Seen
from ordersetup.steps.permission import SID, InvokePermission
from tests.conftest import Provision
from tests.stacks import drift, stack, with_needs
from tests.wire import Wire

BUILT = stack()
STEP: InvokePermission = BUILT.step("permission/ProcessOrder")
STEPS = with_needs(BUILT.steps, STEP)
NEEDED = [step for step in STEPS if step is not STEP]
ADD, REMOVE = "lambda:AddPermission", "lambda:RemovePermission"
GONE = "arn:aws:execute-api:eu-west-1:123456789012:gone/*/POST/orders"


@pytest.fixture
def seen(provision: Provision) -> Seen:
    """What stands before anyone may invoke the function."""
    return provision(NEEDED).seen


@pytest.fixture
def source(seen: Seen) -> str:
    """The ARN of POST /orders in any stage."""
    api_id = seen.of(STEP.api).api_id
    return f"arn:aws:execute-api:eu-west-1:123456789012:{api_id}/*/POST/orders"


def _statement(condition: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "Sid": "8f4b7c1e-console-made",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": STEP.function.arn,
        "Condition": condition,
        **changes,
    }


def _told(*statements: dict[str, Any]) -> Any:
    def bend(answer: dict[str, Any]) -> None:
        answer.clear()
        answer["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [*statements]})

    return bend


@pytest.fixture
def _any_policy(aws: Aws, seen: Seen) -> None:
    """A statement of no matter, so that there is a policy whose telling can be bent."""
    assert seen.of(STEP.function)
    _add(aws, "theirs", GONE, principal="s3.amazonaws.com")


def _add(aws: Aws, sid: str, source: str, principal: str = "apigateway.amazonaws.com") -> None:
    aws.lambda_.add_permission(
        FunctionName="ProcessOrder",
        StatementId=sid,
        Action="lambda:InvokeFunction",
        Principal=principal,
        SourceArn=source,
    )


def _sids(aws: Aws) -> list[str]:
    policy = json.loads(aws.lambda_.get_policy(FunctionName="ProcessOrder")["Policy"])
    return sorted(statement["Sid"] for statement in policy["Statement"])


@pytest.mark.parametrize("operator", ["ArnLike", "ArnEquals", "StringEquals", "StringLike"])
@pytest.mark.parametrize("key", ["AWS:SourceArn", "aws:SourceArn", "aws:sourcearn"])
@pytest.mark.usefixtures("_any_policy")
def test_the_consoles_own_statement_is_as_good(
    aws: Aws, wire: Wire, seen: Seen, source: str, operator: str, key: str
) -> None:
    wire.bend("lambda:GetPolicy", _told(_statement({operator: {key: source}})))
    assert STEP.read(aws, seen) == STEP.desired


@pytest.mark.parametrize(
    "wrong",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Principal": "*"},
        {"Action": "lambda:GetFunction"},
        {"Condition": {}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": GONE}}},
    ],
)
@pytest.mark.usefixtures("_any_policy")
def test_a_statement_that_says_something_else_is_not_it(
    aws: Aws, wire: Wire, seen: Seen, source: str, wrong: dict[str, Any]
) -> None:
    right = {"ArnLike": {"AWS:SourceArn": source}}
    wire.bend("lambda:GetPolicy", _told({**_statement(right), **wrong}))
    assert STEP.read(aws, seen) is None


@pytest.mark.parametrize("wrong", [{"Effect": "Deny"}, {"Action": "lambda:GetFunction"}])
@pytest.mark.usefixtures("_any_policy")
def test_a_statement_of_ours_that_says_something_else_is_replaced(
    aws: Aws, wire: Wire, seen: Seen, source: str, wrong: dict[str, Any]
) -> None:
    right = {"ArnLike": {"AWS:SourceArn": source}}
    wire.bend("lambda:GetPolicy", _told({**_statement(right, Sid=f"{SID}x"), **wrong}))
    state = STEP.read(aws, seen)
    assert state is not None
    failing = {check.attribute for check in STEP.checks(state) if not check.holds}
    assert failing == {"source", "outdated"}


def test_the_statement_of_an_api_that_is_gone_is_replaced_and_goes_last(
    aws: Aws, provision: Provision, wire: Wire, source: str
) -> None:
    _add(aws, f"{SID}gone", GONE)
    wire.calls.clear()

    run = provision(STEPS)

    assert [call for call in wire.calls if call in STEP.calls.write] == [ADD, REMOVE]
    assert drift(run.seen, STEPS) == set()
    assert _sids(aws) == [f"{SID}{source.split(':')[5].partition('/')[0]}"]


def test_a_narrowed_statement_is_replaced_under_an_id_that_is_free(
    aws: Aws, provision: Provision, wire: Wire, source: str
) -> None:
    api_id = source.split(":")[5].partition("/")[0]
    _add(aws, f"{SID}{api_id}", source.replace("/*/", "/prod/"))
    wire.calls.clear()

    run = provision(STEPS)

    assert [call for call in wire.calls if call in STEP.calls.write] == [ADD, REMOVE]
    assert drift(run.seen, STEPS) == set()
    assert _sids(aws) == [f"{SID}{api_id}-anew"]


@pytest.mark.usefixtures("_any_policy")
def test_statements_of_others_stay(aws: Aws, provision: Provision) -> None:
    provision(STEPS)
    assert "theirs" in _sids(aws)


def test_an_api_made_in_the_same_run_is_permitted_although_anyone_was_before(
    aws: Aws, provision: Provision
) -> None:
    """With no API there is no source to compare: a statement without one must not pass for it."""
    provision(with_needs(BUILT.steps, STEP.function))
    aws.lambda_.add_permission(
        FunctionName="ProcessOrder",
        StatementId="anyone",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )

    provision(STEPS)

    assert len(_sids(aws)) == 2


def test_an_outdated_statement_that_somebody_else_removes_meanwhile_is_no_failure(
    aws: Aws, provision: Provision, wire: Wire, source: str
) -> None:
    assert source
    _add(aws, f"{SID}gone", GONE)
    wire.bend(
        ADD,
        lambda _: aws.lambda_.remove_permission(
            FunctionName="ProcessOrder", StatementId=f"{SID}gone"
        ),
    )

    run = provision(STEPS)

    assert drift(run.seen, STEPS) == set()


@pytest.mark.parametrize("written", ["{api}/*/*", "{api}/*", "{api}/prod/POST/orders"])
def test_a_permission_as_other_tools_write_it_holds_for_functions_that_are_not_ours(
    aws: Aws, seen: Seen, written: str
) -> None:
    api = f"arn:aws:execute-api:eu-west-1:123456789012:{seen.of(STEP.api).api_id}"
    _add(aws, "AllowAPIGatewayInvoke", written.format(api=api))
    assert STEP.read(aws, seen) is None, "ours is the console's, and no other"

    seen.note(STEP.function, replace(seen.of(STEP.function), owner=None))

    assert STEP.read(aws, seen) == STEP.desired


def test_a_permission_for_another_path_holds_for_nobody(aws: Aws, seen: Seen) -> None:
    api = f"arn:aws:execute-api:eu-west-1:123456789012:{seen.of(STEP.api).api_id}"
    _add(aws, "AllowAPIGatewayInvoke", f"{api}/*/GET/items")
    seen.note(STEP.function, replace(seen.of(STEP.function), owner=None))
    assert STEP.read(aws, seen) is None
