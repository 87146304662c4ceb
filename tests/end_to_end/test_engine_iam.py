"""What the engine decides otherwise than AWS, entry for entry: a cured one fails here and goes.

Each call is made by a user who holds exactly what the Service Authorization Reference asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from ordersetup.local import Engine, throwaway
from tests.end_to_end.caller import NAME, Caller, client, hired
from tests.end_to_end.command_line import REGION
from tests.end_to_end.engine_iam import (
    CALLED_OTHERWISE,
    HELD_INSTEAD,
    ON_ANY_RESOURCE,
    UNKNOWN_KEYS,
)

ACCOUNT = "000000000000"
TAGS = [{"Key": "Team", "Value": "orders"}]


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def iam_arn(resource: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


TABLE, TOPIC = arn("dynamodb", "table/Inventory"), arn("sns", "Alerts")
FUNCTION, QUEUE = arn("lambda", "function:SendEmail"), arn("sqs", "Queue")
IDENTITY, ROLE = arn("ses", "identity/shop@example.com"), iam_arn("role/runs")
BOUNDARY, PROFILE = iam_arn("policy/boundary"), iam_arn("instance-profile/profile")
ALARM = arn("cloudwatch", "alarm:Alarm")
APIS = f"arn:aws:apigateway:{REGION}::/restapis"
ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LAMBDA = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [LAMBDA]})
BOUNDS = json.dumps({"Version": "2012-10-17", "Statement": [ANYTHING]})
OWNER = "ordersetup:stack"


class Entry(NamedTuple):
    """A call that AWS allows and the engine refuses.

    Args:
        service: whose client makes it.
        action: what is held,
        resource: on what,
        call: and the call.
        conditions: StringEquals conditions under which it is held.
    """

    service: str
    action: str
    resource: str
    call: Callable[[Any], object]
    conditions: dict[str, str] = {}  # noqa: RUF012 - never written to


ENTRIES = {
    "cloudwatch:DeleteAlarms": Entry(
        "cloudwatch",
        "cloudwatch:DeleteAlarms",
        ALARM,
        lambda c: c.delete_alarms(AlarmNames=["Alarm"]),
    ),
    "cloudwatch:DescribeAlarms": Entry(
        "cloudwatch",
        "cloudwatch:DescribeAlarms",
        arn("cloudwatch", "alarm:*"),
        lambda c: c.describe_alarms(AlarmNames=["Alarm"]),
    ),
    "cloudwatch:ListTagsForResource": Entry(
        "cloudwatch",
        "cloudwatch:ListTagsForResource",
        ALARM,
        lambda c: c.list_tags_for_resource(ResourceARN=ALARM),
    ),
    "cloudwatch:TagResource": Entry(
        "cloudwatch",
        "cloudwatch:TagResource",
        ALARM,
        lambda c: c.tag_resource(ResourceARN=ALARM, Tags=TAGS),
    ),
    "cloudwatch:UntagResource": Entry(
        "cloudwatch",
        "cloudwatch:UntagResource",
        ALARM,
        lambda c: c.untag_resource(ResourceARN=ALARM, TagKeys=["Team"]),
    ),
    "dynamodb:ListTagsOfResource": Entry(
        "dynamodb",
        "dynamodb:ListTagsOfResource",
        TABLE,
        lambda c: c.list_tags_of_resource(ResourceArn=TABLE),
    ),
    "dynamodb:TagResource": Entry(
        "dynamodb",
        "dynamodb:TagResource",
        TABLE,
        lambda c: c.tag_resource(ResourceArn=TABLE, Tags=TAGS),
    ),
    "dynamodb:UntagResource": Entry(
        "dynamodb",
        "dynamodb:UntagResource",
        TABLE,
        lambda c: c.untag_resource(ResourceArn=TABLE, TagKeys=["Team"]),
    ),
    "iam:RemoveRoleFromInstanceProfile": Entry(
        "iam",
        "iam:RemoveRoleFromInstanceProfile",
        PROFILE,
        lambda c: c.remove_role_from_instance_profile(
            InstanceProfileName="profile", RoleName="runs"
        ),
    ),
    "iam:SimulatePrincipalPolicy": Entry(
        "iam",
        "iam:SimulatePrincipalPolicy",
        ROLE,
        lambda c: c.simulate_principal_policy(
            PolicySourceArn=ROLE, ActionNames=["sqs:SendMessage"]
        ),
    ),
    "lambda:CreateFunction": Entry(
        "lambda",
        "lambda:CreateFunction",
        FUNCTION,
        lambda c: c.create_function(
            FunctionName="SendEmail",
            Role=ROLE,
            Runtime="python3.13",
            Handler="a.b",
            Code={"ZipFile": b"PK"},
        ),
    ),
    "ses:TagResource": Entry(
        "sesv2",
        "ses:TagResource",
        IDENTITY,
        lambda c: c.tag_resource(ResourceArn=IDENTITY, Tags=TAGS),
    ),
    "sns:ListTagsForResource": Entry(
        "sns",
        "sns:ListTagsForResource",
        TOPIC,
        lambda c: c.list_tags_for_resource(ResourceArn=TOPIC),
    ),
    "sns:TagResource": Entry(
        "sns", "sns:TagResource", TOPIC, lambda c: c.tag_resource(ResourceArn=TOPIC, Tags=TAGS)
    ),
    "sns:UntagResource": Entry(
        "sns",
        "sns:UntagResource",
        TOPIC,
        lambda c: c.untag_resource(ResourceArn=TOPIC, TagKeys=["Team"]),
    ),
    "lambda:GetFunctionConcurrency": Entry(
        "lambda",
        "lambda:GetFunctionConcurrency",
        FUNCTION,
        lambda c: c.get_function_concurrency(FunctionName="SendEmail"),
    ),
    "sqs:ChangeMessageVisibility": Entry(
        "sqs",
        "sqs:ChangeMessageVisibility",
        QUEUE,
        lambda c: c.change_message_visibility_batch(
            QueueUrl=f"{c.meta.endpoint_url}/{ACCOUNT}/Queue",
            Entries=[{"Id": "1", "ReceiptHandle": "none", "VisibilityTimeout": 0}],
        ),
    ),
    "sqs:DeleteMessage": Entry(
        "sqs",
        "sqs:DeleteMessage",
        QUEUE,
        lambda c: c.delete_message_batch(
            QueueUrl=f"{c.meta.endpoint_url}/{ACCOUNT}/Queue",
            Entries=[{"Id": "1", "ReceiptHandle": "none"}],
        ),
    ),
    "lambda:GetFunctionEventInvokeConfig": Entry(
        "lambda",
        "lambda:GetFunctionEventInvokeConfig",
        FUNCTION,
        lambda c: c.get_function_event_invoke_config(FunctionName="SendEmail"),
    ),
    "lambda:PutFunctionEventInvokeConfig": Entry(
        "lambda",
        "lambda:PutFunctionEventInvokeConfig",
        FUNCTION,
        lambda c: c.put_function_event_invoke_config(
            FunctionName="SendEmail", MaximumRetryAttempts=2
        ),
    ),
    "aws:RequestTag/": Entry(
        "apigateway",
        "apigateway:POST",
        APIS,
        lambda c: c.create_rest_api(name="Api", tags={OWNER: "default"}),
        {f"aws:RequestTag/{OWNER}": "default"},
    ),
    "aws:ResourceTag/": Entry(
        "apigateway",
        "apigateway:DELETE",
        f"{APIS}/*",
        lambda c: c.delete_rest_api(restApiId=c.get_rest_apis()["items"][0]["id"]),
        {f"aws:ResourceTag/{OWNER}": "default"},
    ),
    "iam:PermissionsBoundary": Entry(
        "iam",
        "iam:CreateRole",
        iam_arn("role/bound"),
        lambda c: c.create_role(
            RoleName="bound", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=BOUNDARY
        ),
        {"iam:PermissionsBoundary": BOUNDARY},
    ),
}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Engine]:
    with throwaway(region=REGION) as engine:
        client(engine, "dynamodb").create_table(
            TableName="Inventory",
            AttributeDefinitions=[{"AttributeName": "item_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "item_id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client(engine, "sns").create_topic(Name="Alerts")
        client(engine, "sqs").create_queue(QueueName="Queue")
        client(engine, "sesv2").create_email_identity(EmailIdentity="shop@example.com")
        iam = client(engine, "iam")
        iam.create_policy(PolicyName="boundary", PolicyDocument=BOUNDS)
        iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)
        iam.create_instance_profile(InstanceProfileName="profile")
        iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="runs")
        client(engine, "apigateway").create_rest_api(name="Tagged", tags={OWNER: "default"})
        yield engine


@pytest.fixture(scope="module")
def jane(guarded: Engine) -> Caller:
    return hired(guarded)


def hold(engine: Engine, entry: Entry) -> None:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": entry.action,
        "Resource": entry.resource,
    }
    if entry.conditions:
        statement["Condition"] = {"StringEquals": entry.conditions}
    # Not in doubt: it tells the id of an API.
    looking = {"Effect": "Allow", "Action": "apigateway:GET", "Resource": APIS}
    client(engine, "iam").put_user_policy(
        UserName=NAME,
        PolicyName="right",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement, looking]}),
    )


def test_every_entry_of_the_table_is_looked_at() -> None:
    assert ENTRIES.keys() | {"iam:PassedToService"} == {
        *ON_ANY_RESOURCE,
        *CALLED_OTHERWISE,
        *HELD_INSTEAD,
        *UNKNOWN_KEYS,
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_the_engine_refuses_what_aws_allows(guarded: Engine, jane: Caller, name: str) -> None:
    entry = ENTRIES[name]
    hold(guarded, entry)
    with pytest.raises(ClientError) as caught:
        entry.call(client(guarded, entry.service, jane.key))
    code = caught.value.response["Error"]["Code"]
    assert "AccessDenied" in code or "Authorization" in code, code


def test_the_engine_s_simulator_does_not_look_at_the_context_it_is_given(guarded: Engine) -> None:
    key = "iam:PassedToService"
    hold(guarded, Entry("iam", "iam:PassRole", ROLE, print, {key: "lambda.amazonaws.com"}))
    told = client(guarded, "iam").simulate_principal_policy(
        PolicySourceArn=iam_arn(f"user/{NAME}"),
        ActionNames=["iam:PassRole"],
        ResourceArns=[ROLE],
        ContextEntries=[
            {
                "ContextKeyName": key,
                "ContextKeyValues": ["lambda.amazonaws.com"],
                "ContextKeyType": "string",
            }
        ],
    )
    assert told["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
