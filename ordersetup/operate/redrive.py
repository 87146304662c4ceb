"""Taking letters out of the dead-letter queue: to their functions again, or into a file.

A letter goes out of the queue only once it is safe elsewhere: Lambda has accepted its event, or the
file holds it on disk. Whatever ends the run before that leaves it in the queue, and doing it again
does no harm, since UpdateInventory applies an order once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from ordersetup.operate.letter_box import HIDDEN_SECONDS, MOST_HELD, Box
from ordersetup.operate.letters import Letter
from ordersetup.permissions import Uses

_QUEUE = ("OrderProcessingDLQ",)
_TABLES = ("Inventory", "InventoryTransactions")
_WORKERS = ("UpdateInventory", "SendEmail")
USES: Uses = {
    "dynamodb:BatchGetItem": ("Inventory",),
    "dynamodb:DescribeTable": _TABLES,
    "dynamodb:ListTagsOfResource": _TABLES,
    "dynamodb:Query": ("InventoryTransactions",),
    "lambda:GetFunction": _WORKERS,
    "lambda:Invoke": _WORKERS,
    "lambda:ListTags": _WORKERS,
    "sqs:ChangeMessageVisibilityBatch": _QUEUE,
    "sqs:DeleteMessageBatch": _QUEUE,
    "sqs:GetQueueAttributes": _QUEUE,
    "sqs:GetQueueUrl": _QUEUE,
    "sqs:ListQueueTags": _QUEUE,
    "sqs:ReceiveMessage": _QUEUE,
}
"""What looking through the queue, foreseeing and replaying call."""

STALE_SECONDS = HIDDEN_SECONDS - 30
"""A letter that was received longer ago may be in somebody else's hands."""


MOST_UNSURE = 3
"""After so many answers in a row that tell nothing, the run ends: each may be a mail."""


class Refusal(Exception):
    """A letter cannot go where it should, and will never be able to; the others may."""


class TooLate(Exception):
    """A letter has been in hand for so long that somebody else may have received it."""


class Unsure(Exception):
    """Whether a letter is where it should go cannot be told; so it stays in the queue."""


class Deed(Protocol):
    """What is done with each letter that is meant."""

    def do(self, letter: Letter, by: float) -> None:
        """Do it.

        Args:
            letter: what it is done with.
            by: until when it may be begun, on the clock; later somebody else may have it.

        Raises:
            TooLate: that time is over, and nothing was done; it may be met again.
            Refusal: this letter stays in the queue.
            Unsure: it stays as well, and may have gone all the same.
        """

    def seal(self) -> None:
        """Make sure of what was done, before it is taken out of the queue."""


@dataclass
class Redriven:
    """What came of a run.

    Args:
        chosen: how many letters were meant.
        done: how many of them are where they should be.
        kept: how many of those are in the queue still, as was wanted.
        undeleted: how many of those could not be taken out.
        refused: how many were refused, by why.
        unsure: how many stayed though Lambda may have accepted them, by function.
        unseen: how many were not met again.
        unreturned: how many could not be given back, and stay hidden for a while.
        full: whether it ended since it held as many others as it may.
        interrupted: whether Ctrl-C ended the run.
    """

    chosen: int
    done: int = 0
    kept: int = 0
    undeleted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    unseen: int = 0
    unreturned: int = 0
    full: bool = False
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of them are where they should be."""
        return self.done == self.chosen and not self.undeleted


class Redrive:
    """Takes the letters that are meant out of the queue, and leaves all others.

    Args:
        box: the queue.
        chosen: ids of the letters that are meant.
        deed: what is done with them.
        keep: whether they stay in the queue all the same.
        ends: when the run is out of time, on the clock.
        clock: tells the seconds that have passed since whenever.

    Attributes:
        redriven: how far it has come, also when it was cut off.
    """

    def __init__(
        self,
        box: Box,
        chosen: set[str],
        deed: Deed,
        *,
        keep: bool = False,
        ends: float = inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._box = box
        self._deed = deed
        self._keep = keep
        self._ends = ends
        self._clock = clock
        self._waiting = set(chosen)
        self._held: dict[str, str] = {}
        self._unsure_at_once = 0
        self.redriven = Redriven(len(chosen))

    def run(self, tell: Callable[[Redriven], None]) -> Redriven:
        """Meet each letter again, do what is to be done, and take it out.

        It ends early where it cannot tell any more what comes of what it does. Ctrl-C ends it as
        well; what was done until then is told, and the rest is given back.

        Args:
            tell: is told how far it has come, after each batch.
        """
        redriven = self.redriven
        empties = again = 0
        try:
            # A whole round of letters that were met before: those that are waited for are gone.
            while empties < 2 and again <= len(self._held) and self._goes_on():
                by = self._clock() + STALE_SECONDS
                letters = self._box.receive()
                empties = 0 if letters else empties + 1
                known = sum(1 for letter in letters if letter.message_id in self._held)
                progress = self._batch(letters, by)
                again = 0 if progress else again + known
                tell(redriven)
        except KeyboardInterrupt:
            redriven.interrupted = True
        finally:
            redriven.unseen = len(self._waiting)
            redriven.full = bool(self._waiting) and len(self._held) >= MOST_HELD
            redriven.unreturned = self._box.give_back(self._held.values())
        return redriven

    def _goes_on(self) -> bool:
        if not self._waiting or len(self._held) >= MOST_HELD:
            return False
        return self._clock() < self._ends and self._is_sure()

    def _is_sure(self) -> bool:
        return self._unsure_at_once < MOST_UNSURE

    def _batch(self, letters: Sequence[Letter], by: float) -> bool:
        """Do what is to be done with some letters; whether there was anything to do.

        Args:
            letters: those that were received.
            by: until when they may be begun.
        """
        self._held |= {letter.message_id: letter.receipt for letter in letters}
        done: list[Letter] = []
        # By id, since SQS may hand out one of them twice at once.
        meant = {one.message_id: one for one in letters if one.message_id in self._waiting}
        try:
            for letter in meant.values():
                if self._clock() > by or not self._is_sure() or not self._one(letter, by, done):
                    break
        finally:
            self._deed.seal()
            self._take_out(done)
        return bool(meant)

    def _one(self, letter: Letter, by: float, done: list[Letter]) -> bool:
        """Do what is to be done with a letter; whether there was time for it."""
        try:
            self._deed.do(letter, by)
        except Refusal as refusal:
            self.redriven.refused[str(refusal)] += 1
        except TooLate:
            return False
        except Unsure:
            self.redriven.unsure[letter.worker] += 1
            self._unsure_at_once += 1
        else:
            done.append(letter)
            self._unsure_at_once = 0
        self._waiting.discard(letter.message_id)
        return True

    def _take_out(self, done: list[Letter]) -> None:
        self.redriven.done += len(done)
        if self._keep:
            self.redriven.kept += len(done)
            return
        # They count as deleted once SQS has said so; else they are given back with the others.
        self.redriven.undeleted += len(done)
        left = set(self._box.take_out(letter.receipt for letter in done))
        for letter in done:
            if letter.receipt not in left:
                self._held.pop(letter.message_id)
                self.redriven.undeleted -= 1
