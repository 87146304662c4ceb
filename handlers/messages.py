"""What people are told of an order; pure, and without the customer's address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .order import Order

# SNS takes no longer subject, and ASCII only.
LONGEST_SUBJECT = 100


def subject(order_id: str, text: str) -> str:
    """Subject of a message about an order; an order of a drill is marked as one.

    Args:
        order_id: the order's id; drills use ids that begin with `DRILL-`.
        text: what happened, in ASCII.
    """
    mark = "DRILL " if order_id.startswith("DRILL-") else ""
    return f"{mark}{text}"[:LONGEST_SUBJECT]


def confirmation(order: Order) -> str:
    """Text that tells a customer what was ordered."""
    lines = [f"  {line.quantity} x {line.item_id}" for line in order.lines]
    return "\n".join([f"We have received your order {order.order_id}:", "", *lines, ""])


def alert(failure: Exception, *, order_id: str, function: str, request_id: str) -> str:
    """JSON text that tells an operator which order failed where, and why."""
    return json.dumps(
        {
            "order_id": order_id,
            "function": function,
            "error": type(failure).__name__,
            "message": str(failure),
            "request_id": request_id,
        }
    )
