"""Enable CORS: what the console's button makes, so that pressing it afterwards changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.steps.cors import Preflight, as_the_console
from tests.conftest import Provision, Survey
from tests.stacks import AnyStep, Run, drift, stack, with_needs
from tests.wire import Wire

BUILT = stack()
OPTIONS: Preflight = BUILT.step("cors/EcommerceAPI/orders/OPTIONS")
ON_4XX, ON_5XX = (BUILT.step(f"cors/EcommerceAPI/DEFAULT_{kind}") for kind in ("4XX", "5XX"))
STEPS = with_needs(BUILT.steps, OPTIONS, ON_4XX, ON_5XX)

METHODS = "Access-Control-Allow-Methods"
METHOD, ANSWER = "apigateway:PutMethod", "apigateway:PutMethodResponse"
INTEGRATION, MAPPED = "apigateway:PutIntegration", "apigateway:PutIntegrationResponse"

HEADERS = {
    "Access-Control-Allow-Headers": (
        "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'"
    ),
    "Access-Control-Allow-Methods": "'OPTIONS,POST'",
    "Access-Control-Allow-Origin": "'*'",
}
"""What the console fills in when POST and OPTIONS are ticked."""


@pytest.fixture
def right(provision: Provision, calls: list[str]) -> Run:
    """The API with all that Enable CORS makes."""
    run = provision(STEPS)
    calls.clear()
    return run


def _address(run: Run, verb: str = "OPTIONS") -> dict[str, Any]:
    return {
        "restApiId": run.seen.of(OPTIONS.resource.api).api_id,
        "resourceId": run.seen.of(OPTIONS.resource).resource_id,
        "httpMethod": verb,
    }


def _writes(calls: list[str]) -> list[str]:
    return [call for call in calls if call in OPTIONS.calls.write]


# The console's button


def _press_enable_cors(aws: Aws, run: Run) -> list[str]:
    """The calls of API Gateway › /orders › Enable CORS › Save; returns what stood already."""
    options, post = _address(run), _address(run, "POST")
    api_id = options["restApiId"]
    stood = []
    if _stands(lambda: aws.apigateway.put_method(**options, authorizationType="NONE")):
        stood.append("OPTIONS")
    _put_mock(aws, options, '{"statusCode": 200}')
    if _declare(aws, options, *HEADERS):
        stood.append("OPTIONS 200")
    aws.apigateway.put_integration_response(
        **options,
        statusCode="200",
        responseParameters={f"method.response.header.{h}": v for h, v in HEADERS.items()},
        responseTemplates={"application/json": ""},
    )
    # A proxy integration's answer is the function's: its value cannot be mapped.
    if _declare(aws, post, "Access-Control-Allow-Origin"):
        stood.append("POST 200")
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        _add_headers(aws, api_id, kind)
    return stood


def _put_mock(aws: Aws, address: dict[str, Any], template: str) -> None:
    """The integration; moto does not know that WHEN_NO_MATCH is the default."""
    aws.apigateway.put_integration(
        **address,
        type="MOCK",
        requestTemplates={"application/json": template},
        passthroughBehavior="WHEN_NO_MATCH",
    )


def _stands(put: Callable[[], object]) -> bool:
    """Put; whether it was refused since it stands."""
    try:
        put()
    except ClientError as error:
        if "already exists for this resource" not in error.response["Error"]["Message"]:
            raise
        return True
    return False


def _declare(aws: Aws, address: dict[str, Any], *headers: str) -> bool:
    """Declare headers of the answer 200, or add them to the one that stands."""
    names = {f"method.response.header.{header}": False for header in headers}
    stands = _stands(
        lambda: aws.apigateway.put_method_response(
            **address,
            statusCode="200",
            responseModels={"application/json": "Empty"},
            responseParameters=names,
        )
    )
    if stands:
        patches: Any = [
            {"op": "add", "path": f"/responseParameters/{name}", "value": "false"} for name in names
        ]
        aws.apigateway.update_method_response(**address, statusCode="200", patchOperations=patches)
    return stands


def _add_headers(aws: Aws, api_id: str, kind: Any) -> None:
    """Add the headers to a gateway response; moto has no UpdateGatewayResponse."""
    found = aws.apigateway.get_gateway_response(restApiId=api_id, responseType=kind)
    headers = {f"gatewayresponse.header.{header}": value for header, value in HEADERS.items()}
    aws.apigateway.put_gateway_response(
        restApiId=api_id,
        responseType=kind,
        responseParameters={**found.get("responseParameters", {}), **headers},
        responseTemplates=found["responseTemplates"],
    )


def _all_of_it(aws: Aws, api_id: str) -> dict[str, Any]:
    """Every resource with its methods, and every gateway response."""
    resources = aws.apigateway.get_resources(restApiId=api_id, embed=["methods"])["items"]
    methods = {
        (one["path"], verb): _told(
            aws.apigateway.get_method(restApiId=api_id, resourceId=one["id"], httpMethod=verb)
        )
        for one in resources
        for verb in one.get("resourceMethods", {})
    }
    answers = aws.apigateway.get_gateway_responses(restApiId=api_id)["items"]
    return {"resources": resources, "methods": methods, "gateway responses": answers}


def _told(answer: Any) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_pressing_enable_cors_afterwards_changes_nothing(
    aws: Aws, right: Run, survey: Survey
) -> None:
    api_id = _address(right)["restApiId"]
    before = _all_of_it(aws, api_id)
    assert before["methods"].keys() == {("/orders", "OPTIONS"), ("/orders", "POST")}
    assert len(before["gateway responses"]) == 2

    stood = _press_enable_cors(aws, right)

    assert stood == ["OPTIONS", "OPTIONS 200", "POST 200"]
    assert drift(survey(STEPS).seen, STEPS) == set()
    assert _all_of_it(aws, api_id) == before


def test_what_the_button_has_made_is_found_as_wanted(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    built = [step for step in STEPS if step not in (OPTIONS, ON_4XX, ON_5XX)]
    assert _press_enable_cors(aws, provision(built)) == ["POST 200"]
    calls.clear()

    run = provision(STEPS)

    assert {call for step in STEPS for call in step.calls.write}.isdisjoint(calls)
    assert drift(run.seen, STEPS) == set()


# Half made, drifted, spelt otherwise


@pytest.mark.parametrize(
    ("done", "missing"),
    [
        ([METHOD], [ANSWER, INTEGRATION, MAPPED]),
        ([METHOD, ANSWER], [INTEGRATION, MAPPED]),
        ([METHOD, ANSWER, INTEGRATION], [MAPPED]),
    ],
    ids=["the method", "the answer", "the integration"],
)
def test_a_crash_after_any_of_its_calls_is_made_good_by_exactly_the_others(
    provision: Provision, wire: Wire, done: list[str], missing: list[str]
) -> None:
    provision([step for step in STEPS if step is not OPTIONS])
    wire.calls.clear()
    wire.refuse(missing[0], "AccessDeniedException", "is not authorized to perform", status=403)
    with pytest.raises(ClientError):
        provision(STEPS)
    assert _writes(wire.calls) == [*done, missing[0]]
    wire.calls.clear()

    run = provision(STEPS)

    assert _writes(wire.calls) == missing
    assert drift(run.seen, STEPS) == set()


def test_a_method_that_is_made_meanwhile_is_looked_at(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    address = _address(provision([step for step in STEPS if step is not OPTIONS]))
    wire.calls.clear()

    def make_what_is_missing(answer: dict[str, Any]) -> None:
        if "Error" in answer:
            aws.apigateway.put_method(**address, authorizationType="NONE")

    # The survey asks for both methods, at the same time.
    wire.bend("apigateway:GetMethod", make_what_is_missing, make_what_is_missing)

    run = provision(STEPS)

    # The other's, ours that is refused, and what the other has not come to yet.
    assert _writes(wire.calls) == [METHOD, METHOD, ANSWER, INTEGRATION, MAPPED]
    assert run.reasons == ["it was made meanwhile; looking at it"]
    assert drift(run.seen, STEPS) == set()


@pytest.mark.parametrize("spelt", ['{"statusCode":200}', '{\n  "statusCode" : 200\n}\n'])
def test_a_template_spelt_otherwise_is_no_drift(
    aws: Aws, provision: Provision, calls: list[str], right: Run, spelt: str
) -> None:
    address = _address(right)
    mapped = aws.apigateway.get_integration_response(**address, statusCode="200")
    _put_mock(aws, address, spelt)
    aws.apigateway.put_integration_response(
        **address, statusCode="200", responseParameters=mapped["responseParameters"]
    )
    calls.clear()

    run = provision(STEPS)

    assert _writes(calls) == []
    assert run.reasons == []


@pytest.mark.parametrize(
    ("header", "found", "alike"),
    [
        (METHODS, "'POST,OPTIONS'", True),
        (METHODS, "'POST, OPTIONS'", True),
        (METHODS, "'post,options'", False),
        (METHODS, "'OPTIONS,POST,GET'", False),
        (METHODS, "'POST'", False),
        (METHODS, None, False),
        (
            "Access-Control-Allow-Headers",
            "'x-api-key, Authorization,content-type,X-Amz-Date,X-Amz-Security-Token'",
            True,
        ),
        ("Access-Control-Allow-Headers", "'Content-Type'", False),
        ("Access-Control-Allow-Origin", "'https://Example.com'", False),
    ],
)
def test_a_list_is_read_as_a_set_and_names_of_headers_in_any_case(
    header: str, found: str | None, alike: bool
) -> None:
    assert as_the_console(header, found) == (HEADERS[header] if alike else found)


@pytest.mark.parametrize("step", [OPTIONS, ON_4XX], ids=["OPTIONS", "4XX"])
def test_lists_in_another_order_are_no_drift_and_nothing_is_written(
    aws: Aws, provision: Provision, calls: list[str], right: Run, step: AnyStep
) -> None:
    turned = "'POST,OPTIONS'"
    if step is OPTIONS:
        address = _address(right)
        name = f"method.response.header.{METHODS}"
        mapped = aws.apigateway.get_integration_response(**address, statusCode="200")
        values = {**mapped["responseParameters"], name: turned}
        aws.apigateway.put_integration_response(
            **address, statusCode="200", responseParameters=values
        )
    else:
        kind: Any = {"restApiId": _address(right)["restApiId"], "responseType": "DEFAULT_4XX"}
        found = aws.apigateway.get_gateway_response(**kind)
        values = {**found["responseParameters"], f"gatewayresponse.header.{METHODS}": turned}
        aws.apigateway.put_gateway_response(
            **kind, responseParameters=values, responseTemplates=found["responseTemplates"]
        )
    calls.clear()

    provision(STEPS)

    assert {call for one in STEPS for call in one.calls.write}.isdisjoint(calls)


def test_a_new_integration_gets_its_answer_again(
    aws: Aws, provision: Provision, calls: list[str], right: Run
) -> None:
    address = _address(right)
    _put_mock(aws, address, "{}")
    calls.clear()

    run = provision(STEPS)

    assert _writes(calls) == [INTEGRATION, MAPPED]
    assert drift(run.seen, STEPS) == set()
    found = aws.apigateway.get_integration(**address)
    assert json.loads(found["requestTemplates"]["application/json"]) == {"statusCode": 200}


def test_a_header_changed_by_hand_is_mapped_again_and_nothing_else_is_put(
    aws: Aws, provision: Provision, calls: list[str], right: Run
) -> None:
    address = _address(right)
    mapped = aws.apigateway.get_integration_response(**address, statusCode="200")
    name = "method.response.header.Access-Control-Allow-Methods"
    aws.apigateway.put_integration_response(
        **address,
        statusCode="200",
        responseParameters={**mapped["responseParameters"], name: "'*'"},
    )
    calls.clear()

    run = provision(STEPS)

    assert _writes(calls) == [MAPPED]
    assert drift(run.seen, STEPS) == set()
