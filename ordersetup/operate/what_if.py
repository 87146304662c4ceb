"""What a replay would meet now: the functions' own core on the rows and the stock as they are.

Reads only. One letter after another, each on the stock that those before it would leave: three
orders for the last two lamps are two that would apply and one that would not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ordersetup.operate import core
from ordersetup.operate.batches import batched
from ordersetup.operate.letters import Letter
from ordersetup.operate.stock_rows import number_of

if TYPE_CHECKING:
    from handlers.order import Order
    from ordersetup.aws import Aws
    from ordersetup.blueprint import Names
    from ordersetup.operate.stock import Stock

AT_ONCE = 8

WOULD_APPLY = "would apply"
APPLIED = "applied already"
WOULD_CONFIRM = "would confirm"


@dataclass(frozen=True)
class Verdict:
    """What a replay would meet.

    Args:
        outcome: would apply, applied already, would confirm; or the error's name.
        detail: what the error says; empty without one.
    """

    outcome: str
    detail: str = ""


class WhatIf:
    """Foresees replays.

    Args:
        aws: where.
        names: the stack's.
        stock: the inventory.
    """

    def __init__(self, aws: Aws, names: Names, stock: Stock) -> None:
        self._stock = stock
        self._ledger = core.ledger(
            aws.dynamodb,
            inventory=names.of("Inventory"),
            transactions=names.of("InventoryTransactions"),
        )
        self._left: dict[str, Decimal] = {}
        self._looked_up: set[str] = set()
        self._planned: dict[str, Mapping[str, Decimal]] = {}

    def judge(self, letters: Sequence[Letter]) -> Sequence[Verdict]:
        """What replays of letters would meet, one after another."""
        orders = [_order(letter) for letter in letters]
        wanted = [order for order in orders if order is not None]
        self._look_up(wanted)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = dict(
                zip(
                    (order.order_id for order in wanted),
                    pool.map(lambda order: self._ledger.rows(order.order_id), wanted),
                    strict=True,
                )
            )
        return [
            self._foresee(order, found[order.order_id]) if order else _of_another(letter)
            for letter, order in zip(letters, orders, strict=True)
        ]

    def _foresee(self, order: Order, rows: Mapping[str, Decimal]) -> Verdict:
        try:
            applied = core.is_applied(
                order, rows or self._planned.get(order.order_id, {}), self._left
            )
        except core.WouldFail as failure:
            return Verdict(failure.error, failure.message.removeprefix(f"{failure.error}: "))
        if applied:
            return Verdict(APPLIED)
        for line in order.lines:
            self._left[line.item_id] -= line.quantity
        self._planned[order.order_id] = {i.item_id: Decimal(i.quantity) for i in order.lines}
        return Verdict(WOULD_APPLY)

    def _look_up(self, orders: Sequence[Order]) -> None:
        """Read the stock of items not seen before; what others do to it later is not seen."""
        items = {line.item_id for order in orders for line in order.lines} - self._looked_up
        for some in batched(sorted(items), 100):
            for row in self._stock.raw(some):
                self._left[row["item_id"]["S"]] = number_of(row) or Decimal(0)
        self._looked_up |= items


def _order(letter: Letter) -> Order | None:
    """The order that a letter of UpdateInventory's is; None for any other."""
    if letter.because or letter.worker != "UpdateInventory":
        return None
    return core.stock_order(letter.record.payload)


def _of_another(letter: Letter) -> Verdict:
    return Verdict("cannot go again", letter.because) if letter.because else Verdict(WOULD_CONFIRM)
