"""E-mail subscriptions: nobody gets a second mail, and nobody else's is touched."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.settings import Settings
from tests.conftest import Provision
from tests.stacks import AnyStep, drift, stack, with_needs
from tests.wire import Wire

KEY = "subscriptions/OrderProcessingAlerts"
ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"


def _steps(*emails: str, former: tuple[str, ...] = ()) -> tuple[AnyStep, ...]:
    built = stack(alert_emails=emails, former=Settings(alert_emails=former) if former else None)
    return with_needs(built.steps, built.step(KEY))


def _subscribed(aws: Aws, topic: str) -> list[str]:
    found = aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return sorted(subscription["Endpoint"] for subscription in found)


def _pending(answer: dict[str, Any]) -> None:
    for subscription in answer["Subscriptions"]:
        subscription["SubscriptionArn"] = "PendingConfirmation"


def _deleted(answer: dict[str, Any]) -> None:
    for subscription in answer["Subscriptions"]:
        subscription["SubscriptionArn"] = "Deleted"


@pytest.fixture
def topic(provision: Provision) -> str:
    """The topic's ARN; Ada is subscribed by us."""
    alerts, subscriptions = _steps(ADA)
    provision([alerts, subscriptions])
    return str(alerts.arn)  # type: ignore[attr-defined]  # it is a Topic


def test_only_who_is_missing_is_subscribed(
    aws: Aws, provision: Provision, calls: list[str], topic: str
) -> None:
    calls.clear()
    provision(_steps(ADA, BOB))
    assert calls.count("sns:Subscribe") == 1
    assert _subscribed(aws, topic) == [ADA, BOB]


def test_who_is_dropped_is_unsubscribed_and_other_peoples_stay(
    aws: Aws, provision: Provision, topic: str
) -> None:
    aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=EVE)
    aws.sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+4915112345678")

    steps = _steps(BOB, former=(ADA,))
    run = provision(steps)

    assert drift(run.seen, steps) == set()
    assert _subscribed(aws, topic) == ["+4915112345678", BOB, EVE]


def test_the_last_dropped_address_is_unsubscribed_too(
    aws: Aws, provision: Provision, topic: str
) -> None:
    provision(_steps(former=(ADA,)))
    assert _subscribed(aws, topic) == []


def test_who_has_not_confirmed_yet_gets_no_second_mail(
    provision: Provision, wire: Wire, topic: str
) -> None:
    assert topic
    wire.calls.clear()
    wire.bend("sns:ListSubscriptionsByTopic", _pending)
    steps = _steps(ADA)

    run = provision(steps)

    assert "sns:Subscribe" not in wire.calls
    assert run.seen.of(steps[1]).unconfirmed == (ADA,)


def test_who_is_dropped_before_confirming_is_left_to_aws(
    provision: Provision, wire: Wire, topic: str
) -> None:
    assert topic
    wire.calls.clear()
    wire.bend("sns:ListSubscriptionsByTopic", _pending, _pending)
    steps = _steps(BOB, former=(ADA,))

    run = provision(steps)

    assert drift(run.seen, steps) == set()
    assert "sns:Subscribe" in wire.calls
    assert "sns:Unsubscribe" not in wire.calls


def test_who_has_unsubscribed_by_the_mails_link_is_subscribed_again(
    provision: Provision, wire: Wire, topic: str
) -> None:
    assert topic
    wire.calls.clear()
    wire.bend("sns:ListSubscriptionsByTopic", _deleted)
    provision(_steps(ADA))
    assert wire.calls.count("sns:Subscribe") == 1
