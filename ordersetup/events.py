"""What can be said about a run: a closed union, delivered on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ordersetup.step import Check


@dataclass(frozen=True)
class Started:
    """Work on the step begins."""

    step: str


@dataclass(frozen=True)
class Waiting:
    """AWS is not ready yet.

    Args:
        step: the step's key.
        reason: what is being waited for, for people.
        seconds: since this wait began.
        left: seconds until it should be over, where AWS says how long it takes.
    """

    step: str
    reason: str
    seconds: float
    left: float | None = None


@dataclass(frozen=True)
class Waited:
    """A wait is over, be it in vain.

    Args:
        step: the step's key.
        reason: what was waited for, for people.
        seconds: that it took.
    """

    step: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class Found:
    """What a survey read: the step's checks, and whether it stands at all and whose it is."""

    step: str
    checks: tuple[Check, ...]
    stands: bool
    owner: str | None = None

    @property
    def drifted(self) -> frozenset[str]:
        """Attributes that differ and that a write can bring back."""
        return frozenset(c.attribute for c in self.checks if not c.holds and not c.waited)


@dataclass(frozen=True)
class Changed:
    """The step was created or repaired; the changes are its checks from before."""

    step: str
    created: bool
    changes: tuple[Check, ...]


@dataclass(frozen=True)
class Unchanged:
    """The step stands as wanted."""

    step: str


@dataclass(frozen=True)
class Removed:
    """The step's thing is gone, whoever has removed it."""

    step: str


@dataclass(frozen=True)
class Kept:
    """The step's thing was not removed."""

    step: str
    because: str


@dataclass(frozen=True)
class Skipped:
    """The step was not tried, because of the one named."""

    step: str
    because: str


@dataclass(frozen=True)
class Failed:
    """The step failed; the error is one of ours, or AWS's unchanged."""

    step: str
    error: Exception


Outcome: TypeAlias = Found | Changed | Unchanged | Removed | Kept | Skipped | Failed
Event: TypeAlias = Started | Waiting | Waited | Outcome
