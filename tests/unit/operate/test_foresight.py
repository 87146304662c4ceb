"""What the caller may do, asked beforehand: what is certain stops a run, what is not never does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Denied
from ordersetup.operate.foresight import Foreseen, Foresight, Unknowable, listed, principal
from ordersetup.permissions import Right, created, rights_of_steps
from ordersetup.policy import documents
from tests.stacks import ACCOUNT, stack
from tests.wire import Wire

BUILT = stack()
BLUEPRINT = BUILT.blueprint
MADE = rights_of_steps(BUILT.steps, created, BLUEPRINT)
SIMULATE = "iam:SimulatePrincipalPolicy"
TABLE = Right("dynamodb:CreateTable", BLUEPRINT.table_arn("Inventory"))
JANE = f"arn:aws:iam::{ACCOUNT}:user/jane"


def is_(aws: Aws, monkeypatch: pytest.MonkeyPatch, arn: str) -> None:
    monkeypatch.setattr(aws, "caller", arn)


@pytest.fixture
def jane(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    """A user who holds nothing yet."""
    aws.iam.create_user(UserName="jane")
    is_(aws, monkeypatch, JANE)
    return "jane"


def allow(aws: Aws, user: str, rights: frozenset[Right]) -> None:
    for number, document in enumerate(documents(rights)):
        aws.iam.put_user_policy(
            UserName=user, PolicyName=f"p{number}", PolicyDocument=json.dumps(document)
        )


def foreseen(aws: Aws, rights: frozenset[Right] = MADE) -> Foreseen:
    return Foresight(aws, rights, BLUEPRINT).told()


def answered(wire: Wire, **more: Any) -> None:
    result = {"EvalActionName": TABLE.action, "EvalDecision": "implicitDeny", **more}
    wire.answer(SIMULATE, {"EvaluationResults": [result], "IsTruncated": False})


def test_who_holds_the_policy_lacks_nothing(aws: Aws, jane: str) -> None:
    allow(aws, jane, MADE)
    assert foreseen(aws) == Foreseen()


def test_each_right_that_is_missing_is_found_where_it_can_be_certain(aws: Aws, jane: str) -> None:
    for action in ("dynamodb:CreateTable", "iam:PassRole", "lambda:AddPermission", "iam:TagRole"):
        missing = {right for right in MADE if right.action == action}
        allow(aws, jane, MADE - missing)
        assert set(foreseen(aws).lacking) == missing


def test_of_an_api_only_its_making_is_certain(aws: Aws, jane: str) -> None:
    without = frozenset(right for right in MADE if not right.action.startswith("apigateway:"))
    allow(aws, jane, without)
    told = foreseen(aws)
    assert [right.resource.rpartition(":")[2] for right in told.lacking] == ["/restapis"]
    assert {right.action for right in told.unsure} >= {"apigateway:PUT", "apigateway:PATCH"}


def test_one_form_of_a_log_group_s_address_is_enough(aws: Aws, jane: str) -> None:
    bare = {r for r in MADE if r.action.startswith("logs:") and not r.resource.endswith(":*")}
    allow(aws, jane, MADE - bare)
    assert foreseen(aws).lacking == ()
    allow(aws, jane, frozenset(r for r in MADE if not r.action.startswith("logs:")))
    assert {r.action for r in foreseen(aws).lacking} == {
        *("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"),
    }


@pytest.mark.usefixtures("jane")
def test_what_a_topic_s_own_policy_may_allow_is_never_certain(aws: Aws) -> None:
    topic = BLUEPRINT.topic_arn("OrderProcessingAlerts")
    asked = frozenset({Right("sns:Subscribe", topic), Right("sns:CreateTopic", topic)})
    told = foreseen(aws, asked)
    assert [right.action for right in told.lacking] == ["sns:CreateTopic"]
    assert [right.action for right in told.unsure] == ["sns:Subscribe"]


@pytest.mark.usefixtures("jane")
class TestADenialIsNoCertainty:
    def test_where_a_context_key_is_missing(self, aws: Aws, wire: Wire) -> None:
        answered(wire, MissingContextValues=["aws:MultiFactorAuthPresent"])
        assert foreseen(aws, frozenset({TABLE})) == Foreseen(unsure=(TABLE,))

    def test_where_one_is_missing_for_the_resource(self, aws: Aws, wire: Wire) -> None:
        of_one = {
            "EvalResourceName": TABLE.resource,
            "EvalResourceDecision": "explicitDeny",
            "MissingContextValues": ["aws:PrincipalTag/team"],
        }
        answered(wire, ResourceSpecificResults=[of_one])
        assert foreseen(aws, frozenset({TABLE})) == Foreseen(unsure=(TABLE,))

    def test_where_an_organisation_decided(self, aws: Aws, wire: Wire) -> None:
        answered(wire, OrganizationsDecisionDetail={"AllowedByOrganizations": False})
        assert foreseen(aws, frozenset({TABLE})) == Foreseen(unsure=(TABLE,))

    def test_where_the_simulator_left_the_action_out(self, aws: Aws, wire: Wire) -> None:
        answered(wire, EvalActionName="sqs:SendMessage")
        assert foreseen(aws, frozenset({TABLE})) == Foreseen(unsure=(TABLE,))

    def test_where_the_simulator_does_not_take_the_question(self, aws: Aws, wire: Wire) -> None:
        wire.refuse(SIMULATE, "InvalidInput", "Invalid resource.")
        queue = Right("sqs:CreateQueue", BLUEPRINT.queue_arn)
        told = foreseen(aws, frozenset({TABLE, queue}))
        assert len(told.unsure) == len(told.lacking) == 1

    def test_but_it_is_one_where_nothing_is_missing(self, aws: Aws, wire: Wire) -> None:
        answered(wire)
        assert foreseen(aws, frozenset({TABLE})) == Foreseen(lacking=(TABLE,))


@pytest.mark.usefixtures("jane")
class TestTheQuestion:
    def test_carries_what_the_requests_will_bear(self, aws: Aws, wire: Wire) -> None:
        foreseen(aws, frozenset({TABLE}))
        asked = wire.requests[SIMULATE]
        told = {e["ContextKeyName"]: e["ContextKeyValues"] for e in asked["ContextEntries"]}
        assert asked["PolicySourceArn"] == JANE
        assert told["aws:RequestTag/ordersetup:stack"] == ["default"]
        assert told["aws:RequestedRegion"] == [BLUEPRINT.place.region]
        assert "ordersetup:stack" in told["aws:TagKeys"]

    def test_leaves_the_region_out_where_iam_is_meant(self, aws: Aws, wire: Wire) -> None:
        foreseen(aws, frozenset({Right("iam:GetRole", BLUEPRINT.role_arn)}))
        told = {e["ContextKeyName"] for e in wire.requests[SIMULATE]["ContextEntries"]}
        assert "aws:RequestedRegion" not in told

    def test_is_not_put_about_the_question_itself(self, aws: Aws, calls: list[str]) -> None:
        foreseen(aws, frozenset({Right(SIMULATE, JANE.replace("jane", "${aws:username}"))}))
        assert SIMULATE not in calls

    def test_is_put_once_for_each_resource(self, aws: Aws, calls: list[str]) -> None:
        foreseen(aws)
        assert calls.count(SIMULATE) == len({(r.resource, r.conditions) for r in MADE})


class TestTheCaller:
    def test_a_user_is_asked_about_by_name(self, aws: Aws, jane: str) -> None:
        assert principal(aws) == f"arn:aws:iam::{ACCOUNT}:user/{jane}"

    def test_a_session_is_asked_about_by_its_role_with_its_path(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        role = aws.iam.create_role(RoleName="dev", Path="/teams/", AssumeRolePolicyDocument="{}")[
            "Role"
        ]["Arn"]
        is_(aws, monkeypatch, f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/jane@example.com")
        assert principal(aws) == role

    def test_without_leave_to_look_at_the_role_its_path_is_taken_to_be_none(
        self, aws: Aws, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_(aws, monkeypatch, f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/jane")
        wire.refuse("iam:GetRole", "AccessDenied", "no")
        assert principal(aws) == f"arn:aws:iam::{ACCOUNT}:role/dev"

    def test_a_root_user_is_not_asked_about(
        self, aws: Aws, calls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_(aws, monkeypatch, f"arn:aws:iam::{ACCOUNT}:root")
        assert foreseen(aws) == Foreseen()
        assert calls == []

    def test_of_anybody_else_nothing_can_be_told(
        self, aws: Aws, calls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_(aws, monkeypatch, f"arn:aws:sts::{ACCOUNT}:federated-user/jane")
        with pytest.raises(Unknowable):
            principal(aws)
        assert "users and roles only" in foreseen(aws).untold
        assert calls == []


@pytest.mark.usefixtures("jane")
class TestWhoMayNotAsk:
    @pytest.mark.parametrize("code", ["AccessDenied", "NoSuchEntity", "Throttling"])
    def test_is_told_why_and_nothing_else(self, aws: Aws, wire: Wire, code: str) -> None:
        wire.refuse(SIMULATE, code, "You may not.")
        told = foreseen(aws, frozenset({TABLE}))
        assert (told.lacking, told.unsure) == ((), ())
        assert "You may not" in told.untold

    def test_goes_on(self, aws: Aws, wire: Wire) -> None:
        wire.refuse(SIMULATE, "AccessDenied", "You may not.")
        foresight = Foresight(aws, [TABLE], BLUEPRINT)
        assert "You may not" in foresight.refuse_lacking({TABLE})


@pytest.mark.usefixtures("jane")
class TestRefusing:
    def test_names_each_action_and_what_it_is_on(self, aws: Aws) -> None:
        with pytest.raises(Denied) as caught:
            Foresight(aws, MADE, BLUEPRINT).refuse_lacking(MADE)
        assert f"dynamodb:CreateTable on {TABLE.resource}" in caught.value.happened
        assert "logs:CreateLogGroup on" in caught.value.happened
        assert ":*" not in caught.value.happened
        assert "Nothing was changed." in caught.value.happened
        assert caught.value.then.endswith("ordersetup policy")

    def test_heeds_only_what_this_run_will_do(self, aws: Aws, jane: str) -> None:
        allow(aws, jane, MADE - {TABLE})
        Foresight(aws, MADE, BLUEPRINT).refuse_lacking(MADE - {TABLE})

    def test_waits_for_nothing_where_nothing_is_to_be_made(self, aws: Aws) -> None:
        assert Foresight(aws, MADE, BLUEPRINT).refuse_lacking(frozenset()) == ""


def test_rights_are_listed_by_action() -> None:
    rights = [Right("a:B", "x"), Right("a:B", "y"), Right("a:C", "x:*"), Right("a:C", "x")]
    assert listed(rights) == "a:B on x, y; a:C on x"
