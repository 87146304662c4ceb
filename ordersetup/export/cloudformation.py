"""The stack as a CloudFormation template, made from the steps: one translation for each kind.

A resource that is imported must have a DeletionPolicy. Here everything has one that keeps it, so
that a CloudFormation stack that is given up does not take the running pipeline along.
"""

from __future__ import annotations

import json
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
from ordersetup.export.cloudformation_api import API_WORDS
from ordersetup.export.scope import Resources, Scope, get, made, ref, tag_list
from ordersetup.step import Step
from ordersetup.steps import only
from ordersetup.steps.alarms import Alarm
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.endpoint import Endpoint
from ordersetup.steps.functions import Function
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.queue import MESSAGE_BYTES, Queue
from ordersetup.steps.role import DESCRIPTION, Role, RolePolicy
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.stage import Stage
from ordersetup.steps.subscriptions import Subscriptions
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic
from ordersetup.steps.unwanted_alarms import UnwantedAlarms
from ordersetup.steps.watched import PERIOD_SECONDS

Translate: TypeAlias = Callable[[Any, Scope], Resources]


def template(blueprint: Blueprint, steps: Sequence[Step[Any]], *, code_key: str) -> dict[str, Any]:
    """The whole stack as a template; pure.

    Args:
        blueprint: the stack.
        steps: those of its steps that shall be in the template.
        code_key: where in the bucket the handlers' zip is proposed to be.
    """
    scope = Scope(blueprint, tuple(steps))
    resources: dict[str, Any] = {}
    for step in steps:
        resources |= WORDS[type(step)](step, scope)
    stage = only(Stage, steps)
    url = f"https://${{EcommerceAPI}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{stage.name}"
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The order pipeline {blueprint.names.stack}, exported by ordersetup.",
        "Parameters": {
            "CodeBucket": {
                "Type": "String",
                "Description": "The S3 bucket that the handlers' zip was uploaded to.",
            },
            "CodeKey": {
                "Type": "String",
                "Default": code_key,
                "Description": "The zip's key in the bucket; another one makes Lambda load it.",
            },
        },
        "Resources": resources,
        "Outputs": {
            "OrdersUrl": {
                "Description": "Where orders are posted.",
                "Value": {"Fn::Sub": f"{url}{stage.path}"},
            },
        },
    }


def _nothing(step: Step[Any], scope: Scope) -> Resources:  # noqa: ARG001 - one shape for all
    return {}


def _table(step: Table, scope: Scope) -> Resources:
    keys = [step.partition_key, *([step.sort_key] if step.sort_key else [])]
    return scope.one(
        step,
        "DynamoDB::Table",
        TableName=step.name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[
            {"AttributeName": key, "KeyType": "RANGE" if place else "HASH"}
            for place, key in enumerate(keys)
        ],
        Tags=tag_list(step.owner.tags()),
    )


def _queue(step: Queue, scope: Scope) -> Resources:
    return scope.one(
        step,
        "SQS::Queue",
        QueueName=step.name,
        MessageRetentionPeriod=step.retention_seconds,
        MaximumMessageSize=MESSAGE_BYTES,
        SqsManagedSseEnabled=True,
        Tags=tag_list(step.owner.tags()),
    )


def _topic(step: Topic, scope: Scope) -> Resources:
    return scope.one(
        step, "SNS::Topic", TopicName=step.name, Tags=tag_list(step.owner.tags(step.settings))
    )


def _subscriptions(step: Subscriptions, scope: Scope) -> Resources:
    return {
        f"{scope.of(step)}{number}": made(
            "SNS::Subscription",
            TopicArn=ref(scope.of(step.topic)),
            Protocol="email",
            Endpoint=address,
        )
        for number, address in enumerate(step.addresses, start=1)
    }


def _sender(step: SenderIdentity, scope: Scope) -> Resources:
    return scope.one(
        step,
        "SES::EmailIdentity",
        EmailIdentity=step.address,
        Tags=tag_list(step.owner.tags()),
    )


def _role(step: Role, scope: Scope) -> Resources:
    # The policy is the role's own property: one import takes both.
    policy = only(RolePolicy, scope.steps)
    return scope.one(
        step,
        "IAM::Role",
        RoleName=step.name,
        Description=DESCRIPTION,
        AssumeRolePolicyDocument=trust_policy(),
        **({"PermissionsBoundary": step.boundary} if step.boundary else {}),
        Policies=[{"PolicyName": policy.name, "PolicyDocument": _portable(policy.document, scope)}],
        Tags=tag_list(step.owner.tags()),
    )


def _portable(document: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """A policy whose ARNs are of whatever account and region it is deployed to.

    Not by reference to the resources: the functions need the role, and it names the functions.
    """
    return {
        **document,
        "Statement": [
            {**statement, "Resource": [scope.portable(arn) for arn in statement["Resource"]]}
            for statement in document["Statement"]
        ],
    }


def _log_group(step: LogGroup, scope: Scope) -> Resources:
    return scope.one(
        step,
        "Logs::LogGroup",
        LogGroupName=step.name,
        RetentionInDays=step.retention_days,
        Tags=tag_list(step.owner.tags()),
    )


def _function(step: Function, scope: Scope) -> Resources:
    role = get(scope.of(step.role)) if isinstance(step.role, Role) else step.role_arn
    variables = {name: scope.known(text) for name, text in step.plan.environment.items()}
    return scope.one(
        step,
        "Lambda::Function",
        FunctionName=step.name,
        Role=role,
        Code={"S3Bucket": ref("CodeBucket"), "S3Key": ref("CodeKey")},
        Handler=step.plan.handler,
        Runtime=RUNTIME,
        Architectures=[ARCHITECTURE],
        MemorySize=MEMORY_MB,
        Timeout=step.plan.timeout_seconds,
        Environment={"Variables": variables},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": ref(scope.of(step.logs))},
        Tags=tag_list(step.owner.tags()),
    )


def _async(step: AsyncInvocation, scope: Scope) -> Resources:
    return scope.one(
        step,
        "Lambda::EventInvokeConfig",
        FunctionName=ref(scope.of(step.function)),
        Qualifier="$LATEST",
        MaximumRetryAttempts=RETRY_ATTEMPTS,
        MaximumEventAgeInSeconds=MOST_EVENT_AGE_SECONDS,
        DestinationConfig={"OnFailure": {"Destination": get(scope.of(step.dead_letters))}},
    )


def _alarm(step: Alarm, scope: Scope) -> Resources:
    return scope.one(
        step,
        "CloudWatch::Alarm",
        AlarmName=step.name,
        AlarmDescription=step.watched.says,
        AlarmActions=[scope.known(step.topic_arn)],
        Namespace=step.watched.namespace,
        MetricName=step.watched.metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in step.dimensions],
        Statistic=step.watched.statistic,
        Period=PERIOD_SECONDS,
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData=step.watched.silence,
        Tags=tag_list(step.owner.tags()),
    )


WORDS: Mapping[type[Step[Any]], Translate] = {
    Table: _table,
    Queue: _queue,
    Topic: _topic,
    Subscriptions: _subscriptions,
    SenderIdentity: _sender,
    Role: _role,
    RolePolicy: _nothing,  # in the role's own words
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


def as_json(document: object) -> str:
    """A template, or a list of what is imported, as text."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
