"""What an order is, and how it is read from the outside; pure.

An order travels in three forms: the text a client sends, and the events of the two workers. Only
SendEmail's event carries the customer's address: what fails in UpdateInventory stays in a queue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from .errors import BadOrder, Fault, MalformedOrder

# A DynamoDB transaction takes 100 actions, and each line needs two.
MOST_LINES = 50
MOST_OF_AN_ITEM = 1_000_000
# A DynamoDB sort key takes 1024 bytes, and a character at most 4.
LONGEST_ITEM_ID = 255
LONGEST_ADDRESS = 254
MOST_SHOWN = 60  # characters of a refused value that its sender gets to see

# The address form of HTML's e-mail fields, with a dot in the domain. SES takes ASCII only.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIME = re.compile(
    r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True)
class Line:
    """One item of an order.

    Attributes:
        item_id: the inventory's name for it.
        quantity: pieces wanted.
    """

    item_id: str
    quantity: int


@dataclass(frozen=True)
class Order:
    """What a customer wants.

    Attributes:
        order_id: the same id twice is the same order.
        lines: the items wanted, each once.
        accepted_at: when it was accepted, ISO 8601; empty for SendEmail, which has no use for it.
        customer_email: where the confirmation goes; empty for UpdateInventory, which never gets it.
    """

    order_id: str
    lines: tuple[Line, ...]
    accepted_at: str = ""
    customer_email: str = field(default="", repr=False)


def parse_order(body: object, *, order_id: str, accepted_at: str) -> Order:
    """Read an order from the text a client sent; fields that no order has are ignored.

    Args:
        body: JSON text, or its UTF-8 bytes; None where nothing was sent.
        order_id: the id for an order that bears none.
        accepted_at: now, ISO 8601.

    Raises:
        BadOrder: with every fault, by field.
    """
    fields = {"order_id": order_id} | _object_in(body) | {"accepted_at": accepted_at}
    return _order(fields, (_ORDER_ID, _CUSTOMER_EMAIL, _ACCEPTED_AT), BadOrder)


def stock_event(order: Order) -> dict[str, object]:
    """Write the order for UpdateInventory, without the customer's address."""
    return {"order_id": order.order_id, "accepted_at": order.accepted_at, "items": _items(order)}


def read_stock_event(event: object, *, accepted_at: str) -> Order:
    """Read an order as UpdateInventory gets it.

    Args:
        event: what Lambda hands over.
        accepted_at: the time, ISO 8601, for an event that bears none, as one written by hand.

    Raises:
        MalformedOrder: with every fault, by field.
    """
    fields = {"accepted_at": accepted_at} | _object(event)
    return _order(fields, (_ORDER_ID, _ACCEPTED_AT), MalformedOrder)


def mail_event(order: Order) -> dict[str, object]:
    """Write the order for SendEmail."""
    return {
        "order_id": order.order_id,
        "customer_email": order.customer_email,
        "items": _items(order),
    }


def read_mail_event(event: object) -> Order:
    """Read an order as SendEmail gets it.

    Raises:
        MalformedOrder: with every fault, by field.
    """
    return _order(_object(event), (_ORDER_ID, _CUSTOMER_EMAIL), MalformedOrder)


def order_id_of(event: object) -> str:
    """Id of the order in a worker's event; `unknown` where there is none fit for a log line."""
    order_id = event.get("order_id") if isinstance(event, dict) else None
    return order_id if _is_id(order_id) else "unknown"


@dataclass(frozen=True)
class _Rule:
    """What a field must be; the value of a private one is shown to nobody."""

    name: str
    says: str
    holds: Callable[[Any], bool]
    private: bool = False


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return False
    return _ADDRESS.fullmatch(value) is not None


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _is_item(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ITEM_ID and value.isprintable()


def _is_quantity(value: object) -> bool:
    # True is an int to Python, so isinstance would sell one piece of it.
    return type(value) is int and 1 <= value <= MOST_OF_AN_ITEM


_ORDER_ID = _Rule("order_id", "must be 1 to 64 of A-Z a-z 0-9 _ -", _is_id)
_CUSTOMER_EMAIL = _Rule("customer_email", "must be an e-mail address", _is_address, private=True)
_ACCEPTED_AT = _Rule("accepted_at", "must be a time as 2026-11-23T10:00:00+00:00", _is_time)
_ITEM_ID = _Rule("item_id", f"must be 1 to {LONGEST_ITEM_ID} printable characters", _is_item)
_QUANTITY = _Rule("quantity", f"must be a whole number from 1 to {MOST_OF_AN_ITEM}", _is_quantity)
_NOT_JSON = Fault("body", "must be JSON text")
_MANY_ITEMS = f"must be a list of 1 to {MOST_LINES} different items"


def _order(fields: Mapping[str, Any], rules: tuple[_Rule, ...], error: type[BadOrder]) -> Order:
    faults = [fault for rule in rules for fault in _faults(rule, fields)]
    faults.extend(_faults_in_items(fields))
    if faults:
        raise error(faults)
    lines = tuple(Line(line["item_id"], line["quantity"]) for line in fields["items"])
    return Order(lines=lines, **{rule.name: fields[rule.name] for rule in rules})


def _items(order: Order) -> list[dict[str, object]]:
    return [{"item_id": line.item_id, "quantity": line.quantity} for line in order.lines]


def _faults(rule: _Rule, fields: Mapping[str, Any], where: str = "") -> Iterator[Fault]:
    if rule.name not in fields:
        yield Fault(where + rule.name, "is missing")
    elif not rule.holds(fields[rule.name]):
        found = "" if rule.private else _shown(fields[rule.name])
        yield Fault(where + rule.name, rule.says, found)


def _faults_in_items(fields: Mapping[str, Any]) -> Iterator[Fault]:
    if "items" not in fields:
        yield Fault("items", "is missing")
    elif not isinstance(items := fields["items"], list) or not 1 <= len(items) <= MOST_LINES:
        yield Fault("items", _MANY_ITEMS, _shown(items))
    else:
        for index, line in enumerate(items):
            yield from _faults_in_line(line, f"items[{index}]")
        yield from _repetitions(items)


def _faults_in_line(line: object, where: str) -> Iterator[Fault]:
    if not isinstance(line, dict):
        yield Fault(where, "must be an object with item_id and quantity", _shown(line))
    else:
        yield from _faults(_ITEM_ID, line, f"{where}.")
        yield from _faults(_QUANTITY, line, f"{where}.")


def _repetitions(items: list[Any]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, line in enumerate(items):
        item_id = line.get("item_id") if isinstance(line, dict) else None
        if _is_item(item_id) and first.setdefault(item_id, index) != index:
            rule = f"must differ from items[{first[item_id]}].item_id"
            yield Fault(f"items[{index}].item_id", rule)


def _object(event: object) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise MalformedOrder([Fault("event", "must be an object")])
    return event


def _object_in(body: object) -> dict[str, Any]:
    if not isinstance(body, str | bytes):
        raise BadOrder([_NOT_JSON])
    try:
        text = body if isinstance(body, str) else body.decode()
        fields = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError):  # the latter for text that nests too deep
        raise BadOrder([_NOT_JSON]) from None
    if not isinstance(fields, dict):
        raise BadOrder([Fault("body", "must be a JSON object", _shown(fields))])
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise BadOrder([Fault("body", "must name a field once", f"{_shown(name)} twice")])
        fields[name] = value
    return fields


def _no_number(constant: str) -> None:
    raise ValueError(constant)  # NaN and the infinities are Python's words, not JSON's


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value[:MOST_SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
