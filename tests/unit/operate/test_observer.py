"""Looking at a stack: what stands, what is absent, what may not be read, and nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.observer import MOST_PAGES, Observer
from ordersetup.operate.reading import Reading
from ordersetup.operate.status import Counted, Net, Status, Subscribers, Waiting, attention
from ordersetup.policy import operations
from tests.conftest import Provision
from tests.stacks import Built, stack
from tests.wire import Wire

DENIED = "User: jane is not authorized to perform: {} on resource: x because no policy allows it"


class Time:
    """A clock and a calendar that move on by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 12, 0, tzinfo=UTC) + timedelta(seconds=self.seconds)


def observer(aws: Aws, built: Built, time: Time | None = None) -> Observer:
    time = time or Time()
    return Observer(aws, built.blueprint, built.steps, clock=time.clock, now=time.now)


def queue_url(aws: Aws) -> str:
    return aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]


@pytest.fixture
def built(provision: Provision) -> Built:
    built = stack()
    provision(built.steps)
    return built


def test_a_fresh_stack_stands_and_nothing_of_it_needs_a_look(aws: Aws, built: Built) -> None:
    status = observer(aws, built).look()
    assert status.stands
    assert status.refusal is None
    assert attention(status) == ()
    parts = status.parts
    assert str(parts.endpoint.value).endswith(".eu-west-1.amazonaws.com/prod/orders")
    assert set(parts.functions.values()) == {Reading("Active")}
    net = Net(2, 21_600, "OrderProcessingDLQ", exists=True)
    assert parts.nets == {"UpdateInventory": Reading(net), "SendEmail": Reading(net)}
    assert parts.queue == Reading(Waiting(0, 0, 1_209_600))


def test_it_reads_what_it_declares_and_writes_nothing(
    aws: Aws, built: Built, calls: list[str]
) -> None:
    calls.clear()
    observer(aws, built).look()
    assert set(calls) == operations("status", built.blueprint) - {"dynamodb:DescribeTable"}
    assert calls.count("cloudwatch:GetMetricData") == 1


def test_a_stack_under_another_name_is_told_by_the_guide_s_names(
    aws: Aws, provision: Provision
) -> None:
    other = stack("shop2")
    provision(other.steps)
    status = observer(aws, other).look()
    assert attention(status) == ()
    assert status.parts.nets["SendEmail"].value == Net(2, 21_600, "OrderProcessingDLQ", exists=True)


def test_rows_are_counted_and_orders_told_from_them(aws: Aws, built: Built) -> None:
    for order, item in (("A", "1"), ("A", "2"), ("A", "3"), ("B", "1"), ("C", "1")):
        row = {"order_id": {"S": order}, "item_id": {"S": item}, "quantity": {"N": "1"}}
        aws.dynamodb.put_item(TableName="InventoryTransactions", Item=row)
    aws.dynamodb.put_item(TableName="Inventory", Item={"item_id": {"S": "lamp"}})
    tables = observer(aws, built).look().parts.tables
    assert tables["Inventory"] == Reading(Counted(1))
    assert tables["InventoryTransactions"] == Reading(Counted(5, orders=3))


def test_a_huge_table_is_counted_in_part_and_dynamodb_s_old_count_is_told(
    aws: Aws, built: Built, wire: Wire, calls: list[str]
) -> None:
    calls.clear()
    for number in range(2 * MOST_PAGES):
        page = {
            "Count": 1000,
            "Items": [{"order_id": {"S": "A"}}] * 1000,
            "LastEvaluatedKey": {"order_id": {"S": "A"}, "item_id": {"S": str(number)}},
        }
        wire.answer("dynamodb:Scan", page)
    wire.bend("dynamodb:DescribeTable", *[lambda told: told["Table"].update(ItemCount=70_000)] * 2)
    tables = observer(aws, built).look().parts.tables
    assert tables["Inventory"].value == Counted(5000, None, more=True, about=70_000)
    assert tables["InventoryTransactions"].value == Counted(5000, 1, more=True, about=70_000)
    assert calls.count("dynamodb:Scan") == 2 * MOST_PAGES


def test_messages_are_counted_and_none_is_received(
    aws: Aws, built: Built, calls: list[str]
) -> None:
    for number in range(3):
        aws.sqs.send_message(QueueUrl=queue_url(aws), MessageBody=str(number))
    aws.sqs.receive_message(QueueUrl=queue_url(aws), VisibilityTimeout=600)
    calls.clear()
    status = observer(aws, built).look()
    assert status.parts.queue == Reading(Waiting(3, 1, 1_209_600))
    assert "sqs:ReceiveMessage" not in calls
    assert attention(status) == ("3 messages wait in OrderProcessingDLQ.",)


def test_subscribers_are_counted_and_no_address_is_kept(aws: Aws, built: Built, wire: Wire) -> None:
    told = {
        "Subscriptions": [
            {"SubscriptionArn": "PendingConfirmation", "Endpoint": "ada@example.com"},
            {"SubscriptionArn": "arn:aws:sns:eu-west-1:1:x:1", "Endpoint": "bob@example.com"},
            {"SubscriptionArn": "Deleted", "Endpoint": "eve@example.com"},
        ]
    }
    wire.answer("sns:ListSubscriptionsByTopic", told, times=2)
    status = observer(aws, built).look()
    assert status.parts.topics["OrderProcessingAlerts"] == Reading(Subscribers(1, 1))
    assert "example.com" not in repr(status)
    assert attention(status)[0].startswith("1 subscriber has yet to confirm")


