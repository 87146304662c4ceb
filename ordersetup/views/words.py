"""The words for what happens to a step; the same in every view that a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, assert_never

from rich.console import Console
from rich.markup import escape

from ordersetup.engine import AnyStep
from ordersetup.errors import OrdersetupError
from ordersetup.events import Changed, Failed, Found, Kept, Outcome, Removed, Skipped, Unchanged
from ordersetup.refusals import told
from ordersetup.step import Check
from ordersetup.values import change

MARKS = {
    **{"made": "+", "changed": "~", "same": "=", "failed": "x", "skipped": "-"},
    **{"removed": "-", "kept": "="},
}
STYLES = {
    **{"made": "green", "changed": "yellow", "same": "dim", "failed": "red", "skipped": "dim"},
    **{"removed": "red", "kept": "yellow"},
}


Called: TypeAlias = Literal["steps", "things", "places"]
"""How a phase calls its steps: in the guide's words where they are done; by the thing they make
where that is removed; and where that is only read, by the place in the console that shows it.
"""


def names(steps: Iterable[AnyStep], called: Called) -> dict[str, str]:
    """What a phase calls each of its steps, by key."""
    match called:
        case "steps":
            return {step.key: step.title for step in steps}
        case "things":
            return {step.key: step.thing for step in steps}
        case "places":
            return {step.key: step.console for step in steps}
        case _:
            assert_never(called)


def tell_error(out: Console, error: OrdersetupError) -> None:
    """What went wrong, and what to do."""
    out.print(f"[red]Error:[/red] {escape(error.happened)}")
    for line in error.details:
        out.print(f"         {escape(line)}")
    out.print(f"       {escape(error.then)}")


def kind_of(outcome: Outcome) -> str:
    """What came of a step, as a key of MARKS and STYLES."""
    match outcome:
        case Found():
            if not outcome.drifted:
                return "same"
            return "changed" if outcome.stands else "made"
        case Changed():
            return "made" if outcome.created else "changed"
        case Unchanged():
            return "same"
        case Removed() | Kept() | Skipped() | Failed():
            return type(outcome).__name__.lower()
        case _:
            assert_never(outcome)


def remark(outcome: Outcome) -> str:
    """What there is to add about an outcome, in a few words; may be empty."""
    match outcome:
        case Failed():
            return told(outcome.error).happened
        case Kept():
            return f"kept: {outcome.because}"
        case Skipped():
            return f"not tried, because of {outcome.because}"
        case Changed() if not outcome.created:
            return ", ".join(check.label for check in outcome.changes)
        case _:
            return ""


def counted(number: int, thing: str) -> str:
    """A number of things in words: "1 step", "2 steps"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def differences(checks: Iterable[Check]) -> list[str]:
    """Each attribute that a write would change, old and new."""
    return [
        f"{check.label}: {change(check.actual, check.expected)}"
        for check in checks
        if not check.holds and not check.waited
    ]
