"""SendEmail: confirms an order, to OrderConfirmationTopic and, with a sender, to the customer.

Lambda invokes it asynchronously and tries again what it raises: both messages are sent at least
once, and may be sent twice.
"""

from __future__ import annotations

import os

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import log
from .errors import MailRefused
from .messages import confirmation, subject
from .order import Order, order_id_of, read_mail_event
from .runtime import CONFIG, Context, code_of

CONFIRMATION_TOPIC_ARN = os.environ["CONFIRMATION_TOPIC_ARN"]
SENDER = os.environ.get("SENDER", "")
SNS = boto3.client("sns", config=CONFIG)
SES = boto3.client("sesv2", config=CONFIG)


def handler(event: object, context: Context) -> dict[str, str]:
    """Confirm an order, or raise the error by its name.

    Returns:
        The order's id and that it was confirmed, for a person who invokes by hand.
    """
    order_id, request_id = order_id_of(event), context.aws_request_id
    with log.attempt(order_id=order_id, request_id=request_id):
        order = read_mail_event(event)
        # The topic first: should the mail fail, a retry repeats the message to the shop's own
        # topic. The other way round it would repeat the customer's mail.
        _publish(order)
        if SENDER:
            _mail(order)
    log.write("confirmed", order_id=order_id, request_id=request_id)
    return {"order_id": order_id, "status": "confirmed"}


def _publish(order: Order) -> None:
    SNS.publish(
        TopicArn=CONFIRMATION_TOPIC_ARN, Subject=_subject(order), Message=confirmation(order)
    )


def _mail(order: Order) -> None:
    try:
        SES.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [order.customer_email]},
            Content={
                "Simple": {
                    "Subject": {"Data": _subject(order), "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": confirmation(order), "Charset": "UTF-8"}},
                }
            },
        )
    except (ClientError, BotoCoreError) as refused:
        # SES quotes addresses in its messages, so only the code goes on, without the cause.
        raise MailRefused(order.order_id, code_of(refused)) from None


def _subject(order: Order) -> str:
    return subject(order.order_id, f"Order {order.order_id} received")
