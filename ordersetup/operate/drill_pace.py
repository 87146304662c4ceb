"""How fast an order fails, on Amazon and on the embedded engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordersetup.aws import Aws

MOST_LOOKS = 9
"""So often at most a drill looks through the queue, each look a receive of all that lies there."""

MOST_HELD = 20_000
"""Receipts of other people's messages that a look holds: some 10 MB, and far from SQS's limit."""


@dataclass(frozen=True)
class Pace:
    """How fast events fail somewhere, in seconds since the order was posted.

    Args:
        attempts: when each attempt is due.
        record: when the record is due.
        longest: when no record can be expected any more.
        quiet: how long after its record the function is watched for another run.
        late: how long after the record logs and alerts may still come.
        between: how long between two looks through the queue, which cost others a receive each.
        words: how long all of it takes.
        holds: how many messages a look may hold at once.
        settles: in how many looks in a row a new subscription must be seen.
    """

    attempts: tuple[float, ...]
    record: float
    longest: float
    quiet: float
    late: float
    between: float
    words: str
    holds: int = MOST_HELD
    settles: int = 1

    @property
    def least(self) -> float:
        """Seconds that a drill takes where all goes as it should."""
        return self.record + self.quiet


def pace_of(aws: Aws) -> Pace:
    """How fast events fail where this leads to."""
    return AMAZON if aws.amazon else ENGINE


# Seven looks, as patience spaces them, are some five seconds: SNS has many nodes, and the alert of
# the first attempt comes within a second of the order.
AMAZON = Pace((0, 60, 180), 185, 360, 15, 60, 30, "3 to 4 minutes, at worst 6", settles=7)
ENGINE = Pace((0, 1, 3), 4, 20, 2, 4, 1, "some seconds")
