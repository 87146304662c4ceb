"""What `plan` found: what would be created, changed (old → new) or left, on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from ordersetup.engine import AnyStep
from ordersetup.events import Found, Outcome
from ordersetup.views.console import console
from ordersetup.views.json_lines import check_fields, write
from ordersetup.views.words import MARKS, STYLES, differences, kind_of

_ACTIONS = {"made": "create", "changed": "change", "same": "keep"}


def tell_plan(
    outcomes: Mapping[AnyStep, Outcome], *, json: bool, color: bool, verbose: bool
) -> None:
    """Write the plan to stdout.

    Args:
        outcomes: the survey's outcome of each step; every one of them could be read.
        json: as one JSON object, else for people.
        color: whether colour may be used.
        verbose: what is left as it is, too.
    """
    found = {step: o for step, o in outcomes.items() if isinstance(o, Found)}
    counts = Counter(kind_of(outcome) for outcome in found.values())
    if json:
        write(plan_fields(found, counts))
        return
    out = console(color=color)
    for step, outcome in found.items():
        kind = kind_of(outcome)
        if kind == "same" and not verbose:
            continue
        title = escape(step.title) + (" (taken over)" if _adopted(step, outcome) else "")
        out.print(f"[{STYLES[kind]}]{MARKS[kind]}[/{STYLES[kind]}] {title}")
        if kind == "changed":
            for line in differences(outcome.checks):
                out.print(f"    {line}", markup=False)
    out.print(f"[bold]{summary(counts)}[/bold]")


def _adopted(step: AnyStep, outcome: Found) -> bool:
    """Whether it stands without a tag and only --adopt makes it ours."""
    untagged = any(c.attribute == "owner" and c.actual is None for c in outcome.checks)
    return outcome.stands and untagged and not step.adoptable


def summary(counts: Mapping[str, int]) -> str:
    """The plan in one sentence."""
    made, changed, same = counts.get("made", 0), counts.get("changed", 0), counts.get("same", 0)
    if made + changed == 0:
        return f"Nothing to do: all {same} steps stand as they shall."
    return f"{made} to create, {changed} to change, {same} to leave as they are."


def plan_fields(found: Mapping[AnyStep, Found], counts: Mapping[str, int]) -> dict[str, Any]:
    """The plan as documented in docs/json.md."""
    return {
        "type": "plan",
        "create": counts.get("made", 0),
        "change": counts.get("changed", 0),
        "keep": counts.get("same", 0),
        "steps": [
            {
                "step": step.key,
                "title": step.title,
                "console": step.console,
                "action": _ACTIONS[kind_of(outcome)],
                "adopt": _adopted(step, outcome),
                "changes": [
                    check_fields(check)
                    for check in outcome.checks
                    if not check.holds and not check.waited
                ],
            }
            for step, outcome in found.items()
        ],
    }
