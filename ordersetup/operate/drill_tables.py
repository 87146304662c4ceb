"""What a drill reads once: the tables before and after, and whether Lambda holds events back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypedDict

from ordersetup.aws import Aws
from ordersetup.operate.evidence import Plan
from ordersetup.permissions import Uses
from ordersetup.refusals import message_of

METRIC_MINUTES = 15

USES: Uses = {
    "cloudwatch:GetMetricStatistics": (),
    "dynamodb:GetItem": ("Inventory",),
    "dynamodb:Query": ("InventoryTransactions",),
    "lambda:GetFunctionConcurrency": ("UpdateInventory",),
}
"""What is read once, before and after a drill."""


class Tables:
    """The tables, as far as the drill's order could touch them.

    Attributes:
        unread: why something could not be read; empty as long as all could.
    """

    def __init__(self, aws: Aws, plan: Plan) -> None:
        self._aws = aws
        self._plan = plan
        self.unread = ""

    def stock(self) -> str | None:
        """The stock of the order's item; None if there is no such item, as there should not be."""
        (item,) = self._plan.payload_items
        try:
            found = self._aws.dynamodb.get_item(
                TableName=self._plan.inventory,
                Key={"item_id": {"S": item}},
                ConsistentRead=True,
            )
        except self._aws.dynamodb.exceptions.ClientError as error:
            self.unread = message_of(error)
            return None
        row = found.get("Item")
        return None if row is None else row.get("quantity", {}).get("N", "no quantity")

    def rows(self) -> int | None:
        """How many transaction rows the order has; None if that cannot be read."""
        try:
            return self._aws.dynamodb.query(
                TableName=self._plan.transactions,
                KeyConditionExpression="order_id = :order",
                ExpressionAttributeValues={":order": {"S": self._plan.order_id}},
                ConsistentRead=True,
                Select="COUNT",
            )["Count"]
        except self._aws.dynamodb.exceptions.ClientError as error:
            self.unread = message_of(error)
            return None


class HeldBack(TypedDict):
    """Fields of the evidence that tell why nothing came; None where it is not known."""

    reserved: int | None
    throttles: int | None
    undelivered: int | None


def held_back(aws: Aws, function: str) -> HeldBack:
    """Whether Lambda holds the function's events back, or could not deliver its records."""
    return HeldBack(
        reserved=_reserved(aws, function),
        throttles=_metric(aws, function, "Throttles"),
        undelivered=_metric(aws, function, "DestinationDeliveryFailures"),
    )


def _reserved(aws: Aws, function: str) -> int | None:
    try:
        found = aws.lambda_.get_function_concurrency(FunctionName=function)
    except aws.lambda_.exceptions.ClientError:
        # It only explains what is missing; without the right to read it, it explains nothing.
        return None
    return found.get("ReservedConcurrentExecutions")


def _metric(aws: Aws, function: str, name: str) -> int | None:
    now = datetime.now(UTC)
    try:
        found = aws.cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=name,
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=now - timedelta(minutes=METRIC_MINUTES),
            EndTime=now,
            Period=60,
            Statistics=["Sum"],
        )
    except aws.cloudwatch.exceptions.ClientError:
        return None
    points = found.get("Datapoints", [])
    return round(sum(point.get("Sum", 0) for point in points)) if points else None
