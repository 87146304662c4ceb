"""Log groups: ours, or Lambda's own and taken over, but nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import NotOurs
from ordersetup.ownership import STACK
from ordersetup.step import Seen
from ordersetup.steps.log_groups import LogGroup
from tests.conftest import Provision, TearDown
from tests.stacks import drift, stack
from tests.wire import Wire

GROUP: LogGroup = stack().step("log-group//aws/lambda/SendEmail")


def test_a_group_that_lambda_has_made_is_taken_over_with_its_other_tags(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.logs.create_log_group(logGroupName=GROUP.name, tags={"Audit": "yes"})
    calls.clear()

    run = provision([GROUP])

    assert "logs:CreateLogGroup" not in calls
    assert drift(run.seen, [GROUP]) == set()
    tags = aws.logs.list_tags_for_resource(resourceArn=GROUP.arn)["tags"]
    assert tags["Audit"] == "yes"
    assert tags[STACK] == "default"


def test_a_group_of_another_stack_is_refused(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.logs.create_log_group(logGroupName=GROUP.name, tags={STACK: "another"})
    calls.clear()
    with pytest.raises(NotOurs, match="belongs to the stack another"):
        provision([GROUP])
    assert set(calls) <= set(GROUP.calls.read)


def test_a_group_left_without_retention_by_a_crash_gets_it(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.logs.create_log_group(logGroupName=GROUP.name, tags=GROUP.owner.tags())
    calls.clear()
    provision([GROUP])
    assert set(calls) - set(GROUP.calls.read) == {"logs:PutRetentionPolicy"}


def test_a_group_that_is_still_dying_is_not_taken_for_a_living_one(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    def stale(answer: dict[str, Any]) -> None:
        answer["logGroups"].append({"logGroupName": GROUP.name, "retentionInDays": 30})

    def die() -> None:
        gone = "The specified log group does not exist."
        wire.bend("logs:DescribeLogGroups", stale)
        wire.refuse("logs:ListTagsForResource", "ResourceNotFoundException", gone)

    die()
    assert tear_down([GROUP]).removals == ()
    die()
    run = provision([GROUP])
    assert run.reasons == ["the log group is not yet known everywhere, or is being deleted"]
    assert drift(run.seen, [GROUP]) == set()
    assert aws.logs.describe_log_groups()["logGroups"]


def test_a_group_whose_name_only_begins_alike_is_another_one(aws: Aws) -> None:
    aws.logs.create_log_group(logGroupName=f"{GROUP.name}Too")
    assert GROUP.read(aws, Seen()) is None


def test_a_group_without_tags_is_nobodys(aws: Aws, wire: Wire) -> None:
    aws.logs.create_log_group(logGroupName=GROUP.name)
    wire.bend("logs:ListTagsForResource", lambda answer: answer.pop("tags", None))
    state = GROUP.read(aws, Seen())
    assert state is not None
    assert state.owner is None
    assert state.retention_days is None


@pytest.mark.parametrize("days", [1, 30, 3653])
def test_the_retention_chosen_is_the_retention_set(
    aws: Aws, provision: Provision, days: int
) -> None:
    provision([stack(retention_days=days).step(GROUP.key)])
    (group,) = aws.logs.describe_log_groups(logGroupNamePrefix=GROUP.name)["logGroups"]
    assert group["retentionInDays"] == days
