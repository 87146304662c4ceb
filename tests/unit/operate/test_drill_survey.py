"""What the survey before a drill rules out, so that nobody waits for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ordersetup.operate.drill_survey import Hopes, Survey
from ordersetup.operate.evidence import Plan
from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group

PLAN = Plan("DRILL-0123456789ab", {"no-such-item": 1})


def finding(check: str, actual: object = None, level: Level = Level.FAILS) -> Finding:
    return Finding(Group.ASYNC, check, check, level, "right", actual, f"Lambda › {check}", "Do it.")


def hopes(*findings: Finding) -> Hopes:
    return Survey(PLAN, Report("default", "1", "eu-west-1", findings, (), ())).hopes()


def test_what_the_survey_finds_right_rules_nothing_out() -> None:
    holds = finding("async-invocation/UpdateInventory.on_failure", level=Level.HOLDS)
    assert hopes(holds) == Survey(PLAN, None).hopes() == Hopes(3)


@pytest.mark.parametrize(
    ("found", "attempts", "alerts", "record"),
    [
        (finding("async-invocation/UpdateInventory.retry_attempts", 0), 1, True, True),
        (finding("async-invocation/UpdateInventory.retry_attempts", 1), 2, True, True),
        (finding("async-invocation/UpdateInventory.on_failure"), 3, True, False),
        (finding("async-invocation/UpdateInventory.exists"), 3, True, False),
        (finding("queue/OrderProcessingDLQ.exists"), 3, True, False),
        (finding("additions/OrderProcessingDLQ.denials", "Deny"), 3, True, False),
        (finding("role-policy/OrderProcessingRole.send_to_queue"), 3, True, False),
        (finding("topic/OrderProcessingAlerts.exists"), 3, False, True),
        (finding("role-policy/OrderProcessingRole.publish"), 3, False, True),
        (finding("additions/UpdateInventory.switched_off", actual=True), 0, True, True),
        (finding("async-invocation/SendEmail.on_failure"), 3, True, True),
        (finding("queue/OrderProcessingDLQ.retention_seconds", 60), 3, True, True),
    ],
    ids=lambda value: value.check if isinstance(value, Finding) else "",
)
def test_what_it_finds_wrong_rules_out_what_cannot_come(
    found: Finding, attempts: int, alerts: bool, record: bool
) -> None:
    told = hopes(found)
    assert (told.attempts, told.alerts, told.record) == (attempts, alerts, record)
    ruled_out = (attempts, alerts, record) != (3, True, True)
    assert bool(told.against) == ruled_out
    assert all(found.where in sentence and "Do it." in sentence for sentence in told.against)


def test_what_could_not_be_read_may_come_all_the_same() -> None:
    unread = finding("async-invocation/UpdateInventory.on_failure", "denied", Level.UNKNOWN)
    assert hopes(unread) == Hopes(3)
    assert hopes(replace(unread, level=Level.NOTE)) == Hopes(3)
