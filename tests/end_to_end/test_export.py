"""An exported template, deployed by CloudFormation to an engine that knows nothing of the stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ordersetup.corrections import POLICY, STATEMENTS
from ordersetup.local import Engine, throwaway
from tests.end_to_end.command_line import REGION, CommandLine, Run
from tests.end_to_end.shop import Shop

BOUNDARY = "arn:aws:iam::000000000000:policy/boundary"

LOST = {
    "plain": {"rest-api/plain-EcommerceAPI.endpoint_type"},
    "chosen": {
        "rest-api/chosen-EcommerceAPI.endpoint_type",
        "stage/chosen-EcommerceAPI/prod.tags",
        f"role/chosen-OrderProcessingRole-{REGION}.boundary",
    },
}
"""What the engine's CloudFormation loses of a template: see the test of the engine below."""

PLAIN: tuple[str, ...] = ()
CHOSEN = (
    *("--sender", "shop@example.com", "--alert-email", "ada@example.com"),
    *("--alert-email", "bob@example.com", "--cors-origin", "https://shop.example.com"),
    *("--retention-days", "90", "--tag", "team=orders", "--tag", "cost-centre=42"),
    *("--permissions-boundary", BOUNDARY),
)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLine, Engine]]:
    """Another engine, as empty as a new account."""
    with throwaway(region=REGION) as running:
        yield CommandLine.local(tmp_path_factory.mktemp("elsewhere"), running), running


