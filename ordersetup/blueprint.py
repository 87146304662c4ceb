"""The blueprint: the whole desired stack, made from settings, names and place alone.

Pure: nothing here calls AWS. The names are the console guide's; a stack other than the default one
puts its own name before each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ordersetup.bundle import Bundle
from ordersetup.ownership import Owner
from ordersetup.settings import DEFAULT_STACK, Settings

Statement: TypeAlias = Mapping[str, Any]

RUNTIME: Literal["python3.13"] = "python3.13"
"""Supported by Lambda until 2029, and by every region; 3.14 is younger than some of them."""

ARCHITECTURE: Literal["arm64"] = "arm64"
"""Cheaper per millisecond than x86_64; nothing in the handlers is compiled."""

MEMORY_MB = 256
"""Twice the minimum: importing boto3 with 128 MB takes most of a second of a cold start."""

ORDERS_PATH = "/orders"
STAGE = "prod"
RETRY_ATTEMPTS = 2
MOST_EVENT_AGE_SECONDS = 21_600
QUEUE_RETENTION_SECONDS = 1_209_600
"""14 days, the longest SQS offers: nothing is lost over a holiday."""

THROTTLE_RATE = 50.0
THROTTLE_BURST = 100
"""POST /orders is open to the world: requests a second, and how many may come at once."""

CORS_HEADERS = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token"
"""What the console fills in for Access-Control-Allow-Headers."""

ROLE_POLICY = "orders-runtime"
API_DESCRIPTION = "API for processing e-commerce orders"
STAGE_DESCRIPTION = "Production stage for order processing"


@dataclass(frozen=True)
class Place:
    """An account, region and partition, as STS and the session tell them."""

    account: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Names:
    """What everything of one stack is called.

    Args:
        stack: the stack's name.
        region: where it stands.
        given: names that are other than the guide's, by the guide's, of a stack we have not built.
        api_id: the REST API that is meant, where its name does not say it.
        stage: the stage of the API.
        path: the resource that takes orders.
    """

    stack: str
    region: str
    given: Mapping[str, str] = field(default_factory=dict, hash=False)
    api_id: str | None = None
    stage: str = STAGE
    path: str = ORDERS_PATH

    def of(self, guide_name: str) -> str:
        """The name in this stack of what the guide calls `guide_name`."""
        if guide_name in self.given:
            return self.given[guide_name]
        return guide_name if self.stack == DEFAULT_STACK else f"{self.stack}-{guide_name}"

    @property
    def role(self) -> str:
        """The role's name; IAM is global, so it carries the region."""
        return self.of(f"OrderProcessingRole-{self.region}")


@dataclass(frozen=True)
class FunctionPlan:
    """A Lambda function: its name and what makes it different from the other two.

    Args:
        name: the function's name in this stack.
        handler: module and function in the zip.
        timeout_seconds: ProcessOrder answers within API Gateway's 29 s even when both of its calls
            hang, 12 s each; the other two may wait out a throttle of DynamoDB or SES.
        environment: names of tables, topics and functions, which handlers get in no other way.
    """

    name: str
    handler: str
    timeout_seconds: int
    environment: Mapping[str, str]

    @property
    def log_group(self) -> str:
        """The log group Lambda writes to."""
        return f"/aws/lambda/{self.name}"


