"""Looking for an order in logs, rows and queue: nothing is written, and nothing taken out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ordersetup.aws import Aws
from ordersetup.operate import drill_queue
from ordersetup.operate.trace import Event, Outcome
from ordersetup.operate.tracer import Search, Tracer
from ordersetup.policy import operations
from tests.conftest import Provision
from tests.stacks import Built, stack
from tests.unit.operate.test_drill_log import request
from tests.wire import Wire

NOW = 1_795_525_483.0
ORDER = "A-1"
HANDED = f"request_id={request(9)} update_inventory={request(1)} send_email={request(2)}"
Log = Callable[..., None]


@pytest.fixture
def built(provision: Provision) -> Built:
    built = stack()
    provision(built.steps)
    return built


@pytest.fixture
def log(aws: Aws, built: Built) -> Log:
    assert built

    def write(function: str, *lines: str, at: float = NOW - 60) -> None:
        group = f"/aws/lambda/{function}"
        name = f"stream-{at}"
        aws.logs.create_log_stream(logGroupName=group, logStreamName=name)
        aws.logs.put_log_events(
            logGroupName=group,
            logStreamName=name,
            logEvents=[
                {"timestamp": int(at * 1000) + n, "message": line} for n, line in enumerate(lines)
            ],
        )

    return write


def search(aws: Aws, built: Built, order_id: str = ORDER, back: float = 3600) -> Search:
    return Tracer(aws, built.blueprint, timeout=30, now=lambda: NOW).search(order_id, back)


def put_row(aws: Aws, item: str = "lamp", at: str = "2026-11-24T13:04:00Z") -> None:
    row = {"order_id": {"S": ORDER}, "item_id": {"S": item}, "quantity": {"N": "2"}}
    aws.dynamodb.put_item(TableName="InventoryTransactions", Item={**row, "timestamp": {"S": at}})


def send(aws: Aws, body: str) -> None:
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody=body)


def record(order_id: str = ORDER) -> str:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:UpdateInventory:$LATEST"
    context = {"functionArn": arn, "requestId": request(1), "condition": "RetriesExhausted"}
    return json.dumps(
        {
            "requestContext": context,
            "requestPayload": {"order_id": order_id, "customer_email": "ann@example.com"},
            "responsePayload": {"errorType": "OutOfStock"},
        }
    )


def test_an_order_is_put_together_from_all_sources(aws: Aws, built: Built, log: Log) -> None:
    log("ProcessOrder", f"INFO accepted order_id={ORDER} {HANDED}", at=NOW - 90)
    log(
        "UpdateInventory",
        f"START RequestId: {request(1)} Version: $LATEST",
        f"ERROR failed order_id={ORDER} request_id={request(1)} error=OutOfStock",
    )
    log(
        "SendEmail",
        f"START RequestId: {request(2)} Version: $LATEST",
        f"INFO confirmed order_id={ORDER} request_id={request(2)}",
        at=NOW - 50,
    )
    send(aws, record())
    found = search(aws, built)
    assert [m.event for m in found.told.moments][:5] == [
        *(Event.ACCEPTED, Event.BEGAN, Event.FAILED, Event.BEGAN, Event.CONFIRMED),
    ]
    assert (found.told.outcome, found.unread) == (Outcome.KEPT, {})
    assert "ann" not in repr(found)


def test_an_attempt_that_never_named_the_order_is_found_by_its_request_id(
    aws: Aws, built: Built, log: Log
) -> None:
    log("ProcessOrder", f"INFO accepted order_id={ORDER} {HANDED}")
    log(
        "UpdateInventory",
        f"START RequestId: {request(1)} Version: $LATEST",
        f"2026-11-24T13:04:00.000Z {request(1)} Task timed out after 30.00 seconds",
        f"START RequestId: {request(7)} Version: $LATEST",
    )
    moments = [m for m in search(aws, built).told.moments if m.where == "UpdateInventory"]
    assert [(m.event, m.error) for m in moments] == [
        (Event.BEGAN, ""),
        (Event.FAILED, "Timeout"),
    ]


def test_another_order_whose_id_begins_alike_is_not_taken_for_it(
    aws: Aws, built: Built, log: Log
) -> None:
    log("ProcessOrder", f"INFO accepted order_id={ORDER}0 request_id={request(9)}")
    send(aws, record(f"{ORDER}0"))
    send(aws, json.dumps({"requestPayload": {"order_id": "B", "items": [{"item_id": ORDER}]}}))
    assert not search(aws, built).is_known


def test_every_message_is_given_back(aws: Aws, built: Built) -> None:
    for number in range(23):
        send(aws, record(f"B-{number}"))
    send(aws, record())
    assert search(aws, built).told.outcome is Outcome.KEPT
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    told = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessages"] == "24"
    assert told["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_queue_that_passes_on_what_is_received_is_not_looked_at(
    aws: Aws, built: Built, calls: list[str]
) -> None:
    other = aws.sqs.create_queue(QueueName="other")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 3}
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    put_row(aws)
    found = search(aws, built)
    assert "sqs:ReceiveMessage" not in calls
    assert found.unread == {
        "OrderProcessingDLQ": "not looked at: it passes on what is received 3 times"
    }


def test_a_queue_too_large_to_be_looked_through_says_how_far_it_was(
    aws: Aws, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill_queue, "LOOK_SECONDS", -1)
    for number in range(12):
        send(aws, record(f"B-{number}"))
    put_row(aws)
    found = search(aws, built)
    assert found.unread == {"OrderProcessingDLQ": "0 of 12 messages were looked at"}
    assert found.told.outcome is Outcome.APPLIED


def test_rows_of_an_older_order_lead_further_back_into_the_logs(
    aws: Aws, built: Built, log: Log
) -> None:
    put_row(aws, at="2026-11-22T13:04:00Z")
    log("ProcessOrder", f"INFO accepted order_id={ORDER} {HANDED}", at=NOW - 2 * 86_400)
    events = [moment.event for moment in search(aws, built).told.moments]
    assert events == [Event.ACCEPTED, Event.ROWS]


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-24T13:04:00"], ids=repr)
def test_a_row_without_a_time_that_can_be_read_is_told_all_the_same(
    aws: Aws, built: Built, at: str
) -> None:
    put_row(aws, at=at)
    (row,) = search(aws, built).told.rows
    assert (row.item_id, row.quantity) == ("lamp", "2")


def test_it_reads_what_it_declares_and_writes_nothing(
    aws: Aws, built: Built, calls: list[str]
) -> None:
    put_row(aws)
    send(aws, record("B-1"))
    calls.clear()
    search(aws, built)
    assert set(calls) == operations("trace", built.blueprint)


def test_a_log_that_comes_in_empty_pages_is_read_to_its_end(
    aws: Aws, built: Built, wire: Wire
) -> None:
    empty = {"events": [], "nextToken": "one"}
    line = {"timestamp": int(NOW * 1000), "message": f"INFO accepted order_id={ORDER}"}
    wire.answer("logs:FilterLogEvents", empty)
    wire.answer("logs:FilterLogEvents", {"events": [], "nextToken": "two"})
    wire.answer("logs:FilterLogEvents", {"events": [line]})
    assert search(aws, built).is_known


def test_a_log_that_is_too_long_says_so_and_the_rest_stands(aws: Aws, built: Built) -> None:
    put_row(aws)
    found = Tracer(aws, built.blueprint, timeout=-1, now=lambda: NOW).search(ORDER, 3600)
    assert found.told.outcome is Outcome.APPLIED
    assert set(found.unread) == {"ProcessOrder", "UpdateInventory", "SendEmail"}


DENIED = "User: jane is not authorized to perform: {} on resource: x because no policy allows it"


@pytest.mark.parametrize(
    ("operation", "code", "sources"),
    [
        ("dynamodb:Query", "AccessDeniedException", {"InventoryTransactions"}),
        ("sqs:ReceiveMessage", "AccessDenied", {"OrderProcessingDLQ"}),
        (
            *("logs:FilterLogEvents", "AccessDeniedException"),
            {"ProcessOrder", "UpdateInventory", "SendEmail"},
        ),
    ],
    ids=["rows", "queue", "logs"],
)
def test_what_may_not_be_read_says_so_and_the_rest_stands(
    aws: Aws, built: Built, wire: Wire, operation: str, code: str, sources: set[str]
) -> None:
    wire.refuse(operation, code, DENIED.format(operation), times=len(sources), status=403)
    found = search(aws, built)
    assert found.unread == dict.fromkeys(sources, f"not allowed: {operation}")
    assert found.error is None


def test_what_is_not_provisioned_is_absent_in_every_source(aws: Aws) -> None:
    found = search(aws, stack())
    assert found.absent
    assert not found.is_known
    assert len(found.unread) == 5
