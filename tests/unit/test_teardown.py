"""Teardown as a whole: among neighbours and look-alikes, with strays."""

from __future__ import annotations

import json
from typing import Protocol

import boto3
import pytest

from ordersetup.aws import Aws
from ordersetup.blueprint import trust_policy
from ordersetup.events import Unchanged
from ordersetup.lifecycle import Lifecycle, check_steps, check_survey
from ordersetup.ownership import STACK, pairs
from ordersetup.stack import Stack, open_stack
from ordersetup.strays import find_strays
from tests.conftest import Provision
from tests.listing import everything
from tests.runs import torn_down
from tests.stacks import ACCOUNT, REGION, make_policies, stack
from tests.unit.stories import drill_leftovers
from tests.wire import Visitor, Wire

ELSEWHERE = "us-east-1"


class Build(Protocol):
    """Builds a stack."""

    def __call__(self, name: str = "default") -> Stack:
        """Provision it with everything that a setting adds."""


def all_settings(name: str) -> dict[str, object]:
    """Of a stack, every setting that adds something."""
    return {
        "sender": f"{name}@example.com",
        "alert_emails": ("ada@example.com",),
        "tags": (("Team", "orders"),),
    }


@pytest.fixture
def full(aws: Aws, provision: Provision) -> Build:
    """Provisions a stack with everything that a setting adds."""

    def build(name: str = "default") -> Stack:
        opened = open_stack(aws, name, all_settings(name))
        provision(opened.steps)
        return opened

    return build


def test_no_trace_is_left_of_a_full_stack_its_drill_and_its_earlier_settings(
    aws: Aws, full: Build, provision: Provision
) -> None:
    nothing = everything()
    assert nothing == {}
    drill_leftovers(aws, full())
    # Earlier settings: another sender, and a role of the user's own since then.
    make_policies(aws)
    before = everything()
    own = {
        "sender": "shop@example.com",
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/shop/runs-orders",
    }
    provision(open_stack(aws, "default", own).steps)
    fall = torn_down(aws)
    assert {"sender", "sender/default@example.com", f"role/OrderProcessingRole-{REGION}"} <= set(
        fall.removed
    )
    assert "queue/OrderProcessingDrill-123456789abc" in fall.removed
    left = everything()
    assert left.keys() == {"role runs-orders"}
    assert left["role runs-orders"] == before["role runs-orders"]
    assert torn_down(aws).removals == ()


def look_alikes(aws: Aws) -> None:
    """Twenty things of others, near in name or tag."""
    trust = json.dumps(trust_policy())
    other = {STACK: "shop2"}
    for name, tags in (("Inventory2", {}), ("default-Inventory", {STACK: "defaults"})):
        aws.dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=pairs(tags),
        )
    for name in ("OrderProcessingDLQ2", "OrderProcessingDrill-theirs", "shop-OrderProcessingDLQ"):
        aws.sqs.create_queue(QueueName=name, tags=other if "Drill" in name else {"Team": "orders"})
    for name in ("OrderProcessingAlerts2", "OrderConfirmationTopicOld", "Alerts"):
        aws.sns.create_topic(Name=name, Tags=pairs({} if name == "Alerts" else other))
    for name, tag in (("OrderProcessingRole", "default"), ("OrderProcessingRole-eu", "default@eu")):
        tags = {STACK: tag}
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=pairs(tags))
    arn = f"arn:aws:iam::{ACCOUNT}:role/OrderProcessingRole"
    for name in ("SendEmailToo", "ProcessOrders"):
        aws.lambda_.create_function(
            FunctionName=name,
            Role=arn,
            Runtime="python3.13",
            Handler="x.y",
            Code={"ZipFile": stack().blueprint.code.zipped},
            Tags=other,
        )
    for name in ("/aws/lambda/SendEmailToo", "/aws/lambda/ProcessOrders", "ProcessOrder"):
        aws.logs.create_log_group(logGroupName=name, tags=other)
    aws.apigateway.create_rest_api(name="EcommerceAPI2", tags={"Team": "orders"})
    aws.sesv2.create_email_identity(EmailIdentity="example.com")
    aws.sesv2.create_email_identity(EmailIdentity="else@example.com", Tags=pairs(other))


