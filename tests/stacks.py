"""The one builder of stacks in tests, and what tests ask of steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint, Names, Place, role_statements, trust_policy
from ordersetup.bundle import Bundle, bundle
from ordersetup.events import Event, Failed, Kept, Outcome, Removed, Waiting
from ordersetup.removal import Removal, Teardown
from ordersetup.settings import Settings
from ordersetup.step import Seen, Step
from ordersetup.steps import pipeline
from ordersetup.steps.alarms import Alarm
from tests.breakers import TAG

AnyStep = Step[Any]

REGION = "eu-west-1"
ACCOUNT = "123456789012"
"""moto's."""


class Built(NamedTuple):
    """A blueprint and its steps."""

    blueprint: Blueprint
    steps: tuple[AnyStep, ...]

    def step(self, key: str) -> Any:
        """The step of that key."""
        return next(step for step in self.steps if step.key == key)


CODE = bundle()


def stack(
    name: str = "default",
    *,
    former: Settings | None = None,
    code: Bundle = CODE,
    **changes: Any,
) -> Built:
    """The blueprint and steps of a stack whose settings are the default's, but for `changes`."""
    place = Place(ACCOUNT, REGION)
    blueprint = Blueprint(Names(name, REGION), place, Settings(**changes), code)
    return Built(blueprint, pipeline(blueprint, former))


@dataclass(frozen=True)
class Run:
    """What came of a provision."""

    outcomes: Mapping[AnyStep, Outcome]
    events: Sequence[Event]
    seen: Seen

    @property
    def reasons(self) -> list[str]:
        """What was waited for, in order."""
        return [event.reason for event in self.events if isinstance(event, Waiting)]


@dataclass(frozen=True)
class Fall:
    """What was shown before a teardown, and what came of it."""

    removals: Sequence[Removal]
    outcomes: Mapping[AnyStep, Outcome]
    events: Sequence[Event]

    @classmethod
    def of(cls, teardown: Teardown, events: Sequence[Event]) -> Fall:
        """Show and remove; raises what made a removal fail.

        Args:
            teardown: what a command has begun.
            events: where it is told of.
        """
        removals = teardown.doomed()
        outcomes = teardown.remove(removals)
        for outcome in outcomes.values():
            if isinstance(outcome, Failed):
                raise outcome.error
        return cls(removals, outcomes, events)

    @property
    def removed(self) -> list[str]:
        """Keys of what is gone, in the order in which it went."""
        return [event.step for event in self.events if isinstance(event, Removed)]

    @property
    def kept(self) -> dict[str, str]:
        """Why each thing stays, by key."""
        return {o.step: o.because for o in self.outcomes.values() if isinstance(o, Kept)}

    @property
    def reasons(self) -> list[str]:
        """What was waited for, in order."""
        return [event.reason for event in self.events if isinstance(event, Waiting)]


def with_needs(steps: Sequence[AnyStep], *wanted: AnyStep) -> tuple[AnyStep, ...]:
    """Some of the steps and all they need or look at, in the guide's order."""
    found: set[AnyStep] = set()
    waiting = list(wanted)
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting += [*step.needs, *step.looks_at]
    return tuple(step for step in steps if step in found)


def drift(seen: Seen, steps: Sequence[AnyStep]) -> set[tuple[str, str]]:
    """Every check that does not hold: the step's key, and "Class.attribute"."""
    return {
        (step.key, f"{type(step).__name__}.{check.attribute}")
        for step in steps
        for check in step.checks(seen.find(step))
        if not check.holds
    }


BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
BROUGHT = f"arn:aws:iam::{ACCOUNT}:role/shop/runs-orders"


def full_stack(*, alarms: bool = False) -> Built:
    """A stack with every setting that adds a step or an attribute.

    Args:
        alarms: with its alarms, too, which are many and else stand in `ringing_stack`.
    """
    return stack(
        sender="shop@example.com",
        alert_emails=("ada@example.com", "bob@example.com"),
        cors_origin="https://shop.example.com",
        permissions_boundary=BOUNDARY,
        tags=((TAG, "orders"),),
        alarms=alarms,
    )


def brought_stack() -> Built:
    """A stack whose functions run with a role of the user's own."""
    return stack(sender="shop@example.com", role_arn=BROUGHT)


def ringing_stack() -> Built:
    """The alarms of a stack and what they need; beside the others, since they are many."""
    built = stack(alarms=True, tags=((TAG, "orders"),))
    alarms = (step for step in built.steps if isinstance(step, Alarm))
    return Built(built.blueprint, with_needs(built.steps, *alarms))


def make_policies(aws: Aws) -> None:
    """What `full_stack` and `brought_stack` find in the account: a boundary, and a role."""
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    aws.iam.create_policy(
        PolicyName="boundary",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": anything}),
    )
    name = BROUGHT.rpartition("/")[2]
    aws.iam.create_role(
        RoleName=name, Path="/shop/", AssumeRolePolicyDocument=json.dumps(trust_policy())
    )
    statements = list(role_statements(brought_stack().blueprint).values())
    aws.iam.put_role_policy(
        RoleName=name,
        PolicyName="orders",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
