"""`ordersetup audit`: what it claims, what it cannot, and with which exit code."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.views.json_lines import TYPES
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.unit.cli.conftest import CommandLine, Recorder
from tests.unit.operate.mailbox import logs_of_long_ago, record, stock_event

STACK = stack()
KEYS = (
    *("queue/OrderProcessingDLQ", "table/Inventory", "table/InventoryTransactions"),
    *("log-group//aws/lambda/ProcessOrder", "log-group//aws/lambda/UpdateInventory"),
)


@pytest.fixture(autouse=True)
def _what_an_audit_reads(provision: Provision, aws: Aws) -> None:
    provision(with_needs(STACK.steps, *(step for step in STACK.steps if step.key in KEYS)))
    logs_of_long_ago()
    row = {"item_id": {"S": "lamp"}, "quantity": {"N": "10"}}
    aws.dynamodb.put_item(TableName="Inventory", Item=row)


def accept(aws: Aws, *orders: str) -> None:
    at = int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000)
    lines = [f"INFO accepted order_id={order} request_id=r" for order in orders]
    group = "/aws/lambda/ProcessOrder"
    aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    events: Any = [{"message": line, "timestamp": at} for line in lines]
    aws.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def book(aws: Aws, order: str, quantity: int) -> None:
    keys = {"order_id": {"S": order}, "item_id": {"S": "lamp"}}
    row = {**keys, "quantity": {"N": str(quantity)}}
    aws.dynamodb.put_item(TableName="InventoryTransactions", Item=row)


def put(aws: Aws, quantity: int) -> None:
    row = {"item_id": {"S": "lamp"}, "quantity": {"N": str(quantity)}}
    aws.dynamodb.put_item(TableName="Inventory", Item=row)


def keep(aws: Aws, order: str) -> None:
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record(stock_event(order))))


def test_of_an_idle_stack_nothing_is_claimed_of_the_stock(ordersetup: CommandLine) -> None:
    run = ordersetup("audit")
    assert (run.code, run.talk) == (0, "")
    first, *counts, stock, last = run.out.splitlines()
    assert first.startswith("0 orders accepted since ")
    assert len(counts) == 5
    assert stock.startswith("Stock: 1 item. Whether it moved by the sum of the rows can be told")
    assert last == (
        "No order was accepted, so nothing is proven of orders; whether stock adds up was not "
        "asked (--from)."
    )


def test_an_order_that_is_nowhere_is_named_with_exit_code_1(
    ordersetup: CommandLine, aws: Aws
) -> None:
    accept(aws, "A-1", "A-2", "A-3")
    book(aws, "A-1", 1)
    keep(aws, "A-2")
    run = ordersetup("audit")
    assert run.code == 1
    assert "      1  have their transaction rows\n" in run.out
    assert "      1  are kept in OrderProcessingDLQ: 1 OutOfStock\n" in run.out
    assert "      1  are in neither\n           A-3  accepted " in run.out
    assert "Lambda may hold it back, if it is throttled" in run.out
    assert run.out.splitlines()[-1] == "It does not add up: see above."


def test_a_program_is_told_in_a_line(ordersetup: CommandLine, aws: Aws) -> None:
    accept(aws, "A-1", "A-2")
    book(aws, "A-1", 1)
    keep(aws, "A-1")
    run = ordersetup("audit", "--json")
    [line] = run.lines
    assert (run.code, run.talk) == (1, "")
    assert line["type"] in TYPES
    assert (line["accepted"], line["applied"], line["kept"], line["twofold"]) == (2, 1, 1, ["A-1"])
    assert [order["order_id"] for order in line["missing"]] == ["A-2"]
    assert (line["holds"], line["compared_with"], line["differences"]) == (False, None, [])


def test_stock_is_compared_with_what_an_earlier_audit_has_saved(
    ordersetup: CommandLine, aws: Aws, tmp_path: Path
) -> None:
    path = str(tmp_path / "monday.json")
    run = ordersetup("audit", "--save", path)
    assert (run.code, run.talk) == (0, f"The starting point is written: {path}\n")
    book(aws, "A-1", 3)
    put(aws, 7)
    run = ordersetup("audit", "--from", path)
    assert run.code == 0
    assert run.out.splitlines()[-1].endswith("and stock has moved by the sum of the rows.")
    put(aws, 6)
    run = ordersetup("audit", "--from", path, "--json")
    assert run.code == 1
    assert run.lines[0]["differences"] == [{"item_id": "lamp", "pieces": -1}]
    run = ordersetup("audit", "--from", path)
    assert "           lamp  1 fewer: taken without a row\n" in run.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--since", "yesterday"), "'yesterday' is no span of time"),
        (("--from", "nowhere.json"), "--from 'nowhere.json' cannot be read: No such file"),
    ],
    ids=["since", "from"],
)
def test_bad_input_is_refused_before_any_call(
    ordersetup: CommandLine, recorder: Recorder, words: tuple[str, ...], told: str
) -> None:
    run = ordersetup("audit", *words, AWS_ENDPOINT_URL=recorder.url)
    assert (run.code, run.out) == (2, "")
    assert told in run.talk
    assert recorder.requests == []


def test_what_the_log_has_lost_cannot_be_asked_about(ordersetup: CommandLine) -> None:
    run = ordersetup("audit", "--since", "31d")
    assert run.code == 2
    assert "goes further back than the 30 days that ProcessOrder's log is kept." in run.talk
    assert "ordersetup audit --since 30d" in run.talk


def test_another_stack_s_starting_point_is_refused(ordersetup: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "monday.json"
    ordersetup("audit", "--save", str(path))
    path.write_text(path.read_text().replace('"default"', '"shop2"'))
    run = ordersetup("audit", "--from", str(path))
    assert run.code == 1
    assert "is of the stack shop2 in eu-west-1" in run.talk


def test_a_stack_that_does_not_stand_is_said_so(ordersetup: CommandLine) -> None:
    run = ordersetup("audit", "--stack", "shop2")
    assert (run.code, run.out) == (1, "")
    assert run.talk.splitlines()[1] == ("       Build it with: ordersetup provision --stack shop2")


def test_a_missing_permission_is_named(ordersetup: CommandLine, recorder: Recorder) -> None:
    told = "User: jane is not authorized to perform: logs:FilterLogEvents on resource: arn:aws:x"
    recorder.words = json.dumps({"__type": "AccessDeniedException", "message": told})
    run = ordersetup("audit", AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=recorder.url)
    assert (run.code, run.out) == (1, "")
    assert "Your credentials may not logs:FilterLogEvents" in run.talk
