"""moto where it departs from AWS, corrected: by what AWS documents, and only by that.

Each correction names the AWS document that moto 5.2 departs from, and has a test in
`tests/unit/steps/test_emulators.py` that fails once moto is cured: then the correction goes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import unquote

from moto.apigateway import exceptions as api_errors
from moto.apigateway import models as api_models
from moto.apigateway.responses import APIGatewayResponse
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.policy import Policy
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.iam.exceptions import NoSuchEntity
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.sesv2.models import SESV2Backend
from moto.sesv2.responses import SESV2Response


class Correction(NamedTuple):
    """What is put in the place of one attribute of one of moto's classes."""

    owner: type
    name: str
    replacement: object


@contextmanager
def corrected() -> Iterator[None]:
    """moto, as long as the context lasts, with every correction of this file."""
    with ExitStack() as undo:
        for owner, name, replacement in CORRECTIONS:
            if name in vars(owner):
                undo.callback(setattr, owner, name, vars(owner)[name])
            else:
                undo.callback(delattr, owner, name)
            setattr(owner, name, replacement)
        yield


# Lambda, GetFunction › FunctionConfiguration.LoggingConfig and DeadLetterConfig: what was set is
# told. moto forgets both.
_configuration = LambdaFunction.get_configuration
_update_configuration = LambdaFunction.update_configuration
_init = LambdaFunction.__init__


def _init_with_logging(self: Any, account_id: str, spec: dict[str, Any], **more: Any) -> None:
    self.logging_config = _logging(spec["FunctionName"], spec.get("LoggingConfig", {}))
    self.dead_letter_config = spec.get("DeadLetterConfig", {})
    _init(self, account_id, spec, **more)


def _configuration_with_logging(self: Any, on_create: bool = False) -> dict[str, Any]:
    told = {**_configuration(self, on_create), "LoggingConfig": self.logging_config}
    if self.dead_letter_config.get("TargetArn"):
        told["DeadLetterConfig"] = self.dead_letter_config
    return told


def _update_configuration_with_logging(self: Any, updates: dict[str, Any]) -> dict[str, Any]:
    self.logging_config = _logging(
        self.function_name, {**self.logging_config, **updates.get("LoggingConfig", {})}
    )
    self.dead_letter_config = updates.get("DeadLetterConfig", self.dead_letter_config)
    return _update_configuration(self, updates)


def _logging(function: str, given: Mapping[str, str]) -> dict[str, str]:
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function}", **given}


# Lambda, GetFunction › Concurrency: "The function's reserved concurrency", which may be 0. moto
# takes that for none.
_get_code = LambdaFunction.get_code


