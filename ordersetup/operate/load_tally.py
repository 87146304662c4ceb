"""What a load run keeps of its orders: counts, buckets and a bit for each, never the orders."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from math import ceil, log

from ordersetup.web import Answer, NoAnswer

ACCEPTED, THROTTLED, REFUSED = "accepted", "throttled", "refused"
FAILED, UNANSWERED = "failed", "unanswered"
OUTCOMES = (ACCEPTED, THROTTLED, REFUSED, FAILED, UNANSWERED)

_THROTTLES = (429, 503)
"""The stage's and Lambda's own word for "too many"; ProcessOrder passes Lambda's on as 503."""

_LEAST_SECONDS = 0.0001
_GROWTH = 1.02
_BUCKETS = 800


class Histogram:
    """How long things took: 800 buckets, each 2 % wider than the one before, up to 12 minutes."""

    def __init__(self) -> None:
        self._buckets = [0] * _BUCKETS
        self.count = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one that took so long."""
        self._buckets[_bucket(seconds)] += 1
        self.count += 1
        self.longest = max(self.longest, seconds)

    def percentile(self, percent: float) -> float:
        """Seconds that so many percent of all took at most, to within 2 %; 0 if there are none."""
        wanted = max(1, ceil(self.count * percent / 100))
        seen = 0
        for bucket, number in enumerate(self._buckets):
            seen += number
            if seen >= wanted:
                return min(_LEAST_SECONDS * _GROWTH**bucket, self.longest)
        return self.longest


def _bucket(seconds: float) -> int:
    if seconds <= _LEAST_SECONDS:
        return 0
    return min(_BUCKETS - 1, ceil(log(seconds / _LEAST_SECONDS) / log(_GROWTH)))


class Bits:
    """A set of numbers from 0 to a limit, in an eighth of a byte each."""

    def __init__(self, limit: int) -> None:
        self._bytes = bytearray((limit + 7) // 8)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        return bool(self._bytes[number >> 3] >> (number & 7) & 1)

    def __iter__(self) -> Iterator[int]:
        for place, byte in enumerate(self._bytes):
            if byte:
                yield from (place * 8 + bit for bit in range(8) if byte >> bit & 1)

    def add(self, number: int) -> bool:
        """Put a number in; whether it was not in already."""
        if number in self:
            return False
        self._bytes[number >> 3] |= 1 << (number & 7)
        self._count += 1
        return True


class Tally:
    """What came of the orders that were posted; filled by many threads.

    Args:
        limit: how many orders there will be at most.

    Attributes:
        outcomes: how many orders had which outcome.
        statuses: how many answers bore which HTTP status; `none` where none came.
        latency: how long the answers took.
        accepted: numbers of the orders that were answered 202.
        doubtful: numbers of those that may have been taken, though their answers do not say so.
    """

    def __init__(self, limit: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.latency = Histogram()
        self.accepted = Bits(limit)
        self.doubtful = Bits(limit)
        self._lock = threading.Lock()

    @property
    def sent(self) -> int:
        """How many orders were posted and answered, or given up."""
        return self.outcomes.total()

    def note(self, number: int, answer: Answer | NoAnswer, seconds: float) -> None:
        """Count what came of an order.

        Args:
            number: the order's.
            answer: what was answered.
            seconds: how long that took.
        """
        status = 0 if isinstance(answer, NoAnswer) else answer.status
        outcome = _outcome(status)
        with self._lock:
            self.outcomes[outcome] += 1
            self.statuses[str(status or "none")] += 1
            self.latency.add(seconds)
            if outcome == ACCEPTED:
                self.accepted.add(number)
            elif status == 0 or status >= 500:
                self.doubtful.add(number)


def _outcome(status: int) -> str:
    if status == 0:
        return UNANSWERED
    if status == 202:
        return ACCEPTED
    if status in _THROTTLES:
        return THROTTLED
    return FAILED if status >= 500 else REFUSED
