"""Each check of `verify`'s report broken by hand: told as that one, put right, and proven again.

The matrix is generated from the checks of the report, so a check without a breaker fails the suite.
One stack of each kind stands in memory for the whole file; what a test has left behind by failing
is thrown away before the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from moto import mock_aws

from ordersetup.aws import Aws
from ordersetup.events import Outcome
from ordersetup.lifecycle import Lifecycle
from ordersetup.report import Level, Report, report_on
from ordersetup.step import Seen
from ordersetup.steps.inspections import inspections
from tests.breakers import BREAKERS, UNBREAKABLE
from tests.breaking.breaker import Breaker
from tests.breaking.existence import ALWAYS_THERE, EXISTENCE, can_be_absent
from tests.breaking.inspections import BY_HAND, FURTHER, INSPECTIONS, THE_CALLERS_OWN, Undoable
from tests.emulators import corrected
from tests.stacks import (
    AnyStep,
    Built,
    brought_stack,
    full_stack,
    make_policies,
    ringing_stack,
)
from tests.wire import Visitor, Wire

BUILT = {"brought role": brought_stack(), "full": full_stack()}
STEPS = {
    name: (*built.steps, *inspections(built.steps, built.blueprint))
    for name, built in BUILT.items()
}
BUILT["ringing"] = ringing_stack()
STEPS["ringing"] = BUILT["ringing"].steps
OWN_ROLE = ("BroughtRole", "Simulation", "RoleAdditions")
"""Of the stack with a role of the user's own, what the other has not got in the same form."""

ALARM = "alarm/OrderProcessingDLQ-not-empty"
"""One speaks for all: they differ in nothing but what they watch."""


class Case(NamedTuple):
    """A check of the report: the stack, the step's key, and what it is called here."""

    stack: str
    key: str
    check: str

    @property
    def step(self) -> AnyStep:
        return next(step for step in STEPS[self.stack] if step.key == self.key)


GONE = {"SenderIdentity.identity": "SenderIdentity.exists", "Resource.path": "Resource.exists"}
"""Attributes that are broken by taking the whole thing away."""

ALL_BREAKERS: dict[str, Breaker] = {
    **{check: b for check, b in BREAKERS.items() if check not in GONE},
    **EXISTENCE,
    **INSPECTIONS,
}
NO_BREAKER = {**UNBREAKABLE, **ALWAYS_THERE, **THE_CALLERS_OWN, **GONE}


def _checks() -> set[str]:
    """Every check that a report can have, as "Class.attribute"; a tag is no finding of its own."""
    return {check for steps in STEPS.values() for step in steps for check in _checks_of(step)}


def _checks_of(step: AnyStep) -> set[str]:
    name = type(step).__name__
    found = {f"{name}.{check.attribute}" for check in step.checks(None)} - {f"{name}.owner"}
    return found | {f"{name}.exists"} if can_be_absent(step) else found


class Surveyed(NamedTuple):
    """A report, and the states it was told from."""

    report: Report
    seen: Seen
    outcomes: Mapping[AnyStep, Outcome]

    @property
    def wrong(self) -> dict[str, set[str]]:
        """What does not hold, as "Class.attribute", with the keys of the steps."""
        kinds = {step.key: type(step).__name__ for step in self.outcomes}
        found: dict[str, set[str]] = {}
        for finding in self.report.of(Level.FAILS, Level.UNKNOWN, Level.NOTE):
            key, _, attribute = finding.check.rpartition(".")
            found.setdefault(f"{kinds[key]}.{attribute}", set()).add(key)
        return found


