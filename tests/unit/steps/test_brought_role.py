"""A role of the user's own: whatever is wrong with it is said before anything is made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Incompatible
from ordersetup.step import Seen
from ordersetup.steps.brought_role import BroughtRole
from tests.conftest import Provision
from tests.stacks import BROUGHT, brought_stack, make_policies
from tests.wire import Wire

BUILT = brought_stack()
NAME = BROUGHT.rpartition("/")[2]
ROLE: BroughtRole = BUILT.step(f"role/{NAME}")
READS = {call for step in BUILT.steps for call in step.calls.read}


def _trust(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": {**statement, **changes}})


def test_a_role_that_does_not_exist_is_refused_by_name_before_the_first_write(
    provision: Provision, calls: list[str]
) -> None:
    with pytest.raises(Incompatible) as refused:
        provision(BUILT.steps)
    assert f"IAM › Roles › {NAME}" in refused.value.happened
    assert f"Role ARN is none, not {BROUGHT}" in refused.value.happened
    assert set(calls) <= READS


def test_a_role_of_that_name_under_another_path_is_another_role(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    found = aws.iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=_trust())["Role"]["Arn"]
    calls.clear()
    with pytest.raises(Incompatible, match=f"Role ARN is {found}, not {BROUGHT}"):
        provision(BUILT.steps)
    assert set(calls) <= READS
    assert "iam:SimulatePrincipalPolicy" not in calls


def test_each_action_the_role_lacks_is_named(aws: Aws, provision: Provision) -> None:
    make_policies(aws)
    policy = aws.iam.get_role_policy(RoleName=NAME, PolicyName="orders")["PolicyDocument"]
    document: Any = policy
    kept = [
        s for s in document["Statement"] if not {"sns:Publish", "ses:SendEmail"} & {*s["Action"]}
    ]
    aws.iam.put_role_policy(
        RoleName=NAME,
        PolicyName="orders",
        PolicyDocument=json.dumps({**document, "Statement": kept}),
    )
    with pytest.raises(Incompatible, match=r"lacks sns:Publish.*lacks ses:SendEmail"):
        provision(BUILT.steps)


def test_an_action_denied_on_one_of_its_resources_is_lacking(aws: Aws, wire: Wire) -> None:
    make_policies(aws)

    def denied_on_one(answer: dict[str, Any]) -> None:
        answer["EvaluationResults"][0]["ResourceSpecificResults"] = [
            {"EvalResourceName": "one", "EvalResourceDecision": "allowed"},
            {"EvalResourceName": "other", "EvalResourceDecision": "explicitDeny"},
        ]

    wire.bend("iam:SimulatePrincipalPolicy", denied_on_one)
    assert ROLE.read(aws, Seen()).invoke_functions == "lacks lambda:InvokeFunction"


def test_who_may_not_simulate_goes_on_and_it_is_said(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    make_policies(aws)
    for _ in range(2):
        wire.refuse(
            "iam:SimulatePrincipalPolicy",
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: "
            "iam:SimulatePrincipalPolicy on resource: role runs-orders",
            status=403,
        )
    first = ROLE.read(aws, Seen())
    assert not first.simulated
    assert all(check.holds for check in ROLE.checks(first))
    # What was not asked is no check, so it cannot be taken for one that holds.
    assert {check.attribute for check in ROLE.checks(first)} == {"arn", "trusts_lambda"}

    run = provision([ROLE])

    assert not run.seen.of(ROLE).simulated


@pytest.mark.parametrize(
    ("trust", "trusts"),
    [
        (_trust(), True),
        (_trust(Principal={"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}), True),
        (_trust(Action=["sts:AssumeRole", "sts:TagSession"]), True),
        (_trust(Effect="Deny"), False),
        (_trust(Principal={"AWS": "123456789012"}), False),
        (_trust(Principal="*"), False),
        (_trust(Action="sts:TagSession"), False),
    ],
)
def test_a_trust_policy_is_read_in_every_form(aws: Aws, trust: str, trusts: bool) -> None:
    make_policies(aws)
    aws.iam.update_assume_role_policy(RoleName=NAME, PolicyDocument=trust)
    assert ROLE.read(aws, Seen()).trusts_lambda is trusts


def test_a_brought_role_is_never_written_to(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    make_policies(aws)
    calls.clear()
    provision(BUILT.steps)
    made = {call for call in calls if call.startswith("iam:")}
    assert made == {"iam:GetRole", "iam:SimulatePrincipalPolicy"}


def test_the_functions_run_with_the_brought_role(aws: Aws, provision: Provision) -> None:
    make_policies(aws)
    provision(BUILT.steps)
    found = aws.lambda_.get_function_configuration(FunctionName="SendEmail")
    assert found["Role"] == BROUGHT
