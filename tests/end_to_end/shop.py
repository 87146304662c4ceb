"""What a shop does and what its owner sees: orders by HTTP, tables and queue by plain boto3."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import boto3

from ordersetup.local import ROOT_CREDENTIALS
from ordersetup.web import Answer, Web
from tests.end_to_end.command_line import REGION

T = TypeVar("T")
CUSTOMER = "jane.doe@example.com"
ORIGIN = "https://shop.example.com"


class Shop:
    """One deployed pipeline, looked at from outside.

    Args:
        endpoint_url: the engine.
        orders_url: where orders are posted.
    """

    def __init__(self, endpoint_url: str, orders_url: str) -> None:
        self.endpoint_url = endpoint_url
        self.orders_url = orders_url

    def client(self, service: str) -> Any:
        """A client of the engine's root user."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ROOT_CREDENTIALS.access_key_id,
            aws_secret_access_key=ROOT_CREDENTIALS.secret_access_key,
        )

    def put_stock(self, item: str, quantity: int) -> None:
        row = {"item_id": {"S": item}, "quantity": {"N": str(quantity)}}
        self.client("dynamodb").put_item(TableName="Inventory", Item=row)

    def stock(self, item: str) -> int:
        found = self.client("dynamodb").get_item(
            TableName="Inventory", Key={"item_id": {"S": item}}, ConsistentRead=True
        )
        return int(found["Item"]["quantity"]["N"])

    def rows(self, order_id: str) -> dict[str, int]:
        """Quantities by item that the order has been booked with."""
        found = self.client("dynamodb").query(
            TableName="InventoryTransactions",
            KeyConditionExpression="order_id = :o",
            ExpressionAttributeValues={":o": {"S": order_id}},
            ConsistentRead=True,
        )
        return {row["item_id"]["S"]: int(row["quantity"]["N"]) for row in found["Items"]}

    def post(self, order_id: str, items: dict[str, int]) -> Answer:
        lines = [{"item_id": item, "quantity": quantity} for item, quantity in items.items()]
        return self.post_body({"order_id": order_id, "customer_email": CUSTOMER, "items": lines})

    def post_body(self, body: object) -> Answer:
        headers = {"Content-Type": "application/json", "Origin": ORIGIN}
        return Web().ask("POST", self.orders_url, headers=headers, body=json.dumps(body).encode())

    def dead_letters(self) -> list[dict[str, Any]]:
        """Records in the queue; what is looked at here is taken out."""
        queues = self.client("sqs")
        url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
        got = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in got:
            queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in got]

    def log(self, function: str, order_id: str) -> list[str]:
        """Lines of a function's log that name the order, and not merely a request id like it."""
        found = self.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{function}", filterPattern=f'"{order_id}"'
        )
        messages = [event["message"] for event in found["events"]]
        return [message for message in messages if f"order_id={order_id} " in message]


def eventually(look: Callable[[], T], good: Callable[[T], bool], *, within: float = 20) -> T:
    """What `look` sees once it is good; when the time is up, whatever it sees."""
    ends = time.monotonic() + within
    while not good(seen := look()) and time.monotonic() < ends:
        time.sleep(0.05)
    return seen