@dataclass
class Standing:
    """A stack that stands, and is built anew where a failed test has left it broken."""

    aws: Aws
    wire: Wire
    name: str
    sound: Surveyed | None = None
    """What was seen of it last, if nothing is broken since."""
    _cloud: ExitStack = field(default_factory=ExitStack)

    @property
    def built(self) -> Built:
        return BUILT[self.name]

    def close(self) -> None:
        self._cloud.close()

    def stand(self) -> Surveyed:
        """The sound stack, as it is seen while nothing is broken."""
        found, self.sound = self.sound, None
        if found is None:
            self.close()
            self._cloud.enter_context(mock_aws())
            self._cloud.enter_context(corrected())
            self.wire.forget()
            make_policies(self.aws)
            self.provision()
            found = self.survey()
        return found

    def provision(self) -> None:
        lifecycle = Lifecycle(self.aws, self.built.steps, lambda _: None, timeout=10)
        lifecycle.survey()
        lifecycle.refuse_conflicts()
        lifecycle.provision()

    def survey(self) -> Surveyed:
        steps = STEPS[self.name]
        lifecycle = Lifecycle(self.aws, steps, lambda _: None, timeout=10)
        outcomes = lifecycle.survey()
        return Surveyed(report_on(self.aws, "default", steps, outcomes), lifecycle.seen, outcomes)


@pytest.fixture(scope="module")
def standing(_watched: tuple[Aws, Wire]) -> Iterator[dict[str, Standing]]:
    """The stacks of this file; only one of them can be in memory at a time."""
    aws, wire = _watched
    before, aws.web = aws.web, Visitor()
    clouds = {name: Standing(aws, wire, name) for name in BUILT}
    yield clouds
    for cloud in clouds.values():
        cloud.close()
    aws.web = before


def _case_id(case: Case) -> str:
    return f"{case.key}.{case.check.partition('.')[2]}"


def _switched(standing: dict[str, Standing], name: str) -> Standing:
    for other, cloud in standing.items():
        if other != name:
            cloud.close()
            cloud.sound = None
    return standing[name]


def _cases() -> list[Case]:
    """Every check of every step: all of one stack, then all of the other, so each is built once."""
    return [
        Case(name, step.key, check)
        for name, steps in STEPS.items()
        for step in steps
        if name == "full" or type(step).__name__ in OWN_ROLE or step.key == ALARM
        for check in sorted(_checks_of(step))
        if check in ALL_BREAKERS and _applies(check, step)
    ]


def _applies(check: str, step: AnyStep) -> bool:
    """Whether that step has what the breaker spoils."""
    return check != "Topic.settings" or bool(step.desired.settings)


def test_every_check_of_the_report_has_a_breaker() -> None:
    assert (
        ALL_BREAKERS.keys() - {c for c in BREAKERS if c.endswith(".owner")} | {*NO_BREAKER}
        == _checks()
    )
    assert not ALL_BREAKERS.keys() & NO_BREAKER.keys()


@pytest.mark.parametrize("case", _cases(), ids=_case_id)
def test_a_check_broken_by_hand_is_told_as_that_one_and_is_proven_again_once_put_right(
    standing: dict[str, Standing], case: Case
) -> None:
    name, step, check = case.stack, case.step, case.check
    stack = _switched(standing, name)
    before = stack.stand()
    assert before.report.proven
    breaker = ALL_BREAKERS[check]

    breaker.spoil(stack.aws, step, before.seen)
    after = stack.survey()

    assert after.wrong.keys() == {check, *breaker.implies, *FURTHER.get(check, ())}
    # Of its siblings nothing is told, nor of those of what it implies.
    assert after.wrong[check] == {step.key}
    assert all(len(steps) == 1 for steps in after.wrong.values())
    notes_alone = not after.report.of(Level.FAILS, Level.UNKNOWN)
    assert after.report.proven == notes_alone
    assert all(f.then for f in after.report.of(Level.FAILS))

    if undo := breaker.undo if isinstance(breaker, Undoable) else BY_HAND.get(check):
        undo(stack.aws, step, before.seen)
    stack.provision()

    again = stack.survey()
    assert again.wrong == {}
    assert again.report.proven
    assert len(again.report.findings) == len(before.report.findings)
    stack.sound = again


def test_a_simulator_that_may_not_be_asked_is_a_note_and_no_crash(
    standing: dict[str, Standing],
) -> None:
    stack = _switched(standing, "full")
    stack.stand()
    stack.wire.refuse("iam:SimulatePrincipalPolicy", "AccessDenied", "no", status=403)
    assert stack.survey().wrong.keys() == {"Rights.simulator"}
    assert stack.survey().wrong == {}
