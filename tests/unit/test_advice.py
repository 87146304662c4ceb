"""What a report advises where one finding alone does not say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ordersetup.advice import by_hand_alone, with_near_misses
from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group

ARN = "arn:aws:sqs:eu-west-1:1:OrderProcessingDLQ"
NOTE = Finding(
    *(Group.FUNCTIONS, "additions/UpdateInventory.dead_letter", "Dead-letter queue", Level.NOTE),
    *(None, ARN, "Lambda"),
)
NO_DESTINATION = Finding(
    *(Group.ASYNC, "async-invocation/UpdateInventory.on_failure", "On failure", Level.FAILS),
    *(ARN, None, "Lambda › On-failure destination", "Put it right with: ordersetup provision"),
)
OTHER = replace(NO_DESTINATION, check="async-invocation/SendEmail.on_failure")


def report(*findings: Finding) -> Report:
    return Report("default", "1", "eu-west-1", findings, (), ())


@pytest.mark.parametrize("attribute", ["on_failure", "exists"])
def test_the_near_miss_stands_with_the_missing_destination_and_says_what_is_wanted(
    attribute: str,
) -> None:
    missing = replace(NO_DESTINATION, check=f"async-invocation/UpdateInventory.{attribute}")
    told = report(NOTE, missing, OTHER)
    first, second, last = with_near_misses(told, told).findings
    assert (first, last) == (missing, OTHER)
    assert (second.check, second.level, second.group) == (NOTE.check, Level.NOTE, Group.ASYNC)
    assert "the guide wants On failure › Add destination" in second.then
    assert second.then.endswith("OrderProcessingDLQ.")


@pytest.mark.parametrize("missing", [OTHER, replace(NO_DESTINATION, level=Level.HOLDS)])
def test_an_older_queue_of_a_function_that_lacks_nothing_is_a_mere_note(missing: Finding) -> None:
    told = report(NOTE, missing)
    assert with_near_misses(told, told) == told


def test_it_stands_there_too_where_the_destination_s_group_alone_is_told() -> None:
    part, whole = report(NO_DESTINATION, OTHER), report(NOTE, NO_DESTINATION, OTHER)
    assert with_near_misses(part, whole) == with_near_misses(whole, whole)


def test_what_is_mapped_is_put_right_by_hand_and_where_is_said() -> None:
    waited = replace(OTHER, then="Wait a little and look again.")
    first, second = by_hand_alone(report(NO_DESTINATION, waited)).findings
    assert first.then == "Put it right by hand: Lambda › On-failure destination."
    assert second == waited
