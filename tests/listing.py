"""An independent listing of every service, by plain boto3: what stands, with tags and contents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import boto3

from tests.stacks import REGION

Found = Iterator[tuple[str, Any]]
Client = Callable[[str], Any]


def everything(region: str = REGION) -> dict[str, Any]:
    """All that there is in a region of the account in memory, by kind and name."""
    return listed(partial(_client, region))


def listed(client: Client) -> dict[str, Any]:
    """The same, by whoever makes clients: in another account, or on an engine."""
    found = dict(entry for listed in _SERVICES for entry in listed(client))
    as_text: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return as_text


def settled(listing: dict[str, Any]) -> list[str]:
    """A listing without what differs between two stacks that were made alike: ids and times.

    A list, so that what is there twice is seen twice.
    """
    ids = {key[4:]: "(api)" for key in listing if key.startswith("api ")}
    for key, found in listing.items():
        if key.startswith("api "):
            ids |= {resource["id"]: resource["path"] for resource in found["resources"]}
            ids |= {deployment["id"]: "(deployment)" for deployment in found["deployments"]}
    known = re.compile("|".join([_UUID, *ids]))

    def plain(text: str) -> str:
        return known.sub(lambda match: ids.get(match[0], "(uuid)"), text)

    return sorted(
        f"{plain(key)}: {_text(json.loads(plain(json.dumps(found))))}"
        for key, found in listing.items()
    )


def identities(listing: dict[str, Any]) -> set[str]:
    """By which AWS knows the things of a listing: what is made anew under its name has others."""
    text = json.dumps(listing)
    numbers = re.findall(r'"(?:RoleId|TableId)": "([^"]+)"', text)
    return {*numbers, *(key for key in listing if key.startswith(("api ", "subscription ")))}


_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MOVING = frozenset(
    {
        *("CreationDateTime", "TableId", "LatestStreamLabel", "CreatedTimestamp"),
        *("LastModifiedTimestamp", "RoleId", "CreateDate", "RevisionId", "LastModified"),
        *("creationTime", "createdDate", "lastUpdatedDate", "LastUpdateToPayPerRequestDateTime"),
        *("storedBytes", "firstEventTimestamp", "AlarmConfigurationUpdatedTimestamp"),
        *("StateUpdatedTimestamp", "StateTransitionedTimestamp"),
    }
)
"""Fields that tell when something was made, or by which number AWS knows it."""


def _text(found: Any) -> str:
    return json.dumps(_unmoved(found), sort_keys=True)


def _unmoved(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _unmoved(value) for key, value in found.items() if key not in _MOVING}
    if isinstance(found, list):
        # Where AWS tells a list, its order says nothing.
        return sorted((_unmoved(value) for value in found), key=_text)
    return found


@cache
def _client(region: str, service: str) -> Any:
    # The session's only: reading the service models is slow.
    return boto3.Session("testing", "testing", region_name=region).client(
        service  # type: ignore[call-overload]  # the overloads want a literal
    )


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
        tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
        # Seen, and left where they are.
        seen = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=10)
        bodies = sorted(message["Body"] for message in seen.get("Messages", []))
        yield f"queue {url.rpartition('/')[2]}", [found, tags, bodies]


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
                [
                    iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
                ],
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
        configs = lambda_.list_function_event_invoke_configs(FunctionName=name)
        yield f"function {name}", [function, tags, configs["FunctionEventInvokeConfigs"]]
        yield f"permissions {name}", policy and json.loads(policy)


def _log_groups(client: Client) -> Found:
    logs = client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
        yield f"log group {group['logGroupName']}", [group, tags]


def _apis(client: Client) -> Found:
    apis = client("apigateway")
    for api in apis.get_rest_apis()["items"]:
        of = {"restApiId": api["id"]}
        yield (
            f"api {api['id']}",
            {
                "api": api,
                "resources": apis.get_resources(**of)["items"],
                "responses": apis.get_gateway_responses(**of)["items"],
                "deployments": apis.get_deployments(**of)["items"],
                "stages": apis.get_stages(**of)["item"],
            },
        )


def _identities(client: Client) -> Found:
    ses = client("sesv2")
    for identity in ses.list_email_identities()["EmailIdentities"]:
        found = ses.get_email_identity(EmailIdentity=identity["IdentityName"])
        found.pop("ResponseMetadata")
        yield f"identity {identity['IdentityName']}", found


def _alarms(client: Client) -> Found:
    cloudwatch = client("cloudwatch")
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        yield f"alarm {alarm['AlarmName']}", [alarm, tags]


_SERVICES = (
    *(_tables, _queues, _topics, _roles, _functions, _log_groups, _apis, _identities),
    _alarms,
)
