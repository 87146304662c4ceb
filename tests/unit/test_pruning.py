"""Pruning: what bears the stack's tag and is no part of it any more goes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ordersetup import __version__
from ordersetup.aws import Aws
from ordersetup.dismantling import prune_of
from ordersetup.events import Event
from ordersetup.ownership import STACK, VERSION, is_newer, pairs
from ordersetup.policy import operations
from ordersetup.pruning import find_prunable
from ordersetup.removal import Wishes
from ordersetup.stack import open_stack
from ordersetup.step import Group
from tests.conftest import Provision
from tests.listing import everything
from tests.stacks import ACCOUNT, BROUGHT, REGION, Fall, make_policies
from tests.wire import Wire

DROPPED = ("topic/OrderConfirmationTopic", "log-group//aws/lambda/SendEmail")
"""The steps that today's version is to have no more."""

Prune = Callable[..., Fall]


@pytest.fixture
def prune(aws: Aws) -> Prune:
    """What the command does; `lacking` are steps that the blueprint has lost."""

    def run(*lacking: str, delete_data: bool = False) -> Fall:
        events: list[Event] = []
        opened = open_stack(aws, "default", {})
        assert {step.key for step in opened.steps}.issuperset(lacking)
        steps = tuple(step for step in opened.steps if step.key not in lacking)
        wishes = Wishes(delete_data=delete_data)
        work, _ = prune_of(replace(opened, steps=steps), wishes, events.append, timeout=10)
        return Fall.of(work, events)

    return run


def build(aws: Aws, provision: Provision, name: str = "default", **flags: object) -> None:
    provision(open_stack(aws, name, flags).steps)


def look_alikes(aws: Aws) -> None:
    """Things of others: without a tag, or with another stack's."""
    aws.sns.create_topic(Name="OrderConfirmationTopic2")
    aws.sns.create_topic(Name="Theirs", Tags=pairs({STACK: "shop2"}))
    aws.logs.create_log_group(logGroupName="/aws/lambda/SendEmailToo")
    aws.sqs.create_queue(QueueName="OrderProcessingOld", tags={"Team": "orders"})
    aws.apigateway.create_rest_api(name="EcommerceAPI", tags={STACK: "shop2"})


def test_exactly_what_a_blueprint_has_lost_is_shown_and_removed(
    aws: Aws, provision: Provision, prune: Prune
) -> None:
    build(aws, provision)
    build(aws, provision, "shop2")
    look_alikes(aws)
    before = everything()
    fall = prune(*DROPPED)
    assert {removal.step.key for removal in fall.removals} == set(DROPPED)
    assert {removal.state.version for removal in fall.removals} == {__version__}
    assert set(fall.removed) == set(DROPPED)
    after = everything()
    assert before.keys() - after.keys() == {
        f"topic arn:aws:sns:{REGION}:{ACCOUNT}:OrderConfirmationTopic",
        "log group /aws/lambda/SendEmail",
    }
    assert [key for key in after if after[key] != before[key]] == []
    assert prune(*DROPPED).removals == ()


def test_what_can_be_named_beforehand_may_be_pruned_with_the_policy_for_it(
    aws: Aws, provision: Provision
) -> None:
    build(aws, provision, sender="shop@example.com")
    aws.apigateway.create_rest_api(name="EcommerceAPI", tags={STACK: "default"})
    make_policies(aws)
    own = {"sender": "shop@example.com", "role_arn": BROUGHT}
    opened = open_stack(aws, "default", own)
    named = find_prunable(aws, opened.blueprint, opened.steps).steps
    assert {step.group for step in named} == {Group.ROLE, Group.API}
    declared = operations("prune", opened.blueprint)
    assert [step.key for step in named if not declared.issuperset(step.calls.remove)] == []


def test_a_whole_stack_has_nothing_to_prune(aws: Aws, provision: Provision, prune: Prune) -> None:
    make_policies(aws)
    build(aws, provision, sender="shop@example.com", alert_emails=("ada@example.com",))
    assert prune().removals == ()


