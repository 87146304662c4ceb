"""An order as it is followed, hop by hop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.markup import escape

from ordersetup.operate.order import TestOrder
from ordersetup.operate.orders import Hop
from ordersetup.views.console import console
from ordersetup.views.json_lines import write

_LABELS = {
    "accepted": "Accepted by the API",
    "rows": "Transaction rows written",
    "stock": "Stock",
    "confirmed": "Confirmation published",
}


class OrderView(Protocol):
    """Tells one audience of an order under way."""

    def hop(self, hop: Hop) -> None:
        """The order has reached a hop."""

    def wait(self, reason: str, seconds: float) -> None:
        """The order is waited for."""

    def say(self, text: str) -> None:
        """Something stands in the order's way."""

    def done(self, order: TestOrder, hops: Sequence[Hop]) -> None:
        """The order has arrived everywhere."""


class OrderLines:
    """For people: one line a hop, on stdout, and the waits on stderr.

    Args:
        color: whether colour may be used.
        quiet: no line but errors.
    """

    def __init__(self, *, color: bool, quiet: bool) -> None:
        self._out = console(color=color, quiet=quiet)
        self._talk = console(color=color, stderr=True, quiet=quiet)
        self._said = ""

    def hop(self, hop: Hop) -> None:
        label = _LABELS[hop.name]
        self._out.print(f"  [green]✓[/green] {label:<26}{hop.milliseconds:>7} ms  ", end="")
        self._out.print(hop.detail, markup=False)

    def wait(self, reason: str, seconds: float) -> None:
        if reason != self._said and seconds >= 2:
            self._said = reason
            self._talk.print(f"  … {reason}", markup=False)

    def say(self, text: str) -> None:
        self._talk.print(f"  [yellow]![/yellow] {escape(text)}")

    def done(self, order: TestOrder, hops: Sequence[Hop]) -> None:
        self._out.print(f"[bold]Order {order.order_id} went through all {len(hops)} hops.[/bold]")


class OrderJson:
    """For programs: a JSON line a hop, and one for the result."""

    def hop(self, hop: Hop) -> None:
        write({"type": "hop", **_fields(hop)})

    def wait(self, reason: str, seconds: float) -> None:
        """Waits are talk."""

    def say(self, text: str) -> None:
        """What stands in its way is told by the error that follows."""

    def done(self, order: TestOrder, hops: Sequence[Hop]) -> None:
        write(
            {
                "type": "result",
                "order_id": order.order_id,
                "items": [{"item_id": i, "quantity": q} for i, q in order.items],
                "hops": [_fields(hop) for hop in hops],
            }
        )


def _fields(hop: Hop) -> dict[str, object]:
    return {"hop": hop.name, "milliseconds": hop.milliseconds, "detail": hop.detail}
