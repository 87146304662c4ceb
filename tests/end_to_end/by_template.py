"""The guide's stack as a CloudFormation template makes it: its own names, and a role per stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.end_to_end.by_hand import CORS, TRUST

_FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
_INLINE = "def handler(event, context):\n    return {'statusCode': 202, 'body': '{}'}\n"


def template(prefix: str) -> dict[str, Any]:
    """The whole stack, each name with a prefix."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            **_stored(prefix),
            **_functions(prefix),
            **_api(prefix),
        },
        "Outputs": {"ApiId": {"Value": {"Ref": "Api"}}},
    }


def _made(kind: str, depends: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    resource: dict[str, Any] = {"Type": f"AWS::{kind}", "Properties": properties}
    return {**resource, "DependsOn": list(depends)} if depends else resource


def _get(resource: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, attribute]}


def _stored(prefix: str) -> dict[str, Any]:
    return {
        "Inventory": _table(f"{prefix}-goods", "item_id"),
        "InventoryTransactions": _table(f"{prefix}-bookings", "order_id", "item_id"),
        "OrderProcessingDLQ": _made("SQS::Queue", QueueName=f"{prefix}-failed"),
        "OrderConfirmationTopic": _made("SNS::Topic", TopicName=f"{prefix}-confirmed"),
        "OrderProcessingAlerts": _made("SNS::Topic", TopicName=f"{prefix}-alarm"),
    }


def _table(name: str, *keys: str) -> dict[str, Any]:
    return _made(
        "DynamoDB::Table",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
        KeySchema=[
            {"AttributeName": key, "KeyType": "RANGE" if place else "HASH"}
            for place, key in enumerate(keys)
        ],
    )


def _functions(prefix: str) -> dict[str, Any]:
    def allow(actions: list[str], *resources: Any) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}

    statements = [
        allow(["lambda:InvokeFunction"], f"arn:aws:lambda:*:*:function:{prefix}-*"),
        allow(
            ["dynamodb:UpdateItem", "dynamodb:PutItem"],
            _get("Inventory"),
            _get("InventoryTransactions"),
        ),
        allow(["sqs:SendMessage"], _get("OrderProcessingDLQ")),
        allow(["sns:Publish"], {"Ref": "OrderConfirmationTopic"}, {"Ref": "OrderProcessingAlerts"}),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], "*"),
    ]
    role = _made(
        "IAM::Role",
        RoleName=f"{prefix}-role",
        AssumeRolePolicyDocument=TRUST,
        Policies=[
            {
                "PolicyName": "orders",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            }
        ],
    )
    variables: Mapping[str, dict[str, Any]] = {
        "ProcessOrder": {
            "INVENTORY_FUNCTION": {"Ref": "UpdateInventory"},
            "EMAIL_FUNCTION": {"Ref": "SendEmail"},
        },
        "UpdateInventory": {
            "TABLE_ONE": {"Ref": "Inventory"},
            "TABLE_TWO": {"Ref": "InventoryTransactions"},
            "ALERTS": {"Ref": "OrderProcessingAlerts"},
        },
        "SendEmail": {"THANKS": {"Ref": "OrderConfirmationTopic"}},
    }
    return {
        "Role": role,
        **{name: _function(f"{prefix}-{name}", variables[name]) for name in _FUNCTIONS},
        **{f"{name}Retries": _retries(name) for name in _FUNCTIONS[1:]},
    }


def _function(name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    return _made(
        "Lambda::Function",
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=_get("Role"),
        Code={"ZipFile": _INLINE},
        Environment={"Variables": variables},
    )


def _retries(function: str) -> dict[str, Any]:
    return _made(
        "Lambda::EventInvokeConfig",
        FunctionName={"Ref": function},
        Qualifier="$LATEST",
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": _get("OrderProcessingDLQ")}},
    )


def _api(prefix: str) -> dict[str, Any]:
    place: dict[str, Any] = {"RestApiId": {"Ref": "Api"}}
    source = "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/POST/orders"
    return {
        "Api": _made(
            "ApiGateway::RestApi",
            Name=f"{prefix}-api",
            EndpointConfiguration={"Types": ["REGIONAL"]},
        ),
        "Orders": _made(
            "ApiGateway::Resource",
            **place,
            ParentId=_get("Api", "RootResourceId"),
            PathPart="orders",
        ),
        "Post": _post(place),
        "Options": _options(place),
        **{
            f"On{kind}": _made(
                "ApiGateway::GatewayResponse",
                **place,
                ResponseType=f"DEFAULT_{kind}",
                ResponseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
            )
            for kind in ("4XX", "5XX")
        },
        "Permission": _made(
            "Lambda::Permission",
            FunctionName={"Ref": "ProcessOrder"},
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn={"Fn::Sub": source},
        ),
        "Deployment": _made(
            "ApiGateway::Deployment", ("Post", "Options", "On4XX", "On5XX"), **place
        ),
        "Stage": _made(
            "ApiGateway::Stage", **place, DeploymentId={"Ref": "Deployment"}, StageName="prod"
        ),
    }


def _post(place: Mapping[str, Any]) -> dict[str, Any]:
    uri = (
        "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        "${ProcessOrder.Arn}/invocations"
    )
    return _made(
        "ApiGateway::Method",
        **place,
        ResourceId={"Ref": "Orders"},
        HttpMethod="POST",
        AuthorizationType="NONE",
        Integration={
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": {"Fn::Sub": uri},
        },
        MethodResponses=[
            {
                "StatusCode": "200",
                "ResponseModels": {"application/json": "Empty"},
                "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": False},
            }
        ],
    )


def _options(place: Mapping[str, Any]) -> dict[str, Any]:
    return _made(
        "ApiGateway::Method",
        **place,
        ResourceId={"Ref": "Orders"},
        HttpMethod="OPTIONS",
        AuthorizationType="NONE",
        Integration={
            "Type": "MOCK",
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "RequestTemplates": {"application/json": '{"statusCode": 200}'},
            "IntegrationResponses": [
                {
                    "StatusCode": "200",
                    "ResponseParameters": {
                        f"method.response.header.{name}": value for name, value in CORS.items()
                    },
                }
            ],
        },
        MethodResponses=[
            {
                "StatusCode": "200",
                "ResponseModels": {"application/json": "Empty"},
                "ResponseParameters": {f"method.response.header.{name}": False for name in CORS},
            }
        ],
    )
