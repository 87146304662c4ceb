"""The alarms to OrderProcessingAlerts, where the setting `--alarms` asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import quote

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.ownership import (
    Owner,
    Tags,
    chosen_of,
    owner_of,
    pairs,
    stale_keys,
    unpaired,
    version_of,
)
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.watched import PERIOD_SECONDS, WATCHED, Watched
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

MOST_NAMES = 100
"""That DescribeAlarms and DeleteAlarms take at once."""


@dataclass(frozen=True, kw_only=True)
class AlarmState(State):
    """An alarm as wanted or found; of one that watches an expression, the metric is empty."""

    metric: Annotated[str, Shown("Metric name")]
    dimensions: Annotated[tuple[tuple[str, str], ...], Shown("Dimensions")]
    unit: Annotated[str | None, Shown("Unit")]
    statistic: Annotated[str, Shown("Statistic")]
    period_seconds: Annotated[int, Shown("Period")]
    threshold: Annotated[str, Shown("Threshold")]
    datapoints: Annotated[str, Shown("Datapoints to alarm")]
    missing_data: Annotated[str, Shown("Missing data treatment")]
    enabled: Annotated[bool, Shown("Actions enabled")]
    notifications: Annotated[tuple[str, ...], Shown("Notification")]
    description: Annotated[str, Shown("Description")]
    tags: Annotated[Tags, Shown("Tags")]


@dataclass(frozen=True, eq=False, kw_only=True)
class Alarm(Step[AlarmState]):
    """CloudWatch › Alarms › Create alarm.

    PutMetricAlarm replaces the whole alarm, so all of it is always sent; save the tags, which it
    only looks at while it makes one. The topic needs no policy for it: SNS's default one lets the
    topic's own account publish, and CloudWatch publishes in the name of that.
    """

    watched: Watched
    name: str
    arn: str
    owner: Owner
    dimensions: tuple[tuple[str, str], ...]
    topic_arn: str
    after: tuple[Step[Any], ...] = ()

    group: ClassVar[Group] = Group.ALARMS
    calls: ClassVar[Calls] = Calls(
        read=("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
        write=(
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ),
        remove=("cloudwatch:DeleteAlarms",),
        create=("cloudwatch:PutMetricAlarm",),
    )
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "ResourceNotFoundException",
            "",
            "CloudWatch has not yet heard everywhere that the alarm was made, or is deleted",
            "See the alarm in the CloudWatch console",
            30,
        ),
        Transient(
            "ConcurrentModificationException",
            "",
            "another change of the alarm's tags is under way",
            "See whether another program changes the alarm's tags",
            30,
        ),
    )

    @property
    def key(self) -> str:
        return f"alarm/{self.name}"

    @property
    def title(self) -> str:
        return f"Create alarm {self.name}"

    @property
    def console(self) -> str:
        return f"CloudWatch › Alarms › {self.name}"

    def console_page(self, region: str) -> str:
        return f"cloudwatch/home?region={region}#alarmsV2:alarm/{quote(self.name)}"

    @property
    def desired(self) -> AlarmState:
        watched = self.watched
        return AlarmState(
            owner=self.owner.name,
            metric=f"{watched.namespace} {watched.metric}",
            dimensions=self.dimensions,
            unit=None,
            statistic=watched.statistic,
            period_seconds=PERIOD_SECONDS,
            threshold="GreaterThanThreshold 0",
            datapoints="1 of 1",
            missing_data=watched.silence,
            enabled=True,
            notifications=(f"In alarm: {self.topic_arn}",),
            description=watched.says,
            tags=self.owner.chosen,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    @property
    def lane(self) -> str:
        # PutMetricAlarm may be called three times a second.
        return "alarms"

    def read(self, aws: Aws, seen: Seen) -> AlarmState | None:
        for alarm in described(aws, [self.name]):
            tags = tags_of(aws, self.arn)
            return _state(alarm, tags, chosen_of(tags, dict(self.owner.chosen)))
        return None

    def apply(
        self, aws: Aws, seen: Seen, actual: AlarmState | None, drifted: frozenset[str]
    ) -> None:
        if actual is None:
            self._put(aws, Tags=pairs(self.owner.tags()))
            return
        if drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.cloudwatch.untag_resource(ResourceARN=self.arn, TagKeys=stale)
            aws.cloudwatch.tag_resource(ResourceARN=self.arn, Tags=pairs(self.owner.tags()))
        if drifted - {"tags", "owner"}:
            self._put(aws)

    def _put(self, aws: Aws, **tags: Any) -> None:
        aws.cloudwatch.put_metric_alarm(
            AlarmName=self.name,
            AlarmDescription=self.watched.says,
            ActionsEnabled=True,
            AlarmActions=[self.topic_arn],
            Namespace=self.watched.namespace,
            MetricName=self.watched.metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in self.dimensions],
            Statistic=self.watched.statistic,
            Period=PERIOD_SECONDS,
            EvaluationPeriods=1,
            DatapointsToAlarm=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData=self.watched.silence,
            **tags,
        )

    def remove(self, aws: Aws, seen: Seen, state: AlarmState) -> None:
        delete(aws, [self.name])


def alarms(blueprint: Blueprint, after: tuple[Step[Any], ...]) -> tuple[Alarm, ...]:
    """The alarms of a stack, whether its settings ask for them or not.

    Args:
        blueprint: the stack.
        after: what must stand before one is made.
    """
    return tuple(_alarm(watched, blueprint, after) for watched in WATCHED)


def _alarm(watched: Watched, blueprint: Blueprint, after: tuple[Step[Any], ...]) -> Alarm:
    name = f"{blueprint.names.of(watched.thing)}-{watched.name}"
    return Alarm(
        watched=watched,
        name=name,
        arn=blueprint.place.arn("cloudwatch", f"alarm:{name}"),
        owner=blueprint.owner,
        dimensions=watched.dimensions(blueprint.names),
        topic_arn=blueprint.topic_arn("OrderProcessingAlerts"),
        after=after,
    )


def described(aws: Aws, names: Sequence[str]) -> list[MetricAlarmTypeDef]:
    """Those of the alarms that stand; at most 100 can be asked for."""
    return aws.cloudwatch.describe_alarms(AlarmNames=names, MaxRecords=MOST_NAMES).get(
        "MetricAlarms", []
    )


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of an alarm."""
    return unpaired(aws.cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags", []))


def _state(alarm: MetricAlarmTypeDef, tags: dict[str, str], chosen: Tags) -> AlarmState:
    periods = alarm.get("EvaluationPeriods", 0)
    told = (
        ("In alarm", alarm.get("AlarmActions", [])),
        ("Insufficient data", alarm.get("InsufficientDataActions", [])),
        ("OK", alarm.get("OKActions", [])),
    )
    return AlarmState(
        owner=owner_of(tags),
        version=version_of(tags),
        metric=f"{alarm.get('Namespace', '')} {alarm.get('MetricName', '')}".strip(),
        dimensions=tuple(sorted((d["Name"], d["Value"]) for d in alarm.get("Dimensions", []))),
        unit=alarm.get("Unit"),
        statistic=alarm.get("Statistic") or alarm.get("ExtendedStatistic", ""),
        period_seconds=alarm.get("Period", 0),
        threshold=f"{alarm.get('ComparisonOperator', '')} {alarm.get('Threshold', 0):g}",
        datapoints=f"{alarm.get('DatapointsToAlarm', periods)} of {periods}",
        missing_data=alarm.get("TreatMissingData", "missing"),
        enabled=alarm.get("ActionsEnabled", False),
        notifications=tuple(sorted(f"{state}: {arn}" for state, arns in told for arn in arns)),
        description=alarm.get("AlarmDescription", ""),
        tags=chosen,
    )


def delete(aws: Aws, names: Sequence[str]) -> None:
    """Delete alarms, as far as they stand."""
    try:
        aws.cloudwatch.delete_alarms(AlarmNames=names)
    except aws.cloudwatch.exceptions.ResourceNotFound:
        return
