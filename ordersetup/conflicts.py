"""What stands in the way of a provision: it must not be written over, or it can never be right.

All of it is found before the first write, and told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ordersetup.errors import Incompatible, NotOurs
from ordersetup.masked import masked
from ordersetup.step import Check, State, Step
from ordersetup.values import change, value

AnyStep: TypeAlias = Step[Any]
Surveyed: TypeAlias = tuple[AnyStep, State | None]

BESIDE = "ordersetup provision --stack NAME"
LONGEST = 100
"""Characters of a difference in a refusal, which is read in one go."""


@dataclass(frozen=True)
class Difference:
    """One attribute that adopting a resource would change.

    Args:
        step: what the attribute is of: the resource, or a step that lives in it.
        check: the attribute; None where the whole step is missing.
    """

    step: AnyStep
    check: Check | None


@dataclass(frozen=True)
class Foreign:
    """A resource of one of our names that bears no tag of any stack.

    Args:
        step: the resource.
        differences: what is other than this stack wants it, its tag aside.
    """

    step: AnyStep
    differences: tuple[Difference, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The differences as a person reads them, addresses made unreadable."""
        return tuple(masked(_line(self.step, difference)) for difference in self.differences)


def untagged(step: AnyStep, state: State | None) -> bool:
    """Whether a resource stands that only `--adopt` makes ours."""
    return (
        state is not None
        and step.desired.owner is not None
        and state.owner is None
        and not step.adoptable
    )


def foreign_of(surveyed: Iterable[Surveyed]) -> tuple[Foreign, ...]:
    """The resources that only `--adopt` makes ours, with all that differs in them."""
    found = list(surveyed)
    return tuple(
        Foreign(step, tuple(_differences(step, found)))
        for step, state in found
        if untagged(step, state)
    )


def refuse_conflicts(surveyed: Iterable[Surveyed], adopting: Collection[AnyStep] = ()) -> None:
    """Refuse what was found and must not be touched.

    Args:
        surveyed: the steps, and what was found of them.
        adopting: the resources without a tag that are taken over.

    Raises:
        NotOurs: a resource of one of our names bears no tag of this stack.
        Incompatible: an attribute that cannot be changed is another than the guide's, or what is
            only checked and never made is absent, or what is adopted cannot be.
    """
    found = list(surveyed)
    _refuse_strangers([(step, state) for step, state in found if step not in adopting], found)
    _refuse_all(found, _unchangeable)
    _refuse_all([(step, state) for step, state in found if step in adopting], _unadoptable)


def failing(checks: Iterable[Check]) -> list[Check]:
    """The checks that do not hold."""
    return [check for check in checks if not check.holds]


def difference(step: AnyStep, state: State | None) -> str:
    """The first difference, as a person would say it."""
    return "it is not there" if state is None else _told(failing(step.checks(state))[0])


def _refuse_strangers(strangers: Sequence[Surveyed], found: Sequence[Surveyed]) -> None:
    nobodys = [step for step, state in strangers if untagged(step, state)]
    others: dict[str, list[AnyStep]] = {}
    for step, state in strangers:
        wanted = step.desired.owner
        if state is not None and wanted is not None and state.owner not in (None, wanted):
            others.setdefault(str(state.owner), []).append(step)
    if not (nobodys or others):
        return
    told = [_standing(steps, f"to the stack {owner}") for owner, steps in others.items()]
    if nobodys:
        told.append(_standing(nobodys, None))
    raise NotOurs(
        f"{' '.join(told)} Nothing there was changed.",
        _ways_on(nobodys, found, adoptable=not others),
        _details(foreign_of(found)) if nobodys else (),
    )


def _standing(steps: Sequence[AnyStep], whose: str | None) -> str:
    one = len(steps) == 1
    *most, last = (step.console for step in steps)
    names = f"{', '.join(most)} and {last}" if most else last
    if whose is None:
        return f"{names} {'exists and was' if one else 'exist and were'} not made by ordersetup."
    return f"{names} {'exists and belongs' if one else 'exist and belong'} {whose}."


def _ways_on(nobodys: Sequence[AnyStep], found: Sequence[Surveyed], *, adoptable: bool) -> str:
    """What a person can do: adopt, where that would not be refused, or build beside it."""
    among = [(step, state) for step, state in found if step in nobodys]
    stuck = [c for pair in among if (c := _unchangeable(*pair) or _unadoptable(*pair))]
    if stuck:
        why = " ".join(conflict.happened for conflict in stuck)
        return f"It cannot be taken over: {why} Build beside it under another name with: {BESIDE}"
    if not adoptable:
        return f"Build beside it under another name with: {BESIDE}"
    it = "it" if len(nobodys) == 1 else "them"
    return (
        f"See what taking {it} over would change with: ordersetup plan --adopt; take {it} over "
        f"with: ordersetup provision --adopt; or build beside {it} with: {BESIDE}"
    )


def _details(foreign: Iterable[Foreign]) -> list[str]:
    lines = []
    for resource in foreign:
        lines.append(resource.step.console + ("" if resource.lines else ": as in the guide"))
        lines += [f"  {_clipped(line)}" for line in resource.lines]
    return lines


def _clipped(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _differences(resource: AnyStep, found: Sequence[Surveyed]) -> Iterable[Difference]:
    for step, state in found:
        if step is resource or _lives_in(step, resource):
            if state is None:
                yield Difference(step, None)
                continue
            for check in failing(step.checks(state)):
                if check.attribute != "owner" and not check.waited:
                    yield Difference(step, check)


def _lives_in(step: AnyStep, resource: AnyStep) -> bool:
    """Whether it is a part of the resource, and no resource with a tag of its own."""
    while step.parent is not None and step.desired.owner is None:
        step = step.parent
        if step is resource:
            return True
    return False


def _line(resource: AnyStep, difference: Difference) -> str:
    step, check = difference.step, difference.check
    if check is None:
        return f"{step.title}: is missing"
    told = f"{check.label}: {change(check.actual, check.expected)}"
    return told if step is resource else f"{step.title}: {told}"


def _refuse_all(
    surveyed: Sequence[Surveyed],
    conflict: Callable[[AnyStep, Any], Incompatible | None],
) -> None:
    conflicts = [c for step, state in surveyed if (c := conflict(step, state))]
    if conflicts:
        named = " ".join(c.happened for c in conflicts)
        remedies = dict.fromkeys(c.then for c in conflicts)
        raise Incompatible(f"{named} Nothing there was changed.", " ".join(remedies))


def _unchangeable(step: AnyStep, state: State | None) -> Incompatible | None:
    wrong = failing(step.checks(state))
    if state is None:
        if step.calls.write or all(check.waited for check in wrong):
            return None
        return Incompatible(
            f"{step.console} is not there, and is never made for you.",
            "Make it, or check how its name is written, then run: ordersetup provision",
        )
    fixed = [_told(check) for check in wrong if check.attribute in step.fixed]
    if not fixed:
        return None
    return Incompatible(
        f"{step.console}: {', '.join(fixed)}, and that cannot be changed.",
        "Put it right or out of the way by hand, or use another --stack NAME.",
    )


def _unadoptable(step: AnyStep, state: Any) -> Incompatible | None:
    obstacle = step.obstacle(state)
    if obstacle is None:
        return None
    return Incompatible(f"{step.console}: {obstacle.because}.", obstacle.remedy)


def _told(check: Check) -> str:
    return f"{check.label} is {value(check.actual)}, not {value(check.expected)}"
