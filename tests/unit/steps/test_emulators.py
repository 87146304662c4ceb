"""moto still departs from AWS in these ways; a test here that fails says: drop the correction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ordersetup.blueprint import trust_policy
from ordersetup.bundle import bundle
from tests.emulators import CORRECTIONS, corrected
from tests.stacks import ACCOUNT, REGION, make_policies

CODE = bundle().zipped


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name=REGION)


@pytest.fixture
def plain(session: boto3.Session) -> Iterator[boto3.Session]:
    """moto as it is."""
    with mock_aws():
        yield session


@pytest.fixture
def lambda_(plain: boto3.Session) -> Any:
    """A client of Lambda, in an account with one function, `works`."""
    role = plain.client("iam").create_role(
        RoleName="works", AssumeRolePolicyDocument=json.dumps(trust_policy())
    )
    client = plain.client("lambda")
    client.create_function(
        FunctionName="works",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": CODE},
        Handler="handlers.process_order.handler",
        Runtime="python3.13",
        LoggingConfig={"LogFormat": "JSON"},
    )
    return client


@pytest.fixture
def api(plain: boto3.Session) -> Any:
    """A client of API Gateway."""
    return plain.client("apigateway")


@pytest.fixture
def address(api: Any) -> dict[str, str]:
    """A method GET / with a mock integration."""
    api_id = api.create_rest_api(name="shop")["id"]
    (root,) = api.get_resources(restApiId=api_id)["items"]
    found = {"restApiId": api_id, "resourceId": root["id"], "httpMethod": "GET"}
    api.put_method(**found, authorizationType="NONE")
    api.put_integration(**found, type="MOCK")
    return found


def test_moto_forgets_the_logging_config(lambda_: Any) -> None:
    found = lambda_.get_function(FunctionName="works")["Configuration"]
    assert "LoggingConfig" not in found


def test_moto_keeps_the_architecture_that_new_code_changes(lambda_: Any) -> None:
    lambda_.update_function_code(FunctionName="works", ZipFile=CODE, Architectures=["arm64"])
    found = lambda_.get_function(FunctionName="works")["Configuration"]
    assert found["Architectures"] == ["x86_64"]


def test_moto_takes_a_reserved_concurrency_of_0_for_none(lambda_: Any) -> None:
    lambda_.put_function_concurrency(FunctionName="works", ReservedConcurrentExecutions=0)
    assert "Concurrency" not in lambda_.get_function(FunctionName="works")


def test_moto_goes_on_telling_the_first_event_invoke_config(lambda_: Any) -> None:
    for attempts in (0, 1):
        lambda_.put_function_event_invoke_config(
            FunctionName="works", MaximumRetryAttempts=attempts
        )
    found = lambda_.get_function_event_invoke_config(FunctionName="works")
    assert found["MaximumRetryAttempts"] == 0


def test_moto_takes_a_statement_id_twice(lambda_: Any) -> None:
    for _ in range(2):
        lambda_.add_permission(
            FunctionName="works",
            StatementId="once",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )


def test_moto_forgets_the_stage_at_each_deployment(api: Any, address: dict[str, str]) -> None:
    stage = {"restApiId": address["restApiId"], "stageName": "prod"}
    api.create_deployment(**stage, stageDescription="told")
    assert not api.get_stage(**stage).get("description")
    patch = {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "7"}
    api.update_stage(**stage, patchOperations=[patch])
    api.create_deployment(**stage)
    assert api.get_stage(**stage)["methodSettings"] == {}


def test_moto_refuses_to_delete_a_deployment_that_its_stage_has_left(
    api: Any, address: dict[str, str]
) -> None:
    stage = {"restApiId": address["restApiId"], "stageName": "prod"}
    first = api.create_deployment(**stage)["id"]
    api.create_deployment(**stage)
    with pytest.raises(ClientError, match="Active stages"):
        api.delete_deployment(restApiId=address["restApiId"], deploymentId=first)


def test_moto_takes_a_json_pointer_literally(api: Any, address: dict[str, str]) -> None:
    stage = {"restApiId": address["restApiId"], "stageName": "prod"}
    api.create_deployment(**stage)
    patch = {"op": "replace", "path": "/~1orders/POST/throttling/rateLimit", "value": "7"}
    api.update_stage(**stage, patchOperations=[patch])
    assert "orders/POST" not in api.get_stage(**stage)["methodSettings"]


def test_moto_knows_no_default_gateway_response(api: Any, address: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        api.get_gateway_response(restApiId=address["restApiId"], responseType="DEFAULT_4XX")


def test_moto_forgets_a_dead_letter_queue(lambda_: Any) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    lambda_.update_function_configuration(FunctionName="works", DeadLetterConfig={"TargetArn": arn})
    found = lambda_.get_function_configuration(FunctionName="works")
    assert "DeadLetterConfig" not in found


def test_moto_exports_no_integrations(api: Any, address: dict[str, str]) -> None:
    api.create_deployment(restApiId=address["restApiId"], stageName="prod")
    body = api.get_export(
        restApiId=address["restApiId"],
        stageName="prod",
        exportType="oas30",
        parameters={"extensions": "apigateway"},
    )["body"].read()
    assert b'"/"' in body
    assert b"x-amazon-apigateway-integration" not in body


def test_moto_cannot_tag_a_rest_api(api: Any, address: dict[str, str]) -> None:
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{address['restApiId']}"
    with pytest.raises(ClientError):
        api.tag_resource(resourceArn=arn, tags={"Team": "orders"})
    with pytest.raises(ClientError):
        api.untag_resource(resourceArn=arn, tagKeys=["Team"])


def test_moto_cannot_update_a_method(api: Any, address: dict[str, str]) -> None:
    with pytest.raises(NotImplementedError):
        api.update_method(**address, patchOperations=[])
    with pytest.raises(NotImplementedError):
        api.update_method_response(**address, statusCode="200", patchOperations=[])


def test_moto_puts_a_method_and_its_response_twice(api: Any, address: dict[str, str]) -> None:
    api.put_method(**address, authorizationType="NONE")
    for _ in range(2):
        api.put_method_response(**address, statusCode="200")


def test_moto_makes_a_resource_twice(api: Any, address: dict[str, str]) -> None:
    resources = api.get_resources(restApiId=address["restApiId"])["items"]
    root = next(resource["id"] for resource in resources if resource["path"] == "/")
    for _ in range(2):
        api.create_resource(restApiId=address["restApiId"], parentId=root, pathPart="again")
    made = api.get_resources(restApiId=address["restApiId"])["items"]
    assert [resource["path"] for resource in made].count("/again") == 2


def test_moto_trips_over_a_method_response_that_is_not_there(
    api: Any, address: dict[str, str]
) -> None:
    with pytest.raises(AttributeError):
        api.delete_method_response(**address, statusCode="418")


def test_moto_keeps_the_tag_of_a_table_that_is_written_over(plain: boto3.Session) -> None:
    tables: Any = plain.client("dynamodb")
    arn = tables.create_table(
        TableName="one",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    for value in ("1", "2"):
        tables.tag_resource(ResourceArn=arn, Tags=[{"Key": "Cost", "Value": value}])
    assert len(tables.list_tags_of_resource(ResourceArn=arn)["Tags"]) == 2


def test_moto_tells_no_default_timeout_of_an_integration(api: Any, address: dict[str, str]) -> None:
    assert "timeoutInMillis" not in api.get_integration(**address)


def test_moto_cannot_simulate_a_policy(plain: boto3.Session) -> None:
    with pytest.raises(NotImplementedError):
        plain.client("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/works", ActionNames=["sqs:SendMessage"]
        )


def test_moto_knows_no_ses_account(plain: boto3.Session) -> None:
    with pytest.raises(NotImplementedError):
        plain.client("sesv2").get_account()


def test_a_transaction_s_token_is_no_token(plain: boto3.Session) -> None:
    client = plain.client("dynamodb")
    client.create_table(
        TableName="Stock",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    add: Any = {
        "TableName": "Stock",
        "Key": {"id": {"S": "lamp"}},
        "UpdateExpression": "ADD quantity :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    for _ in range(2):
        client.transact_write_items(TransactItems=[{"Update": add}], ClientRequestToken="once")
    found = client.get_item(TableName="Stock", Key={"id": {"S": "lamp"}})["Item"]
    assert found["quantity"] == {"N": "2"}


def test_the_corrections_go_when_their_context_ends() -> None:
    before = [vars(owner).get(name) for owner, name, _ in CORRECTIONS]
    with corrected():
        assert [vars(owner)[name] for owner, name, _ in CORRECTIONS] == [
            replacement for _, _, replacement in CORRECTIONS
        ]
    assert [vars(owner).get(name) for owner, name, _ in CORRECTIONS] == before


def test_the_simulated_role_may_what_its_policy_allows_and_no_more(aws: Any) -> None:
    make_policies(aws)
    sender = {"ContextKeyName": "ses:FromAddress", "ContextKeyType": "string"}

    def decisions(arn: str, address: str = "shop@example.com") -> list[str]:
        answer = aws.iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/shop/runs-orders",
            ActionNames=["sqs:SendMessage", "ses:SendEmail"],
            ResourceArns=[arn],
            ContextEntries=[{**sender, "ContextKeyValues": [address]}],
        )
        return [result["EvalDecision"] for result in answer["EvaluationResults"]]

    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:OrderProcessingDLQ"
    identity = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/x"
    assert decisions(queue) == ["allowed", "implicitDeny"]
    assert decisions(identity) == ["implicitDeny", "allowed"]
    assert decisions(identity, "mallory@example.com") == ["implicitDeny", "implicitDeny"]

    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    aws.iam.put_role_policy(
        RoleName="runs-orders",
        PolicyName="guardrail",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": deny}),
    )
    assert decisions(queue) == ["explicitDeny", "implicitDeny"]


def test_moto_trips_over_an_api_that_is_not_there(api: Any) -> None:
    with pytest.raises(KeyError):
        api.delete_rest_api(restApiId="nowhere")
    with corrected(), pytest.raises(api.exceptions.NotFoundException):
        api.delete_rest_api(restApiId="nowhere")


def test_moto_trips_over_a_role_that_is_not_in_the_instance_profile(plain: boto3.Session) -> None:
    iam = plain.client("iam")
    iam.create_role(RoleName="works", AssumeRolePolicyDocument=json.dumps(trust_policy()))
    iam.create_instance_profile(InstanceProfileName="empty")
    asked = {"InstanceProfileName": "empty", "RoleName": "works"}
    with pytest.raises(ValueError, match="not in list"):
        iam.remove_role_from_instance_profile(**asked)
    with corrected(), pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.remove_role_from_instance_profile(**asked)


def test_moto_lists_an_identity_under_another_arn_than_its_own(plain: boto3.Session) -> None:
    ses, tagging = plain.client("sesv2"), plain.client("resourcegroupstaggingapi")
    ses.create_email_identity(EmailIdentity="a@x.io", Tags=[{"Key": "Team", "Value": "orders"}])

    def told() -> str:
        return tagging.get_resources()["ResourceTagMappingList"][0]["ResourceARN"]

    assert ":email-identity/a@x.io" in told()
    with corrected():
        assert told().endswith(":identity/a@x.io")


def test_a_new_account_is_in_the_sandbox(aws: Any) -> None:
    assert aws.sesv2.get_account()["ProductionAccessEnabled"] is False
