"""Finding stacks: by tag, by role, in one region or in all; believed only when a part is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ordersetup.aws import Aws
from ordersetup.blueprint import trust_policy
from ordersetup.ownership import STACK, pairs
from ordersetup.stack import open_stack
from ordersetup.stacks import Health, Listed, Listing, find_stacks
from ordersetup.step import Group
from tests.conftest import Provision
from tests.stacks import ACCOUNT, REGION, stack
from tests.wire import Wire

ELSEWHERE = "us-east-1"


def listed(aws: Aws, *, all_regions: bool = False) -> Listing:
    return find_stacks(aws, timeout=10, all_regions=all_regions)


def names(listing: Listing) -> list[tuple[str, str, Health]]:
    return [(found.region, found.name, found.health) for found in listing.stacks]


def make_role(aws: Aws, name: str, owner: str) -> None:
    trust = json.dumps(trust_policy())
    tags = pairs({STACK: owner})
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)


@pytest.fixture
def there(aws: Aws) -> Aws:
    """A queue and the role of the stack shop2, in another region."""
    elsewhere = aws.elsewhere(ELSEWHERE)
    make_role(aws, f"shop2-OrderProcessingRole-{ELSEWHERE}", f"shop2@{ELSEWHERE}")
    elsewhere.sqs.create_queue(QueueName="shop2-OrderProcessingDLQ", tags={STACK: "shop2"})
    return elsewhere


def test_an_empty_account_has_none(aws: Aws) -> None:
    assert listed(aws) == Listing(ACCOUNT, (REGION,), ())


def test_a_whole_stack_is_complete_and_says_where_it_takes_orders(
    aws: Aws, provision: Provision
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    opened = open_stack(aws, "shop2", {"sender": "shop@example.com"})
    provision(opened.steps)
    (found,) = listed(aws).stacks
    assert found.created is not None
    assert before <= found.created <= datetime.now(UTC)
    assert found == Listed(
        "shop2", REGION, Health.COMPLETE, found.created, opened.orders_url(own=True)
    )


def test_two_stacks_of_one_region_are_told_apart_and_nothing_is_written(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    for name in ("shop2", "default"):
        provision(open_stack(aws, name, {}).steps)
    aws.sns.delete_topic(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:shop2-OrderConfirmationTopic")
    calls.clear()
    first, second = listed(aws).stacks
    assert (first.name, first.health) == ("default", Health.COMPLETE)
    assert (second.name, second.health) == ("shop2", Health.PARTIAL)
    assert second.missing == ("topic shop2-OrderConfirmationTopic",)
    verbs = {call.partition(":")[2][:3] for call in calls}
    assert verbs <= {"Get", "Lis", "Des"}


@pytest.mark.parametrize("kept_logs", [False, True])
def test_what_a_teardown_has_kept_is_only_data_with_its_age(
    aws: Aws, provision: Provision, kept_logs: bool
) -> None:
    logs = [step for step in stack().steps if step.group is Group.LOGS]
    data = [stack().step("table/Inventory"), stack().step("queue/OrderProcessingDLQ")]
    provision(data + logs if kept_logs else data)
    (found,) = listed(aws).stacks
    assert found.health is Health.DATA
    assert found.created is not None
    assert found.endpoint is None


@pytest.mark.usefixtures("there")
def test_a_stack_of_another_region_is_named_by_its_role(aws: Aws, calls: list[str]) -> None:
    listing = listed(aws)
    assert names(listing) == [(ELSEWHERE, "shop2", Health.ELSEWHERE)]
    assert listing.stacks[0].created is not None
    assert "ec2:DescribeRegions" not in calls


def test_regions_that_may_not_be_asked_for_are_told_and_this_one_is_listed_all_the_same(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    provision(stack().steps)
    wire.refuse(
        "ec2:DescribeRegions",
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not "
        "authorized to perform: ec2:DescribeRegions because no identity-based policy allows it",
        status=403,
    )
    listing = listed(aws, all_regions=True)
    assert [found.name for found in listing.stacks] == ["default"]
    (remark,) = listing.remarks
    assert "Your credentials may not ec2:DescribeRegions" in remark
    assert f"Looked into: {REGION}." in remark
    assert remark.endswith("ordersetup policy --for list")


@pytest.mark.usefixtures("there")
def test_all_regions_are_looked_into_when_asked_for(aws: Aws, provision: Provision) -> None:
    provision(stack().steps)
    listing = listed(aws, all_regions=True)
    assert names(listing) == [
        (REGION, "default", Health.COMPLETE),
        (ELSEWHERE, "shop2", Health.PARTIAL),
    ]
    assert {REGION, ELSEWHERE} < set(listing.regions)
    assert listing.regions[0] == REGION
    assert listing.remarks == ()


def test_a_region_that_refuses_is_told_and_skipped(
    aws: Aws, there: Aws, provision: Provision, wire: Wire
) -> None:
    provision(stack().steps)

    def only_these(answer: dict[str, list[dict[str, str]]]) -> None:
        answer["Regions"] = [{"RegionName": REGION}, {"RegionName": there.region}]

    wire.bend("ec2:DescribeRegions", only_these)
    # Both regions are asked at once; whichever is first, the other source of it still answers.
    wire.refuse("tagging:GetResources", "AccessDeniedException", "no", times=2)
    listing = listed(aws, all_regions=True)
    assert [found.name for found in listing.stacks] == ["default", "shop2"]
    assert [remark.partition(" could")[0] for remark in listing.remarks] == [
        f"What bears our tag of {REGION}",
        f"What bears our tag of {ELSEWHERE}",
    ]
    for operation in ("tagging:GetResources", "apigateway:GetRestApis"):
        wire.refuse(operation, "AccessDeniedException", "no")
    nothing = listed(aws)
    assert nothing.regions == ()
    assert nothing.remarks[0].startswith(f"{REGION} was skipped: ")
    assert {found.health for found in nothing.stacks} == {Health.ELSEWHERE}


def test_roles_that_may_not_be_listed_are_told_and_the_rest_is_found(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    provision(stack().steps)
    wire.refuse("iam:ListRoles", "AccessDenied", "no", status=403)
    listing = listed(aws)
    assert names(listing) == [(REGION, "default", Health.COMPLETE)]
    assert listing.remarks[0].startswith("Roles could not be listed: ")


def test_a_stale_hint_and_a_role_that_only_looks_like_ours_are_no_stack(
    aws: Aws, wire: Wire
) -> None:
    make_role(aws, f"OrderProcessingRole-{ELSEWHERE}", f"shop2@{ELSEWHERE}")
    make_role(aws, "OrderProcessingRole-theirs", "Not a stack@nowhere")
    ghosts = [
        {
            "ResourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-OrderProcessingDLQ",
            "Tags": pairs({STACK: name}),
        }
        for name in ("gone", "Not a stack")
    ]
    wire.bend(
        "tagging:GetResources", lambda answer: answer["ResourceTagMappingList"].extend(ghosts)
    )
    assert listed(aws).stacks == ()


def test_a_stack_that_may_not_be_read_is_listed_with_the_reason(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    provision(stack().steps)
    wire.refuse("dynamodb:DescribeTable", "AccessDeniedException", "not this one", times=2)
    (found,) = listed(aws).stacks
    assert (found.health, found.missing) == (Health.UNREAD, ())
    assert "not this one" in found.because or "may not" in found.because


def test_settings_that_somebody_has_spoilt_are_the_reason(aws: Aws, provision: Provision) -> None:
    provision(stack().steps)
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:OrderProcessingAlerts"
    spoilt = {"ordersetup:setting:retention-days": "many"}
    aws.sns.tag_resource(ResourceArn=arn, Tags=pairs(spoilt))
    (found,) = listed(aws).stacks
    assert found.health is Health.UNREAD
    assert "retention-days" in found.because
