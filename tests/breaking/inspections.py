"""Breakers of what `verify` looks at beyond the guide's steps, each with its undoing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ordersetup.aws import Aws
from ordersetup.blueprint import trust_policy
from ordersetup.step import Seen
from ordersetup.steps.additions import ApiAdditions, FunctionAdditions
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.key_rights import KeyRights
from ordersetup.steps.permissions import PERMISSIONS
from ordersetup.steps.rights import Rights
from ordersetup.steps.rows import Rows
from ordersetup.steps.served import Served
from ordersetup.steps.stored_additions import QueueAdditions, RoleAdditions, TopicAdditions
from tests.breaking.breaker import Breaker, Spoil
from tests.breaking.existence import table_deleted


@dataclass(frozen=True)
class Undoable(Breaker):
    """A breaker of what `provision` must not touch.

    Args:
        undo: puts it right again, as whoever broke it would; None where `provision` does.
    """

    undo: Spoil | None = None


def _undoable(spoil: Spoil, undo: Spoil | None, *implies: str) -> Undoable:
    return Undoable(spoil, frozenset(implies), undo)


# Rows

_ROW = {"item_id": {"S": "odd"}, "order_id": {"S": "odd"}}


def _row(**attributes: Any) -> Spoil:
    def spoil(aws: Aws, step: Rows, _: Seen) -> None:
        row = {**_ROW, **attributes}
        aws.dynamodb.put_item(TableName=step.table.name, Item=row)
        assert row in aws.dynamodb.scan(TableName=step.table.name)["Items"]

    return spoil


def _row_deleted(aws: Aws, step: Rows, _: Seen) -> None:
    keys = aws.dynamodb.describe_table(TableName=step.table.name)["Table"]["KeySchema"]
    key = {part["AttributeName"]: _ROW[part["AttributeName"]] for part in keys}
    aws.dynamodb.delete_item(TableName=step.table.name, Key=key)


# What the role may do

_DENY = {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}


def _denied_elsewhere(aws: Aws, step: Rights, _: Seen) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": _DENY})
    aws.iam.put_role_policy(
        RoleName=step.role.name, PolicyName="guardrail", PolicyDocument=document
    )
    names = aws.iam.list_role_policies(RoleName=step.role.name)["PolicyNames"]
    assert "guardrail" in names


def _allowed_again(aws: Aws, step: Rights, _: Seen) -> None:
    aws.iam.delete_role_policy(RoleName=step.role.name, PolicyName="guardrail")


def _keyed(key: str) -> Spoil:
    """Somebody gives the queue a key of KMS; the next provision gives it SQS's own again."""

    def spoil(aws: Aws, step: KeyRights, seen: Seen) -> None:
        url = seen.of(step.queue).url
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
        state = step.queue.read(aws, Seen())
        assert state is not None
        assert state.encryption.endswith(key)

    return spoil


_WIDE = "AdministratorAccess"


def _attached(aws: Aws, step: RoleAdditions, _: Seen) -> None:
    name = step.role.name
    document = {"Version": "2012-10-17", "Statement": {**_DENY, "Effect": "Allow"}}
    made = aws.iam.create_policy(PolicyName=_WIDE, PolicyDocument=json.dumps(document))["Policy"]
    aws.iam.attach_role_policy(RoleName=name, PolicyArn=made["Arn"])
    attached = aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert _WIDE in [policy["PolicyName"] for policy in attached]


def _detached(aws: Aws, step: RoleAdditions, _: Seen) -> None:
    arn = f"arn:aws:iam::{aws.account}:policy/{_WIDE}"
    aws.iam.detach_role_policy(RoleName=step.role.name, PolicyArn=arn)
    aws.iam.delete_policy(PolicyArn=arn)


# The dead-letter queue


def _says(effect: str, action: str, arn: str) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": arn,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _queue_says(effect: str | None = None) -> Spoil:
    """An access policy with one statement; without an effect, none at all."""

    def spoil(aws: Aws, step: QueueAdditions, seen: Seen) -> None:
        url = seen.of(step.queue).url
        policy = json.dumps(_says(effect, "SQS:SendMessage", step.queue.arn)) if effect else ""
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        assert found.get("Attributes", {}).get("Policy", "") == policy

    return spoil


def _topic_says(effect: str | None = None) -> Spoil:
    """SNS's own statement and another; without an effect, its own alone."""

    def spoil(aws: Aws, step: TopicAdditions, _: Seen) -> None:
        arn = step.topic.arn
        own = {**_says("Allow", "SNS:Publish", arn)["Statement"][0], "Sid": _SNS_OWN}
        more = _says(effect, "sns:*", arn)["Statement"] if effect else []
        policy = {"Version": "2008-10-17", "Statement": [own, *more]}
        aws.sns.set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )
        found = aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
        assert len(json.loads(found)["Statement"]) == 1 + len(more)

    return spoil


