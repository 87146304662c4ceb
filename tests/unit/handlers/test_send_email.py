from __future__ import annotations

import traceback
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from handlers.errors import MailRefused, MalformedOrder

ADDRESS = "ada.lovelace@example.com"
SENDER = "orders@example.com"
TEXT = "We have received your order A-1:\n\n  2 x lamp\n"
EVENT: dict[str, Any] = {
    "order_id": "A-1",
    "customer_email": ADDRESS,
    "items": [{"item_id": "lamp", "quantity": 2}],
}
CONFIRMATIONS = "OrderConfirmationTopic"
Heard = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def function(start: Callable[..., ModuleType], topic: Callable[[str], str]) -> ModuleType:
    """The function without a sender."""
    return start("send_email", CONFIRMATION_TOPIC_ARN=topic(CONFIRMATIONS), SENDER="")


@pytest.fixture
def mailing(
    start: Callable[..., ModuleType], topic: Callable[[str], str], aws: boto3.Session
) -> ModuleType:
    """The function with a verified sender."""
    aws.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    return start("send_email", CONFIRMATION_TOPIC_ARN=topic(CONFIRMATIONS), SENDER=SENDER)


def mails(function: ModuleType) -> list[dict[str, Any]]:
    """Parameters of each mail that is tried from now on."""
    tried: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        tried.append(params)

    function.SES.meta.events.register("provide-client-params.sesv2.SendEmail", note)
    return tried


def test_a_missing_topic_fails_the_start(start: Callable[..., ModuleType]) -> None:
    with pytest.raises(KeyError, match="CONFIRMATION_TOPIC_ARN"):
        start("send_email")


def test_without_sender_the_topic_alone_is_told(
    function: ModuleType, context: SimpleNamespace, heard: Heard
) -> None:
    tried = mails(function)
    assert function.handler(EVENT, context) == {"order_id": "A-1", "status": "confirmed"}
    (told,) = heard(CONFIRMATIONS)
    assert (told["Subject"], told["Message"]) == ("Order A-1 received", TEXT)
    assert ADDRESS not in str(told)
    assert tried == []


def test_no_sender_in_the_environment_is_no_sender(
    start: Callable[..., ModuleType], topic: Callable[[str], str]
) -> None:
    assert start("send_email", CONFIRMATION_TOPIC_ARN=topic(CONFIRMATIONS)).SENDER == ""


def test_with_sender_the_customer_gets_a_mail(
    mailing: ModuleType, context: SimpleNamespace, heard: Heard
) -> None:
    tried = mails(mailing)
    mailing.handler(EVENT, context)
    assert len(heard(CONFIRMATIONS)) == 1
    assert tried == [
        {
            "FromEmailAddress": SENDER,
            "Destination": {"ToAddresses": [ADDRESS]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": "Order A-1 received", "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": TEXT, "Charset": "UTF-8"}},
                }
            },
        }
    ]


def test_the_messages_of_a_drill_say_so(
    mailing: ModuleType, context: SimpleNamespace, heard: Heard
) -> None:
    tried = mails(mailing)
    mailing.handler(EVENT | {"order_id": "DRILL-1"}, context)
    subject = "DRILL Order DRILL-1 received"
    assert heard(CONFIRMATIONS)[0]["Subject"] == subject
    assert tried[0]["Content"]["Simple"]["Subject"]["Data"] == subject


def test_a_topic_that_is_gone_is_raised_before_any_mail(
    mailing: ModuleType, context: SimpleNamespace
) -> None:
    tried = mails(mailing)
    mailing.SNS.delete_topic(TopicArn=mailing.CONFIRMATION_TOPIC_ARN)
    with pytest.raises(ClientError, match="NotFound"):
        mailing.handler(EVENT, context)
    assert tried == []


def test_a_refused_mail_is_raised_after_the_topic_was_told(
    mailing: ModuleType, context: SimpleNamespace, heard: Heard
) -> None:
    with Stubber(mailing.SES) as stubber:
        stubber.add_client_error("send_email", "MessageRejected", f"not verified: {ADDRESS}")
        with pytest.raises(MailRefused) as caught:
            mailing.handler(EVENT, context)
    assert str(caught.value) == (
        "MailRefused: SES did not take the mail of order A-1: MessageRejected"
    )
    assert len(heard(CONFIRMATIONS)) == 1


def test_an_unreachable_ses_is_a_refused_mail(
    mailing: ModuleType, context: SimpleNamespace
) -> None:
    def hang(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://ses")

    mailing.SES.meta.events.register("before-call.sesv2", hang)
    with pytest.raises(MailRefused, match="ReadTimeoutError"):
        mailing.handler(EVENT, context)


def test_no_address_is_logged_or_raised(
    mailing: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    mailing.handler(EVENT, context)
    with Stubber(mailing.SES) as stubber:
        stubber.add_client_error("send_email", "MessageRejected", f"not verified: {ADDRESS}")
        with pytest.raises(MailRefused) as refused:
            mailing.handler(EVENT, context)
    with pytest.raises(MalformedOrder) as malformed:
        mailing.handler(EVENT | {"items": [ADDRESS]}, context)
    traces = [
        *traceback.format_exception(refused.value),
        *traceback.format_exception(malformed.value),
    ]
    told = f"{traces} {caplog.text} {[vars(record) for record in caplog.records]}"
    assert "failed order_id=A-1" in told
    assert ADDRESS not in told


def test_each_attempt_is_logged_from_its_start_by_order_and_request(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    function.handler(EVENT, context)
    assert caplog.messages == [
        "attempt order_id=A-1 request_id=request-1",
        "confirmed order_id=A-1 request_id=request-1",
    ]
