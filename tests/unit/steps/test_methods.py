"""POST, OPTIONS and the gateway responses of /orders: post_method, cors, gateway_responses."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ordersetup.aws import Aws
from ordersetup.steps.cors import Preflight
from ordersetup.steps.gateway_responses import GatewayResponse
from ordersetup.steps.post_method import PostMethod
from tests.conftest import Provision, Survey
from tests.stacks import Run, drift, stack, with_needs
from tests.wire import Wire

BUILT = stack()
POST: PostMethod = BUILT.step("method/EcommerceAPI/orders/POST")
OPTIONS: Preflight = BUILT.step("cors/EcommerceAPI/orders/OPTIONS")
ON_4XX: GatewayResponse = BUILT.step("cors/EcommerceAPI/DEFAULT_4XX")
STEPS = with_needs(BUILT.steps, POST, OPTIONS, ON_4XX)
Verb = Literal["POST", "OPTIONS"]


@pytest.fixture
def right(provision: Provision) -> Run:
    """The API with its methods, as wanted."""
    return provision(STEPS)


def _address(run: Run, verb: Verb) -> dict[str, Any]:
    return {
        "restApiId": run.seen.of(POST.resource.api).api_id,
        "resourceId": run.seen.of(POST.resource).resource_id,
        "httpMethod": verb,
    }


@pytest.mark.parametrize("verb", ["POST", "OPTIONS"])
@pytest.mark.parametrize("put_again", [True, False])
def test_an_answer_200_without_anything_or_missing_is_made_right(
    aws: Aws, provision: Provision, right: Run, verb: Verb, put_again: bool
) -> None:
    address = _address(right, verb)
    aws.apigateway.delete_method_response(**address, statusCode="200")
    if put_again:
        aws.apigateway.put_method_response(**address, statusCode="200")

    run = provision(STEPS)

    assert run.reasons == []
    assert drift(run.seen, STEPS) == set()


@pytest.mark.parametrize("verb", ["POST", "OPTIONS"])
def test_a_method_left_without_integration_by_a_crash_gets_it(
    aws: Aws, provision: Provision, right: Run, verb: Verb
) -> None:
    aws.apigateway.delete_integration(**_address(right, verb))
    run = provision(STEPS)
    assert drift(run.seen, STEPS) == set()


WRITTEN = {"apigateway:PutMethod", "apigateway:PutIntegration", "apigateway:PutGatewayResponse"}


def test_what_the_answers_to_the_writes_tell_is_not_asked_for(
    provision: Provision, survey: Survey, calls: list[str]
) -> None:
    run = provision(STEPS)

    assert set(calls) >= WRITTEN
    assert set(calls).isdisjoint(
        {"apigateway:GetMethod", "apigateway:GetGatewayResponse", "apigateway:GetResources"}
    )
    read = survey(STEPS).seen
    assert {s.key: run.seen.of(s) for s in STEPS} == {s.key: read.of(s) for s in STEPS}


@pytest.mark.parametrize(
    ("write", "missing", "read", "times"),
    [
        ("PutMethod", "authorizationType", "GetMethod", 2),
        ("PutMethodResponse", "responseParameters", "GetMethod", 2),
        ("PutIntegration", "type", "GetMethod", 2),
        ("PutIntegrationResponse", "responseParameters", "GetMethod", 1),
        ("PutGatewayResponse", "responseTemplates", "GetGatewayResponse", 1),
    ],
)
def test_what_an_answer_leaves_out_is_asked_for(
    provision: Provision, wire: Wire, write: str, missing: str, read: str, times: int
) -> None:
    wire.bend(f"apigateway:{write}", lambda answer: answer.pop(missing))
    run = provision(STEPS)
    assert f"apigateway:{read}" in wire.calls
    assert wire.calls.count(f"apigateway:{write}") == times, "and written no second time"
    assert drift(run.seen, STEPS) == set()


def test_what_the_console_adds_to_an_integration_is_no_drift(
    aws: Aws, provision: Provision, calls: list[str], right: Run
) -> None:
    aws.apigateway.put_integration(
        **_address(right, "POST"),
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=POST.uri,
        contentHandling="CONVERT_TO_TEXT",
        cacheNamespace="console",
    )
    calls.clear()
    provision(STEPS)
    assert {call for step in STEPS for call in step.calls.write}.isdisjoint(calls)


def test_a_template_written_with_other_spaces_is_no_drift(aws: Aws, right: Run, wire: Wire) -> None:
    def bend(answer: dict[str, Any]) -> None:
        answer["methodIntegration"]["requestTemplates"] = {"application/json": '{"statusCode":200}'}

    wire.bend("apigateway:GetMethod", bend)
    assert all(check.holds for check in OPTIONS.checks(OPTIONS.read(aws, right.seen)))


def test_a_template_that_is_no_json_is_drift_and_no_crash(aws: Aws, right: Run, wire: Wire) -> None:
    def bend(answer: dict[str, Any]) -> None:
        answer["methodIntegration"]["requestTemplates"] = {"application/json": "#set($x = 1)"}

    wire.bend("apigateway:GetMethod", bend)
    state = OPTIONS.read(aws, right.seen)
    assert state is not None
    assert state.template == "#set($x = 1)"


@pytest.mark.parametrize("step", [POST, OPTIONS], ids=["POST", "OPTIONS"])
def test_a_bare_method_can_be_read(
    aws: Aws, right: Run, wire: Wire, step: PostMethod | Preflight
) -> None:
    def bend(answer: dict[str, Any]) -> None:
        for name in ("methodIntegration", "methodResponses", "apiKeyRequired"):
            answer.pop(name, None)

    wire.bend("apigateway:GetMethod", bend)
    state = step.read(aws, right.seen)
    assert state is not None
    assert state.integration_type is None
    assert state.answers_with is None


def test_an_untouched_gateway_response_is_drift(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    run = provision([ON_4XX.api])
    state = ON_4XX.read(aws, run.seen)
    assert state is not None
    missing = {check.attribute for check in ON_4XX.checks(state) if not check.holds}
    assert missing == {"allow_headers", "allow_methods", "allow_origin"}
    calls.clear()
    provision([ON_4XX.api, ON_4XX])
    assert calls.count("apigateway:PutGatewayResponse") == 1


def test_a_gateway_response_keeps_awss_own_body(right: Run, wire: Wire) -> None:
    assert right.seen.of(ON_4XX)
    assert wire.requests["apigateway:PutGatewayResponse"]["responseTemplates"] == {
        "application/json": '{"message":$context.error.messageString}'
    }
