"""The role and its policy: compared by meaning, and repaired in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.aws import Aws
from ordersetup.blueprint import trust_policy
from ordersetup.documents import canonical
from ordersetup.errors import Denied, NotOurs
from ordersetup.ownership import STACK
from ordersetup.step import Seen
from ordersetup.steps.role import Role, RolePolicy
from tests.conftest import Provision
from tests.stacks import drift, stack
from tests.wire import Wire

BUILT = stack()
ROLE: Role = BUILT.step("role/OrderProcessingRole-eu-west-1")
POLICY: RolePolicy = BUILT.step("role-policy/OrderProcessingRole-eu-west-1")

_ACTIONS = st.lists(
    st.sampled_from(["sqs:SendMessage", "sqs:ListQueues", "sns:Publish"]), min_size=1
)


def _as_iam_may_write_it(document: Any) -> Any:
    """Keys turned round, and lists of one as what is in them."""
    if isinstance(document, dict):
        return {k: _as_iam_may_write_it(v) for k, v in reversed(document.items())}
    if isinstance(document, list):
        inner = [_as_iam_may_write_it(v) for v in reversed(document)]
        return inner[0] if len(inner) == 1 else inner
    return document


def test_a_policy_that_iam_writes_otherwise_is_no_drift(provision: Provision, wire: Wire) -> None:
    provision([ROLE, POLICY])
    wire.calls.clear()

    def policy(answer: dict[str, Any]) -> None:
        answer["PolicyDocument"] = _as_iam_may_write_it(answer["PolicyDocument"])

    def role(answer: dict[str, Any]) -> None:
        trust = answer["Role"]["AssumeRolePolicyDocument"]
        answer["Role"]["AssumeRolePolicyDocument"] = _as_iam_may_write_it(trust)

    wire.bend("iam:GetRolePolicy", policy)
    wire.bend("iam:GetRole", role)

    provision([ROLE, POLICY])

    assert set(wire.calls) == {"iam:GetRole", "iam:GetRolePolicy"}


@given(_ACTIONS, _ACTIONS)
def test_two_policies_are_the_same_exactly_if_they_say_the_same(
    one: list[str], other: list[str]
) -> None:
    texts = [canonical({"Action": actions, "Effect": "Allow"}) for actions in (one, other)]
    assert (texts[0] == texts[1]) == (sorted(one) == sorted(other))


@given(st.recursive(st.text(), lambda v: st.dictionaries(st.text(), v) | st.lists(v, min_size=1)))
def test_a_policy_is_itself_however_iam_writes_it(document: Any) -> None:
    assert canonical(document) == canonical(_as_iam_may_write_it(document))


def test_a_changed_statement_is_told_by_its_own_name(aws: Aws, provision: Provision) -> None:
    provision([ROLE, POLICY])
    first, *rest = POLICY.document["Statement"]
    wider = [{**first, "Resource": "*"}, *rest]
    aws.iam.put_role_policy(
        RoleName=ROLE.name,
        PolicyName=POLICY.name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": wider}),
    )
    failing = [check for check in POLICY.checks(POLICY.read(aws, Seen())) if not check.holds]
    assert [check.attribute for check in failing] == ["invoke_functions"]


def test_a_policy_of_somebody_elses_stays(aws: Aws, provision: Provision) -> None:
    provision([ROLE, POLICY])
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    aws.iam.put_role_policy(RoleName=ROLE.name, PolicyName="theirs", PolicyDocument=document)

    provision([ROLE, POLICY])

    names = aws.iam.list_role_policies(RoleName=ROLE.name)["PolicyNames"]
    assert sorted(names) == [POLICY.name, "theirs"]


def test_the_role_of_the_same_stack_in_another_region_is_refused(
    aws: Aws, provision: Provision
) -> None:
    provision([ROLE])
    aws.iam.tag_role(RoleName=ROLE.name, Tags=[{"Key": STACK, "Value": "default@us-east-1"}])
    with pytest.raises(NotOurs, match="default@us-east-1"):
        provision([ROLE])


def test_a_boundary_set_by_hand_is_taken_off(aws: Aws, provision: Provision) -> None:
    provision([ROLE])
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boundary = aws.iam.create_policy(
        PolicyName="by-hand",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )["Policy"]["Arn"]
    aws.iam.put_role_permissions_boundary(RoleName=ROLE.name, PermissionsBoundary=boundary)

    run = provision([ROLE])

    assert drift(run.seen, [ROLE]) == set()
    assert "PermissionsBoundary" not in aws.iam.get_role(RoleName=ROLE.name)["Role"]


def test_a_boundary_that_may_not_be_taken_off_is_an_administrator_s_to_remove(
    provision: Provision, wire: Wire
) -> None:
    provision([ROLE])

    def bounded(answer: dict[str, Any]) -> None:
        answer["Role"]["PermissionsBoundary"] = {
            "PermissionsBoundaryArn": "arn:aws:iam::1:policy/b"
        }

    wire.bend("iam:GetRole", bounded)
    wire.refuse("iam:DeleteRolePermissionsBoundary", "AccessDenied", "You may not.", status=403)
    with pytest.raises(Denied) as refused:
        provision([ROLE])
    assert "iam:DeleteRolePermissionsBoundary" in refused.value.happened
    assert f"IAM › Roles › {ROLE.name} › Permissions boundary" in refused.value.then
    assert "ordersetup provision --unset permissions-boundary" in refused.value.then


def test_the_role_is_repaired_and_never_made_anew(aws: Aws, provision: Provision) -> None:
    provision([ROLE])
    before = aws.iam.get_role(RoleName=ROLE.name)["Role"]["RoleId"]
    aws.iam.update_assume_role_policy(
        RoleName=ROLE.name,
        PolicyDocument=json.dumps(trust_policy()).replace("lambda", "ec2"),
    )

    run = provision([ROLE])

    assert drift(run.seen, [ROLE]) == set()
    assert aws.iam.get_role(RoleName=ROLE.name)["Role"]["RoleId"] == before


def test_a_role_without_tags_is_nobodys(aws: Aws, provision: Provision, wire: Wire) -> None:
    provision([ROLE])
    wire.bend("iam:GetRole", lambda answer: answer["Role"].pop("Tags"))
    state = ROLE.read(aws, Seen())
    assert state is not None
    assert state.owner is None
