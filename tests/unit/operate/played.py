"""The pipeline as a drill meets it, played by the API's own answer on an AWS in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from ordersetup.aws import Aws
from ordersetup.operate.drill_pace import ENGINE
from ordersetup.web import Answer, NoAnswer, Web
from tests.stacks import ACCOUNT, REGION

URL = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/orders"
GROUP = "/aws/lambda/UpdateInventory"
PACE = replace(ENGINE, record=0.2, longest=1, quiet=0, late=0.3, between=0.05)
ACCEPTED = Answer(202, {}, b"{}")


class Pipeline(Web):
    """Takes an order, and at once has failed it three times, as all of the pipeline would.

    Args:
        answer: what the API answers.
        begins: whether the order reaches the worker at all.
        runs: how often it is tried.
        records: whether it is kept at last.
    """

    def __init__(
        self,
        aws: Aws,
        answer: Answer | NoAnswer,
        *,
        begins: bool = True,
        runs: int = 3,
        records: bool = True,
    ) -> None:
        super().__init__()
        self._runs, self._records = runs, records
        self.orders: list[dict[str, Any]] = []
        self.functions = ["UpdateInventory"]
        self.before: Callable[[], None] = lambda: None
        self._aws, self._answer, self._begins = aws, answer, begins

    def ask(self, method: str, url: str, **more: Any) -> Answer:
        """Take an order."""
        assert (method, url) == ("POST", URL)
        order = json.loads(more["body"])
        self.orders.append(order)
        self.before()
        if self._begins:
            self._fail(order)
        if isinstance(self._answer, NoAnswer):
            raise self._answer
        return self._answer

    def _fail(self, order: dict[str, Any]) -> None:
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:OrderProcessingAlerts"
        for _ in range(self._runs):
            self._run(order["order_id"])
            text = f"Order {order['order_id']} failed."
            self._aws.sns.publish(TopicArn=topic, Subject="stock", Message=text)
        payload = {"order_id": order["order_id"], "items": order["items"]}
        for function in self.functions if self._records else ():
            record = {
                "requestContext": {
                    "condition": "RetriesExhausted",
                    "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
                },
                "requestPayload": payload,
                "responsePayload": {"errorType": "UnknownItem"},
            }
            put(self._aws, json.dumps(record))

    def _run(self, order_id: str) -> None:
        request = str(uuid4())
        lines = (f"START RequestId: {request}", f"ERROR failed order_id={order_id} id={request}")
        now = int(time.time() * 1000)
        self._aws.logs.put_log_events(
            logGroupName=GROUP,
            logStreamName="one",
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )


def put(aws: Aws, *bodies: str) -> None:
    for body in bodies:
        aws.sqs.send_message(QueueUrl=url_of(aws), MessageBody=body)


def url_of(aws: Aws) -> str:
    return aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]


def make(aws: Aws) -> None:
    """What a drill touches, made by hand."""
    aws.sqs.create_queue(QueueName="OrderProcessingDLQ")
    for topic in ("OrderProcessingAlerts", "OrderConfirmationTopic"):
        aws.sns.create_topic(Name=topic)
    aws.logs.create_log_group(logGroupName=GROUP)
    aws.logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    for table, keys in (("Inventory", ["item_id"]), ("InventoryTransactions", ["order_id"])):
        aws.dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
            KeySchema=[{"AttributeName": k, "KeyType": "HASH"} for k in keys],
            BillingMode="PAY_PER_REQUEST",
        )
