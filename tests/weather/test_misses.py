"""Read after write on a bad day: answers that are right in form and tell of a moment ago.

microburst renders errors, so these are bent in memory: the answer to a write arms what becomes of
the next answer to a read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ordersetup.aws import Aws
from tests.conftest import Provision, Survey
from tests.stacks import brought_stack, drift, make_policies, stack, with_needs
from tests.weather.life import Life
from tests.wire import Wire

Answer = dict[str, Any]


@dataclass(frozen=True)
class Miss:
    """What a read does not tell yet.

    Args:
        write: the operation after which it is late.
        read: the operation that is late.
        bend: makes the answer an older one.
        changing: the write changes what stands, or only another run reads what it has made.
    """

    write: str
    read: str
    bend: Callable[[Answer], object]
    changing: bool = False


def without(field: str) -> Callable[[Answer], object]:
    """An empty list."""
    return lambda answer: answer.update({field: []})


def untagged(field: str = "Tags") -> Callable[[Answer], object]:
    """Tags before they were set; SNS and DynamoDB tell them as a list, others as an object."""
    return lambda answer: answer.update({field: type(answer.get(field, {}))()})


def only_the_root(answer: Answer) -> None:
    answer["items"] = [item for item in answer["items"] if item["path"] == "/"]


def pending(answer: Answer) -> None:
    answer["Configuration"]["State"] = "Pending"


def in_progress(answer: Answer) -> None:
    answer["Configuration"]["LastUpdateStatus"] = "InProgress"


def creating(answer: Answer) -> None:
    answer["Table"]["TableStatus"] = "CREATING"


def an_id_for_its_arn(answer: Answer) -> None:
    answer["Role"]["Arn"] = "AROAEXAMPLEEXAMPLEID"


def no_retries(answer: Answer) -> None:
    answer["MaximumRetryAttempts"] = 0


def a_short_life(answer: Answer) -> None:
    answer["Attributes"]["MessageRetentionPeriod"] = "345600"


def unthrottled(answer: Answer) -> None:
    answer["item"][0]["methodSettings"] = {}


MISSES = {
    "the new API is not listed": Miss(
        "apigateway:CreateRestApi", "apigateway:GetRestApis", without("items")
    ),
    "the new resource is not listed": Miss(
        "apigateway:CreateResource", "apigateway:GetResources", only_the_root, changing=True
    ),
    "the new stage is not listed": Miss(
        "apigateway:CreateDeployment", "apigateway:GetStages", without("item")
    ),
    "the new deployment is not listed": Miss(
        "apigateway:CreateDeployment", "apigateway:GetDeployments", without("items")
    ),
    "the stage's throttling is not told": Miss(
        "apigateway:UpdateStage", "apigateway:GetStages", unthrottled
    ),
    "the new log group is not listed": Miss(
        "logs:CreateLogGroup", "logs:DescribeLogGroups", without("logGroups")
    ),
    "the new log group's tags are not told": Miss(
        "logs:CreateLogGroup", "logs:ListTagsForResource", untagged("tags")
    ),
    "the new subscriptions are not listed": Miss(
        "sns:Subscribe", "sns:ListSubscriptionsByTopic", without("Subscriptions")
    ),
    "the new topic's tags are not told": Miss(
        "sns:CreateTopic", "sns:ListTagsForResource", untagged()
    ),
    "the new queue's tags are not told": Miss("sqs:CreateQueue", "sqs:ListQueueTags", untagged()),
    "the queue's attributes are not told": Miss(
        "sqs:CreateQueue", "sqs:GetQueueAttributes", a_short_life
    ),
    "the table is being made": Miss("dynamodb:CreateTable", "dynamodb:DescribeTable", creating),
    "the new table's tags are not told": Miss(
        "dynamodb:CreateTable", "dynamodb:ListTagsOfResource", untagged()
    ),
    "the table's former tags are told": Miss(
        "dynamodb:TagResource", "dynamodb:ListTagsOfResource", untagged(), changing=True
    ),
    "the function is pending": Miss("lambda:CreateFunction", "lambda:GetFunction", pending),
    "the function's update is in progress": Miss(
        "lambda:UpdateFunctionCode", "lambda:GetFunction", in_progress, changing=True
    ),
    "the former retries are told": Miss(
        "lambda:PutFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig", no_retries
    ),
}


@pytest.mark.parametrize("miss", MISSES.values(), ids=MISSES)
def test_what_is_not_yet_told_is_waited_for_and_made_once(
    miss: Miss, life: Life, wire: Wire
) -> None:
    # Twice, since a write may look for itself at what it has made.
    wire.bend(miss.write, lambda _: wire.bend(miss.read, miss.bend, miss.bend))
    waited = life.live(miss.write, miss.read, changing=miss.changing)
    assert waited


def test_a_role_whose_arn_is_still_an_id_is_known_by_its_name(
    aws: Aws, wire: Wire, provision: Provision, survey: Survey
) -> None:
    """Its principal's unique id is what IAM stores, and for some seconds all that it may tell."""
    make_policies(aws)
    brought, ours = brought_stack(), stack()
    (role,) = (step for step in brought.steps if step.key.startswith("role/"))
    made: Any = next(step for step in ours.steps if step.key.startswith("role/"))
    provision([made])
    aws.iam.untag_role(RoleName=made.name, TagKeys=["ordersetup:stack"])
    wire.bend("iam:GetRole", *[an_id_for_its_arn] * 2)
    assert drift(survey([role]).seen, [role]) == set()
    # What has no tag and another path could not be taken over.
    provision([made], adopt=True)


@pytest.mark.parametrize("late", [1, 2, 3])
def test_an_api_whose_answer_is_lost_and_that_is_listed_late_is_left_once(
    late: int, aws: Aws, wire: Wire, provision: Provision
) -> None:
    built = stack()
    api = built.step("rest-api/EcommerceAPI")
    steps = with_needs(built.steps, api)
    wire.lose("apigateway:CreateRestApi")
    # The survey's own look finds nothing anyway.
    wire.bend("apigateway:GetRestApis", lambda _: None, *[without("items")] * late)
    run = provision(steps, timeout=30)
    assert drift(run.seen, steps) == set()
    provision(steps, timeout=30)
    (left,) = aws.apigateway.get_rest_apis()["items"]
    assert left["id"] == run.seen.of(api).api_id
