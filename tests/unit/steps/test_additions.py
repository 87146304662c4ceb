"""What others have added is told as what it is, and may be unreadable without harm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.corrections import POLICY, STATEMENTS
from ordersetup.lifecycle import Lifecycle
from ordersetup.receipt import what_runs
from ordersetup.report import Level, Report, report_on
from ordersetup.steps.additions import FunctionAdditions
from ordersetup.steps.inspections import inspections
from ordersetup.steps.stored_additions import RoleAdditions
from tests.conftest import Provision
from tests.stacks import Built, Run, brought_stack, make_policies, stack
from tests.wire import Wire

BUILT, OWN_ROLE = stack(), brought_stack()
ROLE = "OrderProcessingRole-eu-west-1"
ADMIN = "AdministratorAccess"


@pytest.fixture
def right(provision: Provision) -> Run:
    """The whole stack, as wanted."""
    return provision(BUILT.steps)


def _verified(aws: Aws, built: Built = BUILT) -> tuple[Report, dict[str, object]]:
    steps = (*built.steps, *inspections(built.steps, built.blueprint))
    lifecycle = Lifecycle(aws, steps, lambda _: None, timeout=10)
    outcomes = lifecycle.survey()
    return report_on(aws, "default", steps, outcomes), what_runs(steps, lifecycle.seen)


def _told(report: Report, *levels: Level) -> dict[str, object]:
    return {finding.check: finding.actual for finding in report.of(*levels)}


def _administer(aws: Aws, role: str) -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*"}}
    document["Statement"]["Resource"] = "*"  # type: ignore[index]  # a dict inside
    arn = aws.iam.create_policy(PolicyName=ADMIN, PolicyDocument=json.dumps(document))
    aws.iam.attach_role_policy(RoleName=role, PolicyArn=arn["Policy"]["Arn"])


@pytest.mark.usefixtures("right")
def test_a_wide_policy_of_our_role_is_a_note_and_moves_the_proof(aws: Aws) -> None:
    before, proven = _verified(aws)
    assert before.of(Level.NOTE) == ()
    _administer(aws, ROLE)

    report, running = _verified(aws)

    assert report.proven
    note = f"additions/{ROLE}.further"
    assert _told(report, Level.NOTE) == {note: (f"{ADMIN} (attached)",)}
    changed = {name for name in running if running[name] != proven.get(name)}
    assert changed == {f"additions/{ROLE}.policies"}


def test_a_wide_policy_of_a_brought_role_is_a_note_and_moves_the_proof(
    aws: Aws, provision: Provision
) -> None:
    make_policies(aws)
    provision(OWN_ROLE.steps)
    before, proven = _verified(aws, OWN_ROLE)
    assert before.of(Level.NOTE) == ()
    _administer(aws, "runs-orders")

    report, running = _verified(aws, OWN_ROLE)

    assert _told(report, Level.NOTE) == {
        "additions/runs-orders.further": (f"{ADMIN} (attached)",),
    }
    changed = {name for name in running if running[name] != proven.get(name)}
    assert changed == {"additions/runs-orders.policies"}


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize("operation", ["ListRolePolicies", "ListAttachedRolePolicies"])
def test_policies_that_may_not_be_listed_are_one_finding_and_no_crash(
    aws: Aws, wire: Wire, operation: str
) -> None:
    wire.refuse(
        f"iam:{operation}",
        "AccessDenied",
        f"User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:{operation} "
        f"on resource: role {ROLE}",
        status=403,
    )

    report, _ = _verified(aws)

    unknown = _told(report, Level.UNKNOWN)
    assert unknown.keys() == {f"additions/{ROLE}.readable"}
    assert f"iam:{operation}" in str(unknown)
    assert report.of(Level.FAILS) == ()


def test_what_the_engine_needs_is_no_addition_there(aws: Aws, right: Run) -> None:
    step = next(
        step
        for step in inspections(BUILT.steps, BUILT.blueprint)
        if isinstance(step, RoleAdditions)
    )
    aws.iam.put_role_policy(
        RoleName=ROLE,
        PolicyName=POLICY,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": STATEMENTS}),
    )
    assert step.read(aws, right.seen).further == (POLICY,)
    elsewhere: Any = _Elsewhere(aws)
    assert step.read(elsewhere, right.seen).further == ()


class _Elsewhere:
    """The same clients at an endpoint that is not Amazon's."""

    amazon = False

    def __init__(self, aws: Aws) -> None:
        self.iam = aws.iam


