"""What holds for every step: made from nothing, left alone, seen to drift, brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Incompatible, NotOurs
from ordersetup.events import Changed
from ordersetup.step import Seen, shown_fields
from ordersetup.steps.alarms import Alarm
from tests.breakers import BREAKERS, UNBREAKABLE
from tests.conftest import Provision, Survey, TearDown
from tests.stacks import (
    AnyStep,
    Built,
    brought_stack,
    drift,
    full_stack,
    make_policies,
    ringing_stack,
    stack,
    with_needs,
)

FULL, OWN_ROLE = full_stack(), brought_stack()
BUILT = {"ringing": ringing_stack(), "brought role": OWN_ROLE, "full": FULL}

PERMISSIONS = frozenset({"iam:PassRole", "lambda:ListTags", "ses:TagResource"})
"""Declared for the policy alone: another call asks for them, and no step makes them."""

EVERY_STEP = [
    pytest.param(built, step, id=f"{name}: {step.key}")
    for name, built in BUILT.items()
    for step in built.steps
]
ONE_OF_EACH = {
    type(step).__name__: (built, step)
    for built in BUILT.values()
    # Of the topics the one that remembers the settings: it has everything that can be broken.
    for step in sorted(built.steps, key=lambda step: bool(getattr(step, "settings", ())))
}


class Case(NamedTuple):
    """A check of a step, and how it is broken."""

    built: Built
    step: AnyStep
    check: str


def _cases(wanted: Callable[[AnyStep, str], bool]) -> list[Any]:
    cases = []
    for check in BREAKERS:
        name, _, attribute = check.partition(".")
        built, step = ONE_OF_EACH[name]
        if wanted(step, attribute):
            cases.append(pytest.param(Case(built, step, check), id=check))
    return cases


def _refused(step: AnyStep, attribute: str) -> bool:
    return attribute in step.fixed or (attribute == "owner" and not step.adoptable)


def _reads(built: Built) -> set[str]:
    return {call for step in built.steps for call in step.calls.read} - PERMISSIONS


@pytest.fixture(autouse=True)
def _policies(aws: Aws, calls: list[str]) -> None:
    make_policies(aws)
    calls.clear()


def test_there_is_a_breaker_for_every_check_and_no_other() -> None:
    checks = {
        f"{type(step).__name__}.{check.attribute}"
        for built in BUILT.values()
        for step in built.steps
        for check in step.checks(None)
    }
    assert BREAKERS.keys() | UNBREAKABLE.keys() == checks
    assert not BREAKERS.keys() & UNBREAKABLE.keys()


def test_what_is_waited_for_cannot_be_broken_by_hand() -> None:
    waited = {
        f"{type(step).__name__}.{name}"
        for step in FULL.steps
        for name, shown in shown_fields(type(step.desired)).items()
        if shown.waited
    }
    assert waited <= UNBREAKABLE.keys()


@pytest.mark.parametrize(("built", "step"), EVERY_STEP)
def test_from_nothing_a_step_is_made_by_its_own_calls_and_reads_back_as_wanted(
    provision: Provision, survey: Survey, calls: list[str], built: Built, step: AnyStep
) -> None:
    steps = with_needs(built.steps, step)
    provision([needed for needed in steps if needed is not step])
    reads = {call for needed in steps for call in needed.calls.read}
    calls.clear()

    run = provision(steps)

    assert set(calls) <= reads | set(step.calls.write)
    assert bool(set(calls) & set(step.calls.write)) == bool(step.calls.write)
    assert set(calls) >= set(step.calls.create)
    assert not run.reasons
    assert drift(survey(steps).seen, steps) == set()


@pytest.mark.parametrize("built", BUILT.values(), ids=BUILT)
def test_a_second_run_only_reads_and_changes_nothing(
    provision: Provision, calls: list[str], built: Built
) -> None:
    provision(built.steps)
    calls.clear()

    again = provision(built.steps)

    assert set(calls) == _reads(built)
    assert not [o for o in again.outcomes.values() if isinstance(o, Changed)]


@pytest.mark.parametrize("case", _cases(lambda step, attribute: not _refused(step, attribute)))
def test_an_attribute_changed_by_hand_is_seen_as_that_one_and_brought_back(
    aws: Aws, provision: Provision, survey: Survey, calls: list[str], case: Case
) -> None:
    built, step, check = case
    right = provision(built.steps)
    BREAKERS[check].spoil(aws, step, right.seen)
    calls.clear()

    found = drift(survey(built.steps).seen, built.steps)

    assert (step.key, check) in found
    assert {name for _, name in found} == {check, *BREAKERS[check].implies}
    assert set(calls) <= _reads(built)

    run = provision(built.steps)

    changed = {s.key: s for s, o in run.outcomes.items() if isinstance(o, Changed)}
    assert step.key in changed
    assert changed.keys() <= {key for key, _ in found}
    writes = {call for s in changed.values() for call in s.calls.write}
    assert set(calls) <= _reads(built) | writes
    assert not run.reasons
    assert drift(survey(built.steps).seen, built.steps) == set()


@pytest.mark.parametrize("case", _cases(_refused))
def test_what_cannot_or_must_not_be_changed_is_refused_before_the_first_write(
    aws: Aws, provision: Provision, calls: list[str], case: Case
) -> None:
    built, step, check = case
    right = provision(built.steps)
    BREAKERS[check].spoil(aws, step, right.seen)
    calls.clear()
    error = NotOurs if check.endswith(".owner") else Incompatible

    with pytest.raises(error) as refused:
        provision(built.steps)

    assert step.console in refused.value.happened
    assert set(calls) <= _reads(built)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_declared_call_is_made_somewhere(
    aws: Aws, provision: Provision, calls: list[str], name: str
) -> None:
    built, step = ONE_OF_EACH[name]
    steps = with_needs(built.steps, step)
    run = provision(steps)
    for check, breaker in BREAKERS.items():
        kind, _, attribute = check.partition(".")
        if kind == name and not _refused(step, attribute):
            made, calls[:] = list(calls), []
            breaker.spoil(aws, step, run.seen)
            calls[:] = made
            run = provision(steps)
    provision(_without_extras(step))

    unused = {*step.calls.read, *step.calls.write} - set(calls) - PERMISSIONS
    assert unused == set()


@pytest.mark.parametrize(("built", "step"), EVERY_STEP)
def test_a_step_is_removed_by_its_own_calls_and_a_second_time_there_is_nothing(
    aws: Aws,
    provision: Provision,
    tear_down: TearDown,
    calls: list[str],
    built: Built,
    step: AnyStep,
) -> None:
    steps = with_needs(built.steps, step)
    seen = provision(steps).seen
    calls.clear()

    fall = tear_down([step])

    allowed = {*step.calls.remove, *step.calls.read}
    assert set(calls) <= allowed
    if not step.calls.remove:
        assert fall.removals == ()
        step.remove(aws, seen, seen.of(step))
        assert calls == [], "it goes with its parent"
        return
    assert fall.removed == [step.key]
    assert fall.reasons == []
    assert step.remains(aws, Seen()) is None
    calls.clear()
    assert tear_down([step]).removals == ()
    assert set(calls) <= set(step.calls.read)


REMOVABLE = {name: case for name, case in ONE_OF_EACH.items() if case[1].calls.remove}


@pytest.mark.parametrize("name", REMOVABLE)
def test_what_is_gone_already_is_removed_without_a_fault(
    aws: Aws, provision: Provision, name: str
) -> None:
    built, step = REMOVABLE[name]
    state = provision(with_needs(built.steps, step)).seen.of(step)
    step.remove(aws, Seen(), state)
    step.remove(aws, Seen(), state)
    assert step.gone(aws, Seen())


def _without_extras(step: AnyStep) -> tuple[AnyStep, ...]:
    """The stack after its user has unset every setting that can be, if the step is to be in it."""
    plain = stack(former=FULL.blueprint.settings, alarms=isinstance(step, Alarm))
    same = [s for s in plain.steps if type(s) is type(step)]
    return with_needs(plain.steps, *same)
