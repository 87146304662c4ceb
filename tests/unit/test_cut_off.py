"""Runs that are cut off or refused half-way, and what the next plain run makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Denied
from ordersetup.events import Changed, Failed
from ordersetup.settings import Settings
from ordersetup.stack import open_stack
from tests.conftest import Provision
from tests.stacks import AnyStep, stack
from tests.wire import Wire

TAGS = (("Cost", "1"), ("Team", "orders"))
ADA, BOB = "ada@example.com", "bob@example.com"


def table_tags(aws: Aws, name: str) -> set[str]:
    arn = aws.dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    return {tag["Key"] for tag in aws.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]}


def subscribed(aws: Aws, topic_arn: str) -> list[str]:
    found = aws.sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    return sorted(subscription["Endpoint"] for subscription in found)


def needed(step: AnyStep) -> set[AnyStep]:
    """Everything that must stand before a step is written."""
    return {before for need in step.needs for before in {need, *needed(need)}}


def test_a_tag_whose_removal_was_refused_is_removed_in_the_end(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    provision(stack(tags=TAGS).steps)
    wire.refuse(
        "dynamodb:UntagResource",
        "LimitExceededException",
        "Subscriber limit exceeded: Table tags are being updated: Inventory",
    )
    provision(stack(former=Settings(tags=TAGS), tags=TAGS[1:]).steps)
    for name in ("Inventory", "InventoryTransactions"):
        assert "Team" in table_tags(aws, name)
        assert "Cost" not in table_tags(aws, name)


def test_whatever_bears_the_users_tags_waits_for_the_topic_that_remembers_them() -> None:
    built = stack(tags=TAGS)
    alerts = built.step("topic/OrderProcessingAlerts")
    tagged = [step for step in built.steps if any(c.attribute == "tags" for c in step.checks(None))]
    assert len(tagged) > 8
    assert [s.key for s in tagged if s is not alerts and alerts not in needed(s)] == []


def test_a_dropped_address_is_unsubscribed_by_the_next_run_if_this_one_is_cut_off(
    aws: Aws, provision: Provision
) -> None:
    provision(stack(alert_emails=(ADA, BOB)).steps)
    cut = open_stack(aws, "default", {"alert_emails": (ADA,)})
    topic: Any = next(s for s in cut.steps if s.key == "topic/OrderProcessingAlerts")
    provision([topic])
    assert subscribed(aws, topic.arn) == [ADA, BOB]
    provision(open_stack(aws, "default", {}).steps)
    assert subscribed(aws, topic.arn) == [ADA]
    after = open_stack(aws, "default", {})
    assert not [o for o in provision(after.steps).outcomes.values() if isinstance(o, Changed)]
    assert "dropped" not in str(aws.sns.list_tags_for_resource(ResourceArn=topic.arn)["Tags"])


def test_a_function_whose_tags_may_not_be_read_is_not_taken_for_somebody_elses(
    provision: Provision, wire: Wire
) -> None:
    built = stack()
    provision(built.steps)

    def without_tags(answer: dict[str, Any]) -> None:
        answer.pop("Tags", None)
        answer["TagsError"] = {"ErrorCode": "AccessDeniedException", "Message": "no"}

    wire.bend("lambda:GetFunction", without_tags, without_tags, without_tags)
    with pytest.raises(Denied, match="lambda:ListTags"):
        provision(built.steps)


def test_two_apis_after_a_lost_answer_and_a_late_list_are_one_at_the_end_of_the_run(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    wire.lose("apigateway:CreateRestApi")

    def late(answer: dict[str, Any]) -> None:
        answer.update(items=[])

    wire.bend("apigateway:GetRestApis", late, late)
    run = provision(stack().steps)
    assert not [o for o in run.outcomes.values() if isinstance(o, Failed)]
    assert len(aws.apigateway.get_rest_apis()["items"]) == 1
