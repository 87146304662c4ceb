"""The alarms: what they watch, whole at each write, and gone with the setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.errors import NotOurs
from ordersetup.operate.metrics import metrics
from ordersetup.ownership import SETTING, STACK, pairs, unpaired
from ordersetup.stack import Stack, open_stack
from ordersetup.step import Seen
from ordersetup.steps.alarms import Alarm, alarms
from ordersetup.steps.watched import WATCHED
from tests.conftest import Provision, TearDown
from tests.stacks import drift, ringing_stack, stack
from tests.wire import Wire

ALERTS = "arn:aws:sns:eu-west-1:123456789012:OrderProcessingAlerts"

Open = Callable[..., Stack]


@pytest.fixture
def opened(aws: Aws) -> Open:
    """Opens the default stack as a command line would: with these flags and no other."""

    def run(*unset: str, **flags: object) -> Stack:
        return open_stack(aws, "default", flags, unset)

    return run


def standing(aws: Aws) -> dict[str, Any]:
    return {a["AlarmName"]: a for a in aws.cloudwatch.describe_alarms()["MetricAlarms"]}


def remembered(aws: Aws) -> set[str]:
    tags = unpaired(aws.sns.list_tags_for_resource(ResourceArn=ALERTS)["Tags"])
    return {key for key in tags if key.startswith(SETTING)}


def alarms_of(blueprint: Blueprint) -> tuple[Alarm, ...]:
    return alarms(blueprint, ())


def test_each_stack_has_alarms_of_its_own_names_on_its_own_things() -> None:
    named = {alarm.name: alarm.dimensions for alarm in alarms_of(stack("shop2").blueprint)}
    assert named == {
        "shop2-OrderProcessingDLQ-not-empty": (("QueueName", "shop2-OrderProcessingDLQ"),),
        "shop2-ProcessOrder-throttled": (("FunctionName", "shop2-ProcessOrder"),),
        "shop2-UpdateInventory-throttled": (("FunctionName", "shop2-UpdateInventory"),),
        "shop2-SendEmail-throttled": (("FunctionName", "shop2-SendEmail"),),
        "shop2-UpdateInventory-event-dropped": (("FunctionName", "shop2-UpdateInventory"),),
        "shop2-SendEmail-event-dropped": (("FunctionName", "shop2-SendEmail"),),
        "shop2-UpdateInventory-record-lost": (("FunctionName", "shop2-UpdateInventory"),),
        "shop2-SendEmail-record-lost": (("FunctionName", "shop2-SendEmail"),),
        "shop2-EcommerceAPI-server-errors": (("ApiName", "shop2-EcommerceAPI"), ("Stage", "prod")),
    }


def test_an_alarm_watches_the_metric_that_status_tells_of() -> None:
    names = stack().blueprint.names
    told = {(m.namespace, m.metric, m.dimensions) for m in metrics(names)}
    watched = {(w.namespace, w.metric, w.dimensions(names)) for w in WATCHED[1:]}
    assert watched <= told


def test_without_the_setting_there_is_no_alarm_and_none_is_asked_for(
    provision: Provision, opened: Open, calls: list[str]
) -> None:
    provision(opened().steps)
    assert not [call for call in calls if call.startswith("cloudwatch:")]


def test_an_alarm_is_made_with_its_tags_in_one_call_and_tells_the_topic(
    provision: Provision, wire: Wire, aws: Aws
) -> None:
    provision(ringing_stack().steps)
    made = wire.requests["cloudwatch:PutMetricAlarm"]
    assert unpaired(made["Tags"])[STACK] == "default"
    assert "cloudwatch:TagResource" not in wire.calls
    assert {tuple(a["AlarmActions"]) for a in standing(aws).values()} == {(ALERTS,)}
    assert len(standing(aws)) == len(WATCHED)


def test_silence_is_no_alarm_and_leaves_a_full_queue_in_its_state(
    provision: Provision, aws: Aws
) -> None:
    provision(ringing_stack().steps)
    told = {name: alarm["TreatMissingData"] for name, alarm in standing(aws).items()}
    assert told.pop("OrderProcessingDLQ-not-empty") == "ignore"
    assert set(told.values()) == {"notBreaching"}


def test_a_repair_sends_the_whole_alarm_and_leaves_its_tags_alone(
    provision: Provision, aws: Aws, wire: Wire
) -> None:
    built = ringing_stack()
    provision(built.steps)
    sent = wire.requests["cloudwatch:PutMetricAlarm"]
    name = sent["AlarmName"]
    aws.cloudwatch.disable_alarm_actions(AlarmNames=[name])
    wire.calls.clear()

    provision(built.steps)

    again = wire.requests["cloudwatch:PutMetricAlarm"]
    assert again == {key: value for key, value in sent.items() if key != "Tags"}
    assert "cloudwatch:TagResource" not in wire.calls
    assert drift(provision(built.steps).seen, built.steps) == set()


def test_an_alarm_of_the_name_that_is_another_s_stops_the_run(
    provision: Provision, aws: Aws
) -> None:
    (first, *_) = alarms_of(ringing_stack().blueprint)
    first.apply(aws, Seen(), None, frozenset())
    aws.cloudwatch.untag_resource(ResourceARN=first.arn, TagKeys=[STACK])
    with pytest.raises(NotOurs, match="Alarms › OrderProcessingDLQ-not-empty exists"):
        provision(ringing_stack().steps)


# Unset


def test_unset_deletes_the_alarms_of_the_stack_and_no_other(
    provision: Provision, aws: Aws, opened: Open
) -> None:
    provision(opened(alarms=True).steps)
    (first, *_) = alarms_of(opened().blueprint)
    aws.cloudwatch.tag_resource(ResourceARN=first.arn, Tags=pairs({STACK: "shop2"}))
    theirs = {"Namespace": "AWS/SQS", "MetricName": "X", "Statistic": "Sum", "Period": 60}
    aws.cloudwatch.put_metric_alarm(  # of the user's own
        AlarmName="mine",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        **theirs,  # type: ignore[arg-type]  # a literal lost
    )

    steps = opened("alarms").steps
    run = provision(steps)

    assert set(standing(aws)) == {first.name, "mine"}
    assert drift(run.seen, steps) == set()
    assert remembered(aws) == set()
    assert not opened().blueprint.settings.alarms
    assert not [s for s in opened().steps if s.group == "alarms"]


def test_alarms_that_cannot_be_deleted_stay_a_setting(
    provision: Provision, aws: Aws, opened: Open, wire: Wire
) -> None:
    provision(opened(alarms=True).steps)
    wire.refuse("cloudwatch:DeleteAlarms", "AccessDenied", "no", status=403)

    with pytest.raises(ClientError):
        provision(opened("alarms").steps)

    assert opened().blueprint.settings.alarms
    assert len(standing(aws)) == len(WATCHED)


def test_teardown_takes_the_alarms_before_what_they_watch(
    provision: Provision, tear_down: TearDown, aws: Aws, opened: Open
) -> None:
    steps = opened(alarms=True).steps
    provision(steps)

    gone = tear_down(steps).removed

    assert standing(aws) == {}
    last = max(number for number, key in enumerate(gone) if key.startswith("alarm/"))
    first = min(number for number, key in enumerate(gone) if key.startswith(("function", "queue")))
    assert last < first