def test_a_dropped_table_that_holds_items_stays_unless_data_is_to_go(
    aws: Aws, provision: Provision, prune: Prune
) -> None:
    build(aws, provision)
    aws.dynamodb.put_item(TableName="Inventory", Item={"item_id": {"S": "lamp"}})
    assert prune("table/Inventory").kept == {"table/Inventory": "it holds 1 item"}
    assert prune("table/Inventory", delete_data=True).removed == ["table/Inventory"]


def test_a_former_sender_and_a_former_role_go(aws: Aws, provision: Provision, prune: Prune) -> None:
    make_policies(aws)
    build(aws, provision, sender="old@example.com")
    own = f"arn:aws:iam::{ACCOUNT}:role/shop/runs-orders"
    build(aws, provision, sender="shop@example.com", role_arn=own)
    removed = set(prune().removed)
    assert removed == {"sender/old@example.com", f"role/OrderProcessingRole-{REGION}"}
    assert {"identity shop@example.com", "role runs-orders"} <= everything().keys()


def test_of_apis_made_twice_the_oldest_stays(aws: Aws, provision: Provision, prune: Prune) -> None:
    build(aws, provision)
    (first,) = aws.apigateway.get_rest_apis()["items"]
    # moto dates in whole seconds, and of two of the same second the smaller id stays.
    made = [
        aws.apigateway.create_rest_api(name="EcommerceAPI", tags={STACK: "default"})
        for _ in range(2)
    ]
    stays, *further = sorted((first, *made), key=lambda api: (api["createdDate"], api["id"]))
    assert set(prune().removed) == {f"rest-api/EcommerceAPI/{api['id']}" for api in further}
    assert [api["id"] for api in aws.apigateway.get_rest_apis()["items"]] == [stays["id"]]


def test_what_a_newer_version_has_made_stays(aws: Aws, provision: Provision, prune: Prune) -> None:
    build(aws, provision)
    newer = {STACK: "default", VERSION: "99.0.0"}
    aws.sqs.create_queue(QueueName="OrderProcessingNext", tags=newer)
    because = "it was made by ordersetup 99.0.0, which is newer than this one"
    assert prune().kept == {"queue/OrderProcessingNext": because}


@pytest.mark.parametrize(
    ("version", "newer"), [("", False), (__version__, False), ("0.0.9", False), ("10.0.0", True)]
)
def test_versions_are_compared_by_their_numbers(version: str, newer: bool) -> None:
    assert is_newer(version) == newer


def test_a_drill_s_queue_is_left_to_drills(aws: Aws, provision: Provision, prune: Prune) -> None:
    build(aws, provision)
    name = "OrderProcessingDrill-123456789abc"
    aws.sqs.create_queue(QueueName=name, tags={STACK: "default", "ordersetup:drill": "1"})
    assert prune().removals == ()


def test_while_the_settings_are_not_known_what_they_call_for_stays(
    aws: Aws, provision: Provision, prune: Prune
) -> None:
    build(aws, provision, sender="shop@example.com")
    aws.sns.delete_topic(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:OrderProcessingAlerts")
    kept = prune().kept
    assert kept.keys() == {"sender/shop@example.com"}
    assert "OrderProcessingAlerts does not stand" in kept["sender/shop@example.com"]


def test_a_tagging_api_that_refuses_is_told(aws: Aws, wire: Wire) -> None:
    opened = open_stack(aws, "default", {})
    wire.refuse("tagging:GetResources", "AccessDeniedException", "no")
    assert "could not be asked for: no" in find_prunable(aws, opened.blueprint, ()).unseen


def test_an_alarm_that_no_setting_asks_for_any_more_is_found_by_its_tag(
    aws: Aws, provision: Provision, prune: Prune
) -> None:
    build(aws, provision, alarms=True)
    alerts = f"arn:aws:sns:{REGION}:{ACCOUNT}:OrderProcessingAlerts"
    aws.sns.untag_resource(ResourceArn=alerts, TagKeys=["ordersetup:setting:alarms"])
    alarms = aws.cloudwatch.describe_alarms()["MetricAlarms"]

    fall = prune()

    assert {*fall.removed} == {f"alarm/{alarm['AlarmName']}" for alarm in alarms}
    assert aws.cloudwatch.describe_alarms()["MetricAlarms"] == []
