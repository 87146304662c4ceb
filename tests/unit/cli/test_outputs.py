"""`ordersetup outputs`: for a shell, for a program, and for a stack that does not stand."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from ordersetup.aws import Aws
from tests.unit.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("aws")

ACCOUNT = "arn:aws:lambda:eu-west-1:123456789012:function"


def test_the_lines_set_variables_in_a_shell(ordersetup: CommandLine) -> None:
    assert ordersetup("provision", "--stack", "shop2").code == 0
    run = ordersetup("outputs", "--stack", "shop2", "--quiet")
    assert (run.code, run.talk) == (0, "")
    script = f'{run.out}\nprintf "%s|%s|%s" "$ORDERS_URL" "$ORDERS_SEND_EMAIL_ARN" "$ORDERS_STACK"'
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own lines
    url, arn, stack = shell.stdout.split("|")
    assert url.endswith(".execute-api.eu-west-1.amazonaws.com/prod/orders")
    assert (arn, stack) == (f"{ACCOUNT}:shop2-SendEmail", "shop2")


def test_every_value_is_there_and_quoted(ordersetup: CommandLine) -> None:
    ordersetup("provision")
    lines = ordersetup("outputs").out.splitlines()
    told = dict(line.split("=", 1) for line in lines)
    assert all(shlex.split(value) for value in told.values())
    assert told["ORDERS_INVENTORY_NAME"] == "Inventory"
    assert told["ORDERS_ROLE_NAME"] == "OrderProcessingRole-eu-west-1"
    assert told["ORDERS_ORDER_PROCESSING_DLQ_URL"].startswith("https://sqs.eu-west-1.")
    assert told["ORDERS_ORDER_PROCESSING_DLQ_ARN"].startswith("arn:aws:sqs:")
    assert all(name.startswith("ORDERS_") and name.isupper() for name in told)


def test_json_is_the_same_by_either_option(ordersetup: CommandLine) -> None:
    ordersetup("provision")
    run = ordersetup("outputs", "--json")
    assert run.lines == ordersetup("outputs", "--format", "json").lines
    (told,) = run.lines
    assert told["type"] == "outputs"
    assert told["endpoint"] in told["curl"]
    assert told["names"]["EcommerceAPI"] == "EcommerceAPI"


def test_nothing_is_written(ordersetup: CommandLine, calls: list[str]) -> None:
    ordersetup("provision")
    calls.clear()
    ordersetup("outputs")
    assert {call.partition(":")[2][:3] for call in calls} <= {"Get", "Lis", "Des"}


def test_a_stack_that_was_never_made_is_one_sentence(ordersetup: CommandLine) -> None:
    run = ordersetup("outputs", "--stack", "shop2")
    assert (run.code, run.out) == (1, "")
    assert "The stack shop2 in eu-west-1 is not provisioned." in run.talk
    assert "ordersetup provision --stack shop2" in run.talk


def test_a_stack_that_stands_in_part_says_what_is_missing(
    ordersetup: CommandLine, aws: Aws
) -> None:
    ordersetup("provision")
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"])
    run = ordersetup("outputs", "--json")
    (told,) = run.lines
    assert (run.code, told["error"]) == (1, "NotProvisioned")
    assert "the first of them: Create queue OrderProcessingDLQ" in told["happened"]


def test_drift_is_no_reason_to_withhold_them(ordersetup: CommandLine, aws: Aws) -> None:
    ordersetup("provision")
    aws.logs.delete_retention_policy(logGroupName="/aws/lambda/SendEmail")
    assert ordersetup("outputs").code == 0


def test_somebody_else_s_queue_of_the_name_is_not_told_as_the_stack_s(
    ordersetup: CommandLine, aws: Aws
) -> None:
    ordersetup("provision")
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.untag_queue(QueueUrl=url, TagKeys=["ordersetup:stack"])
    assert ordersetup("outputs").code == 1
