"""Posting an order where a shop's web page would post it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ordersetup.aws import Aws
from ordersetup.operate.order import TestOrder
from ordersetup.patience import Patience
from ordersetup.web import Answer, NoAnswer

YOUNG_SECONDS = 60
"""For so long a fresh deployment or permission may still answer 403 or 500 on some nodes."""


@dataclass(frozen=True)
class Posted:
    """What came of posting an order.

    Args:
        answer: the API's answer, or that there was none.
        began: when the request that was answered went out, on the monotonic clock.
        wall: the same, seconds since 1970.
        seconds: what the caller waited for the answer.
    """

    answer: Answer | NoAnswer
    began: float
    wall: float
    seconds: float

    @property
    def told(self) -> str:
        """The answer, for people."""
        return told(self.answer)


def post(aws: Aws, url: str, order: TestOrder, patience: Patience) -> Posted:
    """Post an order, again as long as the answer is one of a deployment that is still young."""
    return patience.until(
        lambda: _ask(aws, url, order),
        lambda posted: not _young(posted.answer),
        within=YOUNG_SECONDS,
        reason=lambda posted: f"the endpoint still answers {posted.told}",
    )


def told(answer: Answer | NoAnswer) -> str:
    """An answer, for people."""
    if isinstance(answer, NoAnswer):
        return answer.happened
    text = answer.body[:300].decode(errors="replace")
    return f"{answer.status} {text}".strip()


def _ask(aws: Aws, url: str, order: TestOrder) -> Posted:
    headers = {"Content-Type": "application/json"}
    began, wall = time.monotonic(), time.time()
    answer: Answer | NoAnswer
    try:
        answer = aws.web.ask(
            "POST", url, headers=headers, body=order.body(), timeout=aws.seconds(35)
        )
    except NoAnswer as error:
        answer = error
    return Posted(answer, began, wall, time.monotonic() - began)


def _young(answer: Answer | NoAnswer) -> bool:
    """Whether the answer is one that a fresh deployment gives before it is known everywhere."""
    return not isinstance(answer, NoAnswer) and answer.status in (403, 500) and by_gateway(answer)


def by_gateway(answer: Answer) -> bool:
    """Whether the answer is API Gateway's own, and no function has been called for it.

    A function's own 500 must not be taken for one: the order would go out again, under one id.
    """
    if answer.status in (502, 504):
        return False  # Made by API Gateway, of what a function did or did not answer.
    return "x-amzn-errortype" in answer.headers or answer.body.strip() in _OWN_WORDS


_OWN_WORDS = frozenset(
    b'{"message":' + space + b'"' + words + b'"}'
    for words in (b"Forbidden", b"Internal server error", b"Missing Authentication Token")
    for space in (b"", b" ")
)
"""What it says where a proxy has taken its headers away; an engine says it without them."""