@dataclass(frozen=True)
class Blueprint:
    """The whole desired stack.

    Args:
        names: what everything is called.
        place: where it stands.
        settings: what the user has chosen.
        code: the handlers' zip.
    """

    names: Names
    place: Place
    settings: Settings
    code: Bundle

    @property
    def owner(self) -> Owner:
        """Whose regional resources are."""
        return Owner(self.names.stack, self.settings.tags)

    @property
    def role_owner(self) -> Owner:
        """Whose the role is; IAM is global, so the tag carries the region."""
        return Owner(f"{self.names.stack}@{self.names.region}", self.settings.tags)

    @property
    def role_arn(self) -> str:
        """The role the functions run with: the stack's, or the user's own."""
        own = f"arn:{self.place.partition}:iam::{self.place.account}:role/{self.names.role}"
        return self.settings.role_arn or own

    def table_arn(self, guide_name: str) -> str:
        """The ARN of a table, by its name in the guide."""
        return self.place.arn("dynamodb", f"table/{self.names.of(guide_name)}")

    def topic_arn(self, guide_name: str) -> str:
        """The ARN of a topic, by its name in the guide."""
        return self.place.arn("sns", self.names.of(guide_name))

    @property
    def queue_arn(self) -> str:
        """The ARN of OrderProcessingDLQ."""
        return self.place.arn("sqs", self.names.of("OrderProcessingDLQ"))

    def function_arn(self, guide_name: str) -> str:
        """The unqualified ARN of a function, by its name in the guide."""
        return self.place.arn("lambda", f"function:{self.names.of(guide_name)}")

    @property
    def integration_uri(self) -> str:
        """What POST /orders is integrated with: ProcessOrder, as API Gateway writes it."""
        return (
            f"arn:{self.place.partition}:apigateway:{self.place.region}:lambda:"
            f"path/2015-03-31/functions/{self.function_arn('ProcessOrder')}/invocations"
        )

    @property
    def process_order(self) -> FunctionPlan:
        """Takes an order from the API and hands it to the other two."""
        return FunctionPlan(
            name=self.names.of("ProcessOrder"),
            handler="handlers.process_order.handler",
            timeout_seconds=25,
            environment={
                "ALLOWED_ORIGIN": self.settings.cors_origin,
                "SEND_EMAIL_FUNCTION": self.names.of("SendEmail"),
                "UPDATE_INVENTORY_FUNCTION": self.names.of("UpdateInventory"),
            },
        )

    @property
    def update_inventory(self) -> FunctionPlan:
        """Takes the order's items from stock, exactly once."""
        return FunctionPlan(
            name=self.names.of("UpdateInventory"),
            handler="handlers.update_inventory.handler",
            timeout_seconds=30,
            environment={
                "ALERTS_TOPIC_ARN": self.topic_arn("OrderProcessingAlerts"),
                "INVENTORY_TABLE": self.names.of("Inventory"),
                "TRANSACTIONS_TABLE": self.names.of("InventoryTransactions"),
            },
        )

    @property
    def send_email(self) -> FunctionPlan:
        """Confirms the order: on the topic, and by mail where a sender is set."""
        return FunctionPlan(
            name=self.names.of("SendEmail"),
            handler="handlers.send_email.handler",
            timeout_seconds=30,
            environment={
                "CONFIRMATION_TOPIC_ARN": self.topic_arn("OrderConfirmationTopic"),
                "SENDER": self.settings.sender or "",
            },
        )

    @property
    def functions(self) -> tuple[FunctionPlan, FunctionPlan, FunctionPlan]:
        """The three functions, in the guide's order."""
        return (self.process_order, self.update_inventory, self.send_email)


def trust_policy() -> Statement:
    """Who may assume the role: Lambda."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


def role_statements(blueprint: Blueprint) -> dict[str, Statement]:
    """What the functions may do, by statement id: each action on the very resources it needs."""
    place, functions = blueprint.place, blueprint.functions
    statements: dict[str, Statement] = {
        "InvokeFunctions": _allow(
            ["lambda:InvokeFunction"],
            [blueprint.function_arn("SendEmail"), blueprint.function_arn("UpdateInventory")],
        ),
        "TakeFromStock": _allow(["dynamodb:UpdateItem"], [blueprint.table_arn("Inventory")]),
        "RecordTransactions": _allow(
            ["dynamodb:PutItem", "dynamodb:Query"],
            [blueprint.table_arn("InventoryTransactions")],
        ),
        "SendToDeadLetterQueue": _allow(["sqs:SendMessage"], [blueprint.queue_arn]),
        "PublishToTopics": _allow(
            ["sns:Publish"],
            [
                blueprint.topic_arn("OrderConfirmationTopic"),
                blueprint.topic_arn("OrderProcessingAlerts"),
            ],
        ),
        # No logs:CreateLogGroup: with it, a late log would bring a removed group back to life.
        "WriteLogs": _allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            sorted(place.arn("logs", f"log-group:{f.log_group}:*") for f in functions),
        ),
    }
    if sender := blueprint.settings.sender:
        # Any identity of the account, since SES checks the recipient's too while in the sandbox;
        # the condition is what narrows it to this one sender.
        statements["SendMail"] = {
            **_allow(["ses:SendEmail"], [place.arn("ses", "identity/*")]),
            "Condition": {"StringEquals": {"ses:FromAddress": sender}},
        }
    return statements


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
