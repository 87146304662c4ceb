"""POST /orders: completed where a crash has left it half made, and what others add is let be."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.steps.post_method import PostMethod
from tests.conftest import Provision
from tests.stacks import Run, drift, stack, with_needs
from tests.wire import Wire

BUILT = stack()
POST: PostMethod = BUILT.step("method/EcommerceAPI/orders/POST")
STEPS = with_needs(BUILT.steps, POST)
ANSWER, INTEGRATION = "apigateway:PutMethodResponse", "apigateway:PutIntegration"
CONCURRENT = "Unable to complete operation due to concurrent modification. Please try again later."


@pytest.fixture
def bare(provision: Provision, calls: list[str]) -> dict[str, Any]:
    """The address of the method that is still to be made."""
    run = provision([step for step in STEPS if step is not POST])
    calls.clear()
    return _address(run)


def _address(run: Run) -> dict[str, Any]:
    return {
        "restApiId": run.seen.of(POST.resource.api).api_id,
        "resourceId": run.seen.of(POST.resource).resource_id,
        "httpMethod": "POST",
    }


def _put_method(aws: Aws, address: dict[str, Any]) -> None:
    aws.apigateway.put_method(**address, authorizationType="NONE", apiKeyRequired=False)


def _writes(calls: list[str]) -> list[str]:
    return [call for call in calls if call in POST.calls.write]


def test_a_method_that_a_crash_left_bare_gets_exactly_what_is_missing(
    aws: Aws, provision: Provision, calls: list[str], bare: dict[str, Any]
) -> None:
    _put_method(aws, bare)
    calls.clear()

    run = provision(STEPS)

    assert _writes(calls) == [ANSWER, INTEGRATION]
    assert drift(run.seen, STEPS) == set()


def test_a_method_whose_answer_stands_gets_the_integration_alone(
    aws: Aws, provision: Provision, calls: list[str], bare: dict[str, Any]
) -> None:
    _put_method(aws, bare)
    aws.apigateway.put_method_response(
        **bare,
        statusCode="200",
        responseModels={"application/json": "Empty"},
        responseParameters={"method.response.header.Access-Control-Allow-Origin": False},
    )
    calls.clear()

    run = provision(STEPS)

    assert _writes(calls) == [INTEGRATION]
    assert drift(run.seen, STEPS) == set()


@pytest.mark.parametrize(
    ("refused", "made"),
    [
        (ANSWER, ["apigateway:PutMethod", ANSWER, ANSWER, INTEGRATION]),
        (INTEGRATION, ["apigateway:PutMethod", ANSWER, INTEGRATION, INTEGRATION]),
    ],
)
def test_a_conflict_half_way_is_waited_for_and_nothing_that_stands_is_put_again(
    provision: Provision, wire: Wire, bare: dict[str, Any], refused: str, made: list[str]
) -> None:
    assert bare
    wire.refuse(refused, "ConflictException", CONCURRENT, status=409)

    run = provision(STEPS)

    assert run.reasons == ["another change of the API is under way"]
    assert _writes(wire.calls) == made
    assert drift(run.seen, STEPS) == set()


def test_a_method_that_another_run_makes_meanwhile_is_looked_at_and_completed(
    aws: Aws, provision: Provision, wire: Wire, bare: dict[str, Any]
) -> None:
    wire.bend("apigateway:GetMethod", lambda _: _put_method(aws, bare))

    run = provision(STEPS)

    # The other's PutMethod, ours that is refused, and what the other has not come to yet.
    assert _writes(wire.calls) == ["apigateway:PutMethod"] * 2 + [ANSWER, INTEGRATION]
    assert run.reasons == ["it was made meanwhile; looking at it"]
    assert drift(run.seen, STEPS) == set()


def test_an_integration_of_the_consoles_own_making_is_no_drift(
    aws: Aws, provision: Provision, calls: list[str], bare: dict[str, Any]
) -> None:
    provision(STEPS)
    aws.apigateway.put_integration(
        **bare,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=POST.uri,
        contentHandling="CONVERT_TO_TEXT",
        cacheNamespace=bare["resourceId"],
        cacheKeyParameters=[],
        passthroughBehavior="WHEN_NO_MATCH",
    )
    calls.clear()

    run = provision(STEPS)

    assert _writes(calls) == []
    assert run.reasons == []


def test_further_answers_and_headers_of_somebody_elses_stay(
    aws: Aws, provision: Provision, calls: list[str], bare: dict[str, Any]
) -> None:
    provision(STEPS)
    aws.apigateway.put_method_response(**bare, statusCode="400")
    aws.apigateway.update_method_response(
        **bare,
        statusCode="200",
        patchOperations=[
            {
                "op": "add",
                "path": "/responseParameters/method.response.header.X-Request-Id",
                "value": "false",
            }
        ],
    )
    calls.clear()

    provision(STEPS)

    assert _writes(calls) == []
    assert aws.apigateway.get_method(**bare)["methodResponses"].keys() == {"200", "400"}
