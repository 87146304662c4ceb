from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from handlers.errors import MalformedOrder, OutOfStock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ADDRESS = "ada.lovelace@example.com"
EVENT: dict[str, Any] = {
    "order_id": "A-1",
    "accepted_at": "2026-11-23T10:00:00+00:00",
    "items": [{"item_id": "lamp", "quantity": 2}],
}
ALERTS = "OrderAlerts"
TABLES = {"INVENTORY_TABLE": "Inventory", "TRANSACTIONS_TABLE": "Transactions"}
Heard = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def function(
    start: Callable[..., ModuleType], topic: Callable[[str], str], dynamodb: DynamoDBClient
) -> ModuleType:
    """The function, with 5 lamps in stock."""
    item: dict[str, Any] = {"item_id": {"S": "lamp"}, "quantity": {"N": "5"}}
    dynamodb.put_item(TableName="Inventory", Item=item)
    return start("update_inventory", ALERTS_TOPIC_ARN=topic(ALERTS), **TABLES)


def lamps(dynamodb: DynamoDBClient) -> str:
    answered = dynamodb.get_item(TableName="Inventory", Key={"item_id": {"S": "lamp"}})
    return answered["Item"]["quantity"]["N"]


def timestamps(dynamodb: DynamoDBClient) -> list[str]:
    return [row["timestamp"]["S"] for row in dynamodb.scan(TableName="Transactions")["Items"]]


def wanting(quantity: int, order_id: str = "A-1") -> dict[str, Any]:
    line = {"item_id": "lamp", "quantity": quantity}
    return EVENT | {"order_id": order_id, "items": [line]}


@pytest.mark.parametrize("missing", ["INVENTORY_TABLE", "TRANSACTIONS_TABLE", "ALERTS_TOPIC_ARN"])
def test_a_missing_setting_fails_the_start(start: Callable[..., ModuleType], missing: str) -> None:
    settings = TABLES | {"ALERTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:OrderAlerts"}
    with pytest.raises(KeyError, match=missing):
        start("update_inventory", **{name: settings[name] for name in settings if name != missing})


def test_an_order_is_applied_once_and_alerts_nobody(
    function: ModuleType, context: SimpleNamespace, dynamodb: DynamoDBClient, heard: Heard
) -> None:
    assert function.handler(EVENT, context) == {"order_id": "A-1", "status": "applied"}
    assert function.handler(EVENT, context) == {"order_id": "A-1", "status": "applied already"}
    assert lamps(dynamodb) == "3"
    assert timestamps(dynamodb) == ["2026-11-23T10:00:00+00:00"]
    assert heard(ALERTS) == []


def test_an_event_written_by_hand_needs_no_time(
    function: ModuleType, context: SimpleNamespace, dynamodb: DynamoDBClient
) -> None:
    function.handler({"order_id": "A-1", "items": EVENT["items"]}, context)
    (timestamp,) = timestamps(dynamodb)
    assert timestamp.endswith("+00:00")


def test_a_failure_sends_one_alert_and_is_raised(
    function: ModuleType, context: SimpleNamespace, heard: Heard
) -> None:
    with pytest.raises(OutOfStock) as caught:
        function.handler(wanting(6), context)
    (alert,) = heard(ALERTS)
    assert alert["Subject"] == "UpdateInventory failed: OutOfStock"
    assert json.loads(alert["Message"]) == {
        "order_id": "A-1",
        "function": "UpdateInventory",
        "error": "OutOfStock",
        "message": str(caught.value),
        "request_id": "request-1",
    }


def test_the_alert_of_a_drill_says_so(
    function: ModuleType, context: SimpleNamespace, heard: Heard
) -> None:
    with pytest.raises(OutOfStock):
        function.handler(wanting(6, "DRILL-1"), context)
    assert heard(ALERTS)[0]["Subject"] == "DRILL UpdateInventory failed: OutOfStock"


def test_a_failure_of_aws_is_alerted_too(
    function: ModuleType, context: SimpleNamespace, dynamodb: DynamoDBClient, heard: Heard
) -> None:
    dynamodb.delete_table(TableName="Transactions")
    with pytest.raises(ClientError):
        function.handler(EVENT, context)
    (alert,) = heard(ALERTS)
    assert alert["Subject"] == "UpdateInventory failed: ResourceNotFoundException"


@pytest.mark.parametrize("event", [None, [], {}, {"order_id": "A-1", "items": []}])
def test_an_event_that_is_no_order_is_alerted_and_raised(
    function: ModuleType, context: SimpleNamespace, heard: Heard, event: object
) -> None:
    with pytest.raises(MalformedOrder):
        function.handler(event, context)
    (alert,) = heard(ALERTS)
    assert alert["Subject"] == "UpdateInventory failed: MalformedOrder"


def test_a_topic_that_is_gone_does_not_hide_the_failure(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    function.SNS.delete_topic(TopicArn=function.ALERTS_TOPIC_ARN)
    with pytest.raises(OutOfStock):
        function.handler(wanting(6), context)
    assert "alert failed order_id=A-1 request_id=request-1 error=NotFoundException" in caplog.text


def test_an_unreachable_topic_does_not_hide_the_failure(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []

    def hang(model: Any, **_: object) -> None:
        tries.append(model.name)
        raise EndpointConnectionError(endpoint_url="https://sns")

    function.SNS.meta.events.register("before-call.sns", hang)
    with pytest.raises(OutOfStock):
        function.handler(wanting(6), context)
    assert tries == ["Publish"]
    assert "alert failed" in caplog.text


def test_each_attempt_is_logged_from_its_start_by_order_and_request(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    function.handler(EVENT, context)
    with pytest.raises(OutOfStock):
        function.handler(wanting(6, "A-2"), context)
    assert caplog.messages == [
        "attempt order_id=A-1 request_id=request-1",
        "applied order_id=A-1 request_id=request-1",
        "attempt order_id=A-2 request_id=request-1",
        "alerted order_id=A-2 request_id=request-1",
        "failed order_id=A-2 request_id=request-1 error=OutOfStock",
    ]


def test_no_address_is_logged_or_alerted_or_raised(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture, heard: Heard
) -> None:
    event = {"order_id": ADDRESS, "customer_email": ADDRESS, "items": [ADDRESS]}
    with pytest.raises(MalformedOrder) as caught:
        function.handler(event, context)
    told = f"{caught.value} {heard(ALERTS)} {caplog.text} {[vars(r) for r in caplog.records]}"
    assert "attempt order_id=unknown" in told
    assert ADDRESS not in told
