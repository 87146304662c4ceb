"""An order's id is found in whatever shape it is told, and never as a part of another word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.operate.drill_texts import mentions

ORDER = "DRILL-0123456789ab"
EVENT = {"order_id": ORDER}


@pytest.mark.parametrize(
    "told",
    [
        ORDER,
        f"Order {ORDER} failed: no such item.",
        EVENT,
        {"detail": {"orders": [{"id": ORDER}]}},
        {ORDER: 1},
        {"body": json.dumps(EVENT)},
        json.dumps({"body": json.dumps({"inner": json.dumps(EVENT)})}),
        json.dumps({"text": f"failed:\n{ORDER}\n"}),
        ["a", ["b", {"c": ORDER}]],
    ],
    ids=[
        *("bare", "in-a-sentence", "a-field", "nested", "a-field's-name", "json-in-a-field"),
        *("json-in-json-in-json", "on-a-line-of-its-own", "in-lists"),
    ],
)
def test_the_id_is_found_wherever_it_stands(told: object) -> None:
    assert mentions(told, ORDER)


@pytest.mark.parametrize(
    "told",
    [f"{ORDER}c", f"X-{ORDER}", f"{ORDER}-2", {"order_id": f"{ORDER}_1"}, "", None, 3, {}, []],
    ids=str,
)
def test_a_longer_word_is_another(told: object) -> None:
    assert not mentions(told, ORDER)


def test_what_nests_without_end_is_left_alone() -> None:
    assert not mentions("[" * 100_000, ORDER)
    text = ORDER
    for _ in range(30):
        text = json.dumps({"body": text}) if len(text) < 10_000 else text
    assert mentions(text, ORDER) in (True, False)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda i: st.lists(i, max_size=3)))
def test_no_shape_is_a_surprise(told: Any) -> None:
    assert not mentions(told, ORDER)
