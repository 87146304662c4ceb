"""Functions: each change goes out as the one call it needs."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.bundle import Bundle
from ordersetup.errors import StillDiffers
from ordersetup.step import Seen
from ordersetup.steps.functions import Function
from tests.breakers import BREAKERS
from tests.conftest import Provision
from tests.stacks import AnyStep, Built, drift, stack, with_needs
from tests.wire import Wire

KEY = "function/SendEmail"
BUILT = stack()
FUNCTION: Function = BUILT.step(KEY)


def _steps(built: Built) -> tuple[AnyStep, ...]:
    return with_needs(built.steps, built.step(KEY))


def _writes(calls: list[str]) -> list[str]:
    return [call for call in calls if call in FUNCTION.calls.write]


@pytest.fixture
def steps(provision: Provision, calls: list[str]) -> tuple[AnyStep, ...]:
    """The function and what it needs, standing as wanted."""
    standing = _steps(BUILT)
    provision(standing)
    calls.clear()
    return standing


@pytest.mark.usefixtures("steps")
def test_new_code_is_only_uploaded(provision: Provision, calls: list[str]) -> None:
    changed = stack(code=Bundle(FUNCTION.code.zipped + b"\0"))
    provision(_steps(changed))
    assert _writes(calls) == ["lambda:UpdateFunctionCode"]


@pytest.mark.usefixtures("steps")
def test_a_new_environment_is_only_configured_and_the_role_is_not_passed_again(
    provision: Provision, wire: Wire
) -> None:
    changed = stack(sender="shop@example.com")

    provision(_steps(changed))

    assert _writes(wire.calls) == ["lambda:UpdateFunctionConfiguration"]
    sent = wire.requests["lambda:UpdateFunctionConfiguration"]
    assert sent["Environment"]["Variables"]["SENDER"] == "shop@example.com"
    assert "Role" not in sent


def test_a_wrong_role_is_passed_again(
    aws: Aws, provision: Provision, wire: Wire, steps: tuple[AnyStep, ...]
) -> None:
    BREAKERS["Function.role"].spoil(aws, FUNCTION, Seen())
    provision(steps)
    assert "Role" in wire.requests["lambda:UpdateFunctionConfiguration"]


def test_code_and_configuration_that_both_changed_go_one_after_the_other(
    aws: Aws, provision: Provision, wire: Wire, steps: tuple[AnyStep, ...]
) -> None:
    BREAKERS["Function.memory_mb"].spoil(aws, FUNCTION, Seen())
    BREAKERS["Function.code_sha256"].spoil(aws, FUNCTION, Seen())
    wire.calls.clear()
    wire.refuse(
        "lambda:UpdateFunctionCode",
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource: "
        f"{FUNCTION.arn}",
        status=409,
    )

    run = provision(steps)

    assert _writes(wire.calls) == [
        "lambda:UpdateFunctionConfiguration",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionCode",
    ]
    assert run.reasons == ["Lambda is still busy with an earlier change of the function"]
    assert drift(run.seen, steps) == set()


@pytest.mark.parametrize(
    ("attribute", "why"), [("State", "StateReason"), ("LastUpdateStatus", "LastUpdateStatusReason")]
)
def test_a_function_that_lambda_could_not_make_is_told_at_once_with_its_reason(
    provision: Provision, wire: Wire, steps: tuple[AnyStep, ...], attribute: str, why: str
) -> None:
    def bend(found: dict[str, Any]) -> None:
        found["Configuration"] |= {attribute: "Failed", why: "The image is gone"}

    wire.bend("lambda:GetFunction", bend, bend)

    with pytest.raises(StillDiffers, match="Lambda could not make it: The image is gone"):
        provision(steps)


@pytest.mark.parametrize(
    ("attribute", "answer", "reason"),
    [
        ("State", "Pending", "State is Pending, not Active"),
        ("LastUpdateStatus", "InProgress", "Last update status is InProgress, not Successful"),
    ],
)
def test_a_function_that_is_not_ready_is_waited_for(
    provision: Provision,
    wire: Wire,
    steps: tuple[AnyStep, ...],
    attribute: str,
    answer: str,
    reason: str,
) -> None:
    def bend(found: dict[str, Any]) -> None:
        found["Configuration"][attribute] = answer

    wire.bend("lambda:GetFunction", bend, bend)
    run = provision(steps)
    assert run.reasons == [reason]
    assert _writes(wire.calls) == []


def test_a_function_without_its_optional_fields_can_be_read(
    aws: Aws, wire: Wire, steps: tuple[AnyStep, ...]
) -> None:
    assert FUNCTION in steps

    def bend(found: dict[str, Any]) -> None:
        for name in ("Environment", "LoggingConfig", "Architectures", "State", "LastUpdateStatus"):
            del found["Configuration"][name]
        del found["Tags"]

    wire.bend("lambda:GetFunction", bend)
    state = FUNCTION.read(aws, Seen())
    assert state is not None
    assert (state.environment, state.log_format, state.architecture) == ((), "Text", "x86_64")
    assert (state.owner, state.state, state.last_update) == (None, "Active", "Successful")


def test_an_image_function_can_be_read(aws: Aws, wire: Wire, steps: tuple[AnyStep, ...]) -> None:
    assert FUNCTION in steps

    def bend(found: dict[str, Any]) -> None:
        del found["Configuration"]["Handler"]
        del found["Configuration"]["Runtime"]

    wire.bend("lambda:GetFunction", bend)
    state = FUNCTION.read(aws, Seen())
    assert state is not None
    assert (state.handler, state.runtime) == ("", "")
