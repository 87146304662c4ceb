"""The live drill's part of a report file: what it proves first, then what it saw, and when."""

from __future__ import annotations

from ordersetup.masked import masked
from ordersetup.operate.evidence import DrillResult, Expectation, Moment
from ordersetup.report import Level
from ordersetup.views.drilled import verdict
from ordersetup.views.report_page import DrillPart, Item, Section


def drill_part(result: DrillResult) -> DrillPart:
    """A drill as every form of a report tells it; addresses in it can no longer be read."""
    causes = tuple(e for e in result.failing if not e.follows)
    follow = tuple(e for e in result.failing if e.follows)
    holds = tuple(e for e in result.expectations if e.holds)
    parts = (
        ("What the drill found to fail", Level.FAILS, causes),
        ("What follows from that", Level.UNKNOWN, follow),
        ("What the drill proves", Level.HOLDS, holds),
    )
    return DrillPart(
        verdict=str(masked(verdict(result))),
        proven=result.proven,
        facts=(
            ("Order", result.order_id),
            ("Began", result.began),
            ("Took", f"{result.seconds:.0f} s"),
        ),
        sections=tuple(
            Section(heading, level, tuple(_item(e) for e in expectations))
            for heading, level, expectations in parts
            if expectations
        ),
        timeline=tuple(_line(moment) for moment in result.timeline),
    )


def _item(expectation: Expectation) -> Item:
    return Item(
        what=masked(expectation.title),
        expected=masked(expectation.expected),
        found=masked(expectation.actual),
        where="",
        then=masked(expectation.cause),
    )


def _line(moment: Moment) -> tuple[str, str, str]:
    due = "" if moment.due is None else f"{moment.due:.0f} s"
    return f"{moment.seconds:.1f} s", masked(moment.text), due
