"""What a report file tells, whatever its form: plain texts, made once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from ordersetup.report import Level


@dataclass(frozen=True)
class Item:
    """A finding in words; `where` and `then` are empty where there is nothing to say."""

    what: str
    expected: str
    found: str
    where: str
    then: str


@dataclass(frozen=True)
class Section:
    """All findings of one level."""

    heading: str
    level: Level
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Tally:
    """How one part of the pipeline stands."""

    name: str
    holds: int
    checks: int
    notes: int

    @property
    def right(self) -> bool:
        """Whether all of its checks hold."""
        return self.holds == self.checks

    @property
    def told(self) -> str:
        """How many of its checks hold, in words."""
        nothing = not self.checks and not self.notes
        return "nothing to check" if nothing else f"{self.holds} of {self.checks}"


@dataclass(frozen=True)
class DrillPart:
    """What came of a live drill.

    Args:
        verdict: in one sentence.
        proven: whether everything held.
        facts: which order, when, how long.
        sections: what was expected, what fails first.
        timeline: when something was seen, what it was, and when it was due.
    """

    verdict: str
    proven: bool
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    timeline: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Page:
    """The whole of it, in the order it is told in."""

    title: str
    facts: tuple[tuple[str, str], ...]
    verdict: str
    proven: bool
    tally: tuple[Tally, ...]
    sections: tuple[Section, ...]
    remarks: tuple[str, ...]
    drill: DrillPart | None = None
