"""Breakers of the alarms: each puts the alarm anew with one thing changed, as the console does."""

from __future__ import annotations

from typing import Any

from ordersetup.aws import Aws
from ordersetup.ownership import STACK, unpaired
from ordersetup.step import Seen
from ordersetup.steps.alarms import Alarm
from tests.breaking.breaker import TAG, Spoil, breaks

_KEPT = (
    *("AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions"),
    *("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods"),
    *("DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData"),
)


def _put(**changes: Any) -> Spoil:
    def spoil(aws: Aws, step: Alarm, _: Seen) -> None:
        standing: Any = _described(aws, step)
        wanted = {key: standing[key] for key in _KEPT if key in standing} | changes
        aws.cloudwatch.put_metric_alarm(**wanted)
        found = _described(aws, step)
        assert {key: found[key] for key in changes} == changes

    return spoil


def _described(aws: Aws, step: Alarm) -> Any:
    (alarm,) = aws.cloudwatch.describe_alarms(AlarmNames=[step.name])["MetricAlarms"]
    return alarm


def _silenced(aws: Aws, step: Alarm, _: Seen) -> None:
    aws.cloudwatch.disable_alarm_actions(AlarmNames=[step.name])
    assert not _described(aws, step)["ActionsEnabled"]


def _untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: Alarm, _: Seen) -> None:
        aws.cloudwatch.untag_resource(ResourceARN=step.arn, TagKeys=[key])
        tags = aws.cloudwatch.list_tags_for_resource(ResourceARN=step.arn)["Tags"]
        assert key not in unpaired(tags)

    return spoil


ALARMS = {
    "Alarm.owner": breaks(_untagged(STACK)),
    "Alarm.metric": breaks(_put(MetricName="Errors")),
    "Alarm.dimensions": breaks(_put(Dimensions=[{"Name": "QueueName", "Value": "Other"}])),
    "Alarm.unit": breaks(_put(Unit="Bytes")),
    "Alarm.statistic": breaks(_put(Statistic="Average")),
    "Alarm.period_seconds": breaks(_put(Period=3600)),
    "Alarm.threshold": breaks(_put(Threshold=100.0)),
    "Alarm.datapoints": breaks(_put(EvaluationPeriods=5, DatapointsToAlarm=3)),
    "Alarm.missing_data": breaks(_put(TreatMissingData="missing")),
    "Alarm.enabled": breaks(_silenced),
    "Alarm.notifications": breaks(_put(OKActions=["arn:aws:sns:eu-west-1:123456789012:Other"])),
    "Alarm.description": breaks(_put(AlarmDescription="by hand")),
    "Alarm.tags": breaks(_untagged(TAG)),
}
