"""JSON lines on stdout, for programs. The schema is spelt out here and in docs/json.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from ordersetup.engine import AnyStep
from ordersetup.errors import OrdersetupError
from ordersetup.events import (
    Changed,
    Event,
    Failed,
    Found,
    Kept,
    Removed,
    Skipped,
    Started,
    Unchanged,
    Waited,
    Waiting,
)
from ordersetup.refusals import told
from ordersetup.step import Check
from ordersetup.views.context import HoldsNothing
from ordersetup.views.waits import Waits
from ordersetup.views.words import Called

TYPES = (
    *("begin", "message", "waiting", "waited", "created", "changed", "unchanged"),
    *("skipped", "failed"),
    *("error", "plan", "result", "hop", "local", "announcement", "moment", "drill"),
    *("report", "coverage", "explained", "removals", "removed", "kept", "load", "adoption"),
    *("outputs", "exported", "policy", "doctor", "stacks", "item", "stock", "imported"),
    *("status", "trace", "log", "unread"),
    *("record", "redrive", "audit", "watching", "edit"),
)
"""Every `type` that a line may have."""


class JsonLines(HoldsNothing):
    """One JSON object a line, each with a `type`.

    Args:
        events: whether each step is told as it goes; errors are told in any case.
    """

    def __init__(self, *, events: bool = True) -> None:
        self._events = events
        self._waits = Waits()

    def __exit__(self, *_: object) -> None:
        if self._events and self._waits.seconds:
            write({"type": "waited", **waited_fields(self._waits)})
        self._waits.forget()

    def begin(
        self,
        doing: str,
        steps: Sequence[AnyStep],
        *,
        called: Called = "steps",  # noqa: ARG002 - a program goes by the keys
    ) -> None:
        if self._events:
            write({"type": "begin", "doing": doing, "steps": [step.key for step in steps]})

    def say(self, text: str) -> None:
        if self._events:
            write({"type": "message", "text": text})

    def error(self, error: OrdersetupError) -> None:
        write({"type": "error", **error_fields(error)})

    def on(self, event: Event) -> None:
        if isinstance(event, Waited):
            self._waits.note(event)
        if self._events and (fields := event_fields(event)):
            write(fields)


def event_fields(event: Event) -> dict[str, Any] | None:
    """An event's fields; None for those that say nothing to a program."""
    match event:
        case Started() | Waited() | Found():
            return None
        case Waiting(step, reason, seconds, left):
            return {
                "type": "waiting",
                "step": step,
                "reason": reason,
                "seconds": round(seconds, 2),
                **({} if left is None else {"left": round(left, 2)}),
            }
        case Changed(step, created, changes):
            fields = [check_fields(check) for check in changes]
            return {"type": "created" if created else "changed", "step": step, "changes": fields}
        case Unchanged(step) | Removed(step):
            return {"type": type(event).__name__.lower(), "step": step}
        case Kept(step, because) | Skipped(step, because):
            return {"type": type(event).__name__.lower(), "step": step, "because": because}
        case Failed(step, error):
            return {"type": "failed", "step": step, **error_fields(told(error))}
        case _:
            assert_never(event)


def waited_fields(waits: Waits) -> dict[str, Any]:
    """What was spent on waiting: in all, and by reason."""
    return {
        "seconds": round(waits.seconds, 2),
        "waits": [
            {"reason": reason, "seconds": round(seconds, 2)}
            for reason, seconds in waits.reasons.items()
        ],
    }


def write(fields: Mapping[str, Any]) -> None:
    """Write one object as a line of stdout, at once."""
    # ASCII, since a pipe's encoding is anybody's guess, and an argument may hold what has none.
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def error_fields(error: OrdersetupError) -> dict[str, Any]:
    """An error's fields: its kind, what happened, what to do, and lines of detail if any."""
    details = {"details": list(error.details)} if error.details else {}
    return {
        "error": type(error).__name__,
        "happened": error.happened,
        **details,
        "then": error.then,
    }


def check_fields(check: Check) -> dict[str, Any]:
    """A check's fields; values are numbers, strings, booleans, null, or lists of these."""
    return {
        "attribute": check.attribute,
        "label": check.label,
        "expected": check.expected,
        "actual": check.actual,
        "holds": check.holds,
    }
