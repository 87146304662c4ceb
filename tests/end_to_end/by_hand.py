"""The guide's stack as a person makes it with the plain AWS CLI: no tag, and names of their own.

Each call is the one that `aws SERVICE OPERATION` sends, with what the guide's page has in its form.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.command_line import REGION

ACCOUNT = "000000000000"
GUIDE: Mapping[str, str] = {
    **{
        name: name
        for name in (
            *("Inventory", "InventoryTransactions", "OrderProcessingDLQ"),
            *("OrderConfirmationTopic", "OrderProcessingAlerts"),
            *("ProcessOrder", "UpdateInventory", "SendEmail", "EcommerceAPI"),
        )
    },
    "Role": "LambdaOrderRole",
    "stage": "prod",
    "path": "orders",
}
"""The guide's own names; it leaves the role's to the reader."""

OTHER: Mapping[str, str] = {
    "Inventory": "shop-stock",
    "InventoryTransactions": "shop-movements",
    "OrderProcessingDLQ": "shop-dead-letters",
    "OrderConfirmationTopic": "shop-thanks",
    "OrderProcessingAlerts": "shop-failures",
    "ProcessOrder": "shop-intake",
    "UpdateInventory": "shop-stock-keeper",
    "SendEmail": "shop-mailer",
    "EcommerceAPI": "shop-front",
    "Role": "shop-role",
    "stage": "live",
    "path": "checkout",
}
"""Nothing as the guide calls it."""

HEADERS = "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'"
CORS = {
    "Access-Control-Allow-Headers": HEADERS,
    "Access-Control-Allow-Methods": "'OPTIONS,POST'",
    "Access-Control-Allow-Origin": "'*'",
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
CODE = "def lambda_handler(event, context):\n    return {'statusCode': 202, 'body': '{}'}\n"


@dataclass
class ByHand:
    """One stack made by hand.

    Args:
        client: makes a client of a service.
        names: actual names by the guide's.
        environment: whether the functions are told names in their environment; else, as in the
            guide, their code has them.
        narrow: whether the role's policy names each resource; else it has wildcards.
        code: the functions' code by the guide's names; else they do nothing.
        region: where it stands.
        account: whose it is.
    """

    client: Callable[[str], Any]
    names: Mapping[str, str]
    environment: bool = False
    narrow: bool = False
    code: Mapping[str, str] = field(default_factory=dict)
    region: str = REGION
    account: str = ACCOUNT
    api_id: str = ""

    def arn(self, service: str, guide: str, prefix: str = "") -> str:
        """The ARN of one of the stack's resources."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{prefix}{self.names[guide]}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/{self.names['Role']}"

    def build(self) -> ByHand:
        """Make all of it, in the guide's order."""
        self.make_tables()
        self.client("sqs").create_queue(QueueName=self.names["OrderProcessingDLQ"])
        for topic in ("OrderConfirmationTopic", "OrderProcessingAlerts"):
            self.client("sns").create_topic(Name=self.names[topic])
        self.make_role()
        self.make_functions()
        self.make_api()
        return self

    def make_tables(self) -> None:
        for guide, keys in (
            ("Inventory", ["item_id"]),
            ("InventoryTransactions", ["order_id", "item_id"]),
        ):
            self.make_table(guide, keys)
        tables = self.client("dynamodb")
        tables.put_item(
            TableName=self.names["Inventory"],
            Item={"item_id": {"S": "lamp"}, "quantity": {"N": "5"}},
        )
        tables.put_item(
            TableName=self.names["InventoryTransactions"],
            Item={
                "order_id": {"S": "O-1"},
                "item_id": {"S": "lamp"},
                "quantity": {"N": "1"},
                "timestamp": {"S": "2026-11-23T10:00:00Z"},
            },
        )

    def make_table(self, guide: str, keys: list[str]) -> None:
        self.client("dynamodb").create_table(
            TableName=self.names[guide],
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": "RANGE" if place else "HASH"}
                for place, key in enumerate(keys)
            ],
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        )

    def make_role(self) -> None:
        iam = self.client("iam")
        iam.create_role(RoleName=self.names["Role"], AssumeRolePolicyDocument=json.dumps(TRUST))
        self.allow(*self.statements())

    def allow(self, *statements: Mapping[str, Any]) -> None:
        """Give the role these statements, in the place of those it has."""
        self.client("iam").put_role_policy(
            RoleName=self.names["Role"],
            PolicyName="orders",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )

    def statements(self) -> list[dict[str, Any]]:
        """What the role may do, as a person writes it."""
        wide = [
            ("lambda:InvokeFunction", "*"),
            ("dynamodb:*", "*"),
            ("sqs:SendMessage", "*"),
            ("sns:Publish", "*"),
            ("ses:SendEmail", "*"),
            ("logs:*", "*"),
        ]
        tables = [
            self.arn("dynamodb", table, "table/")
            for table in ("Inventory", "InventoryTransactions")
        ]
        functions = [
            self.arn("lambda", name, "function:") for name in ("UpdateInventory", "SendEmail")
        ]
        topics = [
            self.arn("sns", topic) for topic in ("OrderConfirmationTopic", "OrderProcessingAlerts")
        ]
        narrow: list[tuple[Any, Any]] = [
            ("lambda:InvokeFunction", functions),
            (["dynamodb:UpdateItem", "dynamodb:PutItem"], tables),
            ("sqs:SendMessage", self.arn("sqs", "OrderProcessingDLQ")),
            ("sns:Publish", topics),
            (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        ]
        return [
            {"Effect": "Allow", "Action": action, "Resource": resource}
            for action, resource in (narrow if self.narrow else wide)
        ]

    def make_functions(self) -> None:
        lambda_ = self.client("lambda")
        for guide in ("ProcessOrder", "UpdateInventory", "SendEmail"):
            lambda_.create_function(
                FunctionName=self.names[guide],
                Runtime="python3.12",
                Role=self.role_arn,
                Handler="lambda_function.lambda_handler",
                Code={"ZipFile": zipped(self.code.get(guide, CODE))},
                Environment={"Variables": self.variables(guide) if self.environment else {}},
            )
        for guide in ("ProcessOrder", "UpdateInventory", "SendEmail"):
            lambda_.get_waiter("function_active_v2").wait(FunctionName=self.names[guide])
        for guide in ("UpdateInventory", "SendEmail"):
            self.configure(guide)

    def configure(self, guide: str, **changes: Any) -> None:
        """Edit a function's asynchronous invocation as the guide does, but for `changes`."""
        arn = self.arn("sqs", "OrderProcessingDLQ")
        settings: dict[str, Any] = {
            "MaximumRetryAttempts": 2,
            "DestinationConfig": {"OnFailure": {"Destination": arn}},
        }
        self.client("lambda").put_function_event_invoke_config(
            FunctionName=self.names[guide], **settings | changes
        )

    def variables(self, guide: str) -> dict[str, str]:
        """What a function's environment names."""
        names: Mapping[str, dict[str, str]] = {
            "ProcessOrder": {
                "STOCK_FN": self.names["UpdateInventory"],
                "MAIL_FN": self.arn("lambda", "SendEmail", "function:"),
            },
            "UpdateInventory": {
                "STOCK": self.names["Inventory"],
                "MOVEMENTS": self.names["InventoryTransactions"],
                "TOPIC": self.arn("sns", "OrderProcessingAlerts"),
            },
            "SendEmail": {"TOPIC": self.arn("sns", "OrderConfirmationTopic")},
        }
        return names[guide]

    @property
    def url(self) -> str:
        """The path of the invoke URL, as the engine has it."""
        stage, path = self.names["stage"], self.names["path"]
        return f"/restapis/{self.api_id}/{stage}/_user_request_/{path}"

    def make_api(self) -> None:
        apis = self.client("apigateway")
        api = apis.create_rest_api(
            name=self.names["EcommerceAPI"], endpointConfiguration={"types": ["REGIONAL"]}
        )
        self.api_id = api["id"]
        root = apis.get_resources(restApiId=self.api_id)["items"][0]["id"]
        resource = apis.create_resource(
            restApiId=self.api_id, parentId=root, pathPart=self.names["path"]
        )["id"]
        self._make_post({"restApiId": self.api_id, "resourceId": resource, "httpMethod": "POST"})
        self._enable_cors(
            {"restApiId": self.api_id, "resourceId": resource, "httpMethod": "OPTIONS"}
        )
        apis.create_deployment(restApiId=self.api_id, stageName=self.names["stage"])

    def _make_post(self, address: Mapping[str, str]) -> None:
        apis = self.client("apigateway")
        function = self.arn("lambda", "ProcessOrder", "function:")
        apis.put_method(**address, authorizationType="NONE")
        apis.put_integration(
            **address,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{self.region}:lambda:path/2015-03-31/functions/{function}"
            "/invocations",
            contentHandling="CONVERT_TO_TEXT",
        )
        apis.put_method_response(
            **address,
            statusCode="200",
            responseModels={"application/json": "Empty"},
            responseParameters={"method.response.header.Access-Control-Allow-Origin": False},
        )
        self.client("lambda").add_permission(
            FunctionName=self.names["ProcessOrder"],
            StatementId="api-gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/*/POST/"
            f"{self.names['path']}",
        )

    def _enable_cors(self, address: Mapping[str, str]) -> None:
        apis = self.client("apigateway")
        apis.put_method(**address, authorizationType="NONE")
        apis.put_method_response(
            **address,
            statusCode="200",
            responseModels={"application/json": "Empty"},
            responseParameters={f"method.response.header.{name}": False for name in CORS},
        )
        apis.put_integration(
            **address, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
        )
        apis.put_integration_response(
            **address,
            statusCode="200",
            responseParameters={f"method.response.header.{n}": v for n, v in CORS.items()},
        )
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
            apis.put_gateway_response(
                restApiId=self.api_id,
                responseType=kind,
                responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
            )


def zipped(code: str) -> bytes:
    """The code as a person zips it."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_function.py", code)
    return package.getvalue()