SOURCE = "arn:aws:execute-api:eu-west-1:123456789012:"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{api}/*/POST/orders", None),
        ("{api}/prod/GET/orders", None),
        ("another/*/POST/orders", "apigateway.amazonaws.com for " + SOURCE + "another/*/POST"),
        ("*/*/*/*", "apigateway.amazonaws.com for " + SOURCE + "*/*/*/*"),
        (None, "apigateway.amazonaws.com for any API"),
    ],
    ids=["ours", "a method more of ours", "another API", "every API", "no source"],
)
def test_api_gateway_is_another_caller_unless_it_is_for_this_api(
    aws: Aws, right: Run, source: str | None, told: str | None
) -> None:
    step = _additions("ProcessOrder")
    api_id = right.seen.of(BUILT.step("rest-api/EcommerceAPI")).api_id
    _permit(aws, "ProcessOrder", source and SOURCE + source.format(api=api_id))

    found = step.read(aws, right.seen).permissions

    assert len(found) == (told is not None)
    assert all(one.startswith(told or "") for one in found)


def test_no_api_is_to_invoke_the_other_functions(aws: Aws, right: Run) -> None:
    api_id = right.seen.of(BUILT.step("rest-api/EcommerceAPI")).api_id
    _permit(aws, "SendEmail", f"{SOURCE}{api_id}/*/POST/orders")
    (found,) = _additions("SendEmail").read(aws, right.seen).permissions
    assert api_id in found


def _additions(function: str) -> FunctionAdditions:
    return next(
        step
        for step in inspections(BUILT.steps, BUILT.blueprint)
        if isinstance(step, FunctionAdditions) and step.function.name == function
    )


def _permit(aws: Aws, function: str, source: str | None) -> None:
    more: Any = {"SourceArn": source} if source else {}
    aws.lambda_.add_permission(
        FunctionName=function,
        StatementId="by-hand",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        **more,
    )


def test_a_dead_letter_queue_that_moves_its_messages_on_is_told_with_its_count(
    aws: Aws, right: Run
) -> None:
    url = right.seen.of(BUILT.step("queue/OrderProcessingDLQ")).url
    policy = {
        "deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:too-often",
        "maxReceiveCount": "5",
    }
    aws.sqs.create_queue(QueueName="too-often")
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})

    report, _ = _verified(aws)

    ((check, actual),) = _told(report, Level.NOTE).items()
    assert check.startswith("additions/OrderProcessingDLQ.")
    assert "too-often" in str(actual)
    assert "5 receives" in str(actual)
    assert report.proven


def test_none_of_it_is_read_by_a_survey_that_is_to_be_followed_by_writes(
    provision: Provision, calls: list[str]
) -> None:
    provision(BUILT.steps)
    calls.clear()
    provision(BUILT.steps)
    assert {"iam:ListRolePolicies", "iam:ListAttachedRolePolicies"}.isdisjoint(calls)
    assert calls.count("sqs:GetQueueAttributes") == 1


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize("function", ["ProcessOrder", "UpdateInventory"])
def test_a_function_that_is_switched_off_fails_and_is_put_right_by_hand(
    aws: Aws, function: str
) -> None:
    aws.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    report, running = _verified(aws)
    (fails,) = report.of(Level.FAILS)
    assert fails.check == f"additions/{function}.switched_off"
    assert fails.then == (
        f"Put it right by hand: Lambda › {function} › Configuration › Concurrency › Edit › "
        "Use unreserved account concurrency."
    )
    assert not report.of(Level.NOTE)
    assert running[f"additions/{function}.reserved"] == 0


def test_a_queue_that_denies_sending_is_put_right_by_hand_in_its_access_policy(
    aws: Aws, right: Run
) -> None:
    url = right.seen.of(BUILT.step("queue/OrderProcessingDLQ")).url
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": statement}
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    report, _ = _verified(aws)
    (fails,) = report.of(Level.FAILS)
    assert fails.check == "additions/OrderProcessingDLQ.denials"
    assert fails.then == (
        "Put it right by hand: SQS › Queues › OrderProcessingDLQ › Access policy › Edit."
    )


@pytest.mark.usefixtures("right")
def test_a_quantity_that_is_text_is_given_its_type_by_hand(aws: Aws) -> None:
    aws.dynamodb.put_item(
        TableName="Inventory", Item={"item_id": {"S": "odd"}, "quantity": {"S": "12"}}
    )
    (fails,) = _verified(aws)[0].of(Level.FAILS)
    assert fails.then.endswith("› the item › quantity › set the type to Number.")
