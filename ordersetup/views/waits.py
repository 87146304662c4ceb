"""What a run has spent on waiting, and what for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ordersetup.events import Waited

MOST_REASONS = 3
"""That a person is told; the others are counted."""

_Span = tuple[float, float]


class Waits:
    """Adds up waits; those of several steps at one time count once.

    Args:
        clock: tells the seconds that have passed since whenever.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spans: dict[str, list[_Span]] = {}

    def note(self, event: Waited) -> None:
        """Add a wait that is over by now."""
        now = self._clock()
        self._spans.setdefault(event.reason, []).append((now - event.seconds, now))

    def forget(self) -> None:
        """Begin anew."""
        self._spans.clear()

    @property
    def seconds(self) -> float:
        """Spent in all."""
        return _covered(span for spans in self._spans.values() for span in spans)

    @property
    def reasons(self) -> dict[str, float]:
        """Seconds by reason, the longest first; some passed at one time."""
        found = {reason: _covered(spans) for reason, spans in self._spans.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    @property
    def told(self) -> str:
        """A line for people; empty where it was less than a second."""
        if self.seconds < 1:
            return ""
        reasons = list(self.reasons.items())
        parts = [f"{reason} ({seconds:.0f} s)" for reason, seconds in reasons[:MOST_REASONS]]
        if more := len(reasons) - MOST_REASONS:
            parts += [f"{more} more"] if more > 0 else []
        return f"Waited {self.seconds:.0f} s: {'; '.join(parts)}"


def _covered(spans: Iterable[_Span]) -> float:
    """Seconds that lie in at least one of the spans."""
    total, end = 0.0, float("-inf")
    for begins, ends in sorted(spans):
        total += max(0.0, ends - max(begins, end))
        end = max(end, ends)
    return total
