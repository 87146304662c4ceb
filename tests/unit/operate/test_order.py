"""What a test order may be: refused here where the API would refuse it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.errors import BadInput
from ordersetup.operate.order import OWN_ITEM, SIMULATOR, make_order, parse_item
from tests.unit.choices import unhurried


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("lamp-1:2", ("lamp-1", 2)),
        ("a:b:3", ("a:b", 3)),
        ("Lamp, großes Modell:1000000", ("Lamp, großes Modell", 1_000_000)),
        ("x" * 255 + ":01", ("x" * 255, 1)),
    ],
)
def test_an_item_is_read_with_its_quantity(text: str, item: tuple[str, int]) -> None:
    assert parse_item(text) == item


@pytest.mark.parametrize("text", ["", "lamp", ":2", "x" * 256 + ":1", "a\nb:1", "\udcff:1"])
def test_what_is_no_item_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_item(text)
    assert caught.value.then == "Give it as --item lamp-1:2."


@pytest.mark.parametrize(
    "quantity", ["", "0", "-1", "1.5", "many", "1000001", "٣", " 1", "1 ", "+1", "9" * 5000]
)
def test_a_quantity_is_a_whole_number_up_to_a_million(quantity: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_item(f"lamp-1:{quantity}")
    assert caught.value.then == "It takes a whole number from 1 to 1000000."


@unhurried
@given(st.text(st.characters(exclude_categories=())))
def test_whatever_is_typed_is_an_item_or_refused(text: str) -> None:
    try:
        item, quantity = parse_item(text)
    except BadInput:
        return
    assert item
    assert 1 <= quantity <= 1_000_000


class TestOrder:
    def test_what_is_left_out_is_chosen(self) -> None:
        order = make_order([], None, None)
        assert order.email == SIMULATOR
        assert order.items == ((OWN_ITEM, 1),)
        assert order.order_id.startswith("test-")
        assert make_order([], None, None).order_id != order.order_id

    def test_what_is_given_is_kept(self) -> None:
        order = make_order([("a", 1), ("b", 2)], "me@example.com", "order-1")
        assert json.loads(order.body()) == {
            "order_id": "order-1",
            "customer_email": "me@example.com",
            "items": [{"item_id": "a", "quantity": 1}, {"item_id": "b", "quantity": 2}],
        }

    @pytest.mark.parametrize("order_id", ["", "a b", "x" * 65, "ä", "a\n", "a/b"])
    def test_an_id_that_the_api_would_refuse_is_refused(self, order_id: str) -> None:
        with pytest.raises(BadInput, match="--order-id"):
            make_order([], None, order_id)

    def test_an_address_that_is_none_is_refused(self) -> None:
        with pytest.raises(BadInput, match="--email"):
            make_order([], "me", None)

    def test_an_item_named_twice_is_refused(self) -> None:
        with pytest.raises(BadInput) as caught:
            make_order([("a", 1), ("b", 1), ("a", 2)], None, None)
        assert caught.value.then == "Add the quantities up instead."

    def test_an_order_has_fifty_items_at_most(self) -> None:
        items = [(str(n), 1) for n in range(51)]
        assert len(make_order(items[:50], None, None).items) == 50
        with pytest.raises(BadInput, match="51 times"):
            make_order(items, None, None)
