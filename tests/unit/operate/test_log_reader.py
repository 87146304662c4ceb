"""Logs of several functions: interleaved by time, and told as far as they may be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.log_reader import FUNCTIONS, LogReader
from ordersetup.policy import operations
from tests.stacks import stack
from tests.unit.operate.test_drill_log import request
from tests.wire import Wire

NOW = 1_795_525_483.0
BLUEPRINT = stack().blueprint
Log = Callable[..., None]


@pytest.fixture
def log(aws: Aws) -> Log:
    for name in FUNCTIONS:
        group = f"/aws/lambda/{name}"
        aws.logs.create_log_group(logGroupName=group)
        aws.logs.create_log_stream(logGroupName=group, logStreamName="stream")

    def write(function: str, at: float, *lines: str) -> None:
        aws.logs.put_log_events(
            logGroupName=f"/aws/lambda/{function}",
            logStreamName="stream",
            logEvents=[{"timestamp": int(at * 1000), "message": line} for line in lines],
        )

    return write


def reader(aws: Aws, *functions: str, back: float = 3600, order_id: str | None = None) -> LogReader:
    return LogReader(aws, BLUEPRINT, functions or FUNCTIONS, back, order_id, now=lambda: NOW)


def look(found: LogReader) -> list[tuple[str, str]]:
    return [(event.function, event.message) for event in found.look()]


def test_the_functions_are_interleaved_by_time(aws: Aws, log: Log) -> None:
    log("SendEmail", NOW - 3, "three")
    log("ProcessOrder", NOW - 5, "one")
    log("UpdateInventory", NOW - 4, "two")
    log("ProcessOrder", NOW - 1, "four")
    log("ProcessOrder", NOW - 7200, "long ago")
    assert look(reader(aws)) == [
        ("ProcessOrder", "one"),
        ("UpdateInventory", "two"),
        ("SendEmail", "three"),
        ("ProcessOrder", "four"),
    ]
    assert look(reader(aws, "SendEmail")) == [("SendEmail", "three")]


def test_a_second_look_tells_what_is_new_alone(aws: Aws, log: Log) -> None:
    log("SendEmail", NOW - 3, "a")
    following = reader(aws)
    assert look(following) == [("SendEmail", "a")]
    log("SendEmail", NOW - 3, "b")
    assert look(following) == [("SendEmail", "b")]
    assert look(following) == []


def test_an_order_is_followed_from_one_function_into_the_others(aws: Aws, log: Log) -> None:
    handed = f"request_id={request(9)} update_inventory={request(1)} send_email={request(2)}"
    log("ProcessOrder", NOW - 5, f"INFO accepted order_id=A-1 {handed}")
    log("ProcessOrder", NOW - 5, f"INFO accepted order_id=A-2 request_id={request(8)}")
    log("UpdateInventory", NOW - 3, f"2026-11-24T13:04:00.000Z {request(1)} Task timed out")
    assert [name for name, _ in look(reader(aws, order_id="A-1"))] == [
        "ProcessOrder",
        "UpdateInventory",
    ]


def test_it_calls_what_it_declares(aws: Aws, log: Log, calls: list[str]) -> None:
    log("SendEmail", NOW - 3, "a")
    calls.clear()
    look(reader(aws))
    assert set(calls) == operations("logs", BLUEPRINT)


def test_a_log_that_may_not_be_read_is_named_and_the_others_are_told(
    aws: Aws, log: Log, wire: Wire
) -> None:
    log("SendEmail", NOW - 3, "a")
    log("ProcessOrder", NOW - 3, "b")
    denied = "User: jane is not authorized to perform: logs:FilterLogEvents on resource: x"
    wire.refuse("logs:FilterLogEvents", "AccessDeniedException", denied)
    following = reader(aws)
    assert look(following) == [("SendEmail", "a")]
    (unread,) = following.unread.values()
    assert unread.because == "not allowed: logs:FilterLogEvents"
    assert following.refusal is None
    # What was lacking is told as soon as it may be read.
    assert look(following) == [("ProcessOrder", "b")]
    assert following.unread == {}


def test_a_log_group_that_is_not_there_is_named(aws: Aws, log: Log) -> None:
    log("SendEmail", NOW - 3, "a")
    aws.logs.delete_log_group(logGroupName="/aws/lambda/ProcessOrder")
    following = reader(aws)
    assert look(following) == [("SendEmail", "a")]
    assert following.unread["ProcessOrder"].absent
    assert not following.is_absent


def test_where_there_is_none_at_all_that_is_known(aws: Aws) -> None:
    following = reader(aws)
    assert look(following) == []
    assert following.is_absent
    assert following.refusal is None
