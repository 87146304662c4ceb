from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from handlers.errors import OrderConflict, OutOfStock, TransactionRefused, UnknownItem
from handlers.order import Order
from handlers.stock import Verdict, foresee, number, transaction, was_applied, why_cancelled

NewOrder = Callable[..., Order]
FINE = {"Code": "None"}
STANDS = {"Code": "ConditionalCheckFailed"}


def quantities(**items: int) -> dict[str, Decimal]:
    return {item_id: Decimal(quantity) for item_id, quantity in items.items()}


def short_of(quantity: object) -> dict[str, Any]:
    item = {"item_id": {"S": "whatever"}, "quantity": {"N": quantity}}
    return {"Code": "ConditionalCheckFailed", "Message": "The condition failed", "Item": item}


def test_an_order_without_rows_was_not_applied(order: NewOrder) -> None:
    assert not was_applied(order(lamp=2), {})


def test_an_order_whose_rows_stand_was_applied(order: NewOrder) -> None:
    assert was_applied(order(lamp=2, desk=1), quantities(desk=1, lamp=2))


@pytest.mark.parametrize(
    "rows",
    [quantities(lamp=3), quantities(lamp=2, desk=1), quantities(desk=2), {"lamp": Decimal("2.5")}],
)
def test_rows_of_other_contents_are_a_conflict(order: NewOrder, rows: dict[str, Decimal]) -> None:
    with pytest.raises(OrderConflict, match=r"^OrderConflict: order A-1 "):
        was_applied(order(lamp=2), rows)


def test_an_order_is_foreseen_without_doing_it(order: NewOrder) -> None:
    stock = quantities(lamp=2)
    assert foresee(order(lamp=2), {}, stock) is Verdict.WOULD_APPLY
    assert foresee(order(lamp=2), quantities(lamp=2), {}) is Verdict.APPLIED_ALREADY
    with pytest.raises(OutOfStock):
        foresee(order(lamp=3), {}, stock)
    with pytest.raises(UnknownItem):
        foresee(order(desk=1), {}, stock)
    with pytest.raises(OrderConflict):
        foresee(order(lamp=2), quantities(lamp=1), stock)


def test_all_rows_come_before_all_withdrawals(order: NewOrder) -> None:
    actions = transaction(order(lamp=2, desk=1), inventory="Inventory", transactions="Done")
    assert [(kind, action["TableName"]) for each in actions for kind, action in each.items()] == [  # type: ignore[index]  # each holds one action
        ("Put", "Done"),
        ("Put", "Done"),
        ("Update", "Inventory"),
        ("Update", "Inventory"),
    ]


def test_too_little_stock_tells_item_and_numbers(order: NewOrder) -> None:
    reasons = [FINE, FINE, FINE, short_of("2")]
    error = why_cancelled(order(desk=1, lamp=5), reasons)
    assert isinstance(error, OutOfStock)
    assert str(error) == "OutOfStock: item lamp has 2 left, the order wants 5"


def test_an_item_that_is_not_there_is_unknown(order: NewOrder) -> None:
    error = why_cancelled(order(desk=1, lamp=5), [FINE, FINE, short_of("0"), STANDS])
    assert isinstance(error, UnknownItem)
    assert str(error) == "UnknownItem: the inventory has no item lamp"


def test_further_short_items_are_counted(order: NewOrder) -> None:
    reasons = [FINE] * 3 + [short_of("1E+1"), short_of("0"), short_of("0")]
    error = why_cancelled(order(lamp=11, desk=1, chair=1), reasons)
    assert str(error) == (
        "OutOfStock: item lamp has 10 left, the order wants 11 (and 2 more of its items)"
    )


def test_a_row_that_stands_goes_before_missing_stock(order: NewOrder) -> None:
    assert why_cancelled(order(lamp=1), [STANDS, short_of("0")]) is None


@pytest.mark.parametrize(
    "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_contention_passes(order: NewOrder, code: str) -> None:
    assert why_cancelled(order(lamp=1), [FINE, {"Code": code}]) is None


def test_any_other_reason_is_told_by_its_code(order: NewOrder) -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "ValidationError"}]
    error = why_cancelled(order(lamp=1), reasons)
    assert isinstance(error, TransactionRefused)
    assert "ValidationError" in str(error)


@pytest.mark.parametrize(
    ("attribute", "value"), [({"N": "2.5"}, "2.5"), ({"S": "2"}, "0"), ({}, "0"), (None, "0")]
)
def test_what_is_no_number_counts_as_nothing(attribute: dict[str, Any] | None, value: str) -> None:
    assert number(attribute) == Decimal(value)
