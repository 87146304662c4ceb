"""A sample of rows: what has the wrong type is named."""

from __future__ import annotations

from ordersetup.aws import Aws
from ordersetup.steps.inspections import inspections
from ordersetup.steps.rows import Rows
from tests.conftest import Provision, Survey
from tests.stacks import stack

BUILT = stack()
ROWS = {
    step.table.name: step
    for step in inspections(BUILT.steps, BUILT.blueprint)
    if isinstance(step, Rows)
}


def test_items_whose_quantity_is_a_string_are_named_and_many_counted(
    aws: Aws, provision: Provision, survey: Survey
) -> None:
    rows = ROWS["Inventory"]
    provision([rows.table])
    for name in ("chair", "desk", "lamp", "shelf"):
        item = {"item_id": {"S": name}, "quantity": {"S": "1"}}
        aws.dynamodb.put_item(TableName="Inventory", Item=item)
    aws.dynamodb.put_item(
        TableName="Inventory", Item={"item_id": {"S": "right"}, "quantity": {"N": "1"}}
    )
    told = survey([rows.table, rows]).seen.of(rows).quantity
    names, _, more = told.removeprefix("String in ").partition(" and ")
    assert len({"chair", "desk", "lamp", "shelf"} & set(names.split(", "))) == 3
    assert more == "1 more"


def test_a_transaction_is_named_by_both_of_its_keys(
    aws: Aws, provision: Provision, survey: Survey
) -> None:
    rows = ROWS["InventoryTransactions"]
    provision([rows.table])
    keys = {"order_id": {"S": "A-1"}, "item_id": {"S": "lamp"}}
    aws.dynamodb.put_item(
        TableName="InventoryTransactions", Item={**keys, "quantity": {"BOOL": True}}
    )
    assert survey([rows.table, rows]).seen.of(rows).quantity == "Boolean in A-1 / lamp"