def test_nets_are_read_and_not_assumed(aws: Aws, built: Built) -> None:
    aws.lambda_.delete_function_event_invoke_config(FunctionName="SendEmail")
    aws.lambda_.delete_function_event_invoke_config(FunctionName="UpdateInventory")
    aws.lambda_.put_function_event_invoke_config(
        FunctionName="UpdateInventory",
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=90,
        DestinationConfig={
            "OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:other"}
        },
    )
    status = observer(aws, built).look()
    assert status.parts.nets == {
        "UpdateInventory": Reading(Net(0, 90, "arn:aws:sqs:eu-west-1:123456789012:other")),
        "SendEmail": Reading(Net(2, 21_600, None)),
    }
    assert attention(status) == (
        "SendEmail has no on-failure destination: what fails there for good is lost.",
    )


def test_a_queue_that_is_gone_is_said_at_the_queue_and_at_what_leads_there(
    aws: Aws, built: Built
) -> None:
    aws.sqs.delete_queue(QueueUrl=queue_url(aws))
    status = observer(aws, built).look()
    assert status.parts.queue.absent
    found = attention(status)
    assert "OrderProcessingDLQ is not there." in found
    assert sum("which is not there" in sentence for sentence in found) == 2


def test_an_api_without_its_stage_takes_no_orders(aws: Aws, built: Built) -> None:
    (api,) = aws.apigateway.get_rest_apis()["items"]
    aws.apigateway.delete_stage(restApiId=api["id"], stageName="prod")
    found = attention(observer(aws, built).look())
    assert found == ("EcommerceAPI is not deployed: it takes no orders.",)


def test_a_function_that_is_switched_off_says_so(aws: Aws, built: Built) -> None:
    aws.lambda_.put_function_concurrency(
        FunctionName="UpdateInventory", ReservedConcurrentExecutions=0
    )
    (found,) = attention(observer(aws, built).look())
    assert found == "UpdateInventory is switched off by a reserved concurrency of 0."


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"State": "Pending"}, "is pending."),
        ({"LastUpdateStatus": "InProgress"}, "is being updated."),
        ({"LastUpdateStatus": "Failed"}, "is in use, but its update failed."),
    ],
    ids=["pending", "updating", "failed"],
)
def test_a_function_that_is_not_ready_says_how_it_is(
    aws: Aws, built: Built, wire: Wire, told: dict[str, str], said: str
) -> None:
    wire.bend("lambda:GetFunction", *[lambda found: found["Configuration"].update(told)] * 3)
    assert all(sentence.endswith(said) for sentence in attention(observer(aws, built).look()))


def test_what_is_not_provisioned_does_not_stand(aws: Aws) -> None:
    status = observer(aws, stack()).look()
    assert not status.stands
    assert status.refusal is None


REFUSED = {
    "apigateway:GetRestApis": ("AccessDeniedException", "apigateway:GET", 1),
    "dynamodb:Scan": ("AccessDeniedException", "dynamodb:Scan", 2),
    "lambda:GetFunction": ("AccessDeniedException", "lambda:GetFunction", 3),
    "lambda:GetFunctionEventInvokeConfig": (
        *("AccessDeniedException", "lambda:GetFunctionEventInvokeConfig", 2),
    ),
    "cloudwatch:GetMetricData": ("AccessDenied", "cloudwatch:GetMetricData", 1),
    "sns:ListSubscriptionsByTopic": ("AuthorizationError", "sns:ListSubscriptionsByTopic", 2),
    "sqs:GetQueueUrl": ("AccessDenied", "sqs:GetQueueUrl", 1),
}


def readings(status: Status) -> list[Reading[object]]:
    parts = [part for _, part in status.parts.readings()]
    return [*parts, *status.parts.nets.values(), *status.metrics.values()]


@pytest.mark.parametrize("operation", REFUSED)
def test_what_may_not_be_read_says_so_and_the_rest_stands(
    aws: Aws, built: Built, wire: Wire, operation: str
) -> None:
    code, action, times = REFUSED[operation]
    wire.refuse(operation, code, DENIED.format(action), times=times, status=403)
    status = observer(aws, built).look()
    assert status.refusal is None
    lacking = [r for r in readings(status) if r.because == f"not allowed: {action}"]
    # All that the call would have told, and nothing else.
    assert len(lacking) == (len(status.metrics) if operation.startswith("cloudwatch") else times)
    assert {r.because for r in readings(status)} <= {"", "no data", f"not allowed: {action}"}


def test_where_nothing_may_be_read_the_first_refusal_is_the_answer(aws: Aws, wire: Wire) -> None:
    for operation, (code, action, times) in REFUSED.items():
        wire.refuse(operation, code, DENIED.format(action), times=times, status=403)
    status = observer(aws, stack()).look()
    assert status.stands
    assert "apigateway:GET" in str(status.refusal)


def test_looks_within_a_minute_ask_cloudwatch_once(
    aws: Aws, built: Built, calls: list[str]
) -> None:
    time = Time()
    watched = observer(aws, built, time)
    first = watched.look()
    time.seconds = 59
    second = watched.look()
    assert calls.count("cloudwatch:GetMetricData") == 1
    assert (second.at - second.metrics_at).total_seconds() == 59
    assert first.metrics_at == second.metrics_at
    time.seconds = 60
    third = watched.look()
    assert calls.count("cloudwatch:GetMetricData") == 2
    assert third.metrics_at == third.at
