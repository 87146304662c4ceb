"""The REST API in CloudFormation's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ordersetup.blueprint import STAGE_DESCRIPTION, THROTTLE_BURST, THROTTLE_RATE
from ordersetup.export.scope import Resources, Scope, get, made, ref, tag_list
from ordersetup.step import Step
from ordersetup.steps import only
from ordersetup.steps.cors import ANSWER, MOCK_TEMPLATE, Preflight, cors_values
from ordersetup.steps.gateway_responses import BODY, HEADER, GatewayResponse
from ordersetup.steps.permission import API_GATEWAY, InvokePermission
from ordersetup.steps.post_method import ALLOW_ORIGIN, TIMEOUT_MS, PostMethod
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.stage import MARK, Stage, definition_hash

JSON = "application/json"


def _rest_api(step: RestApi, scope: Scope) -> Resources:
    return scope.one(
        step,
        "ApiGateway::RestApi",
        Name=step.name,
        Description=step.description,
        EndpointConfiguration={"Types": ["REGIONAL"]},
        Tags=tag_list(step.owner.tags()),
    )


def _resource(step: Resource, scope: Scope) -> Resources:
    api = scope.of(step.api)
    return scope.one(
        step,
        "ApiGateway::Resource",
        RestApiId=ref(api),
        ParentId=get(api, "RootResourceId"),
        PathPart=step.path.removeprefix("/"),
    )


def _method(resource: Resource, scope: Scope, verb: str) -> dict[str, Any]:
    return {
        "RestApiId": ref(scope.of(resource.api)),
        "ResourceId": ref(scope.of(resource)),
        "HttpMethod": verb,
        "AuthorizationType": "NONE",
        "ApiKeyRequired": False,
    }


def _post(step: PostMethod, scope: Scope) -> Resources:
    permission = only(InvokePermission, scope.steps)
    uri = (
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        f"${{{scope.of(permission.function)}.Arn}}/invocations"
    )
    return scope.one(
        step,
        "ApiGateway::Method",
        **_method(step.resource, scope, "POST"),
        Integration={
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": {"Fn::Sub": uri},
            "TimeoutInMillis": TIMEOUT_MS,
        },
        MethodResponses=[_answer({ALLOW_ORIGIN: False})],
    )


def _preflight(step: Preflight, scope: Scope) -> Resources:
    values = {ANSWER + header: value for header, value in cors_values(step.origin).items()}
    return scope.one(
        step,
        "ApiGateway::Method",
        **_method(step.resource, scope, "OPTIONS"),
        Integration={
            "Type": "MOCK",
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "RequestTemplates": {JSON: json.dumps(MOCK_TEMPLATE)},
            "IntegrationResponses": [
                {
                    "StatusCode": "200",
                    "ResponseParameters": values,
                    "ResponseTemplates": {JSON: ""},
                }
            ],
        },
        MethodResponses=[_answer(dict.fromkeys(values, False))],
    )


def _answer(headers: Mapping[str, bool]) -> dict[str, Any]:
    return {
        "StatusCode": "200",
        "ResponseModels": {JSON: "Empty"},
        "ResponseParameters": dict(headers),
    }


def _gateway_response(step: GatewayResponse, scope: Scope) -> Resources:
    return scope.one(
        step,
        "ApiGateway::GatewayResponse",
        RestApiId=ref(scope.of(step.api)),
        ResponseType=step.response_type,
        ResponseParameters={
            HEADER + header: value for header, value in cors_values(step.origin).items()
        },
        ResponseTemplates={JSON: BODY},
    )


def _permission(step: InvokePermission, scope: Scope) -> Resources:
    source = (
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
        f"${{{scope.of(step.api)}}}/*/POST{step.path}"
    )
    return scope.one(
        step,
        "Lambda::Permission",
        FunctionName=ref(scope.of(step.function)),
        Action="lambda:InvokeFunction",
        Principal=API_GATEWAY,
        SourceArn={"Fn::Sub": source},
    )


def _stage(step: Stage, scope: Scope) -> Resources:
    """A deployment is a snapshot: another definition is another one, so its name bears the hash."""
    api, served = scope.of(step.api), definition_hash(step.definition)
    deployment = f"Deployment{served}"
    return {
        deployment: made(
            "ApiGateway::Deployment",
            tuple(scope.of(s) for s in step.definition if not isinstance(s, Resource)),
            RestApiId=ref(api),
            Description=MARK + served,
        ),
        scope.of(step): made(
            "ApiGateway::Stage",
            RestApiId=ref(api),
            DeploymentId=ref(deployment),
            StageName=step.name,
            Description=STAGE_DESCRIPTION,
            MethodSettings=[
                {
                    "ResourcePath": "/*",
                    "HttpMethod": "*",
                    "ThrottlingRateLimit": THROTTLE_RATE,
                    "ThrottlingBurstLimit": THROTTLE_BURST,
                }
            ],
            **({"Tags": tag_list(step.owner.tags())} if step.owner.chosen else {}),
        ),
    }


API_WORDS: Mapping[type[Step[Any]], Callable[[Any, Scope], Resources]] = {
    RestApi: _rest_api,
    Resource: _resource,
    PostMethod: _post,
    Preflight: _preflight,
    GatewayResponse: _gateway_response,
    InvokePermission: _permission,
    Stage: _stage,
}
"""How each kind of the API's steps is said."""
