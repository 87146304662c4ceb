"""Messages of the dead-letter queue are read whatever they lack."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.operate.drill_records import is_leftover, read_record

ORDER = "DRILL-0123456789ab"
EVENT = {
    "order_id": ORDER,
    "accepted_at": "2026-11-23T10:00:00.000+00:00",
    "items": [{"item_id": "ordersetup-drill-0123456789ab", "quantity": 1}],
}
SENT = {"SentTimestamp": "1795506017088"}


def amazon(**changes: Any) -> dict[str, Any]:
    """An invocation record in full, as recorded on AWS."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-23T10:03:00.000Z",
        "requestContext": {
            "requestId": "c8992cf4-c899-4315-98ec-6dc3a6d88375",
            "functionArn": "arn:aws:lambda:eu-west-1:1:function:UpdateInventory:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": EVENT,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {
            "errorMessage": "UnknownItem: the inventory has no item x",
            "errorType": "UnknownItem",
            "requestId": "c8992cf4-c899-4315-98ec-6dc3a6d88375",
            "stackTrace": ["…"],
        },
        **changes,
    }


def test_amazons_record_is_read_in_full() -> None:
    record = read_record(json.dumps(amazon()), SENT)
    assert record.is_record
    assert record.payload == EVENT
    assert record.names(ORDER)
    assert (record.condition, record.error) == ("RetriesExhausted", "UnknownItem")
    assert record.request_id == "c8992cf4-c899-4315-98ec-6dc3a6d88375"
    assert record.at == 1795506017.088


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ({"errorType": "UnknownItem"}, "UnknownItem"),
        ({"errorType": "Runtime.HandlerError", "errorMessage": "UnknownItem: no x"}, "UnknownItem"),
        ({"errorMessage": "OutOfStock: item x has 0 left"}, "OutOfStock"),
        (
            {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 1 Error"},
            "Sandbox.Timedout",
        ),
        ({"errorType": "Runtime.ImportModuleError"}, "Runtime.ImportModuleError"),
        ({"errorMessage": "no colon here"}, ""),
        ({"errorMessage": None, "errorType": 7}, ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_the_error_is_named_by_its_type_or_before_the_colon(response: object, error: str) -> None:
    record = read_record(json.dumps(amazon(responsePayload=response)))
    assert record.error == error


def test_the_record_of_an_event_that_never_ran_lacks_the_response() -> None:
    told = amazon(requestContext={"condition": "ZeroReservedConcurrency"})
    del told["responseContext"], told["responsePayload"]
    record = read_record(json.dumps(told))
    assert (record.condition, record.error) == ("ZeroReservedConcurrency", "")


def test_the_older_dead_letter_queue_sends_the_bare_event() -> None:
    record = read_record(json.dumps(EVENT))
    assert not record.is_record
    assert record.names(ORDER)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "3",
        "{}",
        '{"requestPayload": 3}',
        '{"requestContext": null}',
        '{"order_id": 3}',
        '{"requestPayload": {"order_id": null}}',
    ],
)
def test_what_is_about_no_order_is_nobodys(body: str) -> None:
    record = read_record(body, SENT)
    assert not record.names(ORDER)
    assert not is_leftover(record, 10**10, 0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "requestPayload",
                        "requestContext",
                        "responsePayload",
                        "order_id",
                        "items",
                        "item_id",
                        "condition",
                        "errorType",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_message_is_a_surprise(told: Any) -> None:
    record = read_record(json.dumps(told), SENT)
    is_leftover(record, 0, 0)
    record.names(ORDER)


def leftover(event: dict[str, Any], *, age: float) -> bool:
    record = read_record(json.dumps(amazon(requestPayload=event)), SENT)
    assert record.at is not None
    return is_leftover(record, record.at + age, 600)


def test_the_record_of_an_earlier_drill_is_a_leftover_once_that_drill_must_be_over() -> None:
    assert leftover(EVENT, age=601)
    assert not leftover(EVENT, age=599)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "A-1"},
        {"items": [{"item_id": "lamp", "quantity": 1}]},
        {"items": []},
        {"items": [3]},
        {"items": [{"item_id": "ordersetup-drill-1"}, {"item_id": "lamp"}]},
    ],
)
def test_anything_else_is_no_leftover_however_old(changes: dict[str, Any]) -> None:
    assert not leftover({**EVENT, **changes}, age=10**6)


WRAPPED = {
    "resource": "/orders",
    "requestContext": {"stage": "prod"},
    "body": json.dumps({"order_id": ORDER, "items": EVENT["items"]}),
}
NESTED = {"detail": {"order": {"id": ORDER, "basket": {"ordersetup-drill-0123456789ab": 1}}}}


@pytest.mark.parametrize("payload", [WRAPPED, NESTED], ids=["an-api-event", "fields-of-its-own"])
def test_an_order_is_known_in_the_shape_of_somebody_else(payload: dict[str, Any]) -> None:
    record = read_record(json.dumps(amazon(requestPayload=payload)))
    assert record.is_record
    assert record.names(ORDER)
    assert record.names("ordersetup-drill-0123456789ab")
    assert leftover(payload, age=601)


def test_an_api_event_without_a_record_around_it_is_the_older_dead_letter() -> None:
    record = read_record(json.dumps(WRAPPED))
    assert not record.is_record
    assert record.names(ORDER)


def test_an_alert_that_somebody_sends_to_the_same_queue_is_no_event() -> None:
    told = {"Type": "Notification", "TopicArn": "arn", "Message": json.dumps(EVENT)}
    assert not read_record(json.dumps(told)).names(ORDER)


def test_the_record_of_the_order_that_send_email_leaves_goes_with_a_later_drill() -> None:
    """It may come after its drill is over, as one of UpdateInventory does after Ctrl-C."""
    mail = {"order_id": ORDER, "customer_email": "a@example.com", "items": EVENT["items"]}
    assert leftover(mail, age=601)
    assert not leftover(mail, age=599)


def test_an_id_and_an_item_of_two_drills_are_no_leftover() -> None:
    item = [{"item_id": "ordersetup-drill-ba9876543210", "quantity": 1}]
    assert not leftover({**EVENT, "items": item}, age=10**6)


@pytest.mark.parametrize(("arn_ends", "qualifier"), [("", ""), (":$LATEST", ""), (":live", "live")])
def test_what_was_invoked_is_told_by_name_and_alias(arn_ends: str, qualifier: str) -> None:
    arn = f"arn:aws:lambda:eu-west-1:1:function:UpdateInventory{arn_ends}"
    record = read_record(json.dumps(amazon(requestContext={"functionArn": arn})))
    assert (record.function, record.qualifier) == ("UpdateInventory", qualifier)
