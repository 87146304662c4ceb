"""Breakers of the things themselves: each takes one away, by hand, and proves that it is gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.step import Seen, Step
from ordersetup.steps.alarms import Alarm
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.cors import Preflight
from ordersetup.steps.functions import Function
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.permission import SID, InvokePermission
from ordersetup.steps.post_method import PostMethod
from ordersetup.steps.queue import Queue
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.role import Role, RolePolicy
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.stage import Stage
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic
from tests.breaking.breaker import breaks


def _gone(look: Callable[[], Any]) -> None:
    """Prove that what was there is not found any more."""
    with pytest.raises(ClientError):
        look()


def table_deleted(aws: Aws, step: Table, _: Seen) -> None:
    aws.dynamodb.delete_table(TableName=step.name)
    _gone(lambda: aws.dynamodb.describe_table(TableName=step.name))


def _queue_deleted(aws: Aws, step: Queue, seen: Seen) -> None:
    aws.sqs.delete_queue(QueueUrl=seen.of(step).url)
    _gone(lambda: aws.sqs.get_queue_url(QueueName=step.name))


def _topic_deleted(aws: Aws, step: Topic, _: Seen) -> None:
    aws.sns.delete_topic(TopicArn=step.arn)
    _gone(lambda: aws.sns.get_topic_attributes(TopicArn=step.arn))


def _identity_deleted(aws: Aws, step: SenderIdentity, _: Seen) -> None:
    aws.sesv2.delete_email_identity(EmailIdentity=step.address)
    _gone(lambda: aws.sesv2.get_email_identity(EmailIdentity=step.address))


def _role_deleted(aws: Aws, step: Role, _: Seen) -> None:
    for policy in aws.iam.list_role_policies(RoleName=step.name)["PolicyNames"]:
        aws.iam.delete_role_policy(RoleName=step.name, PolicyName=policy)
    aws.iam.delete_role(RoleName=step.name)
    _gone(lambda: aws.iam.get_role(RoleName=step.name))


def _policy_deleted(aws: Aws, step: RolePolicy, _: Seen) -> None:
    address = {"RoleName": step.role.name, "PolicyName": step.name}
    aws.iam.delete_role_policy(**address)
    _gone(lambda: aws.iam.get_role_policy(**address))


def _log_group_deleted(aws: Aws, step: LogGroup, _: Seen) -> None:
    aws.logs.delete_log_group(logGroupName=step.name)
    assert not aws.logs.describe_log_groups(logGroupNamePrefix=step.name)["logGroups"]


def _function_deleted(aws: Aws, step: Function, _: Seen) -> None:
    aws.lambda_.delete_function(FunctionName=step.name)
    _gone(lambda: aws.lambda_.get_function(FunctionName=step.name))


def _config_deleted(aws: Aws, step: AsyncInvocation, _: Seen) -> None:
    name = step.function.name
    aws.lambda_.delete_function_event_invoke_config(FunctionName=name)
    _gone(lambda: aws.lambda_.get_function_event_invoke_config(FunctionName=name))


def _api_deleted(aws: Aws, step: RestApi, seen: Seen) -> None:
    api_id = seen.of(step).api_id
    aws.apigateway.delete_rest_api(restApiId=api_id)
    _gone(lambda: aws.apigateway.get_rest_api(restApiId=api_id))


def _resource_deleted(aws: Aws, step: Resource, seen: Seen) -> None:
    api_id = seen.of(step.api).api_id
    aws.apigateway.delete_resource(restApiId=api_id, resourceId=seen.of(step).resource_id)
    left = aws.apigateway.get_resources(restApiId=api_id)["items"]
    assert [resource["path"] for resource in left] == ["/"]


def _method_deleted(verb: str) -> Callable[[Aws, Any, Seen], None]:
    def spoil(aws: Aws, step: PostMethod | Preflight, seen: Seen) -> None:
        address = {
            "restApiId": seen.of(step.resource.api).api_id,
            "resourceId": seen.of(step.resource).resource_id,
            "httpMethod": verb,
        }
        aws.apigateway.delete_method(**address)
        _gone(lambda: aws.apigateway.get_method(**address))

    return spoil


def _permission_removed(aws: Aws, step: InvokePermission, _: Seen) -> None:
    name = step.function.name
    policy = json.loads(aws.lambda_.get_policy(FunctionName=name)["Policy"])
    for statement in policy["Statement"]:
        assert statement["Sid"].startswith(SID)
        aws.lambda_.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    _gone(lambda: aws.lambda_.get_policy(FunctionName=name))


def _stage_deleted(aws: Aws, step: Stage, seen: Seen) -> None:
    address = {"restApiId": seen.of(step.api).api_id, "stageName": step.name}
    aws.apigateway.delete_stage(**address)
    _gone(lambda: aws.apigateway.get_stage(**address))


def _alarm_deleted(aws: Aws, step: Alarm, _: Seen) -> None:
    aws.cloudwatch.delete_alarms(AlarmNames=[step.name])
    assert aws.cloudwatch.describe_alarms(AlarmNames=[step.name])["MetricAlarms"] == []


def can_be_absent(step: Step[Any]) -> bool:
    """Whether a step can read nothing at all; mypy keeps the annotation true."""
    return type(None) in get_args(get_type_hints(type(step).read)["return"])


EXISTENCE = {
    "Table.exists": breaks(table_deleted),
    "Queue.exists": breaks(_queue_deleted),
    "Topic.exists": breaks(_topic_deleted),
    "SenderIdentity.exists": breaks(_identity_deleted),
    "Role.exists": breaks(_role_deleted),
    "RolePolicy.exists": breaks(_policy_deleted, "Rights.denied"),
    "LogGroup.exists": breaks(_log_group_deleted),
    "Function.exists": breaks(_function_deleted),
    "AsyncInvocation.exists": breaks(_config_deleted),
    "RestApi.exists": breaks(_api_deleted, "InvokePermission.source", "InvokePermission.outdated"),
    "Resource.exists": breaks(_resource_deleted),
    "PostMethod.exists": breaks(_method_deleted("POST"), "Served.otherwise"),
    "InvokePermission.exists": breaks(_permission_removed),
    "Preflight.exists": breaks(_method_deleted("OPTIONS"), "Served.otherwise"),
    "Stage.exists": breaks(_stage_deleted),
    "Alarm.exists": breaks(_alarm_deleted),
}
"""A child of what is missing is not told of: the missing parent says it all."""

ALWAYS_THERE = {
    "GatewayResponse.exists": "API Gateway answers for a type that nobody has touched",
}
