from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.errors import MOST_FAULTS_TOLD, BadOrder, MalformedOrder
from handlers.order import (
    MOST_LINES,
    Line,
    Order,
    mail_event,
    order_id_of,
    parse_order,
    read_mail_event,
    read_stock_event,
    stock_event,
)

LONGEST_SORT_KEY = 1024  # bytes, of DynamoDB
LARGEST_EVENT = 256 * 1024  # bytes, of SQS, SNS and Lambda when they are strictest
NOW = "2026-11-23T10:00:00.000+00:00"
ADDRESS = "ada.lovelace@example.com"
GOOD: dict[str, Any] = {
    "order_id": "A-1",
    "customer_email": ADDRESS,
    "items": [{"item_id": "lamp-1", "quantity": 2}, {"item_id": "lämp 2", "quantity": 1}],
}

texts = st.text(st.characters(exclude_categories=()))  # lone surrogates among them
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=8,
)
# Near misses: objects that look like orders, with anything in any place.
near_lines = st.fixed_dictionaries({}, optional={"item_id": anything, "quantity": anything})
near_orders = st.fixed_dictionaries(
    {},
    optional={
        "order_id": anything,
        "customer_email": anything,
        "accepted_at": anything,
        "items": anything | st.lists(near_lines | anything),
    },
)
item_ids = st.text(min_size=1, max_size=255).filter(str.isprintable)
orders = st.builds(
    Order,
    order_id=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    lines=st.lists(
        st.builds(Line, item_id=item_ids, quantity=st.integers(1, 1_000_000)),
        min_size=1,
        max_size=50,
        unique_by=lambda line: line.item_id,
    ).map(tuple),
    accepted_at=st.just(NOW),
    customer_email=st.just(ADDRESS),
)


def parse(body: object) -> Order:
    return parse_order(body, order_id="made-up", accepted_at=NOW)


def parse_text(fields: object) -> Order:
    return parse(json.dumps(fields))


def parse_stock_event(event: object) -> Order:
    return read_stock_event(event, accepted_at=NOW)


def told(read: Callable[[], Order]) -> list[str]:
    """Faults of what is read, and of its message; none for an order."""
    try:
        read()
    except BadOrder as bad:
        str(bad).encode()
        return bad.told()
    return []


def faults(body: object) -> list[str]:
    with pytest.raises(BadOrder) as caught:
        parse(body)
    return caught.value.told()


def faults_with(**changes: Any) -> list[str]:
    return faults(json.dumps(GOOD | changes))


def faults_in_line(**changes: Any) -> list[str]:
    line = {"item_id": "lamp-1", "quantity": 2} | changes
    return faults_with(items=[{"item_id": "desk", "quantity": 1}, line])


def test_an_order_is_read_from_json() -> None:
    lines = (Line("lamp-1", 2), Line("lämp 2", 1))
    wanted = Order("A-1", lines, accepted_at=NOW, customer_email=ADDRESS)
    assert parse(json.dumps(GOOD)) == wanted
    assert parse(json.dumps(GOOD, ensure_ascii=False).encode()) == wanted


def test_an_order_without_id_gets_the_given_one() -> None:
    without = {name: GOOD[name] for name in ("customer_email", "items")}
    assert parse(json.dumps(without)).order_id == "made-up"


def test_fields_that_no_order_has_are_ignored() -> None:
    assert parse(json.dumps(GOOD | {"note": "gift"})) == parse(json.dumps(GOOD))


def test_a_client_does_not_choose_when_its_order_was_accepted() -> None:
    assert parse(json.dumps(GOOD | {"accepted_at": "yesterday"})).accepted_at == NOW


