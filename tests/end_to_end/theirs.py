"""The guide's three functions as somebody else writes them, in a shape and with words of their own.

The order travels as fields of another name, the answer is 200, the alert is a sentence, and the log
has what is printed.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.end_to_end.by_hand import ByHand

_PROCESS_ORDER = """
import json

import boto3

client = boto3.client("lambda")


def lambda_handler(event, context):
    body = json.loads(event["body"])
    message = {{"order": {{"number": body["order_id"], "mail": body["customer_email"],
                         "lines": {{i["item_id"]: i["quantity"] for i in body["items"]}}}}}}
    for name in ("{UpdateInventory}", "{SendEmail}"):
        client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(message))
    return {{"statusCode": 200, "body": "Thank you!"}}
"""

_UPDATE_INVENTORY = """
import boto3

stock = boto3.resource("dynamodb").Table("{Inventory}")
movements = boto3.resource("dynamodb").Table("{InventoryTransactions}")
sns = boto3.client("sns")


def lambda_handler(event, context):
    print(event)
    order = event["order"]
    for item, quantity in order["lines"].items():
        row = stock.get_item(Key={{"item_id": item}}).get("Item")
        if row is None or row["quantity"] < quantity:
            sns.publish(TopicArn="{alerts}", Subject="Stock",
                        Message="Order " + order["number"] + " failed, please look into it.")
            raise Exception("there is not enough of " + item)
        movements.put_item(Item={{"order_id": order["number"], "item_id": item,
                                 "quantity": quantity, "timestamp": "now"}})
"""

_SEND_EMAIL = """
import boto3

sns = boto3.client("sns")


def lambda_handler(event, context):
    sns.publish(TopicArn="{thanks}", Message="Thank you for " + event["order"]["number"])
"""


def written_by_others(stack: ByHand) -> Mapping[str, str]:
    """The code of the three functions, with the names of this stack in it."""
    told = {
        **stack.names,
        "alerts": stack.arn("sns", "OrderProcessingAlerts"),
        "thanks": stack.arn("sns", "OrderConfirmationTopic"),
    }
    return {
        "ProcessOrder": _PROCESS_ORDER.format(**told),
        "UpdateInventory": _UPDATE_INVENTORY.format(**told),
        "SendEmail": _SEND_EMAIL.format(**told),
    }
