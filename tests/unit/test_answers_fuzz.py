"""Whatever AWS answers: a check that does not hold, or an error that names the call.

Each read of a survey is recorded on moto; then every field of every answer is left out, emptied
and made something else, one at a time, and the steps that read it are surveyed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws

from ordersetup.aws import Aws
from ordersetup.errors import Denied, OrdersetupError
from ordersetup.events import Failed, Found
from ordersetup.lifecycle import Lifecycle
from ordersetup.refusals import told
from ordersetup.report import report_on
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.inspections import inspections
from ordersetup.steps.rights import Simulation
from ordersetup.views.planned import tell_plan
from ordersetup.views.reported import tell_report
from tests.emulators import corrected
from tests.replay import GONE, Path, Replay, fields_of, instead_of, put, sample, value_at
from tests.stacks import AnyStep, Built, brought_stack, full_stack, make_policies, stack
from tests.wire import Visitor, Wire

TOKENS = ("NextToken", "nextToken", "position", "Marker", "NextMarker", "LastEvaluatedKey")


def steps_of(built: Built) -> tuple[AnyStep, ...]:
    return (*built.steps, *inspections(built.steps, built.blueprint))


def recorded(built: Built) -> Replay:
    """A survey of a stack that stands, as it was answered."""
    with mock_aws(), corrected():
        replay = Replay(Visitor())
        make_policies(replay.aws)
        lifecycle = Lifecycle(replay.aws, built.steps, lambda _: None, timeout=30)
        lifecycle.survey()
        assert not [o for o in lifecycle.provision().values() if isinstance(o, Failed)]
        replay.answers.clear()
        outcomes = Lifecycle(replay.aws, steps_of(built), lambda _: None, timeout=30).survey()
        assert not [o for o in outcomes.values() if isinstance(o, Failed)]
        replay.done()
    return replay


class Bend(NamedTuple):
    """One thing that is wrong with every answer of an operation."""

    operation: str
    what: str
    how: Callable[[dict[str, Any]], object]


def bends(replay: Replay) -> Iterator[Bend]:
    for operation, answers in sorted(replay.answers.items()):
        places = {path: value_at(a, path) for a in answers.values() for path in fields_of(a)}
        for path, value in places.items():
            at = ".".join(map(str, path))
            for name, other in {"missing": GONE, **instead_of(value)}.items():
                yield Bend(operation, f"{at} is {name}", partial(_put, path, other))
        yield from _more(operation, replay)


def _more(operation: str, replay: Replay) -> Iterator[Bend]:
    shape = replay.shapes[operation]
    members: dict[str, Any] = getattr(shape, "members", {})
    more = {name: sample(member) for name, member in members.items() if name not in TOKENS}
    yield Bend(operation, "more is told", lambda told: told.update({**more, **told}))
    yield Bend(operation, "nothing is told", _emptied)
    for token in TOKENS:
        if token in members:
            again: dict[str, Any] = {token: sample(members[token]), "IsTruncated": True}
            yield Bend(operation, "pages never end", partial(_add, again))


def _put(path: Path, value: object, told: dict[str, Any]) -> None:
    put(told, path, value)


def _add(more: dict[str, Any], told: dict[str, Any]) -> None:
    told.update(more)


def _emptied(told: dict[str, Any]) -> None:
    for name in [name for name in told if name != "ResponseMetadata"]:
        del told[name]


def concerned(steps: tuple[AnyStep, ...], operation: str) -> tuple[AnyStep, ...]:
    """The steps that read by an operation, and what they look at."""
    found: set[AnyStep] = set()
    waiting = [step for step in steps if operation in step.calls.read]
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting += step.looks_at
    return tuple(step for step in steps if step in found)


def faults(replay: Replay, steps: tuple[AnyStep, ...], bend: Bend) -> str:
    """What a bend does that it should not; empty if it is as it should be."""
    replay.spoil(bend.operation, bend.how)
    lifecycle = Lifecycle(replay.aws, steps, lambda _: None, timeout=1)
    outcomes = lifecycle.survey()
    for outcome in outcomes.values():
        if isinstance(outcome, Failed):
            if not isinstance(outcome.error, OrdersetupError | ClientError | BotoCoreError):
                return f"{outcome.step}: {outcome.error!r}"
            said = told(outcome.error)
            named = bend.operation.partition(":")[2] in said.happened
            if not named and not isinstance(said, Denied):
                return f"{outcome.step} does not name the call: {said}"
    with suppress(OrdersetupError):
        lifecycle.refuse_conflicts()
    found = {step: o for step, o in outcomes.items() if isinstance(o, Found)}
    tell_plan(found, json=False, color=False, verbose=False)
    report = report_on(replay.aws, "default", steps, outcomes)
    tell_report(report, json=True, color=False, verbose=False)
    tell_report(report, json=False, color=False, verbose=False)
    return ""


def all_faults(replay: Replay, steps: tuple[AnyStep, ...], readers: Sequence[AnyStep]) -> list[str]:
    """What is wrong with any bend of the answers that these steps read."""
    reads = {operation for step in readers for operation in step.calls.read}
    wrong, tried = [], 0
    for bend in bends(replay):
        if bend.operation not in reads:
            continue
        tried += 1
        try:
            fault = faults(replay, concerned(steps, bend.operation), bend)
        except Exception as error:  # noqa: BLE001 - the very thing that is looked for
            fault = repr(error)
        if fault:
            wrong.append(f"{bend.operation}: {bend.what}: {fault}")
    assert tried > len(reads), "else nothing was tried"
    return wrong


def test_whatever_is_read_is_a_finding_or_an_error_that_names_the_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    built = full_stack()
    steps = steps_of(built)
    wrong = all_faults(recorded(built), steps, steps)
    capsys.readouterr()
    assert not wrong, "\n".join(wrong)


def test_the_same_of_what_is_read_of_a_role_of_the_user_s_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    built = brought_stack()
    steps = steps_of(built)
    own = [step for step in steps if isinstance(step, BroughtRole | Simulation)]
    wrong = all_faults(recorded(built), steps, own)
    capsys.readouterr()
    assert not wrong, "\n".join(wrong)


def test_an_answer_that_lacks_a_field_is_told_by_its_call(aws: Aws, wire: Wire) -> None:
    queue = stack().step("queue/OrderProcessingDLQ")
    aws.sqs.create_queue(QueueName="OrderProcessingDLQ")
    wire.bend("sqs:GetQueueAttributes", lambda told: told.pop("Attributes"))
    outcomes = Lifecycle(aws, [queue], lambda _: None, timeout=1).survey()
    failed = outcomes[queue]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error.__cause__, KeyError), "which --debug shows"
    assert told(failed.error).happened == (
        "AWS's answer to sqs:GetQueueUrl or sqs:GetQueueAttributes makes no sense: "
        "KeyError: 'Attributes'."
    )
