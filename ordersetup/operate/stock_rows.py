"""What a row of the inventory is, and what a person may write into one; pure.

Quantities stay what DynamoDB tells, to the last of their 38 digits: nothing passes through a float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ordersetup.errors import BadInput

LONGEST_ITEM_ID = 255
"""As the functions have it."""

MOST_DIGITS = 38
"""A DynamoDB number has no more."""

_WHOLE = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")
_KINDS = {"S": "a String", "BOOL": "a Boolean", "NULL": "Null", "M": "a Map", "L": "a List"}


@dataclass(frozen=True)
class StockRow:
    """A row of the inventory.

    Args:
        item_id: the item.
        quantity: pieces; None where the row has no number.
        fault: why UpdateInventory cannot take from it; empty if it can.
    """

    item_id: str
    quantity: Decimal | None
    fault: str = ""


@dataclass(frozen=True)
class StockSet:
    """An item whose stock was set.

    Args:
        item_id: the item.
        before: pieces before; None where there was no such item, or no number.
        quantity: pieces now.
    """

    item_id: str
    before: Decimal | None
    quantity: Decimal


def check_item(text: str, where: str) -> str:
    """An item's name, if the functions take it for one.

    Args:
        text: what was given.
        where: what the user calls it, for errors.

    Raises:
        BadInput: it is none.
    """
    if fault := item_fault(text):
        raise BadInput(f"{where} {text[:60]!r} is not accepted: it {fault}.", "Give another name.")
    return text


def check_quantity(text: str, where: str, *, least: int = 0) -> int:
    """A number of pieces.

    Args:
        text: what was given.
        where: what the user calls it, for errors.
        least: the smallest that is accepted.

    Raises:
        BadInput: it is no whole number, or too small.
    """
    if fault := quantity_fault(text, least=least):
        raise BadInput(f"{where} {text[:60]!r} is not accepted: it {fault}.", "Give another one.")
    return int(text)


def item_fault(text: str) -> str:
    """Why the functions would not take a text for an item; empty if they would."""
    if 1 <= len(text) <= LONGEST_ITEM_ID and text.isprintable():
        return ""
    return f"must be 1 to {LONGEST_ITEM_ID} printable characters"


def quantity_fault(text: str, *, least: int = 0) -> str:
    """Why a text is no number of pieces; empty if it is one."""
    if _WHOLE.fullmatch(text) and int(text) >= least:
        return ""
    return f"must be a whole number, {least} or more, of at most {MOST_DIGITS} digits"


def read_row(row: Mapping[str, Any]) -> StockRow:
    """A row as DynamoDB tells it."""
    item_id, told = row["item_id"]["S"], row.get("quantity", {})
    if "N" not in told:
        kind = next(iter(told), "")
        what = f"is {_KINDS.get(kind, f'of type {kind}')}, not a Number" if kind else "is missing"
        return StockRow(item_id, None, f"quantity {what}")
    quantity = Decimal(told["N"])
    if quantity < 0:
        return StockRow(item_id, quantity, "quantity is negative")
    return StockRow(item_id, quantity, "" if _is_whole(quantity) else "quantity is not whole")


def number_of(row: Mapping[str, Any]) -> Decimal | None:
    """The quantity of a row, or of the part of one; None where it has no number."""
    told = row.get("quantity", {})
    return Decimal(told["N"]) if "N" in told else None


def _is_whole(quantity: Decimal) -> bool:
    return quantity == quantity.to_integral_value()
