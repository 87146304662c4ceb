"""Letters for tests, and a dead-letter queue in memory that behaves as SQS promises, and no better.

It hands out letters in any order and up to ten at a time, hides what is in somebody's hands, and
counts what it is asked.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from moto.logs.models import logs_backends

from ordersetup.operate.letter_box import HIDDEN_SECONDS, Depth
from ordersetup.operate.letters import Letter, Reader
from tests.stacks import ACCOUNT, REGION, stack

READER = Reader(stack().blueprint.names)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"


def record(
    event: object,
    *,
    function: str = "UpdateInventory:$LATEST",
    error: str = "OutOfStock",
    attempts: int = 3,
) -> dict[str, Any]:
    """A record as Lambda writes it."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-23T10:00:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": f"{ARN}{function}",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": error, "errorMessage": f"{error}: item lamp has 0 left"},
    }


def stock_event(order_id: str, **items: int) -> dict[str, Any]:
    """UpdateInventory's."""
    return {
        "order_id": order_id,
        "accepted_at": "2026-11-23T10:00:00.000+00:00",
        "items": [{"item_id": i, "quantity": q} for i, q in (items or {"lamp": 1}).items()],
    }


def mail_event(order_id: str, email: str = "jane.doe@example.com") -> dict[str, Any]:
    """SendEmail's."""
    items = [{"item_id": "lamp", "quantity": 1}]
    return {"order_id": order_id, "customer_email": email, "items": items}


def letter(body: object, name: str = "m-1", sent: int | None = 1_764_000_000_000) -> Letter:
    """A message with this body, read."""
    text = body if isinstance(body, str) else json.dumps(body)
    attributes: Any = {} if sent is None else {"SentTimestamp": str(sent)}
    return READER.read(
        {"MessageId": name, "ReceiptHandle": f"r-{name}", "Body": text, "Attributes": attributes}
    )


class OverLimit(Exception):
    """More is hidden than SQS allows."""


class FakeBox:
    """A dead-letter queue in memory, with a clock by which what is hidden comes back.

    Attributes:
        inside: the letters that are in it, by id.
        receives: how often it was asked for letters.
        given_back: how many letters were given back.
        now: the clock, in seconds; a test moves it.
        most_hidden: how many may be hidden at once.
        broken: whether deleting fails with an error.
    """

    def __init__(self, letters: Iterable[Letter], seed: int = 1) -> None:
        self.inside = {found.message_id: found for found in letters}
        self.receives = self.given_back = 0
        self.undeletable: set[str] = set()
        self.now = 0.0
        self.most_hidden = 120_000
        self.broken = False
        self._visible = [*self.inside]
        random.Random(seed).shuffle(self._visible)  # noqa: S311 - no secret hangs on it
        self._twice: list[Letter] = []
        self._hidden: dict[str, float] = {}
        self._receipts: dict[str, int] = {}

    def deliver_twice(self, found: Letter) -> None:
        """Hand out a letter once more though it is hidden, as a standard queue may."""
        self._twice.append(found)

    def put(self, found: Letter) -> None:
        """A letter arrives."""
        self.inside[found.message_id] = found
        self._visible.append(found.message_id)

    @property
    def visible(self) -> int:
        """How many anybody may receive."""
        self._come_back()
        return len(self._visible)

    def depth(self) -> Depth:
        """As the queue tells it."""
        return Depth(self.visible, len(self.inside) - self.visible)

    def receive(self, calls: int = 1) -> Sequence[Letter]:
        """Up to ten for each call."""
        self.receives += calls
        self._come_back()
        taken, self._visible = self._visible[: 10 * calls], self._visible[10 * calls :]
        if len(self._hidden) + len(taken) > self.most_hidden:
            raise OverLimit
        again, self._twice = self._twice, []
        return [self._handed(found) for found in [*(self.inside[n] for n in taken), *again]]

    def give_back(self, receipts: Iterable[str]) -> int:
        """Visible again, where the receipt is the latest."""
        names = [name for receipt in receipts if (name := self._named(receipt))]
        self.given_back += len(names)
        for name in names:
            self._hidden.pop(name, None)
        there = set(self._visible)
        self._visible += [n for n in names if n in self.inside and n not in there]
        return 0

    def take_out(self, receipts: Iterable[str]) -> Sequence[str]:
        """Deleted, apart from those that cannot be; an old receipt deletes nothing, silently."""
        if self.broken:
            raise ConnectionError
        left = []
        for receipt in receipts:
            name = self._named(receipt)
            if name in self.undeletable:
                left.append(receipt)
            elif name:
                self.inside.pop(name, None)
                self._hidden.pop(name, None)
        return left

    def _come_back(self) -> None:
        # The longest hidden stands first.
        while self._hidden and self._hidden[name := next(iter(self._hidden))] <= self.now:
            del self._hidden[name]
            if name in self.inside:
                self._visible.append(name)

    def _handed(self, found: Letter) -> Letter:
        name = found.message_id
        self._hidden.pop(name, None)
        self._hidden[name] = self.now + HIDDEN_SECONDS
        self._receipts[name] = self._receipts.get(name, 0) + 1
        return replace(found, receipt=f"r-{name}#{self._receipts[name]}")

    def _named(self, receipt: str) -> str:
        """Whose receipt it is; empty for one that is older than the latest."""
        name, _, number = receipt.removeprefix("r-").partition("#")
        return name if number == str(self._receipts.get(name)) else ""


def logs_of_long_ago() -> None:
    """moto's log groups were made a month ago, and not at the moment of the test."""
    for group in logs_backends[ACCOUNT][REGION].groups.values():
        group.creation_time -= timedelta(days=30)
