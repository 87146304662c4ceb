"""Looking through the dead-letter queue: what is in it, by error, and what of it is meant.

The queue has no order and cannot be asked for one message, so all of it is received, told one by
one, and given back. What is kept of a letter is its id and its receipt.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ordersetup.operate.letter_box import AT_ONCE, HIDDEN_SECONDS, MOST_HELD, Box, Depth
from ordersetup.operate.letters import Letter
from ordersetup.operate.what_if import Verdict

SHOWN = 5
"""Of each group, so many letters are told to a person."""


@dataclass(frozen=True)
class Choice:
    """Which letters are meant; all that can go again, where nothing is said.

    Args:
        orders: ids of orders.
        functions: the guide's names of functions.
        errors: names of errors.
        most: no more than so many; None for all.
        malformed: those that cannot go again, in place of those that can.
    """

    orders: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    most: int | None = None
    malformed: bool = False

    def means(self, letter: Letter) -> bool:
        """Whether a letter is meant, however many there are."""
        return (
            bool(letter.because) == self.malformed
            and (not self.orders or letter.order_id in self.orders)
            and (not self.functions or letter.worker in self.functions)
            and (not self.errors or letter.error in self.errors)
        )


@dataclass
class Group:
    """Letters of one error and function.

    Args:
        error: the error's name; or why they cannot go again.
        worker: the guide's name of the function; empty if it is none of the stack's.
        count: how many.
        oldest: when the first of them came, seconds since 1970; None if none says.
        some: the first few.
    """

    error: str
    worker: str
    count: int = 0
    oldest: float | None = None
    some: list[tuple[Letter, Verdict | None]] = field(default_factory=list)

    def add(self, letter: Letter, verdict: Verdict | None) -> None:
        """Count a letter of the group."""
        self.count += 1
        if letter.record.at is not None:
            self.oldest = min(self.oldest or letter.record.at, letter.record.at)
        if len(self.some) < SHOWN:
            self.some.append((letter, verdict))


@dataclass
class Listing:
    """What a look through the queue has found.

    Args:
        of: how many messages the queue told of when it began.
        messages: how many were seen.
        chosen: ids of those that are meant.
        meant: those, by error and function.
        others: the rest that could go again.
        left: those that cannot, by why.
        verdicts: what replays would meet, where that was asked.
        whole: whether all was seen that could be.
        unreturned: how many could not be given back, and stay hidden for a while.
    """

    of: Depth
    messages: int = 0
    chosen: set[str] = field(default_factory=set)
    meant: dict[tuple[str, str], Group] = field(default_factory=dict)
    others: int = 0
    left: dict[tuple[str, str], Group] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    whole: bool = False
    unreturned: int = 0


Judge = Callable[[Sequence[Letter]], Sequence[Verdict]]
Tell = Callable[[Letter, bool, Verdict | None], None]
"""Is told of a letter, whether it is meant, and what a replay would meet."""


def look_through(
    box: Box,
    choice: Choice,
    tell: Tell,
    judge: Judge | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Listing:
    """See every letter once, and give all of them back, however it ends.

    Args:
        box: the queue.
        choice: which letters are meant.
        tell: is told of each letter.
        judge: says what replays would meet; None if that is not asked.
        clock: tells the seconds that have passed since whenever.
    """
    began = clock()
    depth = box.depth()
    calls = max(1, min(AT_ONCE, depth.visible // 10))
    listing = Listing(depth)
    held: dict[str, str] = {}
    nothing_new = empties = 0
    try:
        while len(held) < MOST_HELD:
            letters = box.receive(calls)
            new = _new(letters, held)
            nothing_new = 0 if new else nothing_new + 1
            empties = 0 if letters else empties + 1
            if nothing_new == 2:
                # What has been hidden for its time is back, and stands in the way of what is new.
                listing.whole = empties == 2 or clock() - began < HIDDEN_SECONDS
                break
            _note(listing, new, choice, tell, judge)
    finally:
        listing.unreturned = box.give_back(held.values())
    return listing


def _new(letters: Iterable[Letter], held: dict[str, str]) -> Sequence[Letter]:
    """Those that were not held before; all are held from now on, by their latest receipts."""
    new: list[Letter] = []
    for letter in letters:
        if letter.message_id not in held:
            new.append(letter)
        held[letter.message_id] = letter.receipt
    return new


def _note(
    listing: Listing,
    letters: Iterable[Letter],
    choice: Choice,
    tell: Tell,
    judge: Judge | None,
) -> None:
    meant: list[Letter] = []
    for letter in letters:
        listing.messages += 1
        room = choice.most is None or len(listing.chosen) < choice.most
        if room and choice.means(letter):
            listing.chosen.add(letter.message_id)
            meant.append(letter)
        else:
            tell(letter, False, None)
        if letter.because:
            _group(listing.left, letter.because, letter.worker).add(letter, None)
        elif letter.message_id not in listing.chosen:
            listing.others += 1
    verdicts: Sequence[Verdict | None] = judge(meant) if judge else [None] * len(meant)
    for letter, verdict in zip(meant, verdicts, strict=True):
        tell(letter, True, verdict)
        if verdict:
            listing.verdicts[verdict.outcome] += 1
        if not letter.because:
            _group(listing.meant, letter.error, letter.worker).add(letter, verdict)


def _group(groups: dict[tuple[str, str], Group], error: str, worker: str) -> Group:
    return groups.setdefault((worker, error), Group(error, worker))
