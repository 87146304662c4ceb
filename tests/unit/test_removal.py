"""Teardown: what is shown, what is removed, what stays, and what is waited for."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.blueprint import trust_policy
from ordersetup.errors import Incompatible, StillDiffers
from ordersetup.events import Failed, Waiting
from ordersetup.ownership import DELETED, pairs
from ordersetup.removal import Removal, Teardown, Wishes
from ordersetup.step import Seen
from ordersetup.steps.queue import DYING_SECONDS
from tests.conftest import Provision, TearDown
from tests.stacks import full_stack, make_policies, stack, with_needs
from tests.wire import Wire

BUILT = stack()
FULL = full_stack()
QUEUE = BUILT.step("queue/OrderProcessingDLQ")
INVENTORY = BUILT.step("table/Inventory")
API = BUILT.step("rest-api/EcommerceAPI")
ROLE = BUILT.step("role/OrderProcessingRole-eu-west-1")


def put_item(aws: Aws) -> None:
    item = {"item_id": {"S": "lamp"}, "quantity": {"N": "1"}}
    aws.dynamodb.put_item(TableName="Inventory", Item=item)


def send_message(aws: Aws) -> str:
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    return url


def shown(removals: Sequence[Removal]) -> dict[str, str]:
    return {r.step.key: str(r.content) for r in removals if r.content}


def test_what_is_shown_is_what_is_removed(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    make_policies(aws)
    provision(FULL.steps)
    fall = tear_down(FULL.steps)
    going = {removal.step.key for removal in fall.removals if removal.kept_because is None}
    assert len(going) == 14
    assert set(fall.removed) == going
    assert fall.kept == {}
    assert tear_down(FULL.steps).removals == ()


def test_the_api_goes_first_then_the_functions_and_the_settings_topic_last(
    provision: Provision, tear_down: TearDown
) -> None:
    provision(BUILT.steps)
    kinds = [key.partition("/")[0] for key in tear_down(BUILT.steps).removed]
    assert kinds[0] == "rest-api"
    assert kinds[1:4] == ["function"] * 3
    assert sorted(kinds[4:-1]) == sorted(
        ["log-group"] * 3 + ["role", "queue", "table", "table", "topic"]
    )
    assert kinds[-1] == "topic"


def test_tables_and_queue_that_hold_anything_stay_and_are_counted(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    provision(BUILT.steps)
    put_item(aws)
    send_message(aws)
    fall = tear_down(BUILT.steps)
    assert shown(fall.removals) == {
        "table/Inventory": "1 item",
        "queue/OrderProcessingDLQ": "1 message",
    }
    assert fall.kept == {
        "table/Inventory": "it holds 1 item",
        "queue/OrderProcessingDLQ": "it holds 1 message",
    }
    assert aws.dynamodb.list_tables()["TableNames"] == ["Inventory"]
    again = tear_down(BUILT.steps, wishes=Wishes(delete_data=True))
    assert sorted(again.removed) == ["queue/OrderProcessingDLQ", "table/Inventory"]
    assert aws.dynamodb.list_tables()["TableNames"] == []


def test_what_arrives_while_a_person_thinks_is_kept(aws: Aws, provision: Provision) -> None:
    provision(BUILT.steps)
    teardown = Teardown(aws, BUILT.steps, lambda _: None, timeout=10)
    removals = teardown.doomed()
    put_item(aws)
    url = send_message(aws)
    outcomes = {step.key: outcome for step, outcome in teardown.remove(removals).items()}
    assert outcomes["table/Inventory"].because == "it holds 1 item"  # type: ignore[union-attr]
    assert aws.sqs.receive_message(QueueUrl=url)["Messages"]
    assert DELETED not in aws.sqs.list_queue_tags(QueueUrl=url)["Tags"]


def test_a_message_that_the_counts_do_not_show_yet_is_found_and_left_visible(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    provision([QUEUE])
    url = send_message(aws)

    def late(answer: dict[str, Any]) -> None:
        answer["Attributes"] = dict.fromkeys(answer["Attributes"], "0")

    wire.bend("sqs:GetQueueAttributes", lambda _: None, late)
    assert tear_down([QUEUE]).kept == {QUEUE.key: "it holds 1 message"}
    assert aws.sqs.receive_message(QueueUrl=url)["Messages"]


def test_log_groups_stay_if_that_is_wished(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    provision(BUILT.steps)
    fall = tear_down(BUILT.steps, wishes=Wishes(keep_logs=True))
    assert set(fall.kept.values()) == {"--keep-logs"}
    assert len(aws.logs.describe_log_groups()["logGroups"]) == 3


def test_what_bears_no_tag_or_anothers_is_left_and_told(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    aws.sqs.create_queue(QueueName="OrderProcessingDLQ")
    provision([INVENTORY])
    table = aws.dynamodb.describe_table(TableName="Inventory")["Table"]["TableArn"]
    aws.dynamodb.tag_resource(ResourceArn=table, Tags=pairs({"ordersetup:stack": "shop2"}))
    put_item(aws)
    fall = tear_down(BUILT.steps, wishes=Wishes(delete_data=True))
    assert fall.kept == {
        "table/Inventory": "it belongs to the stack shop2",
        "queue/OrderProcessingDLQ": "it bears no tag of this stack",
    }
    assert shown(fall.removals) == {}


def test_what_is_protected_against_deletion_stays(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    provision([INVENTORY])
    aws.dynamodb.update_table(TableName="Inventory", DeletionProtectionEnabled=True)
    fall = tear_down([INVENTORY], wishes=Wishes(delete_data=True))
    where = "switch that off in DynamoDB › Tables › Inventory"
    assert fall.kept == {INVENTORY.key: f"it is protected against deletion: {where}"}


def fill_role(aws: Aws) -> None:
    """What others put into a role beside our inline policy."""
    policy = aws.iam.create_policy(
        PolicyName="added",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
            }
        ),
    )["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName=ROLE.name, PolicyArn=policy)
    aws.iam.create_instance_profile(InstanceProfileName="profile")
    aws.iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName=ROLE.name)


def test_the_role_goes_with_what_others_have_put_into_it(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    provision(BUILT.steps)
    fill_role(aws)
    assert ROLE.key in tear_down(BUILT.steps).removed
    assert aws.iam.list_roles()["Roles"] == []


@pytest.mark.parametrize("losses", [1, 2, 3])
@pytest.mark.parametrize(
    "operation",
    [
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:DeleteRole",
    ],
)
def test_a_role_goes_though_the_answer_to_its_emptying_was_lost(
    *,
    aws: Aws,
    provision: Provision,
    tear_down: TearDown,
    wire: Wire,
    operation: str,
    losses: int,
) -> None:
    provision([ROLE, *[step for step in BUILT.steps if step.parent is ROLE]])
    fill_role(aws)
    for _ in range(losses):
        wire.lose(operation)
    tear_down([ROLE])
    assert aws.iam.list_roles()["Roles"] == []


def test_a_role_that_is_not_yet_known_to_be_empty_is_tried_again(
    aws: Aws, tear_down: TearDown, wire: Wire
) -> None:
    aws.iam.create_role(
        RoleName=ROLE.name,
        AssumeRolePolicyDocument=json.dumps(trust_policy()),
        Tags=[{"Key": "ordersetup:stack", "Value": "default@eu-west-1"}],
    )
    wire.refuse(
        "iam:DeleteRole", "DeleteConflict", "Cannot delete entity, must delete policies first."
    )
    fall = tear_down([ROLE])
    assert fall.reasons == ["IAM has not yet heard everywhere that the role was emptied"]
    assert fall.removed == [ROLE.key]


def test_the_one_deletion_of_an_api_in_30_seconds_is_counted_down(
    provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    provision([API])
    wire.refuse(
        "apigateway:DeleteRestApi",
        "TooManyRequestsException",
        "Too Many Requests",
        times=2,
        status=429,
    )
    fall = tear_down([API])
    waits = [event for event in fall.events if isinstance(event, Waiting)]
    assert [w.reason for w in waits] == [
        "API Gateway deletes one API in 30 seconds for the whole account"
    ] * 2
    first, second = (w.left for w in waits)
    assert first is not None
    assert second is not None
    assert 29 < second < first <= 30
    assert fall.removed == [API.key]


def test_further_apis_of_the_stack_go_along_and_anothers_of_the_name_stays(
    aws: Aws, provision: Provision, tear_down: TearDown
) -> None:
    provision([API])
    ours = {"ordersetup:stack": "default"}
    aws.apigateway.create_rest_api(name="EcommerceAPI", tags=ours)
    theirs = aws.apigateway.create_rest_api(name="EcommerceAPI")["id"]
    fall = tear_down([API])
    assert shown(fall.removals) == {API.key: "1 further API"}
    assert [api["id"] for api in aws.apigateway.get_rest_apis()["items"]] == [theirs]


def test_a_custom_domain_that_leads_to_the_api_is_named(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    api_id = provision(BUILT.steps).seen.of(API).api_id
    aws.apigateway.create_domain_name(domainName="shop.example.com", certificateName="c")
    aws.apigateway.create_base_path_mapping(
        domainName="shop.example.com", restApiId=api_id, basePath="v1", stage="prod"
    )
    wire.refuse(
        "apigateway:DeleteRestApi",
        "BadRequestException",
        "Please remove all base path mappings related to the API in your domains first.",
    )
    teardown = Teardown(aws, BUILT.steps, lambda _: None, timeout=10)
    outcomes = {s.key: o for s, o in teardown.remove(teardown.doomed()).items()}
    failed = outcomes[API.key]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Incompatible)
    assert "shop.example.com/v1" in failed.error.happened
    assert aws.lambda_.list_functions()["Functions"], "what serves the API stays with it"


class Busy(NamedTuple):
    """An answer that means "not yet" to a removal."""

    key: str
    operation: str
    code: str
    message: str


@pytest.mark.parametrize(
    "busy",
    [
        Busy(
            "table/Inventory",
            "dynamodb:DeleteTable",
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being created: Inventory",
        ),
        Busy(
            "function/SendEmail",
            "lambda:DeleteFunction",
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the "
            "following state: Pending",
        ),
        Busy(
            "function/SendEmail",
            "lambda:DeleteFunction",
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the "
            "following state: Deleting",
        ),
        Busy(
            "function/SendEmail",
            "lambda:DeleteFunction",
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for "
            f"resource: {BUILT.step('function/SendEmail').arn}",
        ),
        Busy(
            "log-group//aws/lambda/SendEmail",
            "logs:DeleteLogGroup",
            "OperationAbortedException",
            "A conflicting operation is currently in progress against this resource.",
        ),
    ],
    ids=lambda busy: f"{busy.operation} {busy.message[-8:]}",
)
def test_what_is_in_mid_change_is_waited_for(
    provision: Provision, tear_down: TearDown, wire: Wire, busy: Busy
) -> None:
    provision(BUILT.steps)
    wire.refuse(busy.operation, busy.code, busy.message)
    fall = tear_down([BUILT.step(busy.key)])
    assert len(fall.reasons) == 1
    assert fall.removed == [busy.key]


def dying(answer: dict[str, Any]) -> None:
    answer["Table"]["TableStatus"] = "DELETING"


TAGLESS = "Requested resource not found: ResourcArn: Inventory not found"


@pytest.mark.parametrize("tags", [True, False], ids=["tagged", "its tags gone before it"])
def test_a_table_that_is_being_deleted_already_is_waited_for_to_its_end(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire, tags: bool
) -> None:
    provision([INVENTORY])
    put_item(aws)
    if not tags:
        wire.refuse("dynamodb:ListTagsOfResource", "ResourceNotFoundException", TAGLESS, times=2)

    def ends(answer: dict[str, Any]) -> None:
        dying(answer)
        aws.dynamodb.delete_table(TableName="Inventory")

    wire.bend("dynamodb:DescribeTable", dying, dying, dying, ends)
    wire.calls.clear()
    fall = tear_down([INVENTORY])
    assert [(r.leaving, r.kept_because) for r in fall.removals] == [(True, None)]
    assert set(fall.reasons) == {"it is being deleted already"}
    assert fall.removed == [INVENTORY.key]
    assert wire.calls.count("dynamodb:DeleteTable") == 1, "the test's own"
    assert aws.dynamodb.list_tables()["TableNames"] == []


def test_anothers_table_that_is_being_deleted_is_none_of_ours(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    provision([INVENTORY])
    aws.dynamodb.tag_resource(ResourceArn=INVENTORY.arn, Tags=pairs({"ordersetup:stack": "shop2"}))
    wire.bend("dynamodb:DescribeTable", dying)
    assert tear_down([INVENTORY]).kept == {INVENTORY.key: "it belongs to the stack shop2"}


def updating(answer: dict[str, Any]) -> None:
    answer["Table"]["TableStatus"] = "UPDATING"


def in_progress(answer: dict[str, Any]) -> None:
    answer["Configuration"]["LastUpdateStatus"] = "InProgress"


def pending_function(answer: dict[str, Any]) -> None:
    answer["Configuration"]["State"] = "Pending"


class Changing(NamedTuple):
    """What is read of something that AWS still changes."""

    key: str
    read: str
    delete: str
    bend: Callable[[dict[str, Any]], None]
    reason: str


@pytest.mark.parametrize(
    "changing",
    [
        Changing(
            "table/Inventory",
            "dynamodb:DescribeTable",
            "dynamodb:DeleteTable",
            updating,
            "the table is still updating",
        ),
        Changing(
            "function/SendEmail",
            "lambda:GetFunction",
            "lambda:DeleteFunction",
            in_progress,
            "Lambda is still busy with an earlier change of the function",
        ),
        Changing(
            "function/SendEmail",
            "lambda:GetFunction",
            "lambda:DeleteFunction",
            pending_function,
            "Lambda is still making the function",
        ),
    ],
    ids=["table updating", "function updating", "function pending"],
)
def test_what_says_that_it_changes_is_waited_for_before_its_removal_is_tried(
    provision: Provision, tear_down: TearDown, wire: Wire, changing: Changing
) -> None:
    provision(BUILT.steps)
    wire.bend(changing.read, *[changing.bend] * 3)
    wire.calls.clear()
    fall = tear_down([BUILT.step(changing.key)])
    assert fall.reasons == [changing.reason] * 2
    assert wire.calls[: wire.calls.index(changing.delete)].count(changing.read) == 4
    assert fall.removed == [changing.key]


def test_what_goes_on_from_a_cut_off_run_wishes_what_that_one_did(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    provision([INVENTORY])
    busy = "Attempt to change a resource which is still in use: Table is being created: Inventory"
    wire.refuse("dynamodb:DeleteTable", "ResourceInUseException", busy, times=9)
    wishes = Wishes(delete_data=True, keep_logs=True)
    with pytest.raises(StillDiffers) as late:
        tear_down([INVENTORY], wishes=wishes, timeout=0.1)
    wire.forget()
    again = "ordersetup teardown --delete-data --keep-logs"
    assert late.value.then.endswith(f"run: {again}")
    teardown = Teardown(aws, [INVENTORY], lambda _: None, timeout=1, wishes=wishes)
    teardown.remove(teardown.doomed())
    assert teardown.interrupted().endswith(f"To go on from here, run: {again}")


def test_a_table_is_not_gone_before_its_name_is_free(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    provision([INVENTORY])
    wire.bend("dynamodb:DescribeTable", dying, dying)
    assert INVENTORY.read(aws, Seen()) is None
    assert not INVENTORY.gone(aws, Seen())


def deleting_function(answer: dict[str, Any]) -> None:
    answer["Configuration"]["State"] = "Deleting"


def test_a_function_that_is_being_deleted_is_absent_to_provision_and_waited_for_by_teardown(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    function = BUILT.step("function/SendEmail")
    provision(with_needs(BUILT.steps, function))
    wire.bend("lambda:GetFunction", *[deleting_function] * 2)
    assert function.read(aws, Seen()) is None
    assert not function.gone(aws, Seen())
    die = [lambda _: aws.lambda_.delete_function(FunctionName=function.name)]
    wire.bend("lambda:GetFunction", *[deleting_function] * 3, *die)
    fall = tear_down([function])
    assert [removal.leaving for removal in fall.removals] == [True]
    assert fall.reasons[0] == "it is being deleted already"
    assert fall.removed == [function.key]


class TestTombstone:
    """A deleted queue can be read for a minute; the mark tells it from a living one."""

    def mark(self, aws: Aws, age: float) -> str:
        url = aws.sqs.get_queue_url(QueueName=QUEUE.name)["QueueUrl"]
        aws.sqs.tag_queue(QueueUrl=url, Tags={DELETED: str(int(time.time() - age))})
        return url

    def test_a_queue_is_marked_before_it_is_deleted(
        self, provision: Provision, tear_down: TearDown, wire: Wire
    ) -> None:
        provision([QUEUE])
        wire.calls.clear()
        tear_down([QUEUE])
        assert [c for c in wire.calls if c in ("sqs:TagQueue", "sqs:DeleteQueue")] == [
            "sqs:TagQueue",
            "sqs:DeleteQueue",
        ]
        assert wire.requests["sqs:TagQueue"]["Tags"].keys() == {DELETED}

    def test_a_dying_queue_is_not_taken_for_a_living_one(
        self, aws: Aws, provision: Provision, wire: Wire
    ) -> None:
        provision([QUEUE])
        url = self.mark(aws, 1)
        wire.refuse(
            "sqs:CreateQueue",
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.",
            times=2,
        )
        # The third time it is dead, and the name is free.
        wire.bend("sqs:ListQueueTags", lambda _: None, lambda _: None)
        wire.bend("sqs:ListQueueTags", lambda _: aws.sqs.delete_queue(QueueUrl=url))
        run = provision([QUEUE])
        assert run.reasons == ["SQS keeps a deleted queue's name blocked for 60 seconds"] * 2
        waits = [event.left for event in run.events if isinstance(event, Waiting)]
        assert waits[0] is not None
        assert 59 < waits[0] <= 60
        assert run.seen.of(QUEUE).owner == "default"

    def test_a_queue_that_was_marked_and_never_deleted_is_found_to_live(
        self, aws: Aws, provision: Provision
    ) -> None:
        provision([QUEUE])
        url = self.mark(aws, 1)
        provision([QUEUE])
        assert DELETED not in aws.sqs.list_queue_tags(QueueUrl=url)["Tags"]

    def test_so_is_one_whose_attributes_were_changed_meanwhile(
        self, aws: Aws, provision: Provision, wire: Wire
    ) -> None:
        provision([QUEUE])
        url = self.mark(aws, 1)
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
        wire.refuse(
            "sqs:CreateQueue", "QueueAlreadyExists", "A queue already exists with the same name"
        )
        run = provision([QUEUE])
        assert run.seen.of(QUEUE).retention_seconds == 1_209_600
        assert DELETED not in aws.sqs.list_queue_tags(QueueUrl=url)["Tags"]

    def test_an_old_mark_is_drift_and_goes(self, aws: Aws, provision: Provision) -> None:
        provision([QUEUE])
        url = self.mark(aws, DYING_SECONDS + 5)
        provision([QUEUE])
        assert DELETED not in aws.sqs.list_queue_tags(QueueUrl=url)["Tags"]

    def test_a_teardown_that_was_cut_off_in_between_is_ended_by_the_next(
        self, aws: Aws, provision: Provision, tear_down: TearDown
    ) -> None:
        provision([QUEUE])
        self.mark(aws, 1)
        assert tear_down([QUEUE]).removed == [QUEUE.key]
        assert "QueueUrls" not in aws.sqs.list_queues()

    def test_what_it_was_cut_off_from_deleting_is_still_kept_by_one_that_keeps_data(
        self, aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
    ) -> None:
        provision([QUEUE])
        url = send_message(aws)
        wire.refuse("sqs:DeleteQueue", "AccessDenied", "Access to the resource is denied.")
        with pytest.raises(ClientError, match="AccessDenied"):
            tear_down([QUEUE], wishes=Wishes(delete_data=True))
        kept = tear_down([QUEUE]).kept[QUEUE.key]
        assert re.fullmatch(r"it holds 1 message, marked as deleted \d s ago", kept)
        assert aws.sqs.receive_message(QueueUrl=url)["Messages"]

    def test_one_that_can_no_longer_be_counted_holds_nothing(
        self, aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
    ) -> None:
        provision([QUEUE])
        self.mark(aws, 1)
        gone = "AWS.SimpleQueueService.NonExistentQueue"
        wire.bend("sqs:GetQueueAttributes", lambda _: None)
        wire.bend("sqs:ListQueueTags", lambda _: wire.refuse("sqs:GetQueueAttributes", gone, "no"))
        fall = tear_down([QUEUE])
        assert [removal.state.begun for removal in fall.removals] != [""]
        assert fall.removed == [QUEUE.key]


def test_what_is_subscribed_goes_with_the_topic_and_nobody_is_unsubscribed_before(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    topic = BUILT.step("topic/OrderProcessingAlerts")
    provision([topic])
    aws.sns.subscribe(TopicArn=topic.arn, Protocol="sms", Endpoint="+15550100")
    aws.sns.subscribe(TopicArn=topic.arn, Protocol="email", Endpoint="ada@example.com")

    def pending(answer: dict[str, Any]) -> None:
        mail = next(s for s in answer["Subscriptions"] if s["Protocol"] == "email")
        mail["SubscriptionArn"] = "PendingConfirmation"

    wire.bend("sns:ListSubscriptionsByTopic", *[pending] * 2)
    wire.calls.clear()
    fall = tear_down([topic])
    assert shown(fall.removals) == {
        topic.key: "1 confirmed subscription, 1 never confirmed: AWS drops it by itself"
    }
    assert "sns:Unsubscribe" not in wire.calls
    assert aws.sns.list_topics()["Topics"] == []
    assert aws.sns.list_subscriptions()["Subscriptions"] == []


def test_subscriptions_that_nobody_has_confirmed_are_told_even_where_there_are_no_others(
    aws: Aws, provision: Provision, tear_down: TearDown, wire: Wire
) -> None:
    topic = BUILT.step("topic/OrderProcessingAlerts")
    provision([topic])
    arns = iter(("PendingConfirmation", "PendingConfirmation", "Deleted"))
    for name in ("ada", "ben", "cleo"):
        address = f"{name}@example.com"
        aws.sns.subscribe(TopicArn=topic.arn, Protocol="email", Endpoint=address)

    def pending(answer: dict[str, Any]) -> None:
        for subscription in answer["Subscriptions"]:
            subscription["SubscriptionArn"] = next(arns)

    wire.bend("sns:ListSubscriptionsByTopic", pending)
    assert shown(tear_down([topic]).removals) == {
        topic.key: "0 confirmed subscriptions, 2 never confirmed: AWS drops them by itself"
    }
