from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from handlers.errors import OutOfStock
from handlers.messages import LONGEST_SUBJECT, alert, confirmation, subject
from handlers.order import Order


@pytest.mark.parametrize(
    ("order_id", "expected"),
    [
        ("A-1", "Order received"),
        ("DRILL-1", "DRILL Order received"),
        ("drill-1", "Order received"),
        ("A-DRILL-1", "Order received"),
        ("unknown", "Order received"),
    ],
)
def test_the_subject_marks_a_drill(order_id: str, expected: str) -> None:
    assert subject(order_id, "Order received") == expected


def test_a_subject_fits_sns() -> None:
    assert len(subject("DRILL-1", "x" * 200)) == LONGEST_SUBJECT


def test_a_confirmation_tells_id_and_lines_and_no_address(order: Callable[..., Order]) -> None:
    text = confirmation(order("A-1", lamp=2, desk=1))
    assert text == "We have received your order A-1:\n\n  2 x lamp\n  1 x desk\n"


def test_an_alert_tells_which_order_failed_where_and_why() -> None:
    text = alert(
        OutOfStock("lamp", 2, 5, ""),
        order_id="A-1",
        function="UpdateInventory",
        request_id="request-1",
    )
    assert json.loads(text) == {
        "order_id": "A-1",
        "function": "UpdateInventory",
        "error": "OutOfStock",
        "message": "OutOfStock: item lamp has 2 left, the order wants 5",
        "request_id": "request-1",
    }
