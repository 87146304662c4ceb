"""The guide's stack as a person makes it, in memory; and what is in it that must never be lost."""

from __future__ import annotations

import json
from typing import Any

from ordersetup.aws import Aws
from tests.end_to_end.by_hand import GUIDE, ByHand
from tests.stacks import ACCOUNT, REGION

MESSAGE = json.dumps({"requestPayload": {"order_id": "O-7"}})
LETTERS = "OrderProcessingDLQ"


def build(aws: Aws, **changes: Any) -> ByHand:
    """Make it, with rows in its tables and a message in its queue."""
    clients = {"lambda": aws.lambda_}
    hand = ByHand(
        lambda service: clients.get(service) or getattr(aws, service),
        GUIDE,
        region=REGION,
        account=ACCOUNT,
        **changes,
    ).build()
    url = aws.sqs.get_queue_url(QueueName=LETTERS)["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody=MESSAGE)
    return hand


def rows(aws: Aws) -> dict[str, list[Any]]:
    """Every row of both tables."""
    tables = ("Inventory", "InventoryTransactions")
    return {table: aws.dynamodb.scan(TableName=table)["Items"] for table in tables}


def messages(aws: Aws) -> list[str]:
    """The bodies of the queue's messages, which stay there."""
    url = aws.sqs.get_queue_url(QueueName=LETTERS)["QueueUrl"]
    got = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in got["Messages"]]
