"""Breakers of what runs: log groups, functions, their safety nets, who may invoke them."""

from __future__ import annotations

import json
from typing import Any

from ordersetup.aws import Aws
from ordersetup.ownership import STACK
from ordersetup.step import Seen
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.functions import Function
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.permission import SID, InvokePermission
from tests.breaking.breaker import TAG, Spoil, breaks

# Log groups


def _retention_short(aws: Aws, step: LogGroup, _: Seen) -> None:
    aws.logs.put_retention_policy(logGroupName=step.name, retentionInDays=1)
    (group,) = aws.logs.describe_log_groups(logGroupNamePrefix=step.name)["logGroups"]
    assert group["retentionInDays"] == 1


def _log_group_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: LogGroup, _: Seen) -> None:
        aws.logs.untag_resource(resourceArn=step.arn, tagKeys=[key])
        assert key not in aws.logs.list_tags_for_resource(resourceArn=step.arn)["tags"]

    return spoil


# Functions


def _function_configured(**changes: Any) -> Spoil:
    def spoil(aws: Aws, step: Function, _: Seen) -> None:
        aws.lambda_.update_function_configuration(FunctionName=step.name, **changes)
        found: Any = aws.lambda_.get_function_configuration(FunctionName=step.name)
        assert {key: found[key] for key in changes} == changes

    return spoil


def _function_logs(**changes: str) -> Spoil:
    def spoil(aws: Aws, step: Function, _: Seen) -> None:
        right = {"LogFormat": "JSON", "LogGroup": step.logs.name}
        name = step.name
        aws.lambda_.update_function_configuration(
            FunctionName=name,
            LoggingConfig={**right, **changes},  # type: ignore[typeddict-item]  # a literal lost
        )
        found = aws.lambda_.get_function_configuration(FunctionName=name)["LoggingConfig"]
        assert changes.items() <= found.items()

    return spoil


def _function_code(aws: Aws, step: Function, _: Seen) -> None:
    # Bytes after a zip's end are no fault of the zip's.
    aws.lambda_.update_function_code(
        FunctionName=step.name,
        ZipFile=step.code.zipped + b"\0",
        Architectures=["arm64"],
    )
    found = aws.lambda_.get_function_configuration(FunctionName=step.name)
    assert found["CodeSha256"] != step.code.sha256


def _function_on_intel(aws: Aws, step: Function, _: Seen) -> None:
    aws.lambda_.update_function_code(
        FunctionName=step.name, ZipFile=step.code.zipped, Architectures=["x86_64"]
    )
    found = aws.lambda_.get_function_configuration(FunctionName=step.name)
    assert found["Architectures"] == ["x86_64"]


def _function_role(aws: Aws, step: Function, seen: Seen) -> None:
    role = aws.iam.create_role(
        RoleName=f"another-role-of-{step.name}",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                },
            }
        ),
    )["Role"]
    _function_configured(Role=role["Arn"])(aws, step, seen)


def _function_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: Function, _: Seen) -> None:
        aws.lambda_.untag_resource(Resource=step.arn, TagKeys=[key])
        assert key not in aws.lambda_.list_tags(Resource=step.arn)["Tags"]

    return spoil


def _event_invoke(*, attempts: int = 2, age: int = 21_600, destinations: str) -> Spoil:
    """Write another record; `destinations` are the names of those that lead to the queue."""

    def spoil(aws: Aws, step: AsyncInvocation, _: Seen) -> None:
        wanted: Any = {
            "MaximumRetryAttempts": attempts,
            "MaximumEventAgeInSeconds": age,
            "DestinationConfig": {
                name: {"Destination": step.dead_letters.arn} for name in destinations.split()
            },
        }
        name = step.function.name
        aws.lambda_.put_function_event_invoke_config(FunctionName=name, **wanted)
        found: Any = aws.lambda_.get_function_event_invoke_config(FunctionName=name)
        # AWS tells of a destination that is not set, as an empty one.
        set_ones = {n: d for n, d in found["DestinationConfig"].items() if d}
        assert {key: found[key] for key in wanted} | {"DestinationConfig": set_ones} == wanted

    return spoil


# The permission


def _permitted(*, principal: str = "apigateway.amazonaws.com", api_id: str | None = None) -> Spoil:
    """Put another statement in the place of the right one, under its id."""

    def spoil(aws: Aws, step: InvokePermission, seen: Seen) -> None:
        policy = json.loads(aws.lambda_.get_policy(FunctionName=step.function.name)["Policy"])
        sid = next(s["Sid"] for s in policy["Statement"] if s["Sid"].startswith(SID))
        aws.lambda_.remove_permission(FunctionName=step.function.name, StatementId=sid)
        _permit(aws, step, sid, principal, api_id or seen.of(step.api).api_id)

    return spoil


def _permitted_more(aws: Aws, step: InvokePermission, _: Seen) -> None:
    _permit(aws, step, f"{SID}gone", "apigateway.amazonaws.com", "gone")


def _permit(aws: Aws, step: InvokePermission, sid: str, principal: str, api_id: str) -> None:
    source = step.place.arn("execute-api", f"{api_id}/*/POST/orders")
    aws.lambda_.add_permission(
        FunctionName=step.function.name,
        StatementId=sid,
        Action="lambda:InvokeFunction",
        Principal=principal,
        SourceArn=source,
    )
    policy = json.loads(aws.lambda_.get_policy(FunctionName=step.function.name)["Policy"])
    found = next(statement for statement in policy["Statement"] if statement["Sid"] == sid)
    assert found["Principal"] == {"Service": principal}
    assert source in json.dumps(found["Condition"])


RUNNING = {
    "LogGroup.owner": breaks(_log_group_untagged(STACK)),
    "LogGroup.retention_days": breaks(_retention_short),
    "LogGroup.tags": breaks(_log_group_untagged(TAG)),
    "Function.owner": breaks(_function_untagged(STACK)),
    "Function.code_sha256": breaks(_function_code),
    "Function.handler": breaks(_function_configured(Handler="handlers.another.handler")),
    "Function.runtime": breaks(_function_configured(Runtime="python3.12")),
    "Function.architecture": breaks(_function_on_intel),
    "Function.memory_mb": breaks(_function_configured(MemorySize=512)),
    "Function.timeout_seconds": breaks(_function_configured(Timeout=3)),
    "Function.role": breaks(_function_role),
    "Function.environment": breaks(
        _function_configured(Environment={"Variables": {"INVENTORY_TABLE": "Another"}})
    ),
    "Function.log_format": breaks(_function_logs(LogFormat="Text")),
    "Function.log_group": breaks(_function_logs(LogGroup="/aws/lambda/another")),
    "Function.log_levels": breaks(_function_logs(SystemLogLevel="WARN")),
    "Function.tags": breaks(_function_untagged(TAG)),
    "AsyncInvocation.retry_attempts": breaks(_event_invoke(attempts=0, destinations="OnFailure")),
    "AsyncInvocation.maximum_age_seconds": breaks(_event_invoke(age=60, destinations="OnFailure")),
    "AsyncInvocation.on_failure": breaks(_event_invoke(destinations="")),
    "AsyncInvocation.on_success": breaks(_event_invoke(destinations="OnFailure OnSuccess")),
    "InvokePermission.principal": breaks(
        _permitted(principal="s3.amazonaws.com"), "InvokePermission.outdated"
    ),
    "InvokePermission.source": breaks(_permitted(api_id="gone"), "InvokePermission.outdated"),
    "InvokePermission.outdated": breaks(_permitted_more),
}
