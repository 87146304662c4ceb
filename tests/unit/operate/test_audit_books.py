"""What is in stock and in rows together, at two times."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.errors import BadInput, Incompatible
from ordersetup.operate.audit_books import (
    Books,
    Difference,
    Range,
    as_json,
    check_same,
    differences,
    parse,
    ranges,
)


def exact(**items: int) -> dict[str, Range]:
    return {item: Range(Decimal(n), Decimal(n)) for item, n in items.items()}


def some(**items: int) -> dict[str, Decimal]:
    return {item: Decimal(n) for item, n in items.items()}


BOOKS = Books("default", "1", "eu-west-1", "2026-11-23T10:00:00+00:00", exact(lamp=12, desk=0))


def test_stock_and_rows_are_added_up_by_item() -> None:
    found = ranges(some(lamp=8, desk=1), some(lamp=2, rug=3), some(lamp=8, desk=1))
    assert found == exact(lamp=10, desk=1, rug=3)


def test_what_moves_while_it_is_read_makes_a_range() -> None:
    assert ranges(some(lamp=8), some(lamp=2), some(lamp=5)) == {
        "lamp": Range(Decimal(7), Decimal(10))
    }


@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 9),
)
def test_orders_applied_while_it_is_read_are_never_a_difference(
    stock: int, rows: int, early: int, late: int, between: int
) -> None:
    """Some before the rows are read, some after; the rows see the first of them at least."""
    total = stock + early + late
    before = some(lamp=total)
    seen = some(lamp=rows + early + min(between, late))
    after = some(lamp=total - early - late)
    assert differences(exact(lamp=total + rows), ranges(before, seen, after)) == []


def test_what_rows_do_not_explain_is_a_difference() -> None:
    assert differences(exact(lamp=12, desk=4, rug=1), exact(lamp=9, desk=6, chair=2, rug=1)) == [
        Difference("chair", Decimal(2)),
        Difference("desk", Decimal(2)),
        Difference("lamp", Decimal(-3)),
    ]


def test_ranges_that_meet_are_no_difference() -> None:
    then = {"lamp": Range(Decimal(7), Decimal(10))}
    assert differences(then, exact(lamp=10)) == []
    assert differences(then, exact(lamp=11)) == [Difference("lamp", Decimal(1))]
    assert differences(then, exact(lamp=5)) == [Difference("lamp", Decimal(-2))]


def test_what_is_saved_is_read_back_to_the_last_digit() -> None:
    large = Decimal("12345678901234567890123456789012345678.5")
    books = Books("default", "1", "eu-west-1", "x", {"lamp": Range(large, large)})
    assert parse(as_json(books), "f") == books
    assert parse(as_json(BOOKS), "f") == BOOKS


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(as_json(BOOKS)), **fields})


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        changed(audit=2),
        changed(stack=None),
        changed(items=[]),
        changed(items={"lamp": ["1"]}),
        changed(items={"lamp": ["x", "1"]}),
        changed(items={"lamp": 5}),
    ],
    ids=range(9),
)
def test_what_no_audit_has_saved_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is nothing that an audit has saved") as caught:
        parse(text, "monday.json")
    assert caught.value.then.endswith("ordersetup audit --save monday.json")


def test_another_stack_s_file_is_refused() -> None:
    check_same(BOOKS, stack="default", account="1", region="eu-west-1")
    with pytest.raises(Incompatible, match=r"is of the stack default in eu-west-1"):
        check_same(BOOKS, stack="shop2", account="1", region="eu-west-1")