_SNS_OWN = "__default_statement_ID"


def _passes_on(aws: Aws, step: QueueAdditions, seen: Seen) -> None:
    url = seen.of(step.queue).url
    aws.sqs.create_queue(QueueName="too-often")
    policy = json.dumps(
        {
            "deadLetterTargetArn": f"arn:aws:sqs:{aws.region}:{aws.account}:too-often",
            "maxReceiveCount": 5,
        }
    )
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert "too-often" in found["Attributes"]["RedrivePolicy"]


def _keeps(aws: Aws, step: QueueAdditions, seen: Seen) -> None:
    aws.sqs.set_queue_attributes(QueueUrl=seen.of(step.queue).url, Attributes={"RedrivePolicy": ""})
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName="too-often")["QueueUrl"])


# Additions to functions


def _dead_letter_queue(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    arn = f"arn:aws:sqs:{aws.region}:{aws.account}:OrderProcessingDLQ"
    name = step.function.name
    aws.lambda_.update_function_configuration(
        FunctionName=name, DeadLetterConfig={"TargetArn": arn}
    )
    found = aws.lambda_.get_function_configuration(FunctionName=name)
    assert found["DeadLetterConfig"] == {"TargetArn": arn}


def _no_dead_letter_queue(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    aws.lambda_.update_function_configuration(
        FunctionName=step.function.name, DeadLetterConfig={"TargetArn": ""}
    )


def _reserved(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    name = step.function.name
    aws.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    found = aws.lambda_.get_function(FunctionName=name)["Concurrency"]
    assert found == {"ReservedConcurrentExecutions": 1}


def _switched_off(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    name = step.function.name
    aws.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    found = aws.lambda_.get_function(FunctionName=name)["Concurrency"]
    assert found == {"ReservedConcurrentExecutions": 0}


def _unreserved(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    aws.lambda_.delete_function_concurrency(FunctionName=step.function.name)


def _event_source(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    url = aws.sqs.create_queue(QueueName="more-orders")["QueueUrl"]
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    made = aws.lambda_.create_event_source_mapping(
        FunctionName=step.function.name, EventSourceArn=arn
    )
    assert made["EventSourceArn"] == arn


def _no_event_source(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    for mapping in aws.lambda_.list_event_source_mappings(FunctionName=step.function.name)[
        "EventSourceMappings"
    ]:
        aws.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
    url = aws.sqs.get_queue_url(QueueName="more-orders")["QueueUrl"]
    aws.sqs.delete_queue(QueueUrl=url)


def _another_caller(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    name = step.function.name
    aws.lambda_.add_permission(
        FunctionName=name,
        StatementId="a-bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    assert "s3.amazonaws.com" in aws.lambda_.get_policy(FunctionName=name)["Policy"]


def _caller_gone(aws: Aws, step: FunctionAdditions, _: Seen) -> None:
    aws.lambda_.remove_permission(FunctionName=step.function.name, StatementId="a-bucket")


# The API


def _orders(aws: Aws, api_id: str) -> dict[str, Any]:
    items = aws.apigateway.get_resources(restApiId=api_id)["items"]
    found = next(item["id"] for item in items if item["path"] == "/orders")
    return {"restApiId": api_id, "resourceId": found}


def _another_method(aws: Aws, step: ApiAdditions, seen: Seen) -> None:
    address = {**_orders(aws, seen.of(step.api).api_id), "httpMethod": "GET"}
    aws.apigateway.put_method(**address, authorizationType="NONE")
    assert aws.apigateway.get_method(**address)["httpMethod"] == "GET"


def _method_gone(aws: Aws, step: ApiAdditions, seen: Seen) -> None:
    address = {**_orders(aws, seen.of(step.api).api_id), "httpMethod": "GET"}
    aws.apigateway.delete_method(**address)


def _served_older(aws: Aws, step: Served, seen: Seen) -> None:
    """Deploy another target, then put the configuration right: Test works, the URL does not."""
    api_id = seen.of(step.stage.api).api_id
    address = {**_orders(aws, api_id), "httpMethod": "POST"}
    right = seen.of(step.post).target or ""
    wrong = right.replace("ProcessOrder", "Another")
    _targeted(aws, address, wrong)
    made = aws.apigateway.create_deployment(restApiId=api_id, stageName=step.stage.name)
    _targeted(aws, address, right)
    stage = aws.apigateway.get_stage(restApiId=api_id, stageName=step.stage.name)
    assert stage["deploymentId"] == made["id"]


def _targeted(aws: Aws, address: dict[str, Any], uri: str) -> None:
    aws.apigateway.put_integration(
        **address,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=uri,
        timeoutInMillis=29_000,
    )
    assert aws.apigateway.get_method(**address)["methodIntegration"]["uri"] == uri


INSPECTIONS = {
    "Rows.quantity": _undoable(_row(quantity={"S": "12"}), _row_deleted),
    "Rows.timestamp": _undoable(_row(timestamp={"N": "20260101"}), _row_deleted),
    "Rights.denied": _undoable(_denied_elsewhere, _allowed_again, "RoleAdditions.further"),
    "KeyRights.lacking": _undoable(_keyed("0a1b2c3d-1234"), None, "Queue.encryption"),
    "KeyRights.unjudged": _undoable(_keyed("alias/orders"), None, "Queue.encryption"),
    "RoleAdditions.further": _undoable(_attached, _detached),
    "QueueAdditions.denials": _undoable(_queue_says(effect="Deny"), _queue_says()),
    "QueueAdditions.statements": _undoable(_queue_says(effect="Allow"), _queue_says()),
    "TopicAdditions.denials": _undoable(_topic_says(effect="Deny"), _topic_says()),
    "TopicAdditions.statements": _undoable(_topic_says(effect="Allow"), _topic_says()),
    "QueueAdditions.redrive": _undoable(_passes_on, _keeps),
    "FunctionAdditions.dead_letter": _undoable(_dead_letter_queue, _no_dead_letter_queue),
    "FunctionAdditions.switched_off": _undoable(_switched_off, _unreserved),
    "FunctionAdditions.reserved": _undoable(_reserved, _unreserved),
    "FunctionAdditions.event_sources": _undoable(_event_source, _no_event_source),
    "FunctionAdditions.permissions": _undoable(_another_caller, _caller_gone),
    "ApiAdditions.methods": _undoable(_another_method, _method_gone),
    "Served.otherwise": _undoable(_served_older, None, "Stage.serves", "Stage.older"),
}

THE_CALLERS_OWN = {
    "Rights.simulator": "it is the right of whoever asks, not an attribute of the stack",
}

# What the report tells besides, where an attribute of a step is broken.

_DENIED = frozenset({"Rights.denied"})
_OTHERWISE = frozenset({"Served.otherwise"})

FURTHER: dict[str, frozenset[str]] = {
    **{f"RolePolicy.{attribute}": _DENIED for attribute in PERMISSIONS.values()},
    **dict.fromkeys(
        (
            *("PostMethod.integration_type", "PostMethod.target", "PostMethod.timeout_ms"),
            *("PostMethod.authorization", "PostMethod.api_key_required"),
            *("Preflight.integration_type", "Preflight.allow_headers"),
            *("Preflight.allow_methods", "Preflight.allow_origin"),
        ),
        _OTHERWISE,
    ),
    "Resource.exists": _OTHERWISE,
    **dict.fromkeys(
        ("InvokePermission.principal", "InvokePermission.source", "InvokePermission.outdated"),
        frozenset({"FunctionAdditions.permissions"}),
    ),
    **{
        f"GatewayResponse.{attribute}": _OTHERWISE
        for attribute in ("allow_headers", "allow_methods", "allow_origin", "status", "body")
    },
}
"""What is configured and not deployed is served otherwise; what a policy lacks is denied."""

# What stands and cannot be changed is put right by hand.


def _role_restored(aws: Aws, step: BroughtRole, _: Seen) -> None:
    trust = json.dumps(trust_policy())
    if step.name in [role["RoleName"] for role in aws.iam.list_roles()["Roles"]]:
        aws.iam.update_assume_role_policy(RoleName=step.name, PolicyDocument=trust)
    else:
        aws.iam.create_role(RoleName=step.name, Path="/shop/", AssumeRolePolicyDocument=trust)
    document = {"Version": "2012-10-17", "Statement": list(step.statements.values())}
    aws.iam.put_role_policy(
        RoleName=step.name, PolicyName="orders", PolicyDocument=json.dumps(document)
    )


BY_HAND: dict[str, Spoil] = {
    "Table.partition_key": table_deleted,
    "Table.sort_key": table_deleted,
    **{
        f"BroughtRole.{attribute}": _role_restored
        for attribute in ("arn", "trusts_lambda", *PERMISSIONS.values())
    },
}
"""Undoes the breakers of attributes that are fixed; `provision` does what is left."""
