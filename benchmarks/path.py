"""The critical path of a fresh provision: what its graph would take if nothing but calls took time.

From a recorded run comes which step made which calls, and how many of them one after the other;
from the steps come the edges. A run can be no faster than its longest chain, nor than all the
writes of one lane in a row, with what must come before and after them. A last look at what was made
is a phase of its own: its calls lengthen no link of the chain; it is as long as its longest step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from ordersetup.errand import token
from ordersetup.step import Step
from tests.end_to_end.recorder import Call, is_read

AnyStep = Step[Any]
Rounds = Mapping[AnyStep, int]
Chain = tuple[tuple[str, int], ...]
"""Names, each with how many calls it makes one after the other."""

_ASKING = "http:"
"""How the calls begin that no AWS service gets: the endpoint is asked."""


@dataclass(frozen=True)
class Path:
    """What a recorded run says of its graph.

    Args:
        calls: how many there were.
        before_writing: how many of them before the first that writes.
        chain: what bounds the run, in order.
    """

    calls: int
    before_writing: int
    chain: Chain

    @property
    def depth(self) -> int:
        """How many calls in a row the run cannot do without."""
        return sum(rounds for _, rounds in self.chain)


def path(log: Sequence[Call], steps: Sequence[AnyStep]) -> Path:
    """The critical path of a provision that has made these steps from nothing.

    Args:
        log: its calls.
        steps: all steps of the stack, one of which asks the endpoint, by no AWS call.
    """
    calls = sorted(log, key=lambda call: call.began)
    first = next(i for i, c in enumerate(calls) if c.step and not is_read(c.name))
    opening = [call for call in calls[:first] if not call.step]
    made, look = apart(calls[first:])
    survey = _by_step(calls[len(opening) : first], steps)
    writing, looking = _by_step(made, steps), _by_step(look, steps)
    last = max(looking.values(), default=0)
    return Path(
        len(calls),
        first,
        (
            ("who we are, what is remembered", in_a_row(opening)),
            *longest(steps, lambda step: step.looks_at, survey),
            *bound(steps, writing, made),
            *((("the last look", last),) if last else ()),
        ),
    )


def apart(calls: Sequence[Call]) -> tuple[Sequence[Call], Sequence[Call]]:
    """What was called to make the steps, and to look once more at all of them when that was over.

    It is over with the last write, and with the last question to the endpoint, that comes after it.

    Args:
        calls: from the first write on, in the order in which they began.
    """
    over = max(c.ended for c in calls if not is_read(c.name) or c.name.startswith(_ASKING))
    made = [call for call in calls if call.began < over]
    return made, calls[len(made) :]


def in_a_row(calls: Sequence[Call]) -> int:
    """How many of the calls at most came one after the other."""
    rounds, free = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.ended):
        if call.began >= free:
            rounds, free = rounds + 1, call.ended
    return rounds


def longest(
    steps: Sequence[AnyStep], edges: Callable[[AnyStep], Sequence[AnyStep]], rounds: Rounds
) -> Chain:
    """The longest chain along the edges."""
    chains = _chains({step: edges(step) for step in steps}, rounds)
    return max(chains.values(), key=_length, default=())


def bound(steps: Sequence[AnyStep], rounds: Rounds, log: Sequence[Call]) -> Chain:
    """The longest of: the chains along `needs`, and each lane with its least head and tail."""
    needs = {step: [s for s in step.needs if s in rounds] for step in steps}
    needed_by = {step: [s for s in steps if step in needs[s]] for step in steps}
    heads, tails = _chains(needs, rounds), _chains(needed_by, rounds)
    found = [max(heads.values(), key=_length)]
    for lane in sorted({step.lane for step in steps if step.lane}):
        inside = [step for step in steps if step.lane == lane and rounds[step]]
        names = [call.step for call in log]
        inside.sort(key=lambda step: names.index(_name(step)))
        before = min((heads[step][:-1] for step in inside), key=_length)
        after = min((tails[step][:-1] for step in inside), key=_length)
        turns = tuple((step.key, rounds[step]) for step in inside)
        found.append((*before, *turns, *reversed(after)))
    return max(found, key=_length)


def _chains(edges: Mapping[AnyStep, Sequence[AnyStep]], rounds: Rounds) -> dict[AnyStep, Chain]:
    """The longest chain that ends with each step."""
    chains: dict[AnyStep, Chain] = {}
    for step in TopologicalSorter(edges).static_order():
        before = max((chains[edge] for edge in edges[step]), key=_length, default=())
        chains[step] = (*before, (step.key, rounds[step]))
    return chains


def _length(chain: Chain) -> int:
    return sum(rounds for _, rounds in chain)


def _name(step: AnyStep) -> str:
    return token(step.key).removeprefix("step/")


def _by_step(calls: Sequence[Call], steps: Sequence[AnyStep]) -> Rounds:
    """Of each step, how many calls it has made in a row; who asks the endpoint bears no name."""
    found: dict[AnyStep, list[Call]] = {step: [] for step in steps}
    whose = {_name(step): step for step in steps}
    asking = next((step for step in steps if not step.calls.read), None)
    for call in calls:
        step = whose.get(call.step, asking if call.name.startswith(_ASKING) else None)
        if step is None:
            raise ValueError(f"nobody's call: {call.name}")
        found[step].append(call)
    return {step: in_a_row(made) for step, made in found.items()}
