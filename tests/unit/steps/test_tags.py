"""A user's own tags: set, changed and unset by tag calls alone, on all that can bear them."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.ownership import CHOSEN
from ordersetup.settings import Settings
from tests.conftest import Provision
from tests.stacks import Built, drift, stack

TAG_CALLS = {
    "dynamodb": ("TagResource", "UntagResource"),
    "sqs": ("TagQueue", "UntagQueue"),
    "sns": ("TagResource", "UntagResource"),
    "iam": ("TagRole", "UntagRole"),
    "logs": ("TagResource", "UntagResource"),
    "lambda": ("TagResource", "UntagResource"),
    "apigateway": ("TagResource", "UntagResource"),
}
TAGGED = {f"{service}:{tag}" for service, (tag, _) in TAG_CALLS.items()}
UNTAGGED = {f"{service}:{untag}" for service, (_, untag) in TAG_CALLS.items()}
ONE: dict[str, Any] = {"tags": (("Team", "orders"),)}


def _writes(built: Built, calls: list[str]) -> set[str]:
    return {call for step in built.steps for call in step.calls.write} & set(calls)


@pytest.mark.parametrize(
    ("before", "after", "made"),
    [
        ({}, ONE, TAGGED),
        (ONE, {"tags": (("Team", "shop"),)}, TAGGED),
        (ONE, {"tags": (("Cost", "7"),)}, TAGGED | UNTAGGED),
        (ONE, {}, TAGGED | UNTAGGED),
    ],
    ids=["set", "changed", "replaced", "unset"],
)
def test_a_change_of_tags_is_made_by_tag_calls_alone(
    provision: Provision,
    calls: list[str],
    before: dict[str, Any],
    after: dict[str, Any],
    made: set[str],
) -> None:
    provision(stack(**before).steps)
    built = stack(**after, former=Settings(**before))
    calls.clear()

    run = provision(built.steps)

    assert _writes(built, calls) == made
    assert drift(run.seen, built.steps) == set()
    calls.clear()
    provision(stack(**after).steps)
    assert _writes(built, calls) == set()


def test_unset_tags_leave_no_list_of_them_behind(aws: Any, provision: Provision) -> None:
    provision(stack(**ONE).steps)
    built = stack()
    provision(built.steps)
    place = built.blueprint
    found = [
        aws.dynamodb.list_tags_of_resource(ResourceArn=place.table_arn("Inventory"))["Tags"],
        aws.sns.list_tags_for_resource(ResourceArn=place.topic_arn("OrderProcessingAlerts"))[
            "Tags"
        ],
        aws.lambda_.list_tags(Resource=place.function_arn("SendEmail"))["Tags"],
        aws.iam.list_role_tags(RoleName=place.names.role)["Tags"],
    ]
    for tags in found:
        assert CHOSEN not in str(tags)
        assert "Team" not in str(tags)
