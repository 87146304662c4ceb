"""UpdateInventory: takes an order from stock, once however often it is invoked.

Lambda invokes it asynchronously: what it raises is tried again twice, then becomes a record in the
dead-letter queue. Each failing attempt sends one alert first.
"""

from __future__ import annotations

import os

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import log
from .ledger import Ledger
from .messages import alert, subject
from .order import order_id_of, read_stock_event
from .runtime import CONFIG, Context, now

ALERTS_TOPIC_ARN = os.environ["ALERTS_TOPIC_ARN"]
SNS = boto3.client("sns", config=CONFIG)
LEDGER = Ledger(
    boto3.client("dynamodb", config=CONFIG),
    inventory=os.environ["INVENTORY_TABLE"],
    transactions=os.environ["TRANSACTIONS_TABLE"],
)


def handler(event: object, context: Context) -> dict[str, str]:
    """Apply an order to the stock, or raise the error by its name.

    Returns:
        The order's id and whether it was applied now or before, for a person who invokes by hand.
    """
    order_id, request_id = order_id_of(event), context.aws_request_id
    with log.attempt(order_id=order_id, request_id=request_id):
        try:
            order = read_stock_event(event, accepted_at=now())
            status = "applied" if LEDGER.apply(order) else "applied already"
        except Exception as failure:
            _alert(failure, order_id, context)
            raise
    log.write(status, order_id=order_id, request_id=request_id)
    return {"order_id": order_id, "status": status}


def _alert(failure: Exception, order_id: str, context: Context) -> None:
    function, request_id = context.function_name, context.aws_request_id
    try:
        SNS.publish(
            TopicArn=ALERTS_TOPIC_ARN,
            Subject=subject(order_id, f"{function} failed: {type(failure).__name__}"),
            Message=alert(failure, order_id=order_id, function=function, request_id=request_id),
        )
        log.write("alerted", order_id=order_id, request_id=request_id)
    except (ClientError, BotoCoreError) as unheard:
        # The order's own failure is what the retries and the record must show.
        log.write_failure("alert failed", unheard, order_id=order_id, request_id=request_id)
