"""Whether the stage serves what is configured, asked at the end of a run that has failed.

A run that comes to its end deploys what it has changed. One that fails in the middle leaves the
stage with what it served before, whatever has been configured meanwhile.
"""

from __future__ import annotations

from ordersetup.engine import AnyStep
from ordersetup.lifecycle import Lifecycle
from ordersetup.stack import Stack
from ordersetup.steps.inspections import inspections
from ordersetup.steps.served import Served, ServedState


def unserved(stack: Stack, *, timeout: float) -> tuple[str, ...]:
    """What the stage serves otherwise than it is configured now, in the console's words.

    Nothing where there is no stage, or where it could not be read.

    Args:
        stack: whose stage.
        timeout: seconds that reading may take.
    """
    steps = (*stack.steps, *inspections(stack.steps, stack.blueprint))
    served = next(step for step in steps if isinstance(step, Served))
    seen_by = _seen_by(served, steps)
    lifecycle = Lifecycle(stack.aws, seen_by, lambda _: None, timeout=timeout)
    lifecycle.survey()
    state: ServedState | None = lifecycle.seen.find(served)
    return () if state is None else state.otherwise


def _seen_by(step: AnyStep, steps: tuple[AnyStep, ...]) -> tuple[AnyStep, ...]:
    """A step and all it looks at, in the guide's order."""
    found: set[AnyStep] = set()
    waiting = [step]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += one.looks_at
    return tuple(one for one in steps if one in found)
