"""An audit: what was accepted, where it ended, and whether stock adds up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from rich.live import Live
from rich.text import Text

from ordersetup.operate.audit import Audit
from ordersetup.operate.audit_books import Difference
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.stocked import number, shown
from ordersetup.views.words import counted

REPEAT_SECONDS = 5
"""How often a log is told how it goes; a terminal is told all the time."""

MOST_TOLD = 20
"""Of each kind, so many are named to a person."""


class AuditView:
    """Tells what is being read, and what was found.

    Args:
        json: the result as a JSON line; else for people.
        color: whether colour may be used.
        quiet: whether only the result is told.
    """

    def __init__(self, *, json: bool, color: bool, quiet: bool) -> None:
        self._json = json
        self._out = console(color=color)
        self._talk = console(color=color, stderr=True, quiet=quiet or json)
        self._live = Live(console=self._talk, transient=True, refresh_per_second=8)
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._talk.is_interactive:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def progress(self, what: str, count: int) -> None:
        """Say how far reading has come."""
        self._say(f"  {count} {what}")

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for."""
        self._say(f"  {seconds:>5.0f} s  {reason}")

    def done(self, audit: Audit) -> None:
        """Tell what was found."""
        if self._json:
            write(audit_fields(audit))
            return
        for line in audit_lines(audit):
            self._out.print(line, markup=False)
        style = "green" if audit.holds else "red"
        self._out.print(f"[{style}]{verdict(audit)}[/{style}]")

    def _say(self, line: str) -> None:
        if self._live.is_started:
            self._live.update(Text(line))
        elif time.monotonic() - self._told_at >= REPEAT_SECONDS:
            self._told_at = time.monotonic()
            self._talk.print(line, markup=False)


def audit_lines(audit: Audit) -> Iterator[str]:
    """What was found, for people."""
    again = f", {audit.repeated} of them once more" if audit.repeated else ""
    yield f"{counted(audit.accepted, 'order')} accepted since {_when(audit.since)}{again}:"
    errors = ", ".join(f"{n} {error}" for error, n in sorted(audit.kept.items()))
    kept = audit.kept.total()
    yield f"  {audit.applied:>7}  have their transaction rows"
    yield f"  {kept:>7}  are kept in OrderProcessingDLQ{f': {errors}' if errors else ''}"
    yield f"  {audit.under_way:>7}  are under way: accepted or tried in the last 6 minutes"
    yield f"  {len(audit.missing):>7}  are in neither"
    held = " (Lambda may hold it back, if it is throttled)"
    yield from _some(
        [
            f"{order.order_id}  accepted {_moment(order.accepted)}"
            f"{held if order.perhaps_held_back else ''}"
            for order in audit.missing
        ]
    )
    yield f"  {len(audit.twofold):>7}  are in both"
    yield from _some(audit.twofold)
    yield from _remarks(audit)
    yield from _stock(audit)


def verdict(audit: Audit) -> str:
    """The audit in one sentence."""
    if not audit.holds:
        return "It does not add up: see above."
    stock = (
        "and stock has moved by the sum of the rows"
        if audit.then
        else "whether stock adds up was not asked (--from)"
    )
    where = "Each accepted order is in exactly one place, or under way"
    if not audit.accepted:
        where = "No order was accepted, so nothing is proven of orders"
    return f"{where}; {stock}."


def audit_fields(audit: Audit) -> dict[str, Any]:
    """The audit as documented in docs/json.md."""
    return {
        "type": "audit",
        "stack": audit.stack,
        "account": audit.account,
        "region": audit.region,
        "since": _when(audit.since),
        "until": _when(audit.until),
        "accepted": audit.accepted,
        "repeated": audit.repeated,
        "applied": audit.applied,
        "kept": audit.kept.total(),
        "errors": dict(audit.kept),
        "under_way": audit.under_way,
        "tests": audit.tests,
        "missing": [
            {
                "order_id": order.order_id,
                "accepted": _moment(order.accepted),
                "perhaps_held_back": order.perhaps_held_back,
            }
            for order in audit.missing
        ],
        "twofold": audit.twofold,
        "unaccepted": audit.unaccepted,
        "unconfirmed": audit.unconfirmed,
        "unseen": audit.unseen,
        "items": len(audit.items),
        "below": audit.below,
        "compared_with": audit.then or None,
        "differences": [
            {"item_id": found.item_id, "pieces": number(found.pieces)}
            for found in audit.differences
        ],
        "holds": audit.holds,
    }


def _remarks(audit: Audit) -> Iterator[str]:
    if audit.tests:
        yield (
            f"{counted(audit.tests, 'order')} of drills and load runs in neither: these take their "
            "records out of the queue."
        )
    if audit.unaccepted:
        yield (
            f"{counted(len(audit.unaccepted), 'order')} of that time with rows and no acceptance "
            "in the log: a line on its way, an answer that was lost, or an event sent by hand."
        )
        yield from _some(audit.unaccepted)
    if audit.unconfirmed:
        yield f"{counted(audit.unconfirmed, 'event')} of SendEmail in OrderProcessingDLQ."
    if audit.unseen:
        yield (
            f"{counted(audit.unseen, 'message')} of OrderProcessingDLQ could not be looked at: "
            "orders that are in neither may be among them."
        )
    if audit.twofold:
        yield (
            "An order is in both where its last attempt died after its transaction; a replay of it "
            "takes nothing."
        )


def _stock(audit: Audit) -> Iterator[str]:
    if audit.below:
        yield f"Fewer than none in stock: {', '.join(map(shown, audit.below[:MOST_TOLD]))}."
    if not audit.then:
        yield (
            f"Stock: {counted(len(audit.items), 'item')}. Whether it moved by the sum of the rows "
            "can be told only from a starting point: --save FILE now, --from FILE later."
        )
        return
    yield (
        f"Stock: {counted(len(audit.items), 'item')} compared with {audit.then}, "
        f"{len(audit.differences)} moved by other than the rows."
    )
    yield from _some([_difference(found) for found in audit.differences])


def _difference(found: Difference) -> str:
    more = found.pieces > 0
    why = "put in by hand or by an import" if more else "taken without a row"
    return f"{shown(found.item_id)}  {abs(found.pieces):f} {'more' if more else 'fewer'}: {why}"


def _some(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"           {line}" for line in lines[:MOST_TOLD])
    if (more := len(lines) - MOST_TOLD) > 0:
        yield f"           and {more} more (--json tells of each)"


def _moment(at: float) -> str:
    return _when(datetime.fromtimestamp(at, UTC))


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
