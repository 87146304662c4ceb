"""Retries and the on-failure destination, as AWS tells and takes them."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.step import Seen
from ordersetup.steps.async_invocation import AsyncInvocation
from tests.conftest import Provision
from tests.stacks import AnyStep, drift, stack, with_needs
from tests.wire import Wire

BUILT = stack()
STEP: AsyncInvocation = BUILT.step("async-invocation/UpdateInventory")
STEPS = with_needs(BUILT.steps, STEP)
PUT = "lambda:PutFunctionEventInvokeConfig"


def test_both_asynchronously_invoked_functions_have_the_safety_net() -> None:
    nets = [step for step in BUILT.steps if isinstance(step, AsyncInvocation)]
    assert [step.function.name for step in nets] == ["UpdateInventory", "SendEmail"]
    assert all(step.desired.retry_attempts == 2 for step in nets)
    assert all(step.desired.on_failure == BUILT.blueprint.queue_arn for step in nets)


def test_the_whole_record_is_always_sent(provision: Provision, wire: Wire) -> None:
    provision(STEPS)
    assert wire.requests[PUT] == {
        "FunctionName": "UpdateInventory",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 21_600,
        "DestinationConfig": {"OnFailure": {"Destination": BUILT.blueprint.queue_arn}},
    }


@pytest.mark.parametrize("gone", [{"MaximumRetryAttempts"}, {"MaximumEventAgeInSeconds"}])
def test_what_was_never_set_has_lambdas_default_and_is_no_drift(
    provision: Provision, wire: Wire, gone: set[str]
) -> None:
    provision(STEPS)
    wire.calls.clear()

    def bend(found: dict[str, Any]) -> None:
        for name in gone:
            del found[name]

    wire.bend("lambda:GetFunctionEventInvokeConfig", bend)
    provision(STEPS)
    assert PUT not in wire.calls


@pytest.mark.parametrize("told", [{"OnSuccess": {}, "OnFailure": {}}, {}])
def test_a_record_without_destinations_leads_nowhere(
    aws: Aws, provision: Provision, wire: Wire, told: dict[str, Any]
) -> None:
    provision(STEPS)
    wire.bend(
        "lambda:GetFunctionEventInvokeConfig", lambda found: found.update(DestinationConfig=told)
    )
    state = STEP.read(aws, Seen())
    assert state is not None
    assert state.on_failure is None
    assert state.on_success is None


def test_a_destination_refused_while_the_policy_spreads_waits_and_says_why(
    provision: Provision, wire: Wire
) -> None:
    wire.refuse(
        PUT,
        "InvalidParameterValueException",
        "The function's execution role does not have permissions to call SendMessage on "
        f"{BUILT.blueprint.queue_arn}",
        times=2,
    )
    run = provision(STEPS)
    assert run.reasons == ["the role's policy is not yet known to Lambda"] * 2
    assert drift(run.seen, STEPS) == set()


def test_the_safety_net_waits_for_queue_role_policy_and_function() -> None:
    needed: set[AnyStep] = {*STEP.needs}
    assert {step.key for step in needed} == {
        "function/UpdateInventory",
        "queue/OrderProcessingDLQ",
        "role-policy/OrderProcessingRole-eu-west-1",
    }
