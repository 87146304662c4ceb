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
from typing import Any

from ordersetup.operate.drill_texts import mentions, texts

ORDER_PREFIX = "DRILL-"
ITEM_PREFIX = "ordersetup-drill-"

_ORDER = re.compile(rf"(?<![\w-]){ORDER_PREFIX}([0-9a-f]{{12}})(?![\w-])")
_NAMED = re.compile(r"([A-Za-z_][\w.]*): ")
_RUNTIMES_OWN = "Runtime."
"""How a runtime's own names for a failure begin: not the exception's name."""


@dataclass(frozen=True)
class Record:
    """A message of the queue.

    Args:
        is_record: an invocation record, not the bare event of the older dead-letter queue.
        payload: the event it carries, of whatever shape its sender gave it.
        condition: why Lambda gave up; empty if it does not say.
        error: the name of the error; empty if it names none.
        request_id: the invocation's id; empty if it does not say.
        function: the name of the function that failed; empty if it does not say.
        qualifier: the alias or version that was invoked; empty if it was none or it does not say.
        at: when the queue got it, seconds since 1970; None if that is not known.
        attempts: how often the function was run for it; None if it does not say.
    """

    is_record: bool
    payload: object
    condition: str = ""
    error: str = ""
    request_id: str = ""
    function: str = ""
    qualifier: str = ""
    at: float | None = None
    attempts: int | None = None

    def names(self, word: str) -> bool:
        """Whether its event names an order or an item, at whatever depth."""
        return mentions(self.payload, word)


def read_record(body: str, attributes: Mapping[Any, str] | None = None) -> Record:
    """Read a message.

    Args:
        body: the message's text, whatever it is.
        attributes: the message's own attributes, such as SentTimestamp.
    """
    at = _sent(attributes or {})
    told = _json(body)
    if isinstance(told, dict) and "TopicArn" in told:
        return Record(is_record=False, payload=None, at=at)  # An alert is no event.
    # Of the two, the event of an API proxy that was handed on as it came has a requestContext too.
    if not isinstance(told, dict) or "requestPayload" not in told:
        return Record(is_record=False, payload=told, at=at)
    context = _object(told.get("requestContext"))
    function, qualifier = _function(_text(context.get("functionArn")))
    return Record(
        is_record=True,
        payload=told["requestPayload"],
        condition=_text(context.get("condition")),
        error=_error(told.get("responsePayload")),
        request_id=_text(context.get("requestId")),
        function=function,
        qualifier=qualifier,
        at=at,
        attempts=_count(context.get("approximateInvokeCount")),
    )


def is_leftover(record: Record, now: float, age: float) -> bool:
    """Whether it is of a drill that ended before it came, and whose it therefore still is.

    An order and an item that bear the same mark of a drill are nobody else's, whichever function
    failed for them.

    Args:
        record: a message of the queue.
        now: seconds since 1970.
        age: seconds after which no drill can be waiting for its order any more.
    """
    if record.at is None or now - record.at <= age:
        return False
    marks = {mark for text in texts(record.payload) for mark in _ORDER.findall(text)}
    return len(marks) == 1 and record.names(f"{ITEM_PREFIX}{marks.pop()}")


def _json(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _sent(attributes: Mapping[Any, str]) -> float | None:
    sent = attributes.get("SentTimestamp", "")
    return int(sent) / 1000 if sent.isdigit() else None


def _error(response: object) -> str:
    """The error's name: its type, or what stands before the colon of its message."""
    told = _object(response)
    kind = _text(told.get("errorType"))
    named = _NAMED.match(_text(told.get("errorMessage")))
    if kind and not (kind.startswith(_RUNTIMES_OWN) and named):
        return kind
    return named[1] if named else ""


def _function(arn: str) -> tuple[str, str]:
    """The function's name in an ARN, and the alias or version it bears."""
    _, found, rest = arn.partition(":function:")
    name, _, qualifier = rest.partition(":")
    return (name, "" if qualifier == "$LATEST" else qualifier) if found else ("", "")


def _object(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _count(found: object) -> int | None:
    return found if type(found) is int else None  # True is an int to Python.


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
