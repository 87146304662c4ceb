"""Taking over what bears no tag: marked as ours first, then repaired; or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Incompatible, NotOurs
from ordersetup.events import Changed
from ordersetup.ownership import Owner
from ordersetup.step import Seen
from ordersetup.steps.functions import HIDDEN, Function
from ordersetup.steps.rest_api import RestApi
from tests.breakers import BREAKERS
from tests.conftest import Provision, Survey
from tests.listing import everything
from tests.stacks import AnyStep, brought_stack, drift, full_stack, make_policies, stack
from tests.unit import by_hand
from tests.wire import Wire

FULL = full_stack()
PLAIN = stack()
API: RestApi = PLAIN.step("rest-api/EcommerceAPI")
FUNCTION: Function = PLAIN.step("function/SendEmail")
TAGGING = ("TagResource", "TagQueue", "TagRole")


class Case(NamedTuple):
    """A resource without its tag, and an attribute of it or of a part of it that is broken too."""

    resource: AnyStep
    step: AnyStep
    check: str


def _resource(step: AnyStep) -> AnyStep | None:
    """The resource that a step is of."""
    at: AnyStep | None = step
    while at is not None and at.desired.owner is None:
        at = at.parent
    return at


def _cases() -> list[Any]:
    # Of the topics the one that remembers the settings: it has everything that can be broken.
    steps = sorted(FULL.steps, key=lambda step: bool(getattr(step, "settings", ())))
    of_kind = {type(step).__name__: step for step in steps}
    cases = []
    for check in BREAKERS:
        kind, _, attribute = check.partition(".")
        step = of_kind.get(kind)
        resource = step and _resource(step)
        # Another API with our tag is one of ours: there is nothing to adopt then.
        if step is None or resource is None or resource.adoptable or check == "RestApi.others":
            continue
        if attribute != "owner" and attribute not in step.fixed:
            cases.append(pytest.param(Case(resource, step, check), id=check))
    return cases


def _owner_of(step: AnyStep) -> str:
    return f"{type(step).__name__}.owner"


def _writes(calls: list[str]) -> list[str]:
    writes = {call for step in FULL.steps for call in step.calls.write}
    return [call for call in calls if call in writes]


@pytest.mark.parametrize("case", _cases())
def test_what_bears_no_tag_is_marked_as_ours_and_then_repaired(
    aws: Aws, provision: Provision, survey: Survey, calls: list[str], case: Case
) -> None:
    make_policies(aws)
    right = provision(FULL.steps)
    BREAKERS[_owner_of(case.resource)].spoil(aws, case.resource, right.seen)
    BREAKERS[case.check].spoil(aws, case.step, right.seen)
    calls.clear()
    with pytest.raises(NotOurs):
        provision(FULL.steps)
    assert _writes(calls) == []

    run = provision(FULL.steps, adopt=True)

    changed = [step for step, o in run.outcomes.items() if isinstance(o, Changed)]
    assert {case.resource, case.step} <= set(changed)
    assert set(_writes(calls)) <= {call for step in changed for call in step.calls.write}
    of_resource = [call for call in calls if call in case.resource.calls.write]
    assert of_resource[0].endswith(TAGGING)
    assert drift(survey(FULL.steps).seen, FULL.steps) == set()
    calls.clear()
    provision(FULL.steps)
    assert _writes(calls) == []


@pytest.mark.parametrize("adopt", [False, True])
def test_a_table_with_another_key_is_never_taken_over(
    aws: Aws, provision: Provision, calls: list[str], adopt: bool
) -> None:
    aws.dynamodb.create_table(
        TableName="Inventory",
        AttributeDefinitions=[{"AttributeName": "sku", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "sku", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.dynamodb.put_item(TableName="Inventory", Item={"sku": {"S": "lamp"}})
    before = everything()
    calls.clear()
    with pytest.raises(Incompatible if adopt else NotOurs) as refused:
        provision(PLAIN.steps, adopt=adopt)
    told = " ".join([refused.value.happened, *refused.value.details, refused.value.then])
    assert "Partition key" in told
    assert "--stack" in told
    assert _writes(calls) == []
    assert everything() == before


@pytest.mark.parametrize(
    "resource", [s for s in FULL.steps if s.desired.owner], ids=lambda s: s.key
)
def test_what_another_stack_has_made_is_never_taken_over(
    aws: Aws, provision: Provision, calls: list[str], resource: AnyStep
) -> None:
    make_policies(aws)
    right = provision(FULL.steps)
    theirs: Any = replace(resource, owner=Owner("another"))  # type: ignore[type-var]  # all are
    theirs.apply(aws, right.seen, right.seen.of(resource), frozenset({"owner"}))
    calls.clear()
    with pytest.raises(NotOurs, match="belongs to the stack another"):
        provision(FULL.steps, adopt=True)
    assert _writes(calls) == []


def test_every_row_and_message_of_a_stack_made_by_hand_is_kept(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    hand = by_hand.build(aws, environment=True)
    rows, messages = by_hand.rows(aws), by_hand.messages(aws)
    calls.clear()

    run = provision(PLAIN.steps, adopt=True)

    assert drift(run.seen, PLAIN.steps) == set()
    assert (by_hand.rows(aws), by_hand.messages(aws)) == (rows, messages)
    assert not [call for call in calls if ":Delete" in call or ":Remove" in call]
    assert run.seen.of(API).api_id == hand.api_id
    calls.clear()
    assert not [o for o in provision(PLAIN.steps).outcomes.values() if isinstance(o, Changed)]
    assert _writes(calls) == []


# The REST API, whose name is not its own


def test_of_several_apis_of_the_name_none_is_taken(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    ids = {aws.apigateway.create_rest_api(name=API.name)["id"] for _ in range(2)}
    calls.clear()
    with pytest.raises(Incompatible) as refused:
        provision(PLAIN.steps, adopt=True)
    assert all(api_id in refused.value.happened for api_id in ids)
    assert "another name" in refused.value.then
    assert _writes(calls) == []
    with pytest.raises(NotOurs) as unasked:
        provision(PLAIN.steps)
    assert "--adopt" not in unasked.value.then
    assert all(api_id in unasked.value.then for api_id in ids)


def test_an_api_of_another_stack_forbids_the_untagged_one_of_its_name(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.apigateway.create_rest_api(name=API.name)
    aws.apigateway.create_rest_api(name=API.name, tags=Owner("shop2").tags())
    calls.clear()
    with pytest.raises(NotOurs, match="belongs to the stack shop2"):
        provision([API], adopt=True)
    assert _writes(calls) == []


def test_beside_ours_nothing_is_adopted(aws: Aws, provision: Provision, calls: list[str]) -> None:
    provision([API])
    theirs = aws.apigateway.create_rest_api(name=API.name)["id"]
    calls.clear()
    provision([API], adopt=True)
    assert _writes(calls) == []
    assert not aws.apigateway.get_rest_api(restApiId=theirs).get("tags")


# Functions, whose role is about to be another


def test_an_image_never_becomes_a_zip(aws: Aws, provision: Provision, wire: Wire) -> None:
    by_hand.build(aws)

    def image(answer: dict[str, Any]) -> None:
        answer["Configuration"]["PackageType"] = "Image"

    wire.calls.clear()
    wire.bend("lambda:GetFunction", image)
    with pytest.raises(Incompatible, match="Package type is Image, not Zip"):
        provision(PLAIN.steps, adopt=True)
    assert _writes(wire.calls) == []


STRANGE = {
    "in a VPC": ({"VpcConfig": {"VpcId": "vpc-1"}}, "is in vpc-1"),
    "with a dead-letter queue": (
        {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:1:mine"}},
        "has the dead-letter queue arn:aws:sqs:eu-west-1:1:mine",
    ),
}


@pytest.mark.parametrize(("configured", "said"), STRANGE.values(), ids=STRANGE)
def test_what_our_role_could_not_run_is_refused_before_the_first_write(
    aws: Aws, provision: Provision, wire: Wire, configured: dict[str, Any], said: str
) -> None:
    by_hand.build(aws)

    def bend(answer: dict[str, Any]) -> None:
        answer["Configuration"] |= configured

    wire.calls.clear()
    wire.bend("lambda:GetFunction", bend)
    with pytest.raises(Incompatible, match=said) as refused:
        provision(PLAIN.steps, adopt=True)
    assert "--role-arn" in refused.value.then
    assert _writes(wire.calls) == []


def test_a_role_of_the_users_own_may_run_what_ours_could_not() -> None:
    built = brought_stack()
    function: Function = built.step("function/SendEmail")
    assert function.obstacle(replace(function.desired, vpc="vpc-1")) is None


def test_our_queue_as_the_dead_letter_queue_is_no_obstacle() -> None:
    queue = PLAIN.step("queue/OrderProcessingDLQ").arn
    assert FUNCTION.obstacle(replace(FUNCTION.desired, dead_letter=queue)) is None


def test_a_role_under_another_path_is_another_role(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    role = PLAIN.step(f"role/{PLAIN.blueprint.names.role}")
    aws.iam.create_role(RoleName=role.name, Path="/shop/", AssumeRolePolicyDocument="{}")
    calls.clear()
    with pytest.raises(Incompatible, match="stands under another path"):
        provision(PLAIN.steps, adopt=True)
    assert _writes(calls) == []


def test_of_a_persons_variables_only_the_names_are_known(aws: Aws) -> None:
    by_hand.build(aws)
    aws.lambda_.update_function_configuration(
        FunctionName=FUNCTION.name, Environment={"Variables": {"KEY": "hush", "SENDER": "me"}}
    )
    state = FUNCTION.read(aws, Seen())
    assert state is not None
    assert state.environment == (("KEY", HIDDEN), ("SENDER", "me"))


def test_a_wider_permission_made_by_hand_is_kept_beside_ours_and_planned(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    hand = by_hand.build(aws)
    name = "ProcessOrder"
    aws.lambda_.remove_permission(FunctionName=name, StatementId="api-gateway")
    aws.lambda_.add_permission(
        FunctionName=name,
        StatementId="wide",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:eu-west-1:123456789012:{hand.api_id}/*",
    )
    permission = PLAIN.step("permission/ProcessOrder")
    run = provision(PLAIN.steps, adopt=True)
    assert isinstance(run.outcomes[permission], Changed)
    policy = json.loads(aws.lambda_.get_policy(FunctionName=name)["Policy"])
    assert len(policy["Statement"]) == 2
    calls.clear()
    provision(PLAIN.steps)
    assert _writes(calls) == []
