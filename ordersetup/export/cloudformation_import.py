"""What CloudFormation must be told to take over a stack that stands, without making it anew.

An import names each resource by the identifiers of its type (its schema's primaryIdentifier), adds
nothing else, and takes no outputs (CloudFormation User Guide, "Import AWS resources into a
CloudFormation stack"). What cannot be imported comes with the ordinary update that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ordersetup.export.identities import Identities

Properties: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Takeover:
    """An import of a whole stack.

    Args:
        template: what the change set of type IMPORT takes.
        resources: what it takes as resources to import.
        later: logical names of what only the update after it makes.
    """

    template: dict[str, Any]
    resources: tuple[dict[str, Any], ...]
    later: tuple[str, ...]


def takeover(template: Mapping[str, Any], stands: Identities, arns: Arns) -> Takeover:
    """Split a template into what is imported and what follows; pure.

    Args:
        template: the whole stack's.
        stands: the ids of the stack that stands.
        arns: ARNs by logical name, of what is identified by one.
    """
    told: list[dict[str, Any]] = []
    later: list[str] = []
    for name, resource in template["Resources"].items():
        identifier = _identifier(resource, name, stands, arns)
        if identifier is None:
            later.append(name)
            continue
        told.append(
            {
                "ResourceType": resource["Type"],
                "LogicalResourceId": name,
                "ResourceIdentifier": identifier,
            }
        )
    taken = {name: r for name, r in template["Resources"].items() if name not in later}
    short = {key: value for key, value in template.items() if key != "Outputs"}
    return Takeover({**short, "Resources": taken}, tuple(told), tuple(later))


Arns: TypeAlias = Mapping[str, str]


def _identifier(
    resource: Mapping[str, Any], name: str, stands: Identities, arns: Arns
) -> dict[str, str] | None:
    kind = resource["Type"].removeprefix("AWS::")
    properties: Properties = resource["Properties"]
    if kind in _NAMED:
        return {_NAMED[kind]: properties[_NAMED[kind]]}
    if kind == "SNS::Topic":
        return {"TopicArn": arns[name]}
    if kind == "SNS::Subscription":
        arn = stands.subscriptions.get(properties["Endpoint"])
        return {"Arn": arn} if arn else None
    return _BY_ID[kind](properties, stands, arns)


_NAMED = {
    "CloudWatch::Alarm": "AlarmName",
    "DynamoDB::Table": "TableName",
    "IAM::Role": "RoleName",
    "Lambda::Function": "FunctionName",
    "Logs::LogGroup": "LogGroupName",
    "SES::EmailIdentity": "EmailIdentity",
}
"""Types that are identified by the name which their template gives them."""


def _function(properties: Properties, arns: Arns) -> str:
    """The name of the function that a resource belongs to."""
    return arns[properties["FunctionName"]["Ref"]].rpartition(":")[2]


_BY_ID: Mapping[str, Callable[[Properties, Identities, Arns], dict[str, str]]] = {
    "SQS::Queue": lambda _, s, __: {"QueueUrl": s.queue_url},
    "Lambda::EventInvokeConfig": lambda p, _, arns: {
        "FunctionName": _function(p, arns),
        "Qualifier": p["Qualifier"],
    },
    "Lambda::Permission": lambda p, s, arns: {
        "FunctionName": _function(p, arns),
        "Id": s.statement_id,
    },
    "ApiGateway::RestApi": lambda _, s, __: {"RestApiId": s.api_id},
    "ApiGateway::Resource": lambda _, s, __: {
        "RestApiId": s.api_id,
        "ResourceId": s.resource_id,
    },
    "ApiGateway::Method": lambda p, s, _: {
        "RestApiId": s.api_id,
        "ResourceId": s.resource_id,
        "HttpMethod": p["HttpMethod"],
    },
    # Made up by CloudFormation itself, and always of this form.
    "ApiGateway::GatewayResponse": lambda p, s, _: {"Id": f"{s.api_id}:{p['ResponseType']}"},
    "ApiGateway::Deployment": lambda _, s, __: {
        "DeploymentId": s.deployment_id,
        "RestApiId": s.api_id,
    },
    "ApiGateway::Stage": lambda p, s, _: {"RestApiId": s.api_id, "StageName": p["StageName"]},
}
"""Types that are identified by ids of AWS's making."""