@pytest.mark.parametrize(
    "body",
    [None, "", b"", "{", "[1,]", b"\xff\xfe{}", '{"a": NaN}', "\ufeff{}", "9" * 5000, {}, 5, True],
)
def test_what_is_no_json_text_is_a_fault(body: object) -> None:
    assert faults(body) == ["body: must be JSON text"]


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"items":['])
def test_text_that_nests_too_deep_is_a_fault(opening: str) -> None:
    assert faults(opening * 200_000) == ["body: must be JSON text"]


@pytest.mark.parametrize(
    ("body", "found"), [("[]", "a list of 0"), ('"order"', '"order"'), ("null", "null"), ("1", "1")]
)
def test_json_that_is_no_object_is_a_fault(body: str, found: str) -> None:
    assert faults(body) == [f"body: must be a JSON object, not {found}"]


def test_a_field_named_twice_is_a_fault() -> None:
    body = '{"items": [{"item_id": "lamp", "quantity": 1, "quantity": 100}]}'
    assert faults(body) == ['body: must name a field once, not "quantity" twice']


@pytest.mark.parametrize(
    ("order_id", "found"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ("A-1\n", '"A-1\\n"'),
        ("é", '"\\u00e9"'),
        (7, "7"),
        (None, "null"),
        ("x" * 65, '"' + "x" * 59 + "..."),
    ],
)
def test_an_order_id_is_1_to_64_plain_characters(order_id: object, found: str) -> None:
    told = f"order_id: must be 1 to 64 of A-Z a-z 0-9 _ -, not {found}"
    assert faults_with(order_id=order_id) == [told]


@pytest.mark.parametrize(
    "address",
    ["a@b.co", "o'neill+shop@mail.example.co.uk", f"{'x' * 64}@example.com", f"a@{'x' * 63}.com"],
)
def test_an_address_is_taken(address: str) -> None:
    assert parse(json.dumps(GOOD | {"customer_email": address})).customer_email == address


@pytest.mark.parametrize(
    "address",
    [
        *("", "ada", "ada@", "@example.com", "ada@example", "ada@@example.com", "a@b@c.com"),
        *("ada @example.com", "ada@example.com\n", "a\x00da@example.com", "ada@exa mple.com"),
        *("ada@.com", "ada@example.", "ada@-x.com", "a,eve@example.com", "Ada <ada@example.com>"),
        *("adä@example.com", "ada@exämple.com", "\ud800@example.com", f"{'x' * 65}@example.com"),
        *(f"a@{'x.' * 126}com", 7, None, ["ada@example.com"]),
    ],
)
def test_no_address_is_a_fault_that_does_not_repeat_it(address: object) -> None:
    assert faults_with(customer_email=address) == ["customer_email: must be an e-mail address"]


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ([], "a list of 0"),
        ([{"item_id": f"i{index}", "quantity": 1} for index in range(51)], "a list of 51"),
        ({"item_id": "lamp", "quantity": 1}, "an object"),
        (None, "null"),
    ],
)
def test_items_are_a_list_of_1_to_50(items: object, found: str) -> None:
    told = f"items: must be a list of 1 to 50 different items, not {found}"
    assert faults_with(items=items) == [told]


def test_fifty_items_are_taken() -> None:
    items = [{"item_id": f"i{index}", "quantity": 1_000_000} for index in range(MOST_LINES)]
    assert len(parse(json.dumps(GOOD | {"items": items})).lines) == MOST_LINES


@pytest.mark.parametrize(
    ("item_id", "found"),
    [("", '""'), ("\t", '"\\t"'), ("\ud800", '"\\ud800"'), ("\u200b", '"\\u200b"'), (1, "1")],
)
def test_an_item_id_is_printable(item_id: object, found: str) -> None:
    told = f"items[1].item_id: must be 1 to 255 printable characters, not {found}"
    assert faults_in_line(item_id=item_id) == [told]


def test_an_item_id_has_at_most_255_characters() -> None:
    assert len(faults_in_line(item_id="x" * 256)) == 1
    assert parse(json.dumps(GOOD | {"items": [{"item_id": "😀" * 255, "quantity": 1}]}))


@pytest.mark.parametrize(
    ("quantity", "found"),
    [
        *((0, "0"), (-1, "-1"), (1_000_001, "1000001"), (2.0, "2.0"), (1e999, "Infinity")),
        *((True, "true"), ("x", '"x"'), (None, "null"), ([2], "a list of 1"), ({}, "an object")),
        (10**100, f"1{'0' * 59}..."),
    ],
)
def test_a_quantity_is_a_whole_number(quantity: object, found: str) -> None:
    body = json.dumps(GOOD | {"items": [{"item_id": "lamp", "quantity": quantity}]})
    told = f"items[0].quantity: must be a whole number from 1 to 1000000, not {found}"
    assert faults(body.replace("Infinity", "1e999")) == [told]


def test_a_line_is_an_object() -> None:
    told = 'items[0]: must be an object with item_id and quantity, not "lamp"'
    assert faults_with(items=["lamp"]) == [told]


