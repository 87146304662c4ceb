"""A message of the dead-letter queue, and whose it is; pure, and never surprised by its shape.

Lambda's on-failure destination gets an invocation record. Of an event that was never run the record
lacks `responseContext` and `responsePayload`; some engines leave out more. The older setting, the
function's dead-letter queue, gets the event alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ORDER_PREFIX = "DRILL-"
ITEM_PREFIX = "ordersetup-drill-"

_NAMED = re.compile(r"([A-Za-z_][\w.]*): ")
_RUNTIMES_OWN = "Runtime."
"""How a runtime's own names for a failure begin: not the exception's name."""


@dataclass(frozen=True)
class Record:
    """A message about one order.

    Args:
        order_id: the order it is about.
        is_record: an invocation record, not the bare event of the older dead-letter queue.
        payload: the event it carries; None where it carries none.
        condition: why Lambda gave up; empty if it does not say.
        error: the name of the error; empty if it names none.
        request_id: the invocation's id; empty if it does not say.
        function: the name of the function that failed; empty if it does not say.
        at: when the queue got it, seconds since 1970; None if that is not known.
    """

    order_id: str
    is_record: bool
    payload: Mapping[str, Any] | None
    condition: str = ""
    error: str = ""
    request_id: str = ""
    function: str = ""
    at: float | None = None


def read_record(body: str, attributes: Mapping[Any, str] | None = None) -> Record | None:
    """Read a message; None if it is about no order.

    Args:
        body: the message's text, whatever it is.
        attributes: the message's own attributes, such as SentTimestamp.
    """
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    at = _sent(attributes or {})
    if not (is_record := "requestContext" in told or "requestPayload" in told):
        order_id = told.get("order_id")
        return Record(order_id, is_record, told, at=at) if isinstance(order_id, str) else None
    payload = told.get("requestPayload")
    order_id = payload.get("order_id") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(order_id, str):
        return None
    context = _object(told.get("requestContext"))
    return Record(
        order_id,
        is_record,
        payload,
        condition=_text(context.get("condition")),
        error=_error(told.get("responsePayload")),
        request_id=_text(context.get("requestId")),
        function=_function(_text(context.get("functionArn"))),
        at=at,
    )


def is_leftover(record: Record, now: float, age: float) -> bool:
    """Whether it is of a drill that ended before it came, and whose it therefore still is.

    Args:
        record: a message of the queue.
        now: seconds since 1970.
        age: seconds after which no drill can be waiting for its order any more.
    """
    payload = record.payload or {}
    items = payload.get("items")
    made_by_a_drill = (
        record.order_id.startswith(ORDER_PREFIX)
        and isinstance(items, list)
        and len(items) == 1
        and _text(_object(items[0]).get("item_id")).startswith(ITEM_PREFIX)
    )
    return made_by_a_drill and record.at is not None and now - record.at > age


def _sent(attributes: Mapping[Any, str]) -> float | None:
    sent = attributes.get("SentTimestamp", "")
    return int(sent) / 1000 if sent.isdigit() else None


def seconds_of(time: object) -> float | None:
    """A time as AWS writes it, ISO 8601, in seconds since 1970; None if it is none."""
    try:
        return datetime.fromisoformat(time).timestamp() if isinstance(time, str) else None
    except ValueError:
        return None


def _error(response: object) -> str:
    """The error's name: its type, or what stands before the colon of its message."""
    told = _object(response)
    kind = _text(told.get("errorType"))
    named = _NAMED.match(_text(told.get("errorMessage")))
    if kind and not (kind.startswith(_RUNTIMES_OWN) and named):
        return kind
    return named[1] if named else ""


def _function(arn: str) -> str:
    """The function's name in an ARN, which may bear a qualifier."""
    _, found, rest = arn.partition(":function:")
    return rest.partition(":")[0] if found else ""


def _object(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
