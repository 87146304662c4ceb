"""What `teardown` or `prune` will remove, before it asks, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from ordersetup.engine import AnyStep
from ordersetup.events import Kept, Outcome, Removed
from ordersetup.removal import UNTAGGED, Removal
from ordersetup.step import Group
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.words import MARKS, STYLES, counted

EVENTS_LOST = (
    "Orders that still wait in Lambda's asynchronous queue are lost with the functions, "
    "without a record."
)


@dataclass(frozen=True)
class Deed:
    """A command that removes something of a stack, in words that go before it.

    Args:
        looking: what it does at first.
        found: what it has found.
        nothing: that it has found nothing.
        versions: whether it matters which version has made what.
    """

    looking: str
    found: str
    nothing: str
    versions: bool = False


TEARDOWN = Deed(
    "Looking for what stands of",
    "What stands of",
    "Nothing stands of",
)
PRUNE = Deed(
    "Looking for what is no longer part of",
    "What is no longer part of",
    "Nothing to prune in",
    versions=True,
)


@dataclass(frozen=True)
class Where:
    """The stack of which something is removed: its name, and where it stands."""

    stack: str
    account: str
    region: str

    def __str__(self) -> str:
        return f"the stack {self.stack} in {self.region}, account {self.account}"


class TornDown:
    """Tells of a removal before and after.

    Args:
        where: the stack.
        deed: the command.
        json: as JSON lines on stdout; else for people, first on stderr and then on stdout.
        color: whether colour may be used.
        pasteable: completes commands by where this run is.
    """

    def __init__(
        self,
        where: Where,
        deed: Deed,
        *,
        json: bool,
        color: bool,
        pasteable: Callable[[str], str],
    ) -> None:
        self._where = where
        self._deed = deed
        self._json = json
        self._color = color
        self._pasteable = pasteable

    def before(self, removals: Sequence[Removal]) -> None:
        """Show what will go, with what it holds, and what stays and why."""
        if self._json:
            write({"type": "removals", "removals": [removal_fields(r) for r in removals]})
            return
        if removals:
            out = console(color=self._color, stderr=True)
            out.print(f"{self._deed.found} {self._where}:", markup=False)
            _table(out, removals, versions=self._deed.versions)

    def after(
        self, removals: Sequence[Removal], outcomes: Mapping[AnyStep, Outcome], with_data: str
    ) -> None:
        """Write to stdout what is gone and what stays, and how to get at that.

        Args:
            removals: as they were shown.
            outcomes: what came of each removal; none of them failed.
            with_data: the command that removes what stays for what it holds.
        """
        begun = {r.step: r.state.begun for r in removals if r.state.begun and not r.content}
        ended = [step for step, outcome in outcomes.items() if isinstance(outcome, Removed)]
        gone = [step.key for step in ended if step not in begun]
        kept = {step: o.because for step, o in outcomes.items() if isinstance(o, Kept)}
        if self._json:
            told = [{"step": step.key, "because": because} for step, because in kept.items()]
            write({"type": "result", **asdict(self._where), "removed": gone, "kept": told})
            return
        out = console(color=self._color)
        out.print(f"[bold]{escape(self._summary(len(gone), len(kept)))}[/bold]")
        for step in (step for step in ended if step in begun):
            out.print(f"  {step.thing}: {begun[step]}", markup=False)
        for step, because in kept.items():
            out.print(f"  {step.thing} stays: {because}", markup=False)
            if step.precious:
                out.print(f"    Look at it in {step.console}", markup=False)
        if any(step.precious and "holds" in because for step, because in kept.items()):
            out.print(self._pasteable(f"Remove it with what it holds: {with_data}"), markup=False)
        if UNTAGGED in kept.values():
            out.print(
                self._pasteable("Take over what bears no tag: ordersetup provision --adopt"),
                markup=False,
            )

    def _summary(self, gone: int, kept: int) -> str:
        if gone:
            return f"Removed: {counted(gone, 'thing')} of {self._where}."
        if kept:
            return f"Nothing was removed of {self._where}."
        return f"{self._deed.nothing} {self._where}."


def _table(out: Console, removals: Sequence[Removal], *, versions: bool) -> None:
    width = max(len(removal.step.thing) for removal in removals)
    for removal in removals:
        kind = "removed" if removal.kept_because is None else "kept"
        told = [f"made by {removal.state.version}"] if versions and removal.state.version else []
        if removal.kept_because is not None:
            told.append(f"stays: {removal.kept_because}")
        elif removal.leaving:
            told.append("is being deleted already: waited for")
        else:
            told += [text for text in (str(removal.content or ""), removal.state.begun) if text]
        line = escape(f"{removal.step.thing:<{width}}  {', '.join(told)}".rstrip())
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
        "remark": content.remark or None,
        "version": removal.state.version or None,
        "kept_because": removal.kept_because,
        "leaving": removal.leaving,
        "begun": removal.state.begun or None,
    }
