"""The Terraform configuration: read back by a parser, every reference met, every id in its form."""

from __future__ import annotations

import re
from typing import Any

import hcl2
import pytest

from ordersetup.export.exported import Exported, terraform
from ordersetup.export.identities import Identities
from ordersetup.export.terraform import WORDS
from tests.stacks import Built, brought_stack, full_stack, stack
from tests.unit.export.test_cloudformation import STANDS

BUILT = {
    "plain": stack(),
    "named": stack("shop2"),
    "full": full_stack(),
    "brought": brought_stack(),
    "ringing": stack(alarms=True),
}

FORMS = {
    "aws_api_gateway_deployment": r"a1b2c3d4e5/d1e2f3",
    "aws_api_gateway_gateway_response": r"a1b2c3d4e5/DEFAULT_[45]XX",
    "aws_api_gateway_integration": r"a1b2c3d4e5/r1s2t3/(POST|OPTIONS)",
    "aws_api_gateway_integration_response": r"a1b2c3d4e5/r1s2t3/OPTIONS/200",
    "aws_api_gateway_method": r"a1b2c3d4e5/r1s2t3/(POST|OPTIONS)",
    "aws_api_gateway_method_response": r"a1b2c3d4e5/r1s2t3/(POST|OPTIONS)/200",
    "aws_api_gateway_method_settings": r"a1b2c3d4e5/prod/\*/\*",
    "aws_api_gateway_resource": r"a1b2c3d4e5/r1s2t3",
    "aws_api_gateway_rest_api": r"a1b2c3d4e5",
    "aws_api_gateway_stage": r"a1b2c3d4e5/prod",
    "aws_cloudwatch_log_group": r"/aws/lambda/[\w-]+",
    "aws_cloudwatch_metric_alarm": r"[\w-]+",
    "aws_dynamodb_table": r"[\w-]+",
    "aws_iam_role": r"[\w-]+",
    "aws_iam_role_policy": r"[\w-]+:orders-runtime",
    "aws_lambda_function": r"[\w-]+",
    "aws_lambda_function_event_invoke_config": r"[\w-]+",
    "aws_lambda_permission": r"[\w-]*ProcessOrder/ordersetup-post-orders-a1b2c3d4e5",
    "aws_sesv2_email_identity": r"shop@example\.com",
    "aws_sns_topic": r"arn:aws:sns:eu-west-1:123456789012:[\w-]+",
    "aws_sns_topic_subscription": r"arn:aws:sns:eu-west-1:123456789012:x:1-2-3",
    "aws_sqs_queue": r"https://sqs\..*/OrderProcessingDLQ",
}
"""The form of each type's import id, as the provider's documentation has it."""


@pytest.fixture(params=sorted(BUILT))
def built(request: pytest.FixtureRequest) -> Built:
    return BUILT[request.param]


def exported(built: Built, stands: Identities | None = STANDS) -> Exported:
    return terraform(built.blueprint, built.steps, stands)


def parsed(made: Exported, name: str) -> Any:
    return hcl2.loads(made.files[name].decode())


def plain(text: str) -> str:
    return text.strip('"')


def resources(made: Exported) -> dict[str, Any]:
    """Each resource's body by its address."""
    return {
        f"{plain(kind)}.{plain(name)}": body
        for block in parsed(made, "main.tf")["resource"]
        for kind, named in block.items()
        if not kind.startswith("__")
        for name, body in named.items()
        if not name.startswith("__")
    }


def imported(made: Exported) -> dict[str, str]:
    return {
        re.sub(r"[${}]", "", str(block["to"])): plain(block["id"])
        for block in parsed(made, "imports.tf")["import"]
    }


def test_every_kind_of_step_has_its_words(built: Built) -> None:
    assert {type(step) for step in built.steps} <= WORDS.keys()


def test_each_resource_is_imported_by_an_id_of_its_type_s_form(built: Built) -> None:
    made = exported(built)
    ids = imported(made)
    assert ids.keys() | set(made.later) == resources(made).keys()
    assert made.imports == len(ids)
    for address, found in ids.items():
        assert re.fullmatch(FORMS[address.partition(".")[0]], found), address


def test_every_form_is_met_by_some_stack() -> None:
    met = {address.partition(".")[0] for b in BUILT.values() for address in imported(exported(b))}
    assert met == FORMS.keys()


def test_every_reference_is_to_a_resource_of_the_file(built: Built) -> None:
    made = exported(built)
    there = resources(made)
    text = re.sub(r"^resource .*$", "", made.files["main.tf"].decode(), flags=re.MULTILINE)
    found = set(re.findall(r"\baws_[a-z0-9_]+\.[a-z0-9_]+", text))
    assert found
    assert found <= there.keys()


def test_what_has_no_arn_yet_is_made_by_the_same_apply() -> None:
    made = exported(full_stack())
    assert made.later == ("aws_sns_topic_subscription.alert_email_2",)
    assert made.later[0] in resources(made)


def test_a_permission_keeps_the_statement_that_stands() -> None:
    def statement(stands: Identities | None) -> str:
        body = resources(exported(stack(), stands))[
            "aws_lambda_permission.process_order_permission"
        ]
        return plain(body["statement_id"])

    assert statement(STANDS) == STANDS.statement_id
    assert statement(None) != STANDS.statement_id


def test_a_role_of_the_user_s_own_is_not_managed() -> None:
    made = resources(exported(brought_stack()))
    assert not [address for address in made if address.startswith("aws_iam_")]
    assert plain(made["aws_lambda_function.send_email"]["role"]).endswith(":role/shop/runs-orders")


def test_without_a_stack_there_is_nothing_to_import() -> None:
    assert sorted(exported(stack(), None).files) == ["handlers.zip", "main.tf"]


def test_the_same_stack_is_the_same_text(built: Built) -> None:
    assert exported(built).files == exported(built).files