def _code_with_concurrency(self: Any) -> dict[str, Any]:
    told = _get_code(self)
    if self.reserved_concurrency == 0:
        told["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    return told


# Lambda, UpdateFunctionCode › Architectures: "Enter a string array with one of the valid values".
_update_code = LambdaFunction.update_function_code


def _update_code_and_architecture(self: Any, spec: dict[str, Any]) -> dict[str, Any]:
    self.architectures = spec.get("Architectures") or self.architectures
    return _update_code(self, spec)


# Lambda, PutFunctionEventInvokeConfig: "If a configuration already exists …, this operation
# overwrites it." moto goes on telling the first one.
_put_event_invoke = LambdaBackend.put_function_event_invoke_config


def _overwrite_event_invoke(self: Any, name: str, config: dict[str, Any]) -> dict[str, Any]:
    self.get_function(name).event_invoke_config = []
    return _put_event_invoke(self, name, config)


# Lambda, AddPermission › ResourceConflictException: "The resource already exists".
_add_statement = Policy.add_statement


def _add_new_statement(self: Any, raw: str, qualifier: str | None = None) -> tuple[Any, str]:
    sid = json.loads(raw)["StatementId"]
    if any(statement["Sid"] == sid for statement in self.statements):
        error = LambdaClientError(
            "ResourceConflictException",
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement.",
        )
        error.code = 409
        raise error
    return _add_statement(self, raw, qualifier)


# API Gateway, CreateDeployment › stageDescription, and: a stage that stands is moved to the new
# deployment, with its settings and tags. moto makes a bare one in its place. And "a deployment is a
# snapshot": here it keeps what it serves.
_create_deployment = APIGatewayResponse.create_deployment


def _move_the_stage(self: Any) -> Any:
    api = self.backend.get_rest_api(self.path.split("/")[2])
    stage = api.stages.get(self._get_param("stageName"))
    answer = _create_deployment(self)
    if made := api.stages.get(self._get_param("stageName")):
        if stage is not None:
            stage.deployment_id = made.deployment_id
            api.stages[made.name] = made = stage
        made.description = self._get_param("stageDescription") or made.description
        deployment = api.deployments[made.deployment_id]
        deployment.served = copy.deepcopy(api.resources)
        deployment.refusals = copy.deepcopy(api.gateway_responses)
    return answer


# API Gateway, DeleteDeployment: refused only where "active stages point to this deployment".
def _delete_unused_deployment(self: Any, deployment_id: str) -> Any:
    if any(stage.deployment_id == deployment_id for stage in self.stages.values()):
        raise api_errors.StageStillActive
    if deployment_id not in self.deployments:
        raise api_errors.DeploymentNotFoundException
    return self.deployments.pop(deployment_id)


# API Gateway, DeleteRestApi › NotFoundException. moto trips over it.
_delete_rest_api = api_models.APIGatewayBackend.delete_rest_api


def _delete_known_rest_api(self: Any, api_id: str) -> Any:
    if api_id not in self.apis:
        raise api_errors.RestAPINotFound
    return _delete_rest_api(self, api_id)


# API Gateway, UpdateStage › patch operations: a path is a JSON pointer, in which "~1" is "/".
_patch_setting = api_models.Stage._patch_method_setting


def _patch_setting_by_pointer(self: Any, method: str, key: str, value: str) -> None:
    _patch_setting(self, method.replace("~1", "/").removeprefix("/"), key, value)


# API Gateway, GetExport: "Exports a deployed version of a RestApi in a specified format", with
# parameters extensions='apigateway' the integrations too. moto tells of the configuration instead.
def _export_the_deployment(self: Any) -> Any:
    _, _, api_id, _, stage, _, _ = self.path.split("/")
    api = self.backend.get_rest_api(api_id)
    deployment = api.deployments[api.stages[stage].deployment_id]
    paths = {
        resource.get_path(): {
            verb.lower(): {
                "x-amazon-apigateway-integration": _exported(method.method_integration),
                **_guarded(method),
            }
            for verb, method in resource.resource_methods.items()
        }
        for resource in deployment.served.values()
    }
    body = {
        "openapi": "3.0.1",
        "info": {"title": api.name},
        "paths": paths,
        "components": {"securitySchemes": _SCHEMES},
        "x-amazon-apigateway-gateway-responses": _exported_refusals(deployment.refusals),
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


_SCHEMES = {
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
}


def _exported_refusals(refusals: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        kind: {
            "statusCode": one.status_code,
            "responseParameters": one.response_parameters,
            "responseTemplates": one.response_templates,
        }
        for kind, one in refusals.items()
    }
    return {kind: {k: v for k, v in one.items() if v} for kind, one in told.items()}


def _guarded(method: Any) -> dict[str, Any]:
    asked = [
        name
        for name, wanted in (
            ("sigv4", method.authorization_type == "AWS_IAM"),
            ("api_key", method.api_key_required),
        )
        if wanted
    ]
    return {"security": [{name: []} for name in asked]} if asked else {}


def _exported(integration: Any) -> dict[str, Any]:
    if integration is None:
        return {}
    responses = {
        response.selection_pattern or "default": {
            "statusCode": code,
            "responseParameters": response.response_parameters or {},
        }
        for code, response in (integration.integration_responses or {}).items()
    }
    told = {"type": integration.integration_type.lower(), "responses": responses}
    if integration.timeout_in_millis:
        told["timeoutInMillis"] = integration.timeout_in_millis
    return {**told, "uri": integration.uri} if integration.uri else told


# API Gateway, GetGatewayResponse: of an untouched type, the default with defaultResponse true.
_get_gateway_response = api_models.RestAPI.get_gateway_response


def _get_default_gateway_response(self: Any, response_type: str) -> Any:
    if response_type in self.gateway_responses:
        return _get_gateway_response(self, response_type)
    template = {"application/json": '{"message":$context.error.messageString}'}
    response = api_models.GatewayResponse(response_type, None, {}, template)  # type: ignore[arg-type]
    response.default_response = True
    return response


# API Gateway, TagResource, UntagResource: a REST API has tags too. moto knows those of stages only.
_tag, _untag = APIGatewayResponse.tag_resource, APIGatewayResponse.untag_resource


def _tag_any(self: Any) -> str:
    if "/stages/" in unquote(self.path):
        return _tag(self)
    api = self.backend.get_rest_api(unquote(self.path).rpartition("/")[2])
    api.tags = {**(api.tags or {}), **self._get_param("tags")}
    return "{}"


def _untag_any(self: Any) -> str:
    if "/stages/" in unquote(self.path):
        return _untag(self)
    api = self.backend.get_rest_api(unquote(self.path).rpartition("/")[2])
    api.tags = {k: v for k, v in api.tags.items() if k not in self.querystring["tagKeys"]}
    return "{}"


# API Gateway, UpdateMethod and UpdateMethodResponse: moto has neither.
def _update_method(self: Any) -> str:
    _, _, api, _, resource, _, verb = self.path.split("/")
    method = self.backend.get_method(api, resource, verb)
    for patch in self._get_param("patchOperations"):
        if patch["path"] == "/authorizationType":
            method.authorization_type = patch["value"]
        if patch["path"] == "/apiKeyRequired":
            method.api_key_required = patch["value"] == "true"
    return json.dumps(method.to_json())


def _update_method_response(self: Any) -> str:
    _, _, api, _, resource, _, verb, _, status = self.path.split("/")
    response = self.backend.get_method_response(api, resource, verb, status)
    for patch in self._get_param("patchOperations"):
        _, part, name = patch["path"].split("/")
        if part == "responseModels":
            models = response.response_models or {}
            response.response_models = {**models, name.replace("~1", "/"): patch["value"]}
        if part == "responseParameters":
            values = response.response_parameters or {}
            response.response_parameters = {**values, name: patch["value"] == "true"}
    return json.dumps(response.to_json())


# API Gateway, CreateResource › ConflictException: a path part is taken once below its parent.
_add_child = api_models.RestAPI.add_child


def _add_new_child(self: Any, path: str, parent_id: str | None = None) -> Any:
    taken = {(other.parent_id, other.path_part) for other in self.resources.values()}
    if parent_id and (parent_id, path) in taken:
        raise api_errors.ConflictException(
            f"Another resource with the same parent already has this name: {path}"
        )
    return _add_child(self, path, parent_id)


# API Gateway, PutMethod, PutMethodResponse › ConflictException: what stands is not put again.
_add_method = api_models.Resource.add_method
_create_response = api_models.Method.create_response


def _add_new_method(self: Any, method_type: str, *more: Any, **named: Any) -> Any:
    if method_type in self.resource_methods:
        raise api_errors.ConflictException("Method already exists for this resource")
    return _add_method(self, method_type, *more, **named)


def _create_new_response(self: Any, code: str, models: Any, parameters: Any) -> Any:
    if code in self.method_responses:
        raise api_errors.ConflictException("Response already exists for this resource")
    return _create_response(self, code, models, parameters)


# API Gateway, DeleteMethodResponse › NotFoundException. moto trips over what is not there.
_delete_response = api_models.Method.delete_response


def _delete_known_response(self: Any, code: str) -> Any:
    if code not in self.method_responses:
        raise api_errors.NoIntegrationResponseDefined
    return _delete_response(self, code)


# DynamoDB, TagResource: "if a tag key already exists, the value is overwritten". moto adds another.
_tag_table = DynamoDBBackend.tag_resource


def _overwrite_tags(self: Any, arn: str, tags: dict[str, str]) -> None:
    self.untag_resource(arn, list(tags))
    _tag_table(self, arn, tags)


# API Gateway, Integration.timeoutInMillis: "The default value is 29,000 milliseconds".
_integration = api_models.Integration.to_json


def _integration_with_timeout(self: Any) -> dict[str, Any]:
    told = _integration(self)
    return {**told, "timeoutInMillis": told["timeoutInMillis"] or 29_000}


# IAM, SimulatePrincipalPolicy: moto has none. This one knows Allow, Deny, StringEquals conditions.
def _simulate_principal_policy(self: Any) -> ActionResult:
    asked = self.params
    arn = asked["PolicySourceArn"]
    look = self.backend.get_user if ":user/" in arn else self.backend.get_role
    found = look(arn.rpartition("/")[2])
    documents = [*found.policies.values(), *map(_current, found.managed_policies.values())]
    statements = [s for text in documents for s in _listed(json.loads(text)["Statement"])]
    context = {
        entry["ContextKeyName"]: entry["ContextKeyValues"]
        for entry in asked.get("ContextEntries", [])
    }
    results = [
        {
            "EvalActionName": action,
            "EvalDecision": _decision(statements, action, asked["ResourceArns"], context),
        }
        for action in asked["ActionNames"]
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _current(policy: Any) -> str:
    """The document of a managed policy."""
    return str(next(version.document for version in policy.versions if version.is_default))


def _decision(statements: list[Any], action: str, arns: list[str], context: dict[str, Any]) -> str:
    effects = [
        {s["Effect"] for s in statements if _speaks_of(s, action, arn, context)} for arn in arns
    ]
    if any("Deny" in found for found in effects):
        return "explicitDeny"
    return "allowed" if all(effects) else "implicitDeny"


def _speaks_of(statement: dict[str, Any], action: str, arn: str, context: dict[str, Any]) -> bool:
    wanted = statement.get("Condition", {}).get("StringEquals", {})
    return (
        any(fnmatchcase(action, pattern) for pattern in _listed(statement["Action"]))
        and any(fnmatchcase(arn, pattern) for pattern in _listed(statement["Resource"]))
        and all(value in context.get(key, []) for key, value in wanted.items())
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# SES, resource types: an identity's ARN is arn:…:ses:…:identity/NAME. moto's GetResources tells
# of email-identity/NAME.
_tagged_identities = SESV2Backend.iter_tagged_resources


def _tagged_by_their_arns(self: Any) -> Any:
    for resource in _tagged_identities(self):
        resource.arn = resource.arn.replace(":email-identity/", ":identity/")
        yield resource


# IAM, RemoveRoleFromInstanceProfile: of a role that is not in it NoSuchEntity, where moto trips.
_remove_from_profile = IAMBackend.remove_role_from_instance_profile


def _remove_contained_role(self: Any, profile_name: str, role_name: str) -> None:
    if self.get_role(role_name) not in self.get_instance_profile(profile_name).roles:
        raise NoSuchEntity(f"Role {role_name} in {profile_name} cannot be found.")
    _remove_from_profile(self, profile_name, role_name)


# SES, GetAccount: moto has none. A new account is in the sandbox.
def _get_account(_: Any) -> str:
    return json.dumps({"ProductionAccessEnabled": False, "SendingEnabled": True})


# DynamoDB, TransactWriteItems › ClientRequestToken: "makes the call … idempotent, meaning that
# multiple identical calls have the same effect as one single call". moto takes no notice of it.
_transact = DynamoHandler.transact_write_items


def _transact_once(self: Any) -> Any:
    token = self.body.get("ClientRequestToken")
    done = vars(self.dynamodb_backend).setdefault("tokens_done", set())
    if token in done:
        return DynamoResult({})
    answer = _transact(self)
    done.add(token)
    return answer


CORRECTIONS = (
    Correction(DynamoHandler, "transact_write_items", _transact_once),
    Correction(LambdaFunction, "__init__", _init_with_logging),
    Correction(LambdaFunction, "get_configuration", _configuration_with_logging),
    Correction(LambdaFunction, "get_code", _code_with_concurrency),
    Correction(LambdaFunction, "update_configuration", _update_configuration_with_logging),
    Correction(LambdaFunction, "update_function_code", _update_code_and_architecture),
    Correction(LambdaBackend, "put_function_event_invoke_config", _overwrite_event_invoke),
    Correction(Policy, "add_statement", _add_new_statement),
    Correction(APIGatewayResponse, "create_deployment", _move_the_stage),
    Correction(api_models.APIGatewayBackend, "delete_rest_api", _delete_known_rest_api),
    Correction(api_models.RestAPI, "delete_deployment", _delete_unused_deployment),
    Correction(api_models.Stage, "_patch_method_setting", _patch_setting_by_pointer),
    Correction(api_models.RestAPI, "get_gateway_response", _get_default_gateway_response),
    Correction(APIGatewayResponse, "get_export", _export_the_deployment),
    Correction(APIGatewayResponse, "tag_resource", _tag_any),
    Correction(APIGatewayResponse, "untag_resource", _untag_any),
    Correction(APIGatewayResponse, "update_method", _update_method),
    Correction(APIGatewayResponse, "update_method_response", _update_method_response),
    Correction(api_models.RestAPI, "add_child", _add_new_child),
    Correction(api_models.Resource, "add_method", _add_new_method),
    Correction(api_models.Method, "create_response", _create_new_response),
    Correction(api_models.Method, "delete_response", _delete_known_response),
    Correction(DynamoDBBackend, "tag_resource", _overwrite_tags),
    Correction(api_models.Integration, "to_json", _integration_with_timeout),
    Correction(IamResponse, "simulate_principal_policy", _simulate_principal_policy),
    Correction(IAMBackend, "remove_role_from_instance_profile", _remove_contained_role),
    Correction(SESV2Response, "get_account", _get_account),
    Correction(SESV2Backend, "iter_tagged_resources", _tagged_by_their_arns),
)