def test_an_item_is_ordered_once() -> None:
    line = {"item_id": "lamp", "quantity": 1}
    assert faults_with(items=[{"item_id": "desk", "quantity": 1}, line, line]) == [
        "items[2].item_id: must differ from items[1].item_id"
    ]


def test_every_fault_is_named() -> None:
    body = {"order_id": "?", "items": [{"item_id": ""}, {"quantity": 0}, 7]}
    assert faults(json.dumps(body)) == [
        'order_id: must be 1 to 64 of A-Z a-z 0-9 _ -, not "?"',
        "customer_email: is missing",
        'items[0].item_id: must be 1 to 255 printable characters, not ""',
        "items[0].quantity: is missing",
        "items[1].item_id: is missing",
        "items[1].quantity: must be a whole number from 1 to 1000000, not 0",
        "items[2]: must be an object with item_id and quantity, not 7",
    ]
    assert faults("{}") == ["customer_email: is missing", "items: is missing"]


@given(st.one_of(texts, st.binary(), anything, anything.map(json.dumps)))
def test_whatever_is_sent_is_an_order_or_a_bad_order(body: object) -> None:
    assert len(told(lambda: parse(body))) <= MOST_FAULTS_TOLD + 1


@given(near_orders, st.sampled_from([parse_text, parse_stock_event, read_mail_event]))
@example({"items": [{"item_id": [], "quantity": {}}] * MOST_LINES}, parse_text)
def test_whatever_is_nearly_an_order_is_an_order_or_a_bad_order(
    fields: dict[str, object], door: Callable[[object], Order]
) -> None:
    faults = told(lambda: door(fields))
    assert len(faults) <= MOST_FAULTS_TOLD + 1
    json.dumps(faults).encode()


@given(orders)
def test_an_order_reaches_both_workers_unchanged(order: Order) -> None:
    wire = json.loads(json.dumps(stock_event(order)))
    stock = read_stock_event(wire, accepted_at="2000-01-01T00:00:00Z")
    assert (stock.order_id, stock.lines, stock.accepted_at) == (order.order_id, order.lines, NOW)
    mail = read_mail_event(json.loads(json.dumps(mail_event(order))))
    assert (mail.order_id, mail.lines, mail.customer_email) == (
        order.order_id,
        order.lines,
        ADDRESS,
    )


@given(orders)
def test_an_accepted_order_fits_dynamodb_and_lambda(order: Order) -> None:
    assert parse(json.dumps(mail_event(order))) == order
    assert max(len(line.item_id.encode()) for line in order.lines) <= LONGEST_SORT_KEY
    assert len(json.dumps(mail_event(order))) < LARGEST_EVENT


def test_the_address_goes_to_the_mail_only() -> None:
    order = parse(json.dumps(GOOD))
    assert ADDRESS not in json.dumps(stock_event(order))
    assert ADDRESS in json.dumps(mail_event(order))
    assert ADDRESS not in repr(order)
    assert read_stock_event(GOOD, accepted_at=NOW).customer_email == ""


def test_an_event_without_time_gets_the_given_one() -> None:
    assert read_stock_event(GOOD, accepted_at=NOW).accepted_at == NOW


@pytest.mark.parametrize("time", ["", "now", "2026-11-23", "2026-11-23T10:00:00", 7, None])
def test_a_bad_time_in_an_event_is_a_fault(time: object) -> None:
    with pytest.raises(MalformedOrder, match=r"^MalformedOrder: accepted_at: must be a time"):
        read_stock_event(GOOD | {"accepted_at": time}, accepted_at=NOW)


@pytest.mark.parametrize("event", [None, [], "A-1", {}, {"order_id": "A-1"}])
def test_an_event_that_is_no_order_is_malformed(event: object) -> None:
    with pytest.raises(MalformedOrder):
        read_stock_event(event, accepted_at=NOW)
    with pytest.raises(MalformedOrder):
        read_mail_event(event)


@pytest.mark.parametrize(
    ("event", "order_id"),
    [
        ({"order_id": "A-1"}, "A-1"),
        ({"order_id": "a\nb"}, "unknown"),
        ({"order_id": ADDRESS}, "unknown"),
        ({"order_id": 7}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
    ],
)
def test_only_a_plain_id_is_fit_for_a_log_line(event: object, order_id: str) -> None:
    assert order_id_of(event) == order_id
