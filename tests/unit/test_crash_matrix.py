"""Each call that changes something is where the program dies, and a plain rerun makes it good.

The calls are those of an undisturbed run, recorded. At each of them the program is killed right
before the call reaches AWS; or killed once it has had its effect and nobody has heard of it; or
lives on without the answer. What stands at the end is listed service by service by plain
boto3, and is what the undisturbed run left: nothing twice, nothing lost, nothing made anew.

Some twenty cases a story are for every run of the tests; `make test-all` has all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import pytest

from ordersetup.aws import Aws
from tests.conftest import Account
from tests.listing import everything, identities, settled
from tests.unit.stories import STORIES, Story
from tests.wire import Cut, Wire


class Fault(StrEnum):
    """What happens to a call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    BROKEN_OFF = "answer broken off"
    LOST = "each answer lost once"


AT_A_CALL = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.BROKEN_OFF)


class Matrix:
    """One story, undisturbed and disturbed.

    Args:
        account: gives empty accounts.
        wire: where the story's calls are recorded and disturbed.
        other: makes what stands before, unrecorded.
        story: what is told.
    """

    def __init__(self, account: Account, wire: Wire, other: Aws, story: Story) -> None:
        self._account = account
        self._wire = wire
        self._other = other
        self._story = story
        self.calls: Sequence[str] = ()
        self._calm = self._told(None, "")

    @property
    def cases(self) -> list[tuple[Fault, str]]:
        """Every fault of every call; each call is met by another fault than its neighbours."""
        return [
            (AT_A_CALL[(n + turn) % len(AT_A_CALL)], call)
            for n, call in enumerate(self.calls)
            for turn in range(len(AT_A_CALL))
        ]

    @property
    def sample(self) -> list[tuple[Fault, str]]:
        """One case of each call, or of each fourth one in a long story; the faults take turns."""
        step = len(AT_A_CALL)
        return self.cases[:: step if len(self.calls) < 25 else 4 * step]

    def wrong(self, cases: Iterable[tuple[Fault, str]]) -> dict[str, Any]:
        """The cases in which something else is left than by the undisturbed run, and what."""
        found = {}
        for fault, call in cases:
            try:
                told = self._told(fault, call)
            except BaseException as error:
                error.add_note(f"{self._story.name}, {fault}: {call}")
                raise
            if told != self._calm:
                differing = [line for line in told[0] if line not in self._calm[0]]
                missing = [line for line in self._calm[0] if line not in told[0]]
                found[f"{fault}: {call}"] = (differing, missing, told[1])
        return found

    def _told(self, fault: Fault | None, call: str) -> tuple[list[str], int]:
        """What stands in the end, and how many things of those before are gone."""
        with self._account() as aws:
            self._story.before(aws, self._other)
            before = identities(everything())
            self._disturb(fault, call)
            if fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
                with pytest.raises(Cut):
                    self._story.run(aws, self._other)
                assert self._wire.undisturbed
                self._wire.forget()
            self._story.run(aws, self._other)
            if fault is None:
                self.calls = sorted(set(self._wire.writes))
            self._rest(aws)
            listing = everything()
            return settled(listing), len(before - identities(listing))

    def _disturb(self, fault: Fault | None, call: str) -> None:
        self._wire.forget()
        if fault is Fault.BROKEN_OFF:
            self._wire.break_off(call)
        elif fault is Fault.LOST:
            self._wire.lose_each_once()
        elif fault is not None:
            self._wire.kill(call, answered=fault is Fault.KILLED_AFTER)

    def _rest(self, aws: Aws) -> None:
        """One more run, which writes nothing; or which clears up what is past its time."""
        if self._story.later is not None:
            self._story.later(self._other)
        self._wire.forget()
        self._story.run(aws, self._other)
        if self._story.rests:
            assert self._wire.writes == []


@pytest.fixture(params=STORIES, ids=lambda story: story.name)
def matrix(request: pytest.FixtureRequest, account: Account, wire: Wire, rival: Aws) -> Matrix:
    return Matrix(account, wire, rival, request.param)


def test_wherever_a_run_is_cut_off_the_next_one_makes_it_whole(matrix: Matrix) -> None:
    assert len(matrix.cases) > 25
    assert matrix.wrong(matrix.sample) == {}


def test_answers_that_are_lost_on_their_way_make_nothing_twice(matrix: Matrix) -> None:
    """Here botocore repeats what may be repeated."""
    assert matrix.wrong([(Fault.LOST, "any call")]) == {}


@pytest.mark.slow
def test_whatever_happens_to_any_call_the_same_is_left(matrix: Matrix) -> None:
    assert matrix.wrong(matrix.cases) == {}
