"""CloudWatch's numbers: one call, and a number without a datapoint is no zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.operate.metrics import metrics, read_metrics
from ordersetup.operate.reading import Reading
from tests.stacks import REGION
from tests.wire import Visitor, Wire

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WANTED = metrics(Names("shop2", REGION))
OLDEST = ("OrderProcessingDLQ", "oldest")
ERRORS = ("UpdateInventory", "errors")
NUMBER = {(metric.of, metric.name): f"m{place}" for place, metric in enumerate(WANTED)}


def result(key: tuple[str, str], *points: tuple[int, float], code: str = "Complete") -> Any:
    """A metric's result: minutes ago, and value."""
    return {
        "Id": NUMBER[key],
        "StatusCode": code,
        "Timestamps": [NOW - timedelta(minutes=minutes) for minutes, _ in points],
        "Values": [value for _, value in points],
    }


def test_one_call_asks_for_every_metric_of_the_stack_s_own_things(
    aws: Aws, wire: Wire, calls: list[str]
) -> None:
    found = read_metrics(aws, WANTED, NOW)
    assert calls == ["cloudwatch:GetMetricData"]
    assert found == {(m.of, m.name): Reading(because="no data") for m in WANTED}
    asked = wire.requests["cloudwatch:GetMetricData"]
    assert asked["EndTime"] - asked["StartTime"] == timedelta(hours=1)
    named = {
        dimension["Value"]
        for query in asked["MetricDataQueries"]
        for dimension in query["MetricStat"]["Metric"]["Dimensions"]
    }
    assert named == {
        *("shop2-EcommerceAPI", "prod", "shop2-ProcessOrder", "shop2-UpdateInventory"),
        *("shop2-SendEmail", "shop2-OrderConfirmationTopic", "shop2-OrderProcessingAlerts"),
        "shop2-OrderProcessingDLQ",
    }


def test_the_hour_is_summed_and_a_zero_is_a_zero(aws: Aws, wire: Wire) -> None:
    results = [result(ERRORS, (1, 2.0), (30, 3.0)), result(("SendEmail", "errors"), (5, 0.0))]
    wire.answer("cloudwatch:GetMetricData", {"MetricDataResults": results})
    found = read_metrics(aws, WANTED, NOW)
    assert found[ERRORS] == Reading(5)
    assert found["SendEmail", "errors"] == Reading(0)
    assert found["SendEmail", "throttles"] == Reading(because="no data")


def test_of_an_age_the_latest_counts_in_whatever_order_it_is_told(aws: Aws, wire: Wire) -> None:
    results = [result(OLDEST, (9, 60.0), (2, 480.4), (5, 300.0))]
    wire.answer("cloudwatch:GetMetricData", {"MetricDataResults": results})
    assert read_metrics(aws, WANTED, NOW)[OLDEST] == Reading(480)


def test_a_result_that_comes_in_pages_is_one_number(aws: Aws, wire: Wire) -> None:
    first, second = result(ERRORS, (1, 2.0), code="PartialData"), result(ERRORS, (30, 3.0))
    wire.answer("cloudwatch:GetMetricData", {"MetricDataResults": [first], "NextToken": "more"})
    wire.answer("cloudwatch:GetMetricData", {"MetricDataResults": [second]})
    assert read_metrics(aws, WANTED, NOW)[ERRORS] == Reading(5)


def test_what_may_not_be_read_names_the_action(aws: Aws, wire: Wire) -> None:
    wire.refuse(
        "cloudwatch:GetMetricData",
        "AccessDenied",
        "User: jane is not authorized to perform: cloudwatch:GetMetricData",
        status=403,
    )
    found = read_metrics(aws, WANTED, NOW)
    assert {number.because for number in found.values()} == {
        "not allowed: cloudwatch:GetMetricData"
    }


def test_a_metric_that_cloudwatch_fails_at_spoils_no_other(aws: Aws, wire: Wire) -> None:
    results = [result(ERRORS, code="InternalError"), result(OLDEST, (1, 7.0))]
    results += [result(("SendEmail", "errors"), code="Forbidden")]
    wire.answer("cloudwatch:GetMetricData", {"MetricDataResults": results})
    found = read_metrics(aws, WANTED, NOW)
    assert found[ERRORS].because == "CloudWatch could not tell"
    assert found["SendEmail", "errors"].because == "not allowed: cloudwatch:GetMetricData"
    assert found[OLDEST] == Reading(7)


def test_the_zeros_of_an_emulator_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_API_GATEWAY", "http://127.0.0.1:4566")
    session = boto3.Session("testing", "testing", region_name=REGION)
    wire = Wire()
    wire.watch(session)
    with mock_aws():
        aws = Aws(session, endpoint_url=None, web=Visitor())
        results = [result(ERRORS, (1, 0.0)), result(("SendEmail", "errors"), (5, 2.0))]
        wire.answer("cloudwatch:GetMetricData", {"MetricDataResults": results})
        found = read_metrics(aws, WANTED, NOW)
    assert found[ERRORS] == Reading(because="no data")
    assert found["SendEmail", "errors"] == Reading(2)