@pytest.fixture
def elsewhere(aws: Aws) -> Aws:  # noqa: ARG001 - the account in memory
    """The same account in another region."""
    session = boto3.Session("testing", "testing", region_name=ELSEWHERE)
    return Aws(session, endpoint_url=None, web=Visitor(ELSEWHERE))


def test_neighbours_another_region_and_look_alikes_are_not_touched(
    aws: Aws, elsewhere: Aws, full: Build
) -> None:
    look_alikes(aws)
    full("shop2")
    check_steps(_survey(elsewhere).provision())
    before, there = everything(), everything(ELSEWHERE)
    assert len(before) > 35
    full("default")
    # An API of the name stops provision as long as there is none of ours.
    ours = everything().keys()
    for tags in ({}, {STACK: "shop2"}):
        aws.apigateway.create_rest_api(name="EcommerceAPI", tags=tags)
    before |= {key: found for key, found in everything().items() if key not in ours}
    aws.lambda_.add_permission(
        FunctionName="shop2-ProcessOrder",
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    before["permissions shop2-ProcessOrder"] = everything()["permissions shop2-ProcessOrder"]
    assert len(torn_down(aws).removed) == 14
    after = everything()
    assert after.keys() == before.keys()
    assert [key for key in after if after[key] != before[key]] == []
    assert everything(ELSEWHERE) == there
    outcomes = _survey(elsewhere).provision()
    assert {type(outcome) for outcome in outcomes.values()} == {Unchanged}


def _survey(aws: Aws) -> Lifecycle:
    """The same stack, with the same settings, as it stands there."""
    steps = open_stack(aws, "default", all_settings("default")).steps
    lifecycle = Lifecycle(aws, steps, lambda _: None, timeout=30)
    check_survey(lifecycle.survey())
    return lifecycle


def test_a_sender_that_another_stack_sends_as_stays(aws: Aws, provision: Provision) -> None:
    for name in ("default", "shop2"):
        provision(open_stack(aws, name, {"sender": "shop@example.com"}).steps)
    assert torn_down(aws).kept == {"sender": "the stack shop2 sends as it"}
    assert "sender" not in torn_down(aws, "shop2").removed


def test_a_hint_that_is_stale_or_refused_is_no_obstacle(aws: Aws, full: Build, wire: Wire) -> None:
    opened = full()
    ghost = {"ResourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:OrderProcessingGone", "Tags": []}
    theirs = {"ResourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:theirs", "Tags": []}
    aws.sqs.create_queue(QueueName="theirs")
    wire.bend(
        "tagging:GetResources",
        lambda answer: answer["ResourceTagMappingList"].extend([ghost, theirs]),
    )
    fall = torn_down(aws)
    assert fall.kept == {}
    assert everything().keys() == {"queue theirs"}
    wire.refuse("tagging:GetResources", "AccessDeniedException", "no")
    found = find_strays(aws, opened.blueprint, opened.steps)
    assert found.unseen == "What else bears the stack's tag could not be asked for: no."
    for _ in range(3):
        wire.lose("tagging:GetResources")
    # A lost answer is asked for again, once botocore's own tries are spent.
    assert find_strays(aws, opened.blueprint, opened.steps).unseen == ""


def test_the_settings_topic_gone_first_the_rest_is_still_found(aws: Aws, full: Build) -> None:
    opened = full()
    aws.sns.delete_topic(TopicArn=opened.blueprint.topic_arn("OrderProcessingAlerts"))
    assert "sender/default@example.com" in torn_down(aws).removed
    assert everything() == {}


def test_a_stack_that_was_never_made_and_one_that_is_half_there(
    aws: Aws, provision: Provision
) -> None:
    assert torn_down(aws).removals == ()
    provision([stack().step("table/Inventory"), stack().step("queue/OrderProcessingDLQ")])
    assert len(torn_down(aws).removed) == 2
    assert everything() == {}
