"""The error tree: what a user may meet, as one sentence on what happened and one on what to do."""

from __future__ import annotations

from collections.abc import Sequence


class OrdersetupError(Exception):
    """A failure told to the user.

    Args:
        happened: one sentence on what happened, naming the thing.
        then: one sentence on what to do next, with something to paste where that helps.
        details: lines to read between the two, where a sentence cannot hold them.
    """

    def __init__(self, happened: str, then: str, details: Sequence[str] = ()) -> None:
        super().__init__(f"{happened} {then}")
        self.happened = happened
        self.then = then
        self.details = tuple(details)


class BadInput(OrdersetupError):
    """The user's input was refused before the first call; nothing was changed."""


class CannotReachAws(OrdersetupError):
    """No credentials, expired credentials, no network, or no such region."""


class Denied(OrdersetupError):
    """AWS refused the call: the caller lacks a permission."""


ASK_FOR_IT = (
    "Give whoever administers the account what this prints, then run it again: ordersetup policy"
)
"""What to do about a permission that is lacking."""


class NotOurs(OrdersetupError):
    """A resource of the right name bears no tag of this stack."""


class Incompatible(OrdersetupError):
    """A resource stands that cannot be brought to the wanted state without losing data."""


class StillDiffers(OrdersetupError):
    """An attribute did not take its wanted value within the time allowed."""


class NotProvisioned(OrdersetupError):
    """What was asked for needs a stack that stands, and this one does not, or not all of it."""


class StepsFailed(OrdersetupError):
    """Some steps of a run failed; a rerun continues from what stands."""


class EngineFailed(OrdersetupError):
    """The embedded engine could not be started, found or stopped."""


class Absent(OrdersetupError):
    """What a search was to begin with is not there."""


class StockRefused(OrdersetupError):
    """The stock is not as a command takes it to be; nothing was changed."""


class OrderLost(OrdersetupError):
    """A test order did not arrive at one of its hops in time."""
