"""ProcessOrder: takes an order from the API and hands it to the two workers.

Nothing retries a function that API Gateway calls: what fails here has to come back to the client.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import log
from .errors import BadOrder
from .order import Order, mail_event, parse_order, stock_event
from .proxy import Answer, answer, body_of
from .runtime import CONFIG, Context, code_of, now

UPDATE_INVENTORY_FUNCTION = os.environ["UPDATE_INVENTORY_FUNCTION"]
SEND_EMAIL_FUNCTION = os.environ["SEND_EMAIL_FUNCTION"]
ALLOWED_ORIGIN = os.environ["ALLOWED_ORIGIN"]
LAMBDA = boto3.client("lambda", config=CONFIG)

_CORS = {"Access-Control-Allow-Origin": ALLOWED_ORIGIN}
_AGAIN = "Send it again under this order_id: it is applied at most once."


def handler(event: Mapping[str, Any], context: Context) -> Answer:
    """Check an order, hand it to the workers and answer without waiting for them.

    Follows API Gateway's Lambda proxy integration: 202 accepted, 400 with every fault of the order,
    503 while Lambda has no room, 500 for other failures.
    """
    request_id = context.aws_request_id
    try:
        order = parse_order(body_of(event), order_id=uuid4().hex, accepted_at=now())
    except BadOrder as bad:
        log.write("refused", request_id=request_id, faults=len(bad.faults))
        return answer(400, {"message": "The order has faults.", "faults": bad.told()}, _CORS)
    try:
        events = _hand_over(order)
    except (ClientError, BotoCoreError) as failure:
        log.write_failure("failed", failure, order_id=order.order_id, request_id=request_id)
        return _apology(failure, order.order_id)
    log.write("accepted", order_id=order.order_id, request_id=request_id, **events)
    return answer(202, {"order_id": order.order_id, "status": "accepted"}, _CORS)


def _hand_over(order: Order) -> dict[str, str]:
    # Stock first: a confirmation must not go out for an order that was never handed to the stock.
    return {
        "update_inventory": _invoke(UPDATE_INVENTORY_FUNCTION, stock_event(order)),
        "send_email": _invoke(SEND_EMAIL_FUNCTION, mail_event(order)),
    }


def _invoke(function: str, event: Mapping[str, object]) -> str:
    """Queue an event for a function; its request id is what that function's log will bear."""
    answered = LAMBDA.invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    return answered["ResponseMetadata"].get("RequestId", "unknown")


def _apology(failure: ClientError | BotoCoreError, order_id: str) -> Answer:
    if code_of(failure) == "TooManyRequestsException":
        body = {"message": f"Too many orders just now. {_AGAIN}", "order_id": order_id}
        return answer(503, body, _CORS | {"Retry-After": "5"})
    body = {"message": f"The order may not have been taken. {_AGAIN}", "order_id": order_id}
    return answer(500, body, _CORS)
