"""What a report file tells, whatever its form: plain texts, made once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from ordersetup.report import Level


@dataclass(frozen=True)
class Item:
    """A finding in words; `then` is empty where there is nothing to do."""

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
