"""Breakers of the REST API, its methods, its gateway responses and its stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ordersetup.aws import Aws
from ordersetup.ownership import STACK
from ordersetup.step import Seen, shown_fields
from ordersetup.steps.cors import Preflight, PreflightState
from ordersetup.steps.gateway_responses import GatewayResponse
from ordersetup.steps.post_method import PostMethod, PostMethodState
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.stage import Stage
from tests.breaking.breaker import TAG, Spoil, breaks

Put = Callable[[Aws, dict[str, Any]], None]


# The API and its resource


def _api_arn(aws: Aws, path: str) -> str:
    return f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{path}"


def _api_patched(path: str, value: str) -> Spoil:
    def spoil(aws: Aws, step: RestApi, seen: Seen) -> None:
        api_id = seen.of(step).api_id
        aws.apigateway.update_rest_api(
            restApiId=api_id, patchOperations=[{"op": "replace", "path": path, "value": value}]
        )
        assert value in str(aws.apigateway.get_rest_api(restApiId=api_id))

    return spoil


def _api_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: RestApi, seen: Seen) -> None:
        api_id = seen.of(step).api_id
        aws.apigateway.untag_resource(resourceArn=_api_arn(aws, api_id), tagKeys=[key])
        assert key not in aws.apigateway.get_rest_api(restApiId=api_id)["tags"]

    return spoil


def _second_api(aws: Aws, step: RestApi, seen: Seen) -> None:
    first = aws.apigateway.get_rest_api(restApiId=seen.of(step).api_id)
    while True:
        second = aws.apigateway.create_rest_api(name=step.name, tags=step.owner.tags())
        # The younger one is to be the further one, and of one second the one with the greater id.
        if (second["createdDate"], second["id"]) > (first["createdDate"], first["id"]):
            break
        aws.apigateway.delete_rest_api(restApiId=second["id"])
    apis = aws.apigateway.get_rest_apis()["items"]
    assert [api["name"] for api in apis].count(step.name) == 2


def _resource_deleted(aws: Aws, step: Resource, seen: Seen) -> None:
    api_id = seen.of(step.api).api_id
    aws.apigateway.delete_resource(restApiId=api_id, resourceId=seen.of(step).resource_id)
    left = aws.apigateway.get_resources(restApiId=api_id)["items"]
    assert [resource["path"] for resource in left] == ["/"]


# Methods


def _method(verb: str, change: Put) -> Spoil:
    """Change a method, and prove that it is not what it was."""

    def spoil(aws: Aws, step: PostMethod | Preflight, seen: Seen) -> None:
        address = {
            "restApiId": seen.of(step.resource.api).api_id,
            "resourceId": seen.of(step.resource).resource_id,
            "httpMethod": verb,
        }
        before = _read_method(aws, address)
        change(aws, address)
        assert _read_method(aws, address) != before

    return spoil


def _read_method(aws: Aws, address: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {**aws.apigateway.get_method(**address)}
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}


def _patched(path: str, value: str) -> Put:
    def change(aws: Aws, address: dict[str, Any]) -> None:
        aws.apigateway.update_method(
            **address, patchOperations=[{"op": "replace", "path": path, "value": value}]
        )

    return change


def _integrated(**changes: Any) -> Put:
    """Put the integration anew, its responses kept."""

    def change(aws: Aws, address: dict[str, Any]) -> None:
        standing = aws.apigateway.get_method(**address)["methodIntegration"]
        names = {"httpMethod": "integrationHttpMethod"}
        keys = ("type", "httpMethod", "uri", "requestTemplates", "passthroughBehavior")
        wanted: Any = {names.get(key, key): standing.get(key) for key in (*keys, "timeoutInMillis")}
        wanted = {k: v for k, v in {**wanted, **changes}.items() if v is not None}
        aws.apigateway.put_integration(**address, **wanted)
        for response in standing.get("integrationResponses", {}).values():
            texts = {kind: text or "" for kind, text in response["responseTemplates"].items()}
            again: Any = {**response, "responseTemplates": texts}
            aws.apigateway.put_integration_response(**address, **again)

    return change


def _declared(model: str, *headers: str) -> Put:
    def change(aws: Aws, address: dict[str, Any]) -> None:
        aws.apigateway.delete_method_response(**address, statusCode="200")
        aws.apigateway.put_method_response(
            **address,
            statusCode="200",
            responseModels={"application/json": model},
            responseParameters={f"method.response.header.{header}": False for header in headers},
        )

    return change


_ORIGIN = "Access-Control-Allow-Origin"
_ALL = ("Access-Control-Allow-Headers", "Access-Control-Allow-Methods", _ORIGIN)


def _mapped(header: str) -> Put:
    def change(aws: Aws, address: dict[str, Any]) -> None:
        response = aws.apigateway.get_integration_response(**address, statusCode="200")
        name = f"method.response.header.{header}"
        aws.apigateway.put_integration_response(
            **address,
            statusCode="200",
            responseParameters={**response["responseParameters"], name: "'spoilt'"},
        )

    return change


def _gateway_header(header: str) -> Spoil:
    def spoil(aws: Aws, step: GatewayResponse, seen: Seen) -> None:
        address: Any = {
            "restApiId": seen.of(step.api).api_id,
            "responseType": step.response_type,
        }
        found = aws.apigateway.get_gateway_response(**address)
        values = {**found["responseParameters"], f"gatewayresponse.header.{header}": "'spoilt'"}
        aws.apigateway.put_gateway_response(
            **address, responseParameters=values, responseTemplates=found["responseTemplates"]
        )
        assert aws.apigateway.get_gateway_response(**address)["responseParameters"] == values

    return spoil


def _gateway_answer(**changes: Any) -> Spoil:
    """Put it anew with another status or body, its headers kept."""

    def spoil(aws: Aws, step: GatewayResponse, seen: Seen) -> None:
        address: Any = {
            "restApiId": seen.of(step.api).api_id,
            "responseType": step.response_type,
        }
        found = aws.apigateway.get_gateway_response(**address)
        kept = {key: found[key] for key in ("responseParameters", "responseTemplates")}
        aws.apigateway.put_gateway_response(**address, **{**kept, **changes})
        told: Any = aws.apigateway.get_gateway_response(**address)
        assert {key: told[key] for key in changes} == changes

    return spoil


# The stage


def _deployed_by_hand(aws: Aws, step: Stage, seen: Seen) -> None:
    address: Any = {"restApiId": seen.of(step.api).api_id, "stageName": "prod"}
    mine = aws.apigateway.create_deployment(**address, description="Just trying")["id"]
    assert aws.apigateway.get_stage(**address)["deploymentId"] == mine


def _deployed_once_more(aws: Aws, step: Stage, seen: Seen) -> None:
    """What a crash leaves between moving the stage and the clean-up."""
    api_id = seen.of(step.api).api_id
    first = aws.apigateway.get_stage(restApiId=api_id, stageName="prod")["deploymentId"]
    serving = aws.apigateway.get_deployment(restApiId=api_id, deploymentId=first)
    second = aws.apigateway.create_deployment(
        restApiId=api_id, stageName="prod", description=serving["description"]
    )
    left = [one["id"] for one in aws.apigateway.get_deployments(restApiId=api_id)["items"]]
    assert {first, second["id"]} <= set(left)


def _stage_patched(path: str, value: str, *, key: str = "*/*") -> Spoil:
    def spoil(aws: Aws, step: Stage, seen: Seen) -> None:
        address: Any = {"restApiId": seen.of(step.api).api_id, "stageName": "prod"}
        patch: Any = {"op": "replace", "path": path, "value": value}
        aws.apigateway.update_stage(**address, patchOperations=[patch])
        stage = aws.apigateway.get_stage(**address)
        assert value in (stage["description"], *map(str, stage["methodSettings"][key].values()))

    return spoil


def _stage_untagged(aws: Aws, step: Stage, seen: Seen) -> None:
    api_id = seen.of(step.api).api_id
    arn = _api_arn(aws, f"{api_id}/stages/prod")
    aws.apigateway.untag_resource(resourceArn=arn, tagKeys=[TAG])
    stage = aws.apigateway.get_stage(restApiId=api_id, stageName="prod")
    assert TAG not in stage.get("tags", {})


def _all_of(name: str, state: type) -> list[str]:
    return [f"{name}.{attribute}" for attribute in shown_fields(state) if attribute != "owner"]


API = {
    "RestApi.owner": breaks(_api_untagged(STACK)),
    "RestApi.endpoint_type": breaks(_api_patched("/endpointConfiguration/types/REGIONAL", "EDGE")),
    "RestApi.description": breaks(_api_patched("/description", "spoilt")),
    "RestApi.others": breaks(_second_api),
    "RestApi.tags": breaks(_api_untagged(TAG)),
    "Resource.path": breaks(
        _resource_deleted,
        *_all_of("PostMethod", PostMethodState),
        *_all_of("Preflight", PreflightState),
    ),
    "PostMethod.authorization": breaks(_method("POST", _patched("/authorizationType", "AWS_IAM"))),
    "PostMethod.api_key_required": breaks(_method("POST", _patched("/apiKeyRequired", "true"))),
    "PostMethod.integration_type": breaks(_method("POST", _integrated(type="AWS"))),
    "PostMethod.integration_method": breaks(
        _method("POST", _integrated(integrationHttpMethod="GET"))
    ),
    "PostMethod.target": breaks(
        _method(
            "POST",
            _integrated(
                uri="arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                "arn:aws:lambda:eu-west-1:123456789012:function:Another/invocations"
            ),
        )
    ),
    "PostMethod.timeout_ms": breaks(_method("POST", _integrated(timeoutInMillis=5_000))),
    "PostMethod.answers_with": breaks(_method("POST", _declared("Error", _ORIGIN))),
    "PostMethod.declares_origin": breaks(_method("POST", _declared("Empty"))),
    "Preflight.authorization": breaks(
        _method("OPTIONS", _patched("/authorizationType", "AWS_IAM"))
    ),
    "Preflight.api_key_required": breaks(_method("OPTIONS", _patched("/apiKeyRequired", "true"))),
    "Preflight.integration_type": breaks(
        _method(
            "OPTIONS",
            _integrated(type="HTTP", uri="https://example.com", integrationHttpMethod="GET"),
        )
    ),
    "Preflight.template": breaks(
        _method("OPTIONS", _integrated(requestTemplates={"application/json": "{}"}))
    ),
    "Preflight.passthrough": breaks(_method("OPTIONS", _integrated(passthroughBehavior="NEVER"))),
    "Preflight.answers_with": breaks(_method("OPTIONS", _declared("Error", *_ALL))),
    "Preflight.declared": breaks(_method("OPTIONS", _declared("Empty", _ORIGIN))),
    "Preflight.allow_headers": breaks(_method("OPTIONS", _mapped(_ALL[0]))),
    "Preflight.allow_methods": breaks(_method("OPTIONS", _mapped(_ALL[1]))),
    "Preflight.allow_origin": breaks(_method("OPTIONS", _mapped(_ORIGIN))),
    "GatewayResponse.allow_headers": breaks(_gateway_header(_ALL[0])),
    "GatewayResponse.allow_methods": breaks(_gateway_header(_ALL[1])),
    "GatewayResponse.allow_origin": breaks(_gateway_header(_ORIGIN)),
    "GatewayResponse.status": breaks(_gateway_answer(statusCode="418")),
    "GatewayResponse.body": breaks(
        _gateway_answer(responseTemplates={"application/json": '{"fault":"spoilt"}'})
    ),
    "Stage.serves": breaks(_deployed_by_hand, "Stage.older"),
    "Stage.description": breaks(_stage_patched("/description", "spoilt")),
    "Stage.rate": breaks(_stage_patched("/*/*/throttling/rateLimit", "7.0")),
    "Stage.burst": breaks(_stage_patched("/*/*/throttling/burstLimit", "7")),
    "Stage.override": breaks(
        _stage_patched("/~1orders/POST/throttling/rateLimit", "7.0", key="orders/POST")
    ),
    "Stage.older": breaks(_deployed_once_more),
    "Stage.tags": breaks(_stage_untagged),
}
