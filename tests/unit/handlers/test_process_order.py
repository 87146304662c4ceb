from __future__ import annotations

import base64
import json
from collections.abc import Callable
from http import HTTPStatus
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber

from handlers.order import read_mail_event, read_stock_event

ADDRESS = "ada.lovelace@example.com"
BODY = {
    "order_id": "A-1",
    "customer_email": ADDRESS,
    "items": [{"item_id": "lamp", "quantity": 2}],
}
ENVIRONMENT = {
    "UPDATE_INVENTORY_FUNCTION": "shop-UpdateInventory",
    "SEND_EMAIL_FUNCTION": "shop-SendEmail",
    "ALLOWED_ORIGIN": "https://shop.example.com",
}


@pytest.fixture
def function(start: Callable[..., ModuleType]) -> ModuleType:
    return start("process_order", **ENVIRONMENT)


@pytest.fixture
def invokes(function: ModuleType) -> list[dict[str, Any]]:
    """Parameters of each Invoke that is tried from now on."""
    tried: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        tried.append(params | {"Payload": json.loads(params["Payload"])})

    function.LAMBDA.meta.events.register("provide-client-params.lambda.Invoke", note)
    return tried


def queued(request_id: str) -> dict[str, Any]:
    return {"StatusCode": 202, "ResponseMetadata": {"RequestId": request_id}}


def event(body: object = BODY) -> dict[str, Any]:
    return {"httpMethod": "POST", "path": "/orders", "body": json.dumps(body)}


def send(
    function: ModuleType, context: SimpleNamespace, event: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send an order while Lambda takes events; returns the answer and its body."""
    with Stubber(function.LAMBDA) as stubber:
        stubber.add_response("invoke", queued("invoke-1"))
        stubber.add_response("invoke", queued("invoke-2"))
        answer = function.handler(event, context)
    return answer, json.loads(answer["body"])


@pytest.mark.parametrize("missing", [*ENVIRONMENT])
def test_a_missing_setting_fails_the_start(start: Callable[..., ModuleType], missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        start(
            "process_order", **{name: ENVIRONMENT[name] for name in ENVIRONMENT if name != missing}
        )


def test_an_order_is_accepted(function: ModuleType, context: SimpleNamespace) -> None:
    answer, body = send(function, context, event())
    assert answer["statusCode"] == HTTPStatus.ACCEPTED
    assert body == {"order_id": "A-1", "status": "accepted"}
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "https://shop.example.com",
    }


def test_stock_is_asked_before_the_mail_and_neither_is_waited_for(
    function: ModuleType, context: SimpleNamespace, invokes: list[dict[str, Any]]
) -> None:
    send(function, context, event())
    stock, mail = invokes
    assert stock.pop("Payload").keys() == {"order_id", "accepted_at", "items"}
    assert stock == {"FunctionName": "shop-UpdateInventory", "InvocationType": "Event"}
    assert mail.pop("Payload") == BODY
    assert mail == {"FunctionName": "shop-SendEmail", "InvocationType": "Event"}


def test_the_workers_can_read_what_they_are_sent(
    function: ModuleType, context: SimpleNamespace, invokes: list[dict[str, Any]]
) -> None:
    send(function, context, event())
    stock, mail = (invoke["Payload"] for invoke in invokes)
    assert read_stock_event(stock, accepted_at="").order_id == "A-1"
    assert read_mail_event(mail).customer_email == ADDRESS


def test_an_order_without_id_gets_its_own(
    function: ModuleType, context: SimpleNamespace, invokes: list[dict[str, Any]]
) -> None:
    body = {name: value for name, value in BODY.items() if name != "order_id"}
    _, first = send(function, context, event(body))
    _, second = send(function, context, event(body))
    assert first["order_id"] != second["order_id"]
    assert [invoke["Payload"]["order_id"] for invoke in invokes] == [
        *[first["order_id"]] * 2,
        *[second["order_id"]] * 2,
    ]


def test_a_body_in_base64_is_an_order_too(function: ModuleType, context: SimpleNamespace) -> None:
    encoded = base64.b64encode(json.dumps(BODY).encode()).decode()
    answer, _ = send(function, context, {"body": encoded, "isBase64Encoded": True})
    assert answer["statusCode"] == HTTPStatus.ACCEPTED


@pytest.mark.parametrize(
    ("request_event", "faults"),
    [
        ({}, ["body: must be JSON text"]),
        ({"body": None, "isBase64Encoded": True}, ["body: must be JSON text"]),
        ({"body": "{", "isBase64Encoded": False}, ["body: must be JSON text"]),
        ({"body": "{}}", "isBase64Encoded": True}, ["body: must be base64"]),
        ({"body": "äöü=", "isBase64Encoded": True}, ["body: must be base64"]),
        ({"body": "{}"}, ["customer_email: is missing", "items: is missing"]),
    ],
)
def test_a_bad_order_is_refused_with_its_faults(
    function: ModuleType,
    context: SimpleNamespace,
    invokes: list[dict[str, Any]],
    request_event: dict[str, Any],
    faults: list[str],
) -> None:
    answer = function.handler(request_event, context)
    assert answer["statusCode"] == HTTPStatus.BAD_REQUEST
    assert json.loads(answer["body"]) == {"message": "The order has faults.", "faults": faults}
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://shop.example.com"
    assert invokes == []


@pytest.mark.parametrize(
    ("code", "status", "retry_after"),
    [("TooManyRequestsException", 503, "5"), ("AccessDeniedException", 500, None)],
)
@pytest.mark.parametrize("taken_before", [0, 1])
def test_an_order_that_cannot_be_handed_over_comes_back_without_the_inside(
    function: ModuleType,
    context: SimpleNamespace,
    code: str,
    status: int,
    retry_after: str | None,
    taken_before: int,
) -> None:
    secret = "User: arn:aws:sts::123456789012:assumed-role/OrderProcessingRole is not authorized"
    with Stubber(function.LAMBDA) as stubber:
        for _ in range(taken_before):
            stubber.add_response("invoke", queued("invoke-1"))
        stubber.add_client_error("invoke", code, secret, status)
        answer = function.handler(event(), context)
    assert answer["statusCode"] == status
    body = json.loads(answer["body"])
    assert body.keys() == {"message", "order_id"}
    assert body["order_id"] == "A-1"
    for inside in ("arn:", "Invoke", "Lambda", "UpdateInventory", code):
        assert inside not in answer["body"]
    assert answer["headers"].get("Retry-After") == retry_after
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://shop.example.com"


def test_an_aws_that_does_not_answer_is_an_inside_failure(
    function: ModuleType, context: SimpleNamespace
) -> None:
    def hang(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://lambda")

    function.LAMBDA.meta.events.register("before-call.lambda.Invoke", hang)
    assert function.handler(event(), context)["statusCode"] == HTTPStatus.INTERNAL_SERVER_ERROR


def test_the_log_tells_order_and_requests(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    send(function, context, event())
    assert caplog.messages == [
        "accepted order_id=A-1 request_id=request-1 update_inventory=invoke-1 send_email=invoke-2"
    ]


def test_no_address_and_no_body_is_logged(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    send(function, context, event())
    function.handler(event(BODY | {"order_id": ADDRESS, "items": [ADDRESS]}), context)
    with Stubber(function.LAMBDA) as stubber:
        stubber.add_client_error("invoke", "ServiceException")
        function.handler(event(), context)
    assert [message.split()[0] for message in caplog.messages] == ["accepted", "refused", "failed"]
    logged = caplog.text + repr([vars(record) for record in caplog.records])
    assert ADDRESS not in logged
    assert "lamp" not in logged
