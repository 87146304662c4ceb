"""The blueprint: names, ARNs and what the functions are told, from settings alone."""

from __future__ import annotations

import pytest

from ordersetup.blueprint import Blueprint, Names, Place
from ordersetup.settings import Settings
from tests.stacks import BROUGHT, CODE, stack


def test_the_default_stack_bears_the_guides_bare_names() -> None:
    names = Names("default", "eu-west-1")
    assert names.of("Inventory") == "Inventory"
    assert names.role == "OrderProcessingRole-eu-west-1"


def test_another_stack_puts_its_name_before_each() -> None:
    names = Names("shop2", "eu-west-1")
    assert names.of("Inventory") == "shop2-Inventory"
    assert names.role == "shop2-OrderProcessingRole-eu-west-1"


def test_the_longest_names_fit_into_what_aws_takes() -> None:
    names = Names("a" * 20, "ap-southeast-1")
    assert len(names.role) <= 64
    assert len(names.of("UpdateInventory")) <= 64
    assert len(names.of("OrderProcessingDLQ")) <= 80


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_every_arn_is_of_the_callers_partition(partition: str) -> None:
    place = Place("123456789012", "cn-north-1", partition)
    blueprint = Blueprint(Names("default", place.region), place, Settings(), CODE)
    arns = [
        blueprint.role_arn,
        blueprint.queue_arn,
        blueprint.integration_uri,
        blueprint.table_arn("Inventory"),
        blueprint.topic_arn("OrderProcessingAlerts"),
        blueprint.function_arn("SendEmail"),
    ]
    assert {arn.split(":")[1] for arn in arns} == {partition}


def test_a_role_of_ones_own_is_what_the_functions_run_with() -> None:
    assert stack(role_arn=BROUGHT).blueprint.role_arn == BROUGHT


def test_the_owner_of_the_role_names_the_region_since_iam_is_global() -> None:
    blueprint = stack().blueprint
    assert blueprint.owner.name == "default"
    assert blueprint.role_owner.name == "default@eu-west-1"


def test_functions_hear_of_names_in_no_other_way_than_their_environment() -> None:
    told = {plan.name: plan.environment for plan in stack("shop2").blueprint.functions}
    assert told["shop2-ProcessOrder"] == {
        "ALLOWED_ORIGIN": "*",
        "SEND_EMAIL_FUNCTION": "shop2-SendEmail",
        "UPDATE_INVENTORY_FUNCTION": "shop2-UpdateInventory",
    }
    assert told["shop2-UpdateInventory"]["INVENTORY_TABLE"] == "shop2-Inventory"
    assert told["shop2-SendEmail"]["SENDER"] == ""


def test_the_api_waits_longer_than_the_function_it_calls() -> None:
    blueprint = stack().blueprint
    assert blueprint.process_order.timeout_seconds < 29


def test_a_blueprint_is_the_same_from_the_same_settings() -> None:
    one, other = stack(sender="shop@example.com"), stack(sender="shop@example.com")
    assert one.blueprint == other.blueprint
    assert [step.desired for step in one.steps] == [step.desired for step in other.steps]
