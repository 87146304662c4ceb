"""What API Gateway answers by itself: with the CORS headers, and with AWS's own body."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.steps.gateway_responses import GatewayResponse
from tests.conftest import Provision, Survey
from tests.stacks import drift, stack, with_needs
from tests.wire import Wire

PUT = "apigateway:PutGatewayResponse"
BUILT = stack()
ON_4XX: GatewayResponse = BUILT.step("cors/EcommerceAPI/DEFAULT_4XX")
ON_5XX: GatewayResponse = BUILT.step("cors/EcommerceAPI/DEFAULT_5XX")
STEPS = with_needs(BUILT.steps, ON_4XX, ON_5XX)
BODY = {"application/json": '{"message":$context.error.messageString}'}


@pytest.fixture
def api_id(provision: Provision, calls: list[str]) -> str:
    """The id of an API whose gateway responses nobody has touched."""
    run = provision([ON_4XX.api])
    calls.clear()
    return run.seen.of(ON_4XX.api).api_id


def test_both_kinds_get_the_three_headers_and_keep_awss_body(
    aws: Aws, provision: Provision, calls: list[str], api_id: str
) -> None:
    run = provision(STEPS)

    assert drift(run.seen, STEPS) == set()
    assert calls.count(PUT) == 2
    found = aws.apigateway.get_gateway_responses(restApiId=api_id)["items"]
    assert [one["responseType"] for one in found] == ["DEFAULT_4XX", "DEFAULT_5XX"]
    for one in found:
        assert one["responseTemplates"] == BODY
        assert one["responseParameters"] == {
            "gatewayresponse.header.Access-Control-Allow-Headers": (
                "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'"
            ),
            "gatewayresponse.header.Access-Control-Allow-Methods": "'OPTIONS,POST'",
            "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
        }


def test_one_that_is_reset_to_awss_default_is_put_again_and_the_other_is_not(
    aws: Aws, provision: Provision, wire: Wire, api_id: str
) -> None:
    provision(STEPS)
    aws.apigateway.delete_gateway_response(restApiId=api_id, responseType="DEFAULT_5XX")
    wire.calls.clear()

    run = provision(STEPS)

    assert wire.calls.count(PUT) == 1
    assert wire.requests[PUT]["responseType"] == "DEFAULT_5XX"
    assert drift(run.seen, STEPS) == set()


def test_a_header_of_somebody_elses_is_no_drift(
    aws: Aws, provision: Provision, calls: list[str], api_id: str
) -> None:
    provision(STEPS)
    found = aws.apigateway.get_gateway_response(restApiId=api_id, responseType="DEFAULT_4XX")
    more = {"gatewayresponse.header.X-Help": "'https://shop.example.com/help'"}
    aws.apigateway.put_gateway_response(
        restApiId=api_id,
        responseType="DEFAULT_4XX",
        responseParameters={**found["responseParameters"], **more},
        responseTemplates=BODY,
    )
    calls.clear()

    provision(STEPS)

    assert PUT not in calls


@pytest.mark.parametrize(
    ("changes", "attribute"),
    [
        ({"statusCode": "418", "responseTemplates": BODY}, "status"),
        ({"responseTemplates": {"application/json": '{"fault":"tea"}'}}, "body"),
        ({"responseTemplates": {**BODY, "text/html": "<b>tea</b>"}}, "body"),
        ({}, "body"),
    ],
    ids=["a status", "a body", "a body for pages beside it", "no body at all"],
)
def test_an_answer_changed_by_hand_is_seen_and_put_back(
    aws: Aws,
    provision: Provision,
    survey: Survey,
    api_id: str,
    changes: dict[str, Any],
    attribute: str,
) -> None:
    provision(STEPS)
    address: Any = {"restApiId": api_id, "responseType": "DEFAULT_4XX"}
    headers = aws.apigateway.get_gateway_response(**address)["responseParameters"]
    aws.apigateway.put_gateway_response(**address, responseParameters=headers, **changes)

    assert drift(survey(STEPS).seen, STEPS) == {(ON_4XX.key, f"GatewayResponse.{attribute}")}
    run = provision(STEPS)

    assert drift(run.seen, STEPS) == set()
    found = aws.apigateway.get_gateway_response(**address)
    assert found["responseTemplates"] == BODY
    assert not found.get("statusCode")


def test_a_concurrent_modification_is_waited_for(
    provision: Provision, wire: Wire, api_id: str
) -> None:
    assert api_id
    wire.refuse(
        PUT,
        "ConflictException",
        "Unable to complete operation due to concurrent modification. Please try again later.",
        status=409,
    )

    run = provision(STEPS)

    assert run.reasons == ["another change of the API is under way"]
    assert drift(run.seen, STEPS) == set()


def test_the_rate_limit_of_the_control_plane_is_waited_for_with_its_reason(
    provision: Provision, wire: Wire, api_id: str
) -> None:
    assert api_id
    wire.refuse(PUT, "TooManyRequestsException", "Too Many Requests", times=2, status=429)

    run = provision(STEPS)

    assert set(run.reasons) == {"AWS limits the rate of this call for the whole account"}
    assert drift(run.seen, STEPS) == set()


@pytest.mark.parametrize("origin", ["https://shop.example.com", "http://localhost:5173"])
def test_one_origin_alone_may_read_a_refusal(
    aws: Aws, provision: Provision, api_id: str, origin: str
) -> None:
    built = stack(cors_origin=origin)
    provision(with_needs(built.steps, built.step(ON_4XX.key)))
    address: Any = {"restApiId": api_id, "responseType": "DEFAULT_4XX"}
    values = aws.apigateway.get_gateway_response(**address)["responseParameters"]
    assert values["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{origin}'"
