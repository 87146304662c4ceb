"""CloudWatch's numbers of the pipeline's last hour, all of them in one GetMetricData call.

A metric without a datapoint is no zero: CloudWatch tells nothing of a function that nobody invoked,
and of some failures nothing until the first. Its numbers come some minutes late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.corrections import is_count
from ordersetup.operate.reading import NO_DATA, Reading, unread
from ordersetup.permissions import Uses
from ordersetup.refusals import AWS_ERRORS

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef

USES: Uses = {"cloudwatch:GetMetricData": ()}
"""What reading metrics calls."""

SPAN = timedelta(hours=1)

FUNCTION = {"invocations": "Invocations", "errors": "Errors", "throttles": "Throttles"}
ASYNCHRONOUS = {"dropped": "AsyncEventsDropped", "undelivered": "DestinationDeliveryFailures"}
"""Of a function that is invoked asynchronously alone."""

API = {"requests": "Count", "refused": "4XXError", "failed": "5XXError"}
TOPIC = {"unsent": "NumberOfNotificationsFailed"}
OLDEST = "ApproximateAgeOfOldestMessage"

_WORKERS = ("UpdateInventory", "SendEmail")
_TOPICS = ("OrderConfirmationTopic", "OrderProcessingAlerts")

Metrics = Mapping[tuple[str, str], Reading[int]]
"""By the guide's name of the thing, and the number's name."""


@dataclass(frozen=True)
class Metric:
    """A metric that is asked for.

    Args:
        of: the guide's name of what it is about.
        name: what we call the number.
        namespace: CloudWatch's, as is `metric`.
        dimensions: which thing is meant.
        latest: whether the last value counts, not the sum of the hour.
    """

    of: str
    name: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    latest: bool = False


def metrics(names: Names) -> tuple[Metric, ...]:
    """Every metric of a stack that matters to its health."""
    api = (("ApiName", names.of("EcommerceAPI")), ("Stage", names.stage))
    found = [Metric("EcommerceAPI", n, "AWS/ApiGateway", metric, api) for n, metric in API.items()]
    for function in ("ProcessOrder", *_WORKERS):
        told = FUNCTION | (ASYNCHRONOUS if function in _WORKERS else {})
        one = (("FunctionName", names.of(function)),)
        found += [Metric(function, n, "AWS/Lambda", metric, one) for n, metric in told.items()]
    for topic in _TOPICS:
        one = (("TopicName", names.of(topic)),)
        found += [Metric(topic, n, "AWS/SNS", metric, one) for n, metric in TOPIC.items()]
    queue = (("QueueName", names.of("OrderProcessingDLQ")),)
    found.append(Metric("OrderProcessingDLQ", "oldest", "AWS/SQS", OLDEST, queue, latest=True))
    return tuple(found)


def read_metrics(aws: Aws, wanted: Sequence[Metric], now: datetime) -> Metrics:
    """The last hour's numbers; each is there, with a value or with why it has none."""
    queries = [_query(number, metric) for number, metric in enumerate(wanted)]
    try:
        pages = aws.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=now - SPAN, EndTime=now
        )
        results = [result for page in pages for result in page.get("MetricDataResults", [])]
    except AWS_ERRORS as error:
        return {(metric.of, metric.name): unread(error) for metric in wanted}
    numbers = {
        (metric.of, metric.name): _number(metric, [r for r in results if r.get("Id") == f"m{n}"])
        for n, metric in enumerate(wanted)
    }
    unknown: Reading[int] = Reading(because=NO_DATA)
    return {
        key: number if number.value is None or is_count(aws, number.value) else unknown
        for key, number in numbers.items()
    }


def _query(number: int, metric: Metric) -> MetricDataQueryTypeDef:
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.metric,
                "Dimensions": [{"Name": name, "Value": of} for name, of in metric.dimensions],
            },
            # By the minute: longer periods begin at the full hour, and would tell of two.
            "Period": 60,
            "Stat": _stat(metric),
        },
    }


def _stat(metric: Metric) -> Literal["Maximum", "Sum"]:
    return "Maximum" if metric.latest else "Sum"


def _number(metric: Metric, results: Sequence[MetricDataResultTypeDef]) -> Reading[int]:
    """The number that a metric's results amount to; they may come in several pages."""
    codes = {result.get("StatusCode", "Complete") for result in results}
    if "Forbidden" in codes:
        return Reading(because="not allowed: cloudwatch:GetMetricData")
    if "InternalError" in codes:
        return Reading(because="CloudWatch could not tell")
    points: list[tuple[Any, float]] = [
        point
        for result in results
        for point in zip(result.get("Timestamps", []), result.get("Values", []), strict=False)
    ]
    if not points:
        return Reading(because=NO_DATA)
    if metric.latest:
        return Reading(round(max(points, key=lambda point: point[0])[1]))
    return Reading(round(sum(value for _, value in points)))
