"""The two ends of API Gateway's Lambda proxy integration: the body sent, the answer given."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, TypedDict

from .errors import BadOrder, Fault


class Answer(TypedDict):
    """What API Gateway makes an HTTP answer of."""

    statusCode: int
    headers: dict[str, str]
    body: str


def body_of(event: Mapping[str, Any]) -> str | bytes | None:
    """Body of a request, as the client sent it.

    Raises:
        BadOrder: the body is not the base64 that the event says it is.
    """
    body: str | None = event.get("body")
    # API Gateway sends text or null; an event written by hand may have anything here.
    if not isinstance(body, str) or not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise BadOrder([Fault("body", "must be base64")]) from None


def answer(status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> Answer:
    """Answer with JSON.

    Args:
        status: HTTP status.
        body: what is made JSON text.
        headers: those beside the content type.
    """
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(body),
    }
