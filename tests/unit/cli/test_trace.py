"""`ordersetup trace`: what is known, and where it was looked if that is nothing."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from tests.conftest import Provision
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine

pytestmark = pytest.mark.usefixtures("aws")


def test_an_order_that_is_known_is_told(
    ordersetup: CommandLine, provision: Provision, aws: Aws
) -> None:
    provision(stack().steps)
    row = {"order_id": {"S": "A-1"}, "item_id": {"S": "lamp"}, "quantity": {"N": "2"}}
    aws.dynamodb.put_item(TableName="InventoryTransactions", Item=row)
    run = ordersetup("trace", "A-1")
    assert (run.code, run.talk) == (0, "")
    assert "rows: lamp × 2" in run.out
    assert run.out.endswith("Order A-1: applied; not confirmed.\n")
    (told,) = ordersetup("trace", "A-1", "--json").lines
    assert (told["type"], told["outcome"]) == ("trace", "applied")


def test_an_unknown_order_says_where_it_was_looked_for_and_since_when(
    ordersetup: CommandLine, provision: Provision
) -> None:
    provision(stack("shop2").steps)
    run = ordersetup("trace", "A-9", "--stack", "shop2", "--since", "2h")
    assert (run.code, run.out) == (1, "")
    assert "Nothing is known of order A-9: it is not in the logs of ProcessOrder," in run.talk
    assert " UTC, not in InventoryTransactions and not in OrderProcessingDLQ." in run.talk
    assert "up to 2 minutes late" in run.talk
    assert "ordersetup trace --stack shop2 A-9 --since 30d" in run.talk


def test_a_stack_that_is_not_there_is_one_sentence(ordersetup: CommandLine) -> None:
    run = ordersetup("trace", "A-1")
    assert (run.code, run.out) == (1, "")
    assert "The stack default in eu-west-1 is not provisioned." in run.talk


@pytest.mark.parametrize(
    "args", [("A 1",), ("A-1", "--since", "0m"), ("A-1", "--since", "yesterday"), ()]
)
def test_bad_input_is_refused_before_any_call(
    ordersetup: CommandLine, calls: list[str], args: tuple[str, ...]
) -> None:
    run = ordersetup("trace", *args)
    assert (run.code, run.out, calls) == (2, "", [])
