"""The words for what happens to a step; the same in every view that a person reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

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
