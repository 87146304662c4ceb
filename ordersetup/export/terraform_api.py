"""The REST API in Terraform's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ordersetup.blueprint import STAGE_DESCRIPTION, THROTTLE_BURST, THROTTLE_RATE
from ordersetup.export.hcl import Block, Code, Value
from ordersetup.export.identities import Identities
from ordersetup.export.terraform_scope import Piece, Scope
from ordersetup.step import Step
from ordersetup.steps import only
from ordersetup.steps.cors import ANSWER, MOCK_TEMPLATE, Preflight, cors_values
from ordersetup.steps.gateway_responses import BODY, HEADER, GatewayResponse
from ordersetup.steps.permission import API_GATEWAY, SID, InvokePermission
from ordersetup.steps.post_method import ALLOW_ORIGIN, TIMEOUT_MS, PostMethod
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.stage import MARK, Stage, definition_hash

JSON = "application/json"
API = "aws_api_gateway_rest_api"
RESOURCE = "aws_api_gateway_resource"
METHOD = "aws_api_gateway_method"
METHOD_RESPONSE = "aws_api_gateway_method_response"
INTEGRATION = "aws_api_gateway_integration"
INTEGRATION_RESPONSE = "aws_api_gateway_integration_response"
GATEWAY_RESPONSE = "aws_api_gateway_gateway_response"
DEPLOYMENT = "aws_api_gateway_deployment"
STAGE = "aws_api_gateway_stage"
METHOD_SETTINGS = "aws_api_gateway_method_settings"


def _rest_api(step: RestApi, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "name": step.name,
        "description": step.description,
        "tags": step.owner.tags(),
    }
    regional = (Block("endpoint_configuration", body={"types": ["REGIONAL"]}),)
    return [scope.piece(step, API, body, regional, lambda s: s.api_id)]


def _resource(step: Resource, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "rest_api_id": scope.reference(step.api, API, "id"),
        "parent_id": scope.reference(step.api, API, "root_resource_id"),
        "path_part": step.path.removeprefix("/"),
    }
    return [
        scope.piece(step, RESOURCE, body, (), lambda s: f"{s.api_id}/{s.resource_id}"),
    ]


def _of(resource: Resource, scope: Scope) -> dict[str, Value]:
    return {
        "rest_api_id": scope.reference(resource.api, API, "id"),
        "resource_id": scope.reference(resource, RESOURCE, "id"),
    }


def _method(
    step: PostMethod | Preflight,
    scope: Scope,
    verb: str,
    headers: Sequence[str],
    integration: Mapping[str, Value],
) -> list[Piece]:
    """A method, its declared answer and its integration."""
    place = _of(step.resource, scope)
    method: dict[str, Value] = {"http_method": scope.reference(step, METHOD, "http_method")}
    answer: dict[str, Value] = {
        "status_code": "200",
        "response_models": {JSON: "Empty"},
        "response_parameters": dict.fromkeys(headers, False),
    }

    def identity(stands: Identities) -> str:
        return f"{stands.api_id}/{stands.resource_id}/{verb}"

    opened: dict[str, Value] = {
        "http_method": verb,
        "authorization": "NONE",
        "api_key_required": False,
    }
    return [
        scope.piece(step, METHOD, {**place, **opened}, (), identity),
        scope.piece(
            step, METHOD_RESPONSE, {**place, **method, **answer}, (), lambda s: f"{identity(s)}/200"
        ),
        scope.piece(step, INTEGRATION, {**place, **method, **integration}, (), identity),
    ]


def _post(step: PostMethod, scope: Scope) -> list[Piece]:
    permission = only(InvokePermission, scope.steps)
    integration: dict[str, Value] = {
        "type": "AWS_PROXY",
        "integration_http_method": "POST",
        "uri": scope.reference(permission.function, "aws_lambda_function", "invoke_arn"),
        "timeout_milliseconds": TIMEOUT_MS,
    }
    return _method(step, scope, "POST", (ALLOW_ORIGIN,), integration)


def _preflight(step: Preflight, scope: Scope) -> list[Piece]:
    values = {ANSWER + header: value for header, value in cors_values(step.origin).items()}
    integration: dict[str, Value] = {
        "type": "MOCK",
        "passthrough_behavior": "WHEN_NO_MATCH",
        "request_templates": {JSON: json.dumps(MOCK_TEMPLATE)},
    }
    mapped: dict[str, Value] = {
        **_of(step.resource, scope),
        "http_method": scope.reference(step, METHOD, "http_method"),
        "status_code": scope.reference(step, METHOD_RESPONSE, "status_code"),
        "response_parameters": values,
        "response_templates": {JSON: ""},
        # API Gateway has no integration response without the integration.
        "depends_on": [Code(f"{INTEGRATION}.{scope.of(step)}")],
    }
    return [
        *_method(step, scope, "OPTIONS", tuple(values), integration),
        scope.piece(
            step,
            INTEGRATION_RESPONSE,
            mapped,
            (),
            lambda s: f"{s.api_id}/{s.resource_id}/OPTIONS/200",
        ),
    ]


def _gateway_response(step: GatewayResponse, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "rest_api_id": scope.reference(step.api, API, "id"),
        "response_type": step.response_type,
        "response_parameters": {
            HEADER + header: value for header, value in cors_values(step.origin).items()
        },
        "response_templates": {JSON: BODY},
    }
    return [
        scope.piece(step, GATEWAY_RESPONSE, body, (), lambda s: f"{s.api_id}/{step.response_type}")
    ]


def _permission(step: InvokePermission, scope: Scope) -> list[Piece]:
    function, api = scope.of(step.function), scope.of(step.api)
    stands = scope.stands
    body: dict[str, Value] = {
        # Another id would be another statement, and the one that stands would go first.
        "statement_id": stands.statement_id if stands else f"{SID}{scope.of(step.api)}",
        "action": "lambda:InvokeFunction",
        "function_name": Code(f"aws_lambda_function.{function}.function_name"),
        "principal": API_GATEWAY,
        "source_arn": Code(f'"${{{API}.{api}.execution_arn}}/*/POST{step.path}"'),
    }
    return [
        scope.piece(
            step,
            "aws_lambda_permission",
            body,
            (),
            lambda s: f"{step.function.name}/{s.statement_id}",
        )
    ]


def _stage(step: Stage, scope: Scope) -> list[Piece]:
    place: dict[str, Value] = {"rest_api_id": scope.reference(step.api, API, "id")}
    described: dict[str, Value] = {
        "stage_name": step.name,
        "deployment_id": scope.reference(step, DEPLOYMENT, "id"),
        "description": STAGE_DESCRIPTION,
        **({"tags": step.owner.tags()} if step.owner.chosen else {}),
    }
    name: dict[str, Value] = {
        "stage_name": scope.reference(step, STAGE, "stage_name"),
        "method_path": "*/*",
    }
    throttled: dict[str, Value] = {
        "throttling_rate_limit": THROTTLE_RATE,
        "throttling_burst_limit": THROTTLE_BURST,
    }
    return [
        _deployment(step, scope, place),
        scope.piece(step, STAGE, {**place, **described}, (), lambda s: f"{s.api_id}/{step.name}"),
        scope.piece(
            step,
            METHOD_SETTINGS,
            {**place, **name},
            (Block("settings", body=throttled),),
            lambda s: f"{s.api_id}/{step.name}/*/*",
        ),
    ]


def _deployment(step: Stage, scope: Scope, place: Mapping[str, Value]) -> Piece:
    """A snapshot, so that it is made anew when what it serves is changed.

    Before the old one goes, which the stage still serves. Triggers would do that too, but cannot be
    imported.
    """
    served = _served(step, scope)
    marked: dict[str, Value] = {
        "description": MARK + definition_hash(step.definition),
        "depends_on": served,
    }
    lifecycle = Block(
        "lifecycle", body={"create_before_destroy": True, "replace_triggered_by": served}
    )
    return scope.piece(
        step,
        DEPLOYMENT,
        {**place, **marked},
        (lifecycle,),
        lambda s: f"{s.api_id}/{s.deployment_id}",
    )


def _served(step: Stage, scope: Scope) -> list[Code]:
    """Everything that a deployment is a snapshot of."""
    addresses = []
    for part in step.definition:
        addresses += [piece.address for piece in API_WORDS[type(part)](part, scope)]
    return [Code(address) for address in addresses]


API_WORDS: Mapping[type[Step[Any]], Callable[[Any, Scope], list[Piece]]] = {
    RestApi: _rest_api,
    Resource: _resource,
    PostMethod: _post,
    Preflight: _preflight,
    GatewayResponse: _gateway_response,
    InvokePermission: _permission,
    Stage: _stage,
}
"""How each kind of the API's steps is said."""
