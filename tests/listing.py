"""An independent listing of every service, by plain boto3: what stands, with tags and contents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3

from tests.stacks import REGION

Found = Iterator[tuple[str, Any]]
Client = Callable[[str], Any]


def everything(region: str = REGION) -> dict[str, Any]:
    """All that there is in a region of the account in memory, by kind and name."""
    session = boto3.Session("testing", "testing", region_name=region)
    made: Any = session.client
    found = dict(entry for listed in _SERVICES for entry in listed(made))
    as_text: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return as_text


def _tables(client: Client) -> Found:
    dynamodb = client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        yield f"table {name}", [table, tags, dynamodb.scan(TableName=name)["Items"]]


def _queues(client: Client) -> Found:
    sqs = client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield f"queue {url.rpartition('/')[2]}", [found, sqs.list_queue_tags(QueueUrl=url)["Tags"]]


def _topics(client: Client) -> Found:
    sns = client("sns")
    for arn in (topic["TopicArn"] for topic in sns.list_topics()["Topics"]):
        tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        yield f"topic {arn}", [sns.get_topic_attributes(TopicArn=arn)["Attributes"], tags]
    for subscription in sns.list_subscriptions()["Subscriptions"]:
        yield f"subscription {subscription['SubscriptionArn']}", subscription


def _roles(client: Client) -> Found:
    iam = client("iam")
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        yield (
            f"role {name}",
            [
                role,
                iam.list_role_tags(RoleName=name)["Tags"],
                iam.list_role_policies(RoleName=name)["PolicyNames"],
                iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
            ],
        )


def _functions(client: Client) -> Found:
    lambda_ = client("lambda")
    for function in lambda_.list_functions()["Functions"]:
        name = function["FunctionName"]
        try:
            policy = lambda_.get_policy(FunctionName=name)["Policy"]
        except lambda_.exceptions.ResourceNotFoundException:
            policy = None
        tags = lambda_.list_tags(Resource=function["FunctionArn"])["Tags"]
        yield f"function {name}", [function, tags]
        yield f"permissions {name}", policy


def _log_groups(client: Client) -> Found:
    logs = client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
        yield f"log group {group['logGroupName']}", [group, tags]


def _apis(client: Client) -> Found:
    apis = client("apigateway")
    for api in apis.get_rest_apis()["items"]:
        resources = apis.get_resources(restApiId=api["id"])["items"]
        stages = apis.get_stages(restApiId=api["id"])["item"]
        yield f"api {api['id']}", [api, resources, stages]


def _identities(client: Client) -> Found:
    ses = client("sesv2")
    for identity in ses.list_email_identities()["EmailIdentities"]:
        found = ses.get_email_identity(EmailIdentity=identity["IdentityName"])
        found.pop("ResponseMetadata")
        yield f"identity {identity['IdentityName']}", found


_SERVICES = (_tables, _queues, _topics, _roles, _functions, _log_groups, _apis, _identities)
