"""What the commands do, without the command line: survey, provision, look for what stands, remove.

Each raises what made a step fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ordersetup.aws import Aws
from ordersetup.dismantling import teardown_of
from ordersetup.events import Event, Failed, Outcome
from ordersetup.lifecycle import Lifecycle
from ordersetup.removal import Teardown, Wishes
from ordersetup.stack import open_stack
from tests.stacks import AnyStep, Fall, Run


def surveyed(aws: Aws, steps: Sequence[AnyStep]) -> Run:
    """Read steps and change nothing."""
    events: list[Event] = []
    lifecycle = Lifecycle(aws, steps, events.append, timeout=10)
    outcomes = lifecycle.survey()
    _raise_failure(outcomes)
    return Run(outcomes, events, lifecycle.seen)


def provisioned(
    aws: Aws, steps: Sequence[AnyStep], *, timeout: float = 10, adopt: bool = False
) -> Run:
    """Survey, refuse conflicts, provision."""
    events: list[Event] = []
    lifecycle = Lifecycle(aws, steps, events.append, timeout=timeout, adopt=adopt)
    _raise_failure(lifecycle.survey())
    lifecycle.refuse_conflicts()
    outcomes = lifecycle.provision()
    _raise_failure(outcomes)
    return Run(outcomes, events, lifecycle.seen)


def removed(
    aws: Aws,
    steps: Sequence[AnyStep],
    *,
    strays: Sequence[AnyStep] = (),
    wishes: Wishes | None = None,
    timeout: float = 10,
) -> Fall:
    """Look for what stands of some steps, and do what was found."""
    events: list[Event] = []
    teardown = Teardown(aws, steps, events.append, timeout=timeout, strays=strays, wishes=wishes)
    return Fall.of(teardown, events)


ALL = Wishes(delete_data=True)


def torn_down(
    aws: Aws, name: str = "default", wishes: Wishes = ALL, *, timeout: float = 10
) -> Fall:
    """What the command does: opened by its tags, with its strays."""
    events: list[Event] = []
    teardown, _ = teardown_of(open_stack(aws, name, {}), wishes, events.append, timeout=timeout)
    return Fall.of(teardown, events)


def _raise_failure(outcomes: Mapping[AnyStep, Outcome]) -> None:
    for outcome in outcomes.values():
        if isinstance(outcome, Failed):
            raise outcome.error
