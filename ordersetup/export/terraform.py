"""The stack as Terraform, made from the steps: one translation for each kind.

Resource types and the forms of their ids follow the documentation of the provider hashicorp/aws 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ordersetup.blueprint import (
    ARCHITECTURE,
    MEMORY_MB,
    MOST_EVENT_AGE_SECONDS,
    RETRY_ATTEMPTS,
    RUNTIME,
    Blueprint,
    trust_policy,
)
from ordersetup.export.hcl import Block, Code, Value, document, encoded
from ordersetup.export.identities import Identities
from ordersetup.export.terraform_api import API_WORDS
from ordersetup.export.terraform_scope import Piece, Scope
from ordersetup.step import Step
from ordersetup.steps.alarms import Alarm
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.endpoint import Endpoint
from ordersetup.steps.functions import Function
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.queue import MESSAGE_BYTES, Queue
from ordersetup.steps.role import DESCRIPTION, Role, RolePolicy
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.subscriptions import Subscriptions
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic
from ordersetup.steps.unwanted_alarms import UnwantedAlarms
from ordersetup.steps.watched import PERIOD_SECONDS

Translate: TypeAlias = Callable[[Any, Scope], list[Piece]]


def pieces(
    blueprint: Blueprint, steps: Sequence[Step[Any]], stands: Identities | None
) -> list[Piece]:
    """Every resource of the stack, with what it is imported by; pure."""
    scope = Scope(blueprint, tuple(steps), stands)
    return [piece for step in steps for piece in WORDS[type(step)](step, scope)]


def configuration(blueprint: Blueprint, made: Sequence[Piece]) -> str:
    """The file that says what shall be."""
    provider: dict[str, Value] = {"source": "hashicorp/aws", "version": ">= 6.0, < 7.0"}
    blocks = [
        Block(
            "terraform",
            body={"required_version": ">= 1.5"},
            blocks=(Block("required_providers", body={"aws": provider}),),
        ),
        Block("provider", ("aws",), {"region": blueprint.place.region}),
        *(piece.block for piece in made),
        Block(
            "output",
            ("orders_url",),
            {
                "description": "Where orders are posted.",
                "value": Code(
                    f'"${{aws_api_gateway_stage.stage.invoke_url}}{blueprint.names.path}"'
                ),
            },
        ),
    ]
    name = blueprint.names.stack
    return document(f"The order pipeline {name}, exported by ordersetup.", blocks)


def imports(made: Sequence[Piece], stands: Identities) -> tuple[str, int, tuple[str, ...]]:
    """The file that takes over what stands.

    Returns:
        The file, how many resources it imports, and the addresses of those it cannot.
    """
    ids = {piece.address: piece.identity(stands) for piece in made}
    blocks = [
        Block("import", body={"to": Code(address), "id": found})
        for address, found in ids.items()
        if found
    ]
    heading = "Takes over what stands. Remove this file once `terraform apply` has used it."
    later = tuple(address for address, found in ids.items() if not found)
    return document(heading, blocks), len(blocks), later


def _nothing(step: Step[Any], scope: Scope) -> list[Piece]:  # noqa: ARG001 - one shape for all
    return []


def _table(step: Table, scope: Scope) -> list[Piece]:
    keys = [step.partition_key, *([step.sort_key] if step.sort_key else [])]
    body: dict[str, Value] = {
        "name": step.name,
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": step.partition_key,
        **({"range_key": step.sort_key} if step.sort_key else {}),
        "tags": step.owner.tags(),
    }
    blocks = tuple(Block("attribute", body={"name": key, "type": "S"}) for key in keys)
    return [scope.piece(step, "aws_dynamodb_table", body, blocks, lambda _: step.name)]


def _queue(step: Queue, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "name": step.name,
        "message_retention_seconds": step.retention_seconds,
        "max_message_size": MESSAGE_BYTES,
        "sqs_managed_sse_enabled": True,
        "tags": step.owner.tags(),
    }
    return [scope.piece(step, "aws_sqs_queue", body, (), lambda s: s.queue_url)]


def _topic(step: Topic, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {"name": step.name, "tags": step.owner.tags(step.settings)}
    return [scope.piece(step, "aws_sns_topic", body, (), lambda _: step.arn)]


def _subscriptions(step: Subscriptions, scope: Scope) -> list[Piece]:
    topic = scope.reference(step.topic, "aws_sns_topic")

    def one(number: int, address: str) -> Piece:
        body: dict[str, Value] = {"topic_arn": topic, "protocol": "email", "endpoint": address}
        return Piece(
            Block("resource", ("aws_sns_topic_subscription", f"alert_email_{number}"), body),
            lambda s: s.subscriptions.get(address),
        )

    return [one(number, address) for number, address in enumerate(step.addresses, start=1)]


def _sender(step: SenderIdentity, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {"email_identity": step.address, "tags": step.owner.tags()}
    return [scope.piece(step, "aws_sesv2_email_identity", body, (), lambda _: step.address)]


def _role(step: Role, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "name": step.name,
        "description": DESCRIPTION,
        "assume_role_policy": encoded(trust_policy()),
        **({"permissions_boundary": step.boundary} if step.boundary else {}),
        "tags": step.owner.tags(),
    }
    return [scope.piece(step, "aws_iam_role", body, (), lambda _: step.name)]


def _role_policy(step: RolePolicy, scope: Scope) -> list[Piece]:
    policy: dict[str, Value] = {
        "Version": step.document["Version"],
        "Statement": [
            {**statement, "Resource": [scope.known(text) for text in statement["Resource"]]}
            for statement in step.document["Statement"]
        ],
    }
    body: dict[str, Value] = {
        "name": step.name,
        "role": scope.reference(step.role, "aws_iam_role", "id"),
        "policy": encoded(policy),
    }
    return [
        scope.piece(
            step, "aws_iam_role_policy", body, (), lambda _: f"{step.role.name}:{step.name}"
        )
    ]


def _log_group(step: LogGroup, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "name": step.name,
        "retention_in_days": step.retention_days,
        "tags": step.owner.tags(),
    }
    return [scope.piece(step, "aws_cloudwatch_log_group", body, (), lambda _: step.name)]


def _function(step: Function, scope: Scope) -> list[Piece]:
    ours = isinstance(step.role, Role)
    logs = scope.reference(step.logs, "aws_cloudwatch_log_group", "name")
    body: dict[str, Value] = {
        "function_name": step.name,
        "role": scope.reference(step.role, "aws_iam_role") if ours else step.role_arn,
        "filename": Code('"${path.module}/handlers.zip"'),
        "source_code_hash": Code('filebase64sha256("${path.module}/handlers.zip")'),
        "handler": step.plan.handler,
        "runtime": RUNTIME,
        "architectures": [ARCHITECTURE],
        "memory_size": MEMORY_MB,
        "timeout": step.plan.timeout_seconds,
        "tags": step.owner.tags(),
    }
    variables: dict[str, Value] = {
        name: scope.known(text) for name, text in step.plan.environment.items()
    }
    blocks = (
        Block("environment", body={"variables": variables}),
        Block("logging_config", body={"log_format": "JSON", "log_group": logs}),
    )
    return [scope.piece(step, "aws_lambda_function", body, blocks, lambda _: step.name)]


def _async(step: AsyncInvocation, scope: Scope) -> list[Piece]:
    policy = next((s for s in scope.steps if isinstance(s, RolePolicy)), None)
    body: dict[str, Value] = {
        "function_name": scope.reference(step.function, "aws_lambda_function", "function_name"),
        "maximum_retry_attempts": RETRY_ATTEMPTS,
        "maximum_event_age_in_seconds": MOST_EVENT_AGE_SECONDS,
        # Lambda refuses a destination that the role may not send to.
        **({"depends_on": [Code(f"aws_iam_role_policy.{scope.of(policy)}")]} if policy else {}),
    }
    destination = {"destination": scope.reference(step.dead_letters, "aws_sqs_queue")}
    blocks = (Block("destination_config", blocks=(Block("on_failure", body=destination),)),)
    kind = "aws_lambda_function_event_invoke_config"
    return [scope.piece(step, kind, body, blocks, lambda _: step.function.name)]


def _alarm(step: Alarm, scope: Scope) -> list[Piece]:
    body: dict[str, Value] = {
        "alarm_name": step.name,
        "alarm_description": step.watched.says,
        "alarm_actions": [scope.known(step.topic_arn)],
        "namespace": step.watched.namespace,
        "metric_name": step.watched.metric,
        "dimensions": dict(step.dimensions),
        "statistic": step.watched.statistic,
        "period": PERIOD_SECONDS,
        "evaluation_periods": 1,
        "datapoints_to_alarm": 1,
        "threshold": 0,
        "comparison_operator": "GreaterThanThreshold",
        "treat_missing_data": step.watched.silence,
        "tags": step.owner.tags(),
    }
    return [scope.piece(step, "aws_cloudwatch_metric_alarm", body, (), lambda _: step.name)]


WORDS: Mapping[type[Step[Any]], Translate] = {
    Table: _table,
    Queue: _queue,
    Topic: _topic,
    Subscriptions: _subscriptions,
    SenderIdentity: _sender,
    Role: _role,
    RolePolicy: _role_policy,
    BroughtRole: _nothing,  # the user's own, and nobody's to manage
    LogGroup: _log_group,
    Function: _function,
    AsyncInvocation: _async,
    **API_WORDS,
    Alarm: _alarm,
    UnwantedAlarms: _nothing,  # what is deleted is no part of the stack
    Endpoint: _nothing,  # asked, not made
}
"""How each kind of step is said."""
