"""What was read, or why it could not be: what may not be read leaves the others standing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ordersetup.errors import OrdersetupError
from ordersetup.refusals import AWS_ERRORS, denied_action, told, understood

T = TypeVar("T")

NO_DATA = "no data"
"""CloudWatch has no datapoint, which is not the same as zero."""

ABSENT = "absent"
"""The thing is not there."""


@dataclass(frozen=True)
class Reading(Generic[T]):
    """Something that was read.

    Args:
        value: what was found; None if nothing could be.
        because: why there is no value; empty if there is one.
        error: what a call raised, if that is why.
    """

    value: T | None = None
    because: str = ""
    error: Exception | None = field(default=None, compare=False, repr=False)

    @property
    def absent(self) -> bool:
        """Whether the thing is known not to be there."""
        return self.because == ABSENT


def reading(look: Callable[[], T | None]) -> Reading[T]:
    """What a look finds; None means that the thing is not there."""
    try:
        with understood():
            found = look()
    except (OrdersetupError, *AWS_ERRORS) as error:
        return unread(error)
    return Reading(because=ABSENT) if found is None else Reading(found)


def unread(error: Exception) -> Reading[T]:
    """A reading that an error has prevented."""
    action = denied_action(error)
    because = f"not allowed: {action}" if action else told(error).happened
    return Reading(because=because, error=error)
