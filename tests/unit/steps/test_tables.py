"""DynamoDB tables, where AWS is stricter or slower than moto."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.step import Seen
from ordersetup.steps.tables import Table
from tests.conftest import Provision
from tests.stacks import drift, stack
from tests.wire import Wire

TABLE: Table = stack().step("table/Inventory")


def _status(status: str) -> Any:
    def bend(answer: dict[str, Any]) -> None:
        answer["Table"]["TableStatus"] = status

    return bend


def test_a_table_that_is_being_made_is_waited_for(provision: Provision, wire: Wire) -> None:
    provision([TABLE])
    wire.calls.clear()
    wire.bend("dynamodb:DescribeTable", _status("CREATING"), _status("CREATING"))

    run = provision([TABLE])

    assert run.reasons == ["Table status is Creating, not Active"]
    assert set(wire.calls) <= set(TABLE.calls.read)


def test_a_table_that_is_being_deleted_is_absent_and_made_anew_once_it_is_gone(
    provision: Provision, wire: Wire
) -> None:
    provision([TABLE])
    wire.calls.clear()
    wire.bend("dynamodb:DescribeTable", _status("DELETING"), _status("DELETING"))

    run = provision([TABLE])

    # moto's table was never gone: the create is refused as AWS refuses it while DELETING.
    assert wire.calls.count("dynamodb:CreateTable") == 2
    assert run.reasons == ["the table is being made, changed or deleted"] * 2
    assert drift(run.seen, [TABLE]) == set()


def test_tags_of_a_table_that_is_deleted_meanwhile_are_read_again(aws: Aws, wire: Wire) -> None:
    provision_by_hand(aws)
    wire.bend("dynamodb:DescribeTable", _status("DELETING"))
    assert TABLE.read(aws, Seen()) is None


def test_a_table_that_has_always_been_provisioned_tells_no_billing_mode(
    aws: Aws, wire: Wire
) -> None:
    provision_by_hand(aws)

    def bend(answer: dict[str, Any]) -> None:
        answer["Table"].pop("BillingModeSummary", None)

    wire.bend("dynamodb:DescribeTable", bend)
    state = TABLE.read(aws, Seen())
    assert state is not None
    assert state.capacity_mode == "Provisioned"


@pytest.mark.parametrize("kind", ["N", "B", "Q"])
def test_a_key_of_any_type_can_be_read(aws: Aws, wire: Wire, kind: str) -> None:
    provision_by_hand(aws)

    def bend(answer: dict[str, Any]) -> None:
        answer["Table"]["AttributeDefinitions"][0]["AttributeType"] = kind

    wire.bend("dynamodb:DescribeTable", bend)
    state = TABLE.read(aws, Seen())
    assert state is not None
    assert (
        state.partition_key
        == {
            "N": "item_id (Number)",
            "B": "item_id (Binary)",
            "Q": "item_id (Q)",
        }[kind]
    )


def test_the_lock_after_a_change_of_tags_is_waited_out(provision: Provision, wire: Wire) -> None:
    provision([stack(tags=(("Team", "orders"),)).step("table/Inventory")])
    wire.refuse(
        "dynamodb:UntagResource",
        "LimitExceededException",
        "Subscriber limit exceeded: Table tags are being updated: Inventory",
    )

    run = provision([TABLE])

    assert run.reasons == ["the table's tags are still being changed"]
    assert drift(run.seen, [TABLE]) == set()


def provision_by_hand(aws: Aws) -> None:
    """The table as a person makes it."""
    aws.dynamodb.create_table(
        TableName="Inventory",
        AttributeDefinitions=[{"AttributeName": "item_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "item_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