def deploy(engine: Engine, folder: Path, name: str, template: str = "template.json") -> Any:
    """What the command's closing words say: the zip to a bucket, the template to CloudFormation."""
    client = Shop(engine.endpoint_url, "").client
    bucket = f"code-{name}"
    client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client("s3").put_object(
        Bucket=bucket, Key="handlers.zip", Body=(folder / "handlers.zip").read_bytes()
    )
    stacks = client("cloudformation")
    stacks.create_stack(
        StackName=name,
        TemplateBody=(folder / template).read_text(),
        Parameters=[
            {"ParameterKey": "CodeBucket", "ParameterValue": bucket},
            {"ParameterKey": "CodeKey", "ParameterValue": "handlers.zip"},
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return stacks


def make_boundary(*engines: Engine) -> None:
    """The policy that the settings speak of; it allows all, so that only its being there counts."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    for engine in engines:
        iam = Shop(engine.endpoint_url, "").client("iam")
        if not iam.list_policies(Scope="Local")["Policies"]:
            iam.create_policy(PolicyName="boundary", PolicyDocument=document)


def let_it_mail(engine: Engine, role: str) -> None:
    """What `provision --local` does too, since the engine refuses the policy that suits AWS."""
    document = {"Version": "2012-10-17", "Statement": STATEMENTS}
    Shop(engine.endpoint_url, "").client("iam").put_role_policy(
        RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps(document)
    )


def checks(run: Run, *levels: str) -> set[str]:
    return {f["check"] for f in run.result["findings"] if f["level"] in levels}


@pytest.mark.parametrize(
    ("stack", "settings"), [("plain", PLAIN), ("chosen", CHOSEN)], ids=["plain", "chosen"]
)
def test_a_template_makes_the_very_stack_that_it_was_exported_from(
    ordersetup: CommandLine,
    engine: Engine,
    elsewhere: tuple[CommandLine, Engine],
    tmp_path: Path,
    stack: str,
    settings: tuple[str, ...],
) -> None:
    there, other = elsewhere
    make_boundary(engine, other)
    assert ordersetup("provision", "--stack", stack, *settings).code == 0
    arguments = ("--stack", stack, "--format", "cloudformation", "--output", str(tmp_path))
    assert ordersetup("export", *arguments).code == 0
    here = ordersetup("verify", "--stack", stack, "--json")
    deploy(other, tmp_path, stack)
    let_it_mail(other, f"{stack}-OrderProcessingRole-{REGION}")
    run = there("verify", "--stack", stack, "--json")
    assert checks(run, "fails", "unknown") == LOST[stack]
    assert checks(run, "holds", "note", "fails") == checks(here, "holds", "note")
    # The settings have travelled too: what is not remembered would be planned away.
    plan = there("plan", "--stack", stack, "--json").result
    assert (plan["create"], plan["change"]) == (0, len(LOST[stack]))


def test_the_engine_s_cloudformation_departs_from_aws_in_three_things(
    engine: Engine, tmp_path: Path, ordersetup: CommandLine
) -> None:
    """Once this fails the engine is cured, and the template's stack has no finding at all.

    AWS::ApiGateway::RestApi has EndpointConfiguration, which the engine keeps under another name,
    AWS::ApiGateway::Stage has Tags, which its GetTags does not know, and AWS::IAM::Role has
    PermissionsBoundary, which it does not read.
    """
    make_boundary(engine)
    arguments = ("--format", "cloudformation", "--output", str(tmp_path), "--stack", "lost")
    assert ordersetup("export", *arguments).code == 0
    template = json.loads((tmp_path / "template.json").read_text())
    stage = template["Resources"]["Stage"]
    stage["Properties"]["Tags"] = [{"Key": "team", "Value": "orders"}]
    template["Resources"]["Role"]["Properties"]["PermissionsBoundary"] = BOUNDARY
    (tmp_path / "template.json").write_text(json.dumps(template))
    deploy(engine, tmp_path, "lost")
    apis = Shop(engine.endpoint_url, "").client("apigateway")
    (lost,) = [api for api in apis.get_rest_apis()["items"] if api["name"] == "lost-EcommerceAPI"]
    assert "types" not in lost["endpointConfiguration"], "AWS: REGIONAL, as the template has it"
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{lost['id']}/stages/prod"
    assert apis.get_tags(resourceArn=arn)["tags"] == {}, "AWS: the stage's tags"
    iam = Shop(engine.endpoint_url, "").client("iam")
    role = iam.get_role(RoleName=f"lost-OrderProcessingRole-{REGION}")["Role"]
    assert "PermissionsBoundary" not in role, "AWS: the policy"


def test_a_stack_of_cloudformation_takes_orders(
    ordersetup: CommandLine, elsewhere: tuple[CommandLine, Engine], tmp_path: Path
) -> None:
    there, engine = elsewhere
    arguments = ("--stack", "orders", "--format", "cloudformation", "--output", str(tmp_path))
    exported = ordersetup("export", *arguments, "--json")
    assert (exported.code, exported.result["stands"], exported.result["imports"]) == (0, False, 0)
    assert not (tmp_path / "resources-to-import.json").exists()
    deploy(engine, tmp_path, "orders")
    run = there("send-test-order", "--stack", "orders", "--json")
    assert run.code == 0, run.out + run.talk
    (made,) = (
        Shop(engine.endpoint_url, "")
        .client("cloudformation")
        .describe_stacks(StackName="orders")["Stacks"]
    )
    assert made["Outputs"][0]["OutputValue"].endswith("/prod/orders")


def test_what_is_to_be_imported_is_what_stands(
    ordersetup: CommandLine, engine: Engine, tmp_path: Path
) -> None:
    make_boundary(engine)
    assert ordersetup("provision", "--stack", "stands", *CHOSEN).code == 0
    arguments = ("--stack", "stands", "--format", "cloudformation", "--output", str(tmp_path))
    assert ordersetup("export", *arguments).code == 0
    told = json.loads((tmp_path / "resources-to-import.json").read_text())
    of = {entry["LogicalResourceId"]: entry["ResourceIdentifier"] for entry in told}
    client = Shop(engine.endpoint_url, "").client
    api = client("apigateway").get_stage(
        restApiId=of["EcommerceAPI"]["RestApiId"], stageName=of["Stage"]["StageName"]
    )
    (deployment,) = [name for name in of if name.startswith("Deployment")]
    assert api["deploymentId"] == of[deployment]["DeploymentId"]
    resource = client("apigateway").get_resource(
        restApiId=of["Orders"]["RestApiId"], resourceId=of["Orders"]["ResourceId"]
    )
    assert resource["path"] == "/orders"
    policy = client("lambda").get_policy(FunctionName=of["ProcessOrderPermission"]["FunctionName"])
    assert of["ProcessOrderPermission"]["Id"] in policy["Policy"]
    for key in ("AlertEmail1", "AlertEmail2"):
        client("sns").get_subscription_attributes(SubscriptionArn=of[key]["Arn"])
