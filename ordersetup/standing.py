"""Whether a stack stands, whatever has drifted in it: what a survey has found of it and not."""

from __future__ import annotations

from collections.abc import Mapping

from ordersetup.engine import AnyStep
from ordersetup.errors import NotProvisioned
from ordersetup.events import Found, Outcome


def missing(outcomes: Mapping[AnyStep, Outcome]) -> tuple[AnyStep, ...]:
    """The steps whose thing is not there, or is somebody else's; asks and notes apart."""
    return tuple(
        step
        for step, outcome in outcomes.items()
        if step.calls.write and isinstance(outcome, Found) and not _stands(step, outcome)
    )


def check_standing(outcomes: Mapping[AnyStep, Outcome], where: str) -> None:
    """Refuse a stack that does not stand, or only in part.

    Args:
        outcomes: what the survey has found.
        where: the stack and its region, for people.

    Raises:
        NotProvisioned: says how much of it is not there.
    """
    gone = missing(outcomes)
    if not gone:
        return
    written = sum(bool(step.calls.write) for step in outcomes)
    what = (
        f"{where} is not provisioned."
        if len(gone) == written
        else f"{where} stands in part: {len(gone)} of {written} steps are missing, "
        f"the first of them: {gone[0].title}."
    )
    raise NotProvisioned(what, "Run: ordersetup provision")


def _stands(step: AnyStep, found: Found) -> bool:
    wanted = step.desired.owner
    ours = wanted is None or found.owner == wanted or (found.owner is None and step.adoptable)
    return found.stands and ours
