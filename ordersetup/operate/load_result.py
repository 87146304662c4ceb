"""A load run: stock before, the orders, where each of them ended, and stock after."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import inf

from ordersetup.operate.inventory import put_own_item, stock_of
from ordersetup.operate.load import LoadPlan, Sender, Tell
from ordersetup.operate.load_check import Whereabouts
from ordersetup.operate.load_tally import ACCEPTED, THROTTLED, Histogram
from ordersetup.operate.order import OWN_ITEM
from ordersetup.operate.site import Site
from ordersetup.patience import Patience
from ordersetup.refusals import told
from ordersetup.transient import weather

SETTLE_SECONDS = 420
"""On Amazon a record can take 6 minutes."""

INTERRUPTED_SECONDS = 10
"""Who has pressed Ctrl-C wants to know what came of it, and not to wait."""

STOCK_SECONDS = 10
"""So long stock is read again: an order whose answer was lost may be applied just now."""

Wait = Callable[[str, float], None]


@dataclass(frozen=True)
class Stock:
    """What a run did to the stock of an item.

    Args:
        item: the item.
        before: pieces before the first order.
        after: pieces once all orders were found, or time was up.
        taken: pieces by the transaction rows of the run's orders.
    """

    item: str
    before: Decimal
    after: Decimal
    taken: int

    @property
    def conserved(self) -> bool:
        """Whether exactly what the rows say is gone."""
        return self.before - self.after == self.taken


@dataclass(frozen=True)
class LoadResult:
    """What came of a run.

    Args:
        plan: the orders.
        seconds: how long posting took.
        outcomes: how many orders were accepted, throttled, refused, failed, unanswered.
        statuses: how many answers bore which HTTP status.
        latency: how long answers took.
        applied: accepted orders, and doubtful ones that were taken after all, whose rows are there.
        kept: those whose stock event is in the dead-letter queue.
        errors: how many of those bear which error.
        twofold: those found in both places.
        missing: accepted orders found in neither.
        torn: orders with some of their rows.
        recovered: orders found though their answers did not say that they were taken.
        unconfirmed: orders whose mail event is in the dead-letter queue.
        stock: what became of each item.
        interrupted: whether Ctrl-C ended the run.
        unchecked: why it could not be seen what became of the orders; empty if it could.
    """

    plan: LoadPlan
    seconds: float
    outcomes: Mapping[str, int]
    statuses: Mapping[str, int]
    latency: Histogram
    applied: int
    kept: int
    errors: Mapping[str, int]
    twofold: int
    missing: int
    torn: int
    recovered: int
    unconfirmed: int
    stock: tuple[Stock, ...]
    interrupted: bool
    unchecked: str = ""

    @property
    def sent(self) -> int:
        """How many orders were posted."""
        return sum(self.outcomes.values())

    @property
    def conserved(self) -> bool:
        """Whether stock is conserved and each accepted order is in exactly one place."""
        placed = not (self.missing or self.twofold or self.torn or self.unchecked)
        return placed and all(stock.conserved for stock in self.stock)

    @property
    def sound(self) -> bool:
        """Whether, besides, every order was accepted or throttled, and confirmed."""
        answered = self.outcomes.get(ACCEPTED, 0) + self.outcomes.get(THROTTLED, 0)
        return self.conserved and self.unconfirmed == 0 and answered == self.sent


class Load:
    """One run.

    Args:
        site: the stack.
        url: where orders are posted.
        plan: the orders.
        timeout: seconds for everything.
    """

    def __init__(self, site: Site, url: str, plan: LoadPlan, *, timeout: float) -> None:
        self._aws, self._names, self._plan = site.aws, site.blueprint.names, plan
        self._ends = time.monotonic() + timeout
        self._sender = Sender(plan, url, self._aws.web.crowd(plan.concurrency), ends=self._ends)

    def run(self, tell: Tell, wait: Wait) -> LoadResult:
        """Put our own item into stock if it is wanted, post the orders, and see what became of all.

        Args:
            tell: is told the progress of posting, now and then.
            wait: is told what is waited for after that, and for how long already.

        Raises:
            KeyboardInterrupt: Ctrl-C before the first order, or the second one while posting.
        """
        for item, quantity in self._plan.items:
            if item == OWN_ITEM:
                put_own_item(self._aws, self._names, quantity * self._plan.count)
        before = self._stock()
        where = Whereabouts(self._aws, self._names, self._plan, self._sender.tally)
        self._sender.run(tell)
        result = self._result(where, ())
        try:
            after = self._settled(where, before, wait)
        except KeyboardInterrupt:
            return replace(
                self._result(where, ()), interrupted=True, unchecked="it was interrupted"
            )
        except Exception as error:  # noqa: BLE001 - what is known of the orders is told in any case
            return replace(result, unchecked=told(error).happened)
        return self._result(where, self._taken(where, before, after))

    def _settled(
        self, where: Whereabouts, before: Mapping[str, Decimal], wait: Wait
    ) -> Mapping[str, Decimal]:
        """Stock, once each accepted order has been found or time is up."""
        accepted = len(self._sender.tally.accepted)
        patience = Patience(threading.Event(), wait, self._ends)
        stopped = self._sender.interrupted
        missing = patience.until(
            lambda: _looked(where),
            lambda missing: missing == 0,
            within=INTERRUPTED_SECONDS if stopped else inf,
            reason=lambda missing: f"{missing} of {accepted} accepted orders are under way",
        )
        if missing:
            where.look(thorough=True)

        def look() -> Mapping[str, Decimal]:
            _looked(where)
            return self._stock()

        return patience.until(
            look,
            lambda after: all(stock.conserved for stock in self._taken(where, before, after)),
            within=0 if where.missing else STOCK_SECONDS,
            reason=lambda _: "stock and transaction rows do not agree yet",
        )

    def _stock(self) -> dict[str, Decimal]:
        found = stock_of(self._aws, self._names, [item for item, _ in self._plan.items])
        return {item: Decimal(quantity or 0) for item, quantity in found.items()}

    def _taken(
        self, where: Whereabouts, before: Mapping[str, Decimal], after: Mapping[str, Decimal]
    ) -> tuple[Stock, ...]:
        return tuple(
            Stock(item, before[item], after[item], quantity * len(where.applied))
            for item, quantity in self._plan.items
        )

    def _result(self, where: Whereabouts, stock: tuple[Stock, ...]) -> LoadResult:
        tally = self._sender.tally
        return LoadResult(
            plan=self._plan,
            seconds=self._sender.seconds,
            outcomes=dict(tally.outcomes),
            statuses=dict(tally.statuses),
            latency=tally.latency,
            applied=len(where.applied),
            kept=len(where.kept),
            errors=dict(where.errors),
            twofold=where.twofold,
            missing=where.missing,
            torn=where.torn,
            recovered=where.doubtful,
            unconfirmed=len(where.unconfirmed),
            stock=stock,
            interrupted=self._sender.interrupted,
        )


def _looked(where: Whereabouts) -> int:
    """Look once more; how many orders are missing, also where an answer was lost on its way."""
    try:
        return where.look()
    except Exception as error:
        if weather(error) is None:
            raise
        return where.missing
