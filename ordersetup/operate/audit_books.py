"""What is in stock and in rows together: what an order leaves as it is, to be compared later.

An order moves pieces from the stock into its row, in one transaction. So an item's stock and the
sum of all its rows together stay the same, unless somebody puts stock in, takes some out, or
changes rows by hand. That sum at one time says nothing; the same sum at two times does.

The tables are read one after the other, while orders may be applied: what moves meanwhile makes the
sum uncertain by as much, and is told as a range.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ordersetup.errors import BadInput, Incompatible

SCHEMA = 1
"""The form of a saved file."""

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Range:
    """Pieces in stock and in rows together, as exactly as could be told."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Difference:
    """An item whose pieces have become more or fewer than the rows explain.

    Args:
        item_id: the item.
        pieces: at least so many more; negative: at least so many fewer.
    """

    item_id: str
    pieces: Decimal


@dataclass(frozen=True)
class Books:
    """All items at one time.

    Args:
        stack: whose.
        account: where.
        region: where.
        at: when, ISO 8601.
        items: by item.
    """

    stack: str
    account: str
    region: str
    at: str
    items: Mapping[str, Range]


def ranges(
    before: Mapping[str, Decimal], rows: Mapping[str, Decimal], after: Mapping[str, Decimal]
) -> dict[str, Range]:
    """Stock and rows together, by item.

    Args:
        before: the stock, read before the rows.
        rows: the sum of all rows.
        after: the stock, read after the rows.
    """
    found = {}
    for item in sorted({*before, *rows, *after}):
        taken = rows.get(item, NOTHING)
        sums = [stock.get(item, NOTHING) + taken for stock in (before, after)]
        found[item] = Range(min(sums), max(sums))
    return found


def differences(then: Mapping[str, Range], now: Mapping[str, Range]) -> list[Difference]:
    """The items whose sums cannot have been the same at both times."""
    none = Range(NOTHING, NOTHING)
    found = []
    for item in sorted({*then, *now}):
        was, is_ = then.get(item, none), now.get(item, none)
        if is_.low > was.high:
            found.append(Difference(item, is_.low - was.high))
        elif is_.high < was.low:
            found.append(Difference(item, is_.high - was.low))
    return found


def as_json(books: Books) -> str:
    """The text of a saved file."""
    items = {item: [f"{r.low:f}", f"{r.high:f}"] for item, r in books.items.items()}
    told = {
        "audit": SCHEMA,
        "stack": books.stack,
        "account": books.account,
        "region": books.region,
        "at": books.at,
        "items": items,
    }
    return json.dumps(told, indent=2) + "\n"


def parse(text: str, name: str) -> Books:
    """What `as_json` has written.

    Args:
        text: the file's.
        name: what the user calls it, for errors.

    Raises:
        BadInput: it is none, or one of another version.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        raise _none(name, "it is not JSON") from error
    if not isinstance(told, dict) or told.get("audit") != SCHEMA:
        raise _none(name, f"it does not say that its form is {SCHEMA}")
    texts = [told.get(key) for key in ("stack", "account", "region", "at")]
    if not all(isinstance(text, str) for text in texts) or not isinstance(told.get("items"), dict):
        raise _none(name, "a field is missing")
    stack, account, region, at = map(str, texts)
    return Books(stack, account, region, at, _items(told["items"], name))


def check_same(books: Books, *, stack: str, account: str, region: str) -> None:
    """Refuse to compare a stack with another one.

    Raises:
        Incompatible: the file is another stack's.
    """
    if (books.stack, books.account, books.region) != (stack, account, region):
        raise Incompatible(
            f"The file of --from is of the stack {books.stack} in {books.region}, account "
            f"{books.account}, and this is {stack} in {region}, account {account}.",
            "Give the file of this stack, or name the other one with --stack and --region.",
        )


def _items(told: Mapping[str, Any], name: str) -> dict[str, Range]:
    try:
        return {item: Range(*(Decimal(bound) for bound in bounds)) for item, bounds in told.items()}
    except (InvalidOperation, TypeError, ValueError) as error:
        raise _none(name, "an item has no two numbers") from error


def _none(name: str, why: str) -> BadInput:
    return BadInput(
        f"{name} is nothing that an audit has saved: {why}.",
        f"Write one with: ordersetup audit --save {name}",
    )
