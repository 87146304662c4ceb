"""What a breaker is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ordersetup.aws import Aws
from ordersetup.step import Seen

Spoil = Callable[[Aws, Any, Seen], None]


@dataclass(frozen=True)
class Breaker:
    """How a check is broken.

    Args:
        spoil: does it; takes the step, and what was seen of all steps while they stood right.
        implies: further checks, as "Class.attribute", that break with it.
    """

    spoil: Spoil
    implies: frozenset[str] = frozenset()


def breaks(spoil: Spoil, *implies: str) -> Breaker:
    """A breaker; `implies` are the further checks that break with it."""
    return Breaker(spoil, frozenset(implies))


TAG = "Team"
"""The tag of the user's own that the stack of the tests is given."""
