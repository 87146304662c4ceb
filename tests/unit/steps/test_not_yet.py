"""Every "not yet" that a step declares, in AWS's own words: met once, told, and survived.

`ANSWERS` has one entry for each; a new transient without one fails here, so that its words are
looked up and not invented. What looks alike but is meant for good must fail at once.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.transient import Transient
from tests.breakers import BREAKERS
from tests.conftest import Provision
from tests.stacks import AnyStep, Run, drift, full_stack, make_policies, ringing_stack, with_needs
from tests.unit.steps.answers import ANSWERS, PERMANENT, Answer
from tests.wire import Wire

BUILT = (ringing_stack(), full_stack())
STEPS = {type(step).__name__: step for built in BUILT for step in built.steps}


CASES = {
    f"{name}: {transient.code} {transient.fragment}".strip(): (step, transient)
    for name, step in STEPS.items()
    for transient in step.transient
}
WORDED = {name: (step, t) for name, (step, t) in CASES.items() if t.fragment}


def test_there_is_an_answer_for_every_transient_and_no_other() -> None:
    declared = {name: {(t.code, t.fragment) for t in s.transient} for name, s in STEPS.items()}
    assert {name: found for name, found in declared.items() if found} == {
        name: set(answers) for name, answers in ANSWERS.items()
    }


def _meet(aws: Aws, provision: Provision, step: AnyStep, answer: Answer) -> tuple[AnyStep, ...]:
    """Everything up to the moment at which the answer is given."""
    make_policies(aws)
    (steps,) = (with_needs(built.steps, step) for built in BUILT if step in built.steps)
    if answer.broken is None:
        provision([needed for needed in steps if needed is not step])
    else:
        right = provision(steps)
        BREAKERS[answer.broken].spoil(aws, step, right.seen)
    return steps


@pytest.mark.parametrize(("step", "transient"), CASES.values(), ids=CASES)
def test_a_not_yet_is_told_and_survived(
    aws: Aws, wire: Wire, provision: Provision, step: AnyStep, transient: Transient
) -> None:
    answer = ANSWERS[type(step).__name__][transient.code, transient.fragment]
    steps = _meet(aws, provision, step, answer)
    wire.refuse(answer.operation, transient.code, answer.message)

    run: Run = provision(steps)

    assert run.reasons == [transient.reason]
    assert drift(run.seen, steps) == set()


@pytest.mark.parametrize(("step", "transient"), WORDED.values(), ids=WORDED)
def test_the_same_code_with_other_words_fails_at_once(
    aws: Aws, wire: Wire, provision: Provision, step: AnyStep, transient: Transient
) -> None:
    answer = ANSWERS[type(step).__name__][transient.code, transient.fragment]
    steps = _meet(aws, provision, step, answer)
    wire.refuse(answer.operation, transient.code, PERMANENT[answer.operation])
    wire.calls.clear()

    with pytest.raises(ClientError) as failed:
        provision(steps)

    assert failed.value.response["Error"]["Code"] == transient.code
    assert wire.calls.count(answer.operation) == 1


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_wait_says_what_for_and_what_to_look_at(step: AnyStep) -> None:
    for transient in step.transient:
        assert transient.within > 0
        assert transient.reason
        assert not transient.reason.endswith(".")
        assert transient.remedy.startswith(("See ", "Check "))
