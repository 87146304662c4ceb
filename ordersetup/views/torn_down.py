"""What `teardown` will remove, before it asks, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from ordersetup.engine import AnyStep
from ordersetup.events import Kept, Outcome, Removed
from ordersetup.removal import Removal
from ordersetup.step import Group
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.words import MARKS, STYLES, counted

EVENTS_LOST = (
    "Orders that still wait in Lambda's asynchronous queue are lost with the functions, "
    "without a record."
)


class TornDown:
    """Tells of a teardown before and after.

    Args:
        stack: the stack's name.
        account: where it stands.
        region: where it stands.
        json: as JSON lines on stdout; else for people, first on stderr and then on stdout.
        color: whether colour may be used.
        pasteable: completes commands by where this run is.
    """

    def __init__(
        self,
        stack: str,
        account: str,
        region: str,
        *,
        json: bool,
        color: bool,
        pasteable: Callable[[str], str],
    ) -> None:
        self._where = {"stack": stack, "account": account, "region": region}
        self._json = json
        self._color = color
        self._pasteable = pasteable

    def before(self, removals: Sequence[Removal]) -> None:
        """Show what will go, with what it holds, and what stays and why."""
        if self._json:
            write({"type": "removals", "removals": [removal_fields(r) for r in removals]})
            return
        if removals:
            _table(console(color=self._color, stderr=True), removals, self._named)

    def after(self, outcomes: Mapping[AnyStep, Outcome]) -> None:
        """Write to stdout what is gone and what stays, and how to get at that.

        Args:
            outcomes: what came of each removal; none of them failed.
        """
        gone = [step.key for step, outcome in outcomes.items() if isinstance(outcome, Removed)]
        kept = {step: o.because for step, o in outcomes.items() if isinstance(o, Kept)}
        if self._json:
            told = [{"step": step.key, "because": because} for step, because in kept.items()]
            write({"type": "result", **self._where, "removed": gone, "kept": told})
            return
        out = console(color=self._color)
        out.print(f"[bold]{escape(self._summary(len(gone), len(kept)))}[/bold]")
        for step, because in kept.items():
            out.print(f"  {step.thing} stays: {because}", markup=False)
            if step.precious:
                out.print(f"    Look at it in {step.console}", markup=False)
        if any(step.precious and "holds" in because for step, because in kept.items()):
            out.print(
                self._pasteable("Remove it with what it holds: ordersetup teardown --delete-data"),
                markup=False,
            )

    @property
    def _named(self) -> str:
        where = self._where
        return f"the stack {where['stack']} in {where['region']}, account {where['account']}"

    def _summary(self, gone: int, kept: int) -> str:
        if gone:
            return f"Removed: {counted(gone, 'thing')} of {self._named}."
        if kept:
            return f"Nothing was removed of {self._named}."
        return f"Nothing stands of {self._named}."


def _table(out: Console, removals: Sequence[Removal], named: str) -> None:
    out.print(f"What stands of {named}:", markup=False)
    width = max(len(removal.step.thing) for removal in removals)
    for removal in removals:
        kind = "removed" if removal.kept_because is None else "kept"
        told = str(removal.content) if removal.content else ""
        if removal.kept_because is not None:
            told = f"stays: {removal.kept_because}"
        line = escape(f"{removal.step.thing:<{width}}  {told}".rstrip())
        out.print(f"  [{STYLES[kind]}]{MARKS[kind]}[/{STYLES[kind]}] {line}")
    if any(r.step.group is Group.FUNCTIONS and r.kept_because is None for r in removals):
        out.print(EVENTS_LOST)


def removal_fields(removal: Removal) -> dict[str, Any]:
    """A removal as documented in docs/json.md."""
    content = removal.content
    return {
        "step": removal.step.key,
        "thing": removal.step.thing,
        "console": removal.step.console,
        "holds": content.count,
        "of": content.noun if content else None,
        "more": content.more,
        "kept_because": removal.kept_because,
    }
