"""`send-test-order --count`, in this process, against a pipeline that takes everything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.order import OWN_ITEM
from ordersetup.web import Answer, Web
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.unit.cli.conftest import CommandLine

STACK = stack()


class Pipeline(Web):
    """Takes every order from stock at once.

    Args:
        answers: the status of every answer; nothing is done but for 202.
    """

    def __init__(self, aws: Aws, status: int = 202) -> None:
        super().__init__()
        self._aws, self._status = aws, status

    def crowd(self, size: int) -> Web:
        assert size in (2, 8)
        return self

    def ask(self, *_: Any, body: bytes | None = None, **__: Any) -> Answer:
        order = json.loads(body or b"")
        if self._status == 202:
            for line in order["items"]:
                self._take(order["order_id"], line["item_id"], line["quantity"])
        return Answer(self._status, {}, b"{}")

    def _take(self, order_id: str, item_id: str, quantity: int) -> None:
        keys = {"order_id": {"S": order_id}, "item_id": {"S": item_id}}
        self._aws.dynamodb.put_item(
            TableName="InventoryTransactions", Item={**keys, "quantity": {"N": str(quantity)}}
        )
        self._aws.dynamodb.update_item(
            TableName="Inventory",
            Key={"item_id": {"S": item_id}},
            UpdateExpression="ADD quantity :taken",
            ExpressionAttributeValues={":taken": {"N": str(-quantity)}},
        )


@pytest.fixture(autouse=True)
def _what_orders_need(provision: Provision) -> None:
    keys = (
        *("table/Inventory", "table/InventoryTransactions", "queue/OrderProcessingDLQ"),
        *("rest-api/EcommerceAPI", "topic/OrderConfirmationTopic"),
    )
    provision(with_needs(STACK.steps, *(step for step in STACK.steps if step.key in keys)))


def test_a_run_is_announced_and_summed_up(ordersetup: CommandLine, aws: Aws) -> None:
    words = ("send-test-order", "--count", "12", "--concurrency", "2", "--json")
    run = ordersetup(*words, web=Pipeline(aws))
    assert (run.code, run.talk) == (0, "")
    announcement, load = run.lines
    assert announcement["items"] == [{"item_id": OWN_ITEM, "quantity": 1}]
    assert announcement["simulated"]
    assert (load["sent"], load["applied"], load["conserved"]) == (12, 12, True)
    assert load["stock"][0]["taken"] == 12


def test_a_person_is_told_in_words(ordersetup: CommandLine, aws: Aws) -> None:
    run = ordersetup("send-test-order", "--count", "3", web=Pipeline(aws))
    assert run.code == 0
    assert run.out.splitlines()[-1] == (
        "Conserved: each of 3 accepted orders is in exactly one place, to the piece."
    )
    assert "3 orders of 1 × ordersetup-test-item, 8 at a time" in run.talk


def test_orders_that_are_refused_are_exit_code_1(ordersetup: CommandLine, aws: Aws) -> None:
    run = ordersetup("send-test-order", "--count", "3", "--json", web=Pipeline(aws, status=500))
    assert run.code == 1
    assert run.lines[-1]["outcomes"]["failed"] == 3


def test_throttled_orders_are_not(ordersetup: CommandLine, aws: Aws) -> None:
    run = ordersetup("send-test-order", "--count", "3", "--json", web=Pipeline(aws, status=429))
    assert run.code == 0
    assert run.lines[-1]["outcomes"]["throttled"] == 3


def test_many_orders_go_out_where_that_is_agreed(ordersetup: CommandLine, aws: Aws) -> None:
    words = ("send-test-order", "--count", "101", "--yes", "--json")
    run = ordersetup(*words, web=Pipeline(aws))
    assert run.code == 0
    assert run.lines[-1]["applied"] == 101


def test_a_stack_without_an_api_is_said_to_have_none(ordersetup: CommandLine, aws: Aws) -> None:
    api_id = aws.apigateway.get_rest_apis()["items"][0]["id"]
    aws.apigateway.delete_rest_api(restApiId=api_id)
    run = ordersetup("send-test-order", "--count", "3", web=Pipeline(aws))
    assert run.code == 1
    assert "The stack default has no API in eu-west-1." in run.talk
