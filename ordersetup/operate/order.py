"""A test order: what is sent to the pipeline, refused where the API would refuse it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from ordersetup.errors import BadInput
from ordersetup.settings import check_email

OWN_ITEM = "ordersetup-test-item"
SIMULATOR = "success@simulator.amazonses.com"
"""SES's mailbox simulator: a recipient that works in the sandbox and reaches nobody."""

_QUANTITY = re.compile(r"[0-9]{1,7}")
_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class TestOrder:
    """An order to send.

    Args:
        order_id: 1 to 64 of letters, digits, '_' and '-'.
        email: the customer's address.
        items: quantity by item.
    """

    __test__ = False  # not a test class, whatever pytest makes of the name

    order_id: str
    email: str
    items: tuple[tuple[str, int], ...]

    def body(self) -> bytes:
        """The order as the API takes it."""
        lines = [{"item_id": item, "quantity": quantity} for item, quantity in self.items]
        order = {"order_id": self.order_id, "customer_email": self.email, "items": lines}
        return json.dumps(order).encode()


def make_order(
    items: Sequence[tuple[str, int]], email: str | None, order_id: str | None
) -> TestOrder:
    """The order that the options ask for; what they leave out is chosen here.

    Raises:
        BadInput: something the API would refuse.
    """
    if order_id is not None:
        check_order_id(order_id, "--order-id")
    if email is not None:
        check_email(email, "--email")
    names = [name for name, _ in items]
    if len(set(names)) < len(names):
        raise BadInput("--item names an item twice.", "Add the quantities up instead.")
    if len(names) > 50:
        raise BadInput(f"--item is given {len(names)} times.", "An order has 50 items at most.")
    return TestOrder(
        order_id=order_id or f"test-{uuid4().hex[:12]}",
        email=email or SIMULATOR,
        items=tuple(items) or ((OWN_ITEM, 1),),
    )


def check_order_id(order_id: str, option: str) -> None:
    """Refuse an order id that the API would not take.

    Raises:
        BadInput: it is none.
    """
    if not _ORDER_ID.fullmatch(order_id):
        raise BadInput(
            f"{option} {order_id!r} is not accepted.",
            "It takes 1 to 64 of letters, digits, '_' and '-'.",
        )


def parse_item(text: str) -> tuple[str, int]:
    """An ID:QTY of the command line.

    Raises:
        BadInput: no quantity, or one that is no whole number from 1 to 1,000,000.
    """
    item, colon, quantity = text.rpartition(":")
    if not colon or not 1 <= len(item) <= 255 or not item.isprintable():
        raise BadInput(f"--item {text!r} is not ID:QTY.", "Give it as --item lamp-1:2.")
    if not (_QUANTITY.fullmatch(quantity) and 1 <= int(quantity) <= 1_000_000):
        raise BadInput(
            f"--item {text!r} has no quantity that is accepted.",
            "It takes a whole number from 1 to 1000000.",
        )
    return item, int(quantity)
