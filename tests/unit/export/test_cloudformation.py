"""The template: clean, complete, and importable resource by resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from ordersetup.bundle import bundle
from ordersetup.export.cloudformation import WORDS
from ordersetup.export.exported import Exported, cloudformation
from ordersetup.export.identities import Identities
from tests.stacks import BOUNDARY, REGION, Built, brought_stack, full_stack, stack

STANDS = Identities(
    api_id="a1b2c3d4e5",
    resource_id="r1s2t3",
    deployment_id="d1e2f3",
    queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/OrderProcessingDLQ",
    statement_id="ordersetup-post-orders-a1b2c3d4e5",
    subscriptions={"ada@example.com": "arn:aws:sns:eu-west-1:123456789012:x:1-2-3"},
)

BUILT = {
    "plain": stack(),
    "named": stack("shop2"),
    "full": full_stack(),
    "brought": brought_stack(),
    "ringing": stack(alarms=True),
}


@pytest.fixture(params=sorted(BUILT))
def built(request: pytest.FixtureRequest) -> Built:
    return BUILT[request.param]


def exported(built: Built, stands: Identities | None = STANDS) -> Exported:
    return cloudformation(built.blueprint, built.steps, stands)


def read(made: Exported, name: str) -> Any:
    return json.loads(made.files[name])


@pytest.mark.parametrize("name", ["template.json", "import.template.json"])
def test_cfn_lint_finds_nothing(built: Built, name: str) -> None:
    text = exported(built).files[name].decode()
    found = lint(text, config=ManualArgs(regions=[REGION], include_checks=["W", "E", "I"]))
    assert [f"{m.rule.id} {m.message} {m.path}" for m in found] == []


def test_cfn_lint_would_find_something() -> None:
    template = read(exported(stack()), "template.json")
    template["Resources"]["Inventory"]["Properties"]["BilingMode"] = "x"
    assert lint(json.dumps(template), config=ManualArgs(regions=[REGION]))


def test_it_is_short_enough_to_be_sent_as_it_is(built: Built) -> None:
    """51,200 bytes is CloudFormation's limit for a template that is not in a bucket."""
    assert len(exported(built).files["template.json"]) < 51_200


def test_every_kind_of_step_has_its_words(built: Built) -> None:
    assert {type(step) for step in built.steps} <= WORDS.keys()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("name", sorted(BUILT))
def test_names_are_the_stack_s_and_no_account_is_written_into_a_policy(name: str) -> None:
    built = BUILT[name]
    resources = read(exported(built), "template.json")["Resources"]
    names = built.blueprint.names
    assert resources["Inventory"]["Properties"]["TableName"] == names.of("Inventory")
    if "Role" in resources:
        assert built.blueprint.place.account not in json.dumps(
            resources["Role"]["Properties"]["Policies"]
        )


def test_an_import_names_each_resource_by_the_identifiers_of_its_type(built: Built) -> None:
    made = exported(built)
    template = read(made, "import.template.json")
    told = read(made, "resources-to-import.json")
    assert {entry["LogicalResourceId"] for entry in told} == template["Resources"].keys()
    assert made.imports == len(told)
    for entry in told:
        resource = template["Resources"][entry["LogicalResourceId"]]
        assert resource["Type"] == entry["ResourceType"]
        assert resource["DeletionPolicy"]
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, entry["ResourceType"]).schema
        wanted = {path.rpartition("/")[2] for path in schema["primaryIdentifier"]}
        assert entry["ResourceIdentifier"].keys() == wanted
        assert "read" in schema["handlers"], "without it a type cannot be imported"
        assert all(entry["ResourceIdentifier"].values())


def test_an_import_adds_nothing_and_refers_to_nothing_that_is_left_out(built: Built) -> None:
    template = read(exported(built), "import.template.json")
    assert "Outputs" not in template
    there = template["Resources"].keys() | template["Parameters"].keys()
    assert set(references(template)) <= there


def test_what_has_no_arn_yet_is_left_to_the_update() -> None:
    made = exported(full_stack())
    assert made.later == ("AlertEmail2",)
    assert "AlertEmail2" in read(made, "template.json")["Resources"]


def test_what_the_engine_s_cloudformation_loses_is_in_the_template() -> None:
    resources = read(exported(full_stack()), "template.json")["Resources"]
    api = resources["EcommerceAPI"]["Properties"]
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    tags = {tag["Key"]: tag["Value"] for tag in resources["Stage"]["Properties"]["Tags"]}
    assert tags == full_stack().blueprint.owner.tags()
    assert resources["Role"]["Properties"]["PermissionsBoundary"] == BOUNDARY


def test_another_definition_of_the_api_is_another_deployment() -> None:
    def deployments(built: Built) -> list[str]:
        resources = read(exported(built), "template.json")["Resources"]
        return [name for name in resources if name.startswith("Deployment")]

    plain, other = deployments(stack()), deployments(stack(cors_origin="https://x.example.com"))
    assert len(plain) == len(other) == 1
    assert plain != other


def test_without_a_stack_there_is_nothing_to_import() -> None:
    made = exported(stack(), None)
    assert sorted(made.files) == ["handlers.zip", "template.json"]
    assert (made.imports, made.later) == (0, ())


def test_other_code_has_another_key_in_the_bucket(tmp_path: Path) -> None:
    (tmp_path / "process_order.py").write_text("handler = None\n")
    other = exported(stack(code=bundle(tmp_path)))
    assert other.code_key != exported(stack()).code_key
    template = read(other, "template.json")
    assert template["Parameters"]["CodeKey"]["Default"] == other.code_key


def test_the_same_stack_is_the_same_text(built: Built) -> None:
    assert exported(built).files == exported(built).files
