"""Settings travel with the stack: remembered before anything depends on them, and recalled by all.

Whoever opens the stack without a flag expects what its last user has asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.events import Changed
from ordersetup.ownership import SETTING, unpaired
from ordersetup.settings import Settings
from ordersetup.stack import Stack, open_stack
from tests.conftest import Provision
from tests.stacks import BOUNDARY, AnyStep, Run, drift, make_policies, with_needs
from tests.wire import Wire

ALERTS = "arn:aws:sns:eu-west-1:123456789012:OrderProcessingAlerts"
ADA, BOB = "ada@example.com", "bob@example.com"
FLAGS: dict[str, object] = {
    "sender": "shop@example.com",
    "alert_emails": (ADA, BOB),
    "cors_origin": "https://shop.example.com",
    "retention_days": 7,
    "permissions_boundary": BOUNDARY,
    "tags": (("Team", "orders"),),
    "alarms": True,
}
DEPENDENT = (
    "logs:CreateLogGroup",
    "iam:CreateRole",
    "apigateway:CreateRestApi",
    "ses:CreateEmailIdentity",
    "sns:Subscribe",
    "cloudwatch:PutMetricAlarm",
)
PLAIN = {"retention_days": 7}

Open = Callable[..., Stack]


@pytest.fixture(autouse=True)
def _policies(aws: Aws, calls: list[str]) -> None:
    make_policies(aws)
    calls.clear()


@pytest.fixture
def opened(aws: Aws) -> Open:
    """Opens the default stack as a command line would: with these flags and no other."""

    def run(*unset: str, **flags: object) -> Stack:
        return open_stack(aws, "default", flags, unset)

    return run


def _step(stack: Stack, key: str) -> AnyStep:
    return next(step for step in stack.steps if step.key == key)


def _dependent(stack: Stack) -> tuple[AnyStep, ...]:
    """What depends on settings, with what it needs; the other topic is not among it."""
    keys = ("log-group", "role", "rest-api", "sender", "subscriptions", "alarm")
    return with_needs(stack.steps, *(s for s in stack.steps if s.key.partition("/")[0] in keys))


def _tags(aws: Aws) -> dict[str, str]:
    return unpaired(aws.sns.list_tags_for_resource(ResourceArn=ALERTS)["Tags"])


def _remembered(tags: Mapping[str, str]) -> set[str]:
    return {key.removeprefix(SETTING) for key in tags if key.startswith(SETTING)}


def _subscribed(aws: Aws) -> list[str]:
    found = aws.sns.list_subscriptions_by_topic(TopicArn=ALERTS)["Subscriptions"]
    return sorted(subscription["Endpoint"] for subscription in found)


def _changed(run: Run) -> set[str]:
    return {step.key for step, o in run.outcomes.items() if isinstance(o, Changed)}


# Remembered


def test_the_creating_call_of_the_alerts_topic_carries_every_setting(
    provision: Provision, opened: Open, wire: Wire
) -> None:
    provision(_dependent(opened(**FLAGS)))

    made = wire.requests["sns:CreateTopic"]
    assert made["Name"] == "OrderProcessingAlerts"
    tags = unpaired(made["Tags"])
    assert _remembered(tags) == {
        *("sender", "cors-origin", "retention-days", "permissions-boundary"),
        *("alert-email-1", "alert-email-2", "alarms"),
    }
    assert tags[f"{SETTING}sender"] == "shop@example.com"
    assert tags["Team"] == "orders"
    assert "sns:TagResource" not in wire.calls


def test_the_topic_is_made_before_whatever_depends_on_a_setting(
    provision: Provision, opened: Open, calls: list[str]
) -> None:
    provision(_dependent(opened(**FLAGS)))
    assert calls.count("sns:CreateTopic") == 1
    for operation in DEPENDENT:
        assert calls.index("sns:CreateTopic") < calls.index(operation), operation


def test_a_topic_that_cannot_be_made_leaves_nothing_that_depends_on_a_setting(
    provision: Provision, opened: Open, wire: Wire
) -> None:
    wire.refuse("sns:CreateTopic", "AuthorizationError", "not authorized", status=403)
    with pytest.raises(ClientError):
        provision(_dependent(opened(**FLAGS)))
    assert set(DEPENDENT).isdisjoint(wire.calls)


def test_a_changed_setting_is_remembered_before_it_is_obeyed(
    provision: Provision, opened: Open, calls: list[str]
) -> None:
    provision(opened().steps)
    calls.clear()
    provision(opened(**PLAIN).steps)
    assert calls.index("sns:TagResource") < calls.index("logs:PutRetentionPolicy")


def test_the_default_settings_leave_no_trace_and_nothing_waits_for_the_topic(
    aws: Aws, provision: Provision, opened: Open
) -> None:
    stack = opened()
    assert _step(stack, "topic/OrderProcessingAlerts") not in with_needs(
        stack.steps, *(s for s in stack.steps if s.key.startswith(("rest-api/", "role", "log-")))
    )
    provision(stack.steps)
    assert _remembered(_tags(aws)) == set()


# Recalled


def test_a_colleagues_plain_run_expects_the_same_stack_and_only_reads(
    provision: Provision, opened: Open, calls: list[str]
) -> None:
    provision(opened(**FLAGS).steps)
    colleagues = opened()
    calls.clear()

    run = provision(colleagues.steps)

    assert colleagues.blueprint.settings == Settings(**FLAGS)  # type: ignore[arg-type]  # as given
    assert _changed(run) == set()
    assert set(calls) <= {call for step in colleagues.steps for call in step.calls.read}


def test_a_colleague_goes_on_where_a_run_broke_off_right_after_the_topic(
    aws: Aws, provision: Provision, opened: Open
) -> None:
    first = opened(**FLAGS)
    provision([_step(first, "topic/OrderProcessingAlerts")])

    colleagues = opened()
    run = provision(colleagues.steps)

    assert drift(run.seen, colleagues.steps) == set()
    groups = aws.logs.describe_log_groups()["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [7, 7, 7]
    assert _subscribed(aws) == [ADA, BOB]


# Changed, unset


def test_a_flag_changes_its_setting_and_leaves_the_others(
    aws: Aws, provision: Provision, opened: Open
) -> None:
    provision(opened(**FLAGS).steps)

    stack = opened(retention_days=90)
    run = provision(stack.steps)

    assert _changed(run) == {
        "topic/OrderProcessingAlerts",
        *(s.key for s in stack.steps if s.key.startswith("log-group/")),
    }
    assert opened().blueprint.settings == Settings(**{**FLAGS, "retention_days": 90})  # type: ignore[arg-type]  # as given
    assert _tags(aws)[f"{SETTING}retention-days"] == "90"


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("sender", "sender"),
        ("alert-email", "alert_emails"),
        ("cors-origin", "cors_origin"),
        ("retention-days", "retention_days"),
        ("permissions-boundary", "permissions_boundary"),
        ("tag", "tags"),
        ("alarms", "alarms"),
    ],
)
def test_unset_returns_one_setting_to_its_default_for_everybody(
    provision: Provision, opened: Open, option: str, field: str
) -> None:
    provision(_dependent(opened(**FLAGS)))

    steps = _dependent(opened(option))
    run = provision(steps)

    assert drift(run.seen, steps) == set()
    kept: Any = {name: value for name, value in FLAGS.items() if name != field}
    assert opened().blueprint.settings == Settings(**kept)


# Alert e-mail


def test_a_dropped_alert_email_is_unsubscribed_and_the_new_one_subscribed(
    aws: Aws, provision: Provision, opened: Open, calls: list[str]
) -> None:
    provision(_dependent(opened(alert_emails=(ADA,))))
    calls.clear()

    provision(_dependent(opened(alert_emails=(BOB,))))

    assert _subscribed(aws) == [BOB]
    assert (calls.count("sns:Subscribe"), calls.count("sns:Unsubscribe")) == (1, 1)


def test_unset_unsubscribes_all_of_them_but_nobody_else(
    aws: Aws, provision: Provision, opened: Open
) -> None:
    provision(_dependent(opened(alert_emails=(ADA, BOB))))
    aws.sns.subscribe(TopicArn=ALERTS, Protocol="email", Endpoint="eve@example.com")

    provision(_dependent(opened("alert-email")))

    assert _subscribed(aws) == ["eve@example.com"]
    assert _remembered(_tags(aws)) == set()
