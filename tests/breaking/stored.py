"""Breakers of what is made first: tables, queue, topics, role."""

from __future__ import annotations

import json
from typing import Any

from ordersetup.aws import Aws
from ordersetup.ownership import STACK, pairs, unpaired
from ordersetup.step import Seen
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.permissions import PERMISSIONS
from ordersetup.steps.queue import Queue
from ordersetup.steps.role import Role, RolePolicy
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.subscriptions import Subscriptions
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic
from tests.breaking.breaker import TAG, Spoil, breaks

# Tables


def _another_table(*, partition: bool) -> Spoil:
    """A table of the name with another partition key, or with the sort key it should not have."""

    def spoil(aws: Aws, step: Table, _: Seen) -> None:
        keys = ("id", step.sort_key) if partition else (step.partition_key, _other_sort_key(step))
        names = [key for key in keys if key]
        aws.dynamodb.delete_table(TableName=step.name)
        aws.dynamodb.create_table(
            TableName=step.name,
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=[
                {"AttributeName": name, "KeyType": "RANGE" if place else "HASH"}
                for place, name in enumerate(names)
            ],
            BillingMode="PAY_PER_REQUEST",
            Tags=pairs(step.owner.tags()),
        )
        found = aws.dynamodb.describe_table(TableName=step.name)["Table"]["KeySchema"]
        assert [key["AttributeName"] for key in found] == names

    return spoil


def _other_sort_key(step: Table) -> str | None:
    return None if step.sort_key else "at"


def _table_provisioned(aws: Aws, step: Table, _: Seen) -> None:
    aws.dynamodb.update_table(
        TableName=step.name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    table = aws.dynamodb.describe_table(TableName=step.name)["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"


def _table_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: Table, _: Seen) -> None:
        aws.dynamodb.untag_resource(ResourceArn=step.arn, TagKeys=[key])
        tags = aws.dynamodb.list_tags_of_resource(ResourceArn=step.arn)["Tags"]
        assert key not in unpaired(tags)

    return spoil


# The queue


def _queue_attributes(**attributes: str) -> Spoil:
    def spoil(aws: Aws, step: Queue, seen: Seen) -> None:
        url = seen.of(step).url
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)  # type: ignore[arg-type]
        found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes.items() <= found.items()

    return spoil


def _queue_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: Queue, seen: Seen) -> None:
        url = seen.of(step).url
        aws.sqs.untag_queue(QueueUrl=url, TagKeys=[key])
        assert key not in aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})

    return spoil


# Topics, subscriptions, the sender


def _topic_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: Topic, _: Seen) -> None:
        aws.sns.untag_resource(ResourceArn=step.arn, TagKeys=[key])
        assert key not in unpaired(aws.sns.list_tags_for_resource(ResourceArn=step.arn)["Tags"])

    return spoil


def _topic_forgets(aws: Aws, step: Topic, seen: Seen) -> None:
    _topic_untagged(step.settings[0][0])(aws, step, seen)


def _unsubscribed(aws: Aws, step: Subscriptions, seen: Seen) -> None:
    gone = seen.of(step).arns[step.addresses[0]]
    aws.sns.unsubscribe(SubscriptionArn=gone)
    left = aws.sns.list_subscriptions_by_topic(TopicArn=step.topic.arn)["Subscriptions"]
    assert gone not in [subscription["SubscriptionArn"] for subscription in left]


def _identity_deleted(aws: Aws, step: SenderIdentity, _: Seen) -> None:
    aws.sesv2.delete_email_identity(EmailIdentity=step.address)
    left = aws.sesv2.list_email_identities()["EmailIdentities"]
    assert step.address not in [identity["IdentityName"] for identity in left]


# The role


def _role_trusts_another(aws: Aws, step: Role | BroughtRole, _: Seen) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    aws.iam.update_assume_role_policy(RoleName=step.name, PolicyDocument=json.dumps(trust))
    found = aws.iam.get_role(RoleName=step.name)["Role"]["AssumeRolePolicyDocument"]
    assert "lambda.amazonaws.com" not in json.dumps(found)


def _role_unbound(aws: Aws, step: Role, _: Seen) -> None:
    aws.iam.delete_role_permissions_boundary(RoleName=step.name)
    assert "PermissionsBoundary" not in aws.iam.get_role(RoleName=step.name)["Role"]


def _role_untagged(key: str) -> Spoil:
    def spoil(aws: Aws, step: Role, _: Seen) -> None:
        aws.iam.untag_role(RoleName=step.name, TagKeys=[key])
        assert key not in unpaired(aws.iam.list_role_tags(RoleName=step.name)["Tags"])

    return spoil


def _policy_without(sid: str) -> Spoil:
    def spoil(aws: Aws, step: RolePolicy, _: Seen) -> None:
        kept = [s for s in step.document["Statement"] if s["Sid"] != sid]
        assert len(kept) == len(step.document["Statement"]) - 1
        _put_policy(aws, step, kept)

    return spoil


def _policy_with_more(aws: Aws, step: RolePolicy, _: Seen) -> None:
    more = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}
    _put_policy(aws, step, [*step.document["Statement"], more])


def _put_policy(aws: Aws, step: RolePolicy, statements: list[dict[str, Any]]) -> None:
    address: Any = {"RoleName": step.role.name, "PolicyName": step.name}
    document = {"Version": "2012-10-17", "Statement": statements}
    aws.iam.put_role_policy(**address, PolicyDocument=json.dumps(document))
    assert aws.iam.get_role_policy(**address)["PolicyDocument"] == document


def _brought_role_deleted(aws: Aws, step: BroughtRole, seen: Seen) -> None:
    _brought_role_powerless(aws, step, seen)
    aws.iam.delete_role(RoleName=step.name)
    roles = [role["RoleName"] for role in aws.iam.list_roles()["Roles"]]
    assert step.name not in roles


def _brought_role_without(sid: str) -> Spoil:
    """Takes one permission away; the role has them in one policy, as `make_policies` wrote it."""

    def spoil(aws: Aws, step: BroughtRole, _: Seen) -> None:
        kept = [s for name, s in step.statements.items() if name != sid]
        assert len(kept) == len(step.statements) - 1
        document = {"Version": "2012-10-17", "Statement": kept}
        address: Any = {"RoleName": step.name, "PolicyName": "orders"}
        aws.iam.put_role_policy(**address, PolicyDocument=json.dumps(document))
        assert aws.iam.get_role_policy(**address)["PolicyDocument"] == document

    return spoil


def _brought_role_powerless(aws: Aws, step: BroughtRole, _: Seen) -> None:
    for name in aws.iam.list_role_policies(RoleName=step.name)["PolicyNames"]:
        aws.iam.delete_role_policy(RoleName=step.name, PolicyName=name)
    assert aws.iam.list_role_policies(RoleName=step.name)["PolicyNames"] == []


STORED = {
    "Table.owner": breaks(_table_untagged(STACK)),
    "Table.partition_key": breaks(_another_table(partition=True)),
    "Table.sort_key": breaks(_another_table(partition=False)),
    "Table.capacity_mode": breaks(_table_provisioned),
    "Table.tags": breaks(_table_untagged(TAG)),
    "Queue.owner": breaks(_queue_untagged(STACK)),
    "Queue.retention_seconds": breaks(_queue_attributes(MessageRetentionPeriod="3600")),
    "Queue.message_bytes": breaks(_queue_attributes(MaximumMessageSize="1024")),
    "Queue.encryption": breaks(_queue_attributes(SqsManagedSseEnabled="false")),
    "Queue.tags": breaks(_queue_untagged(TAG)),
    "Topic.owner": breaks(_topic_untagged(STACK)),
    "Topic.tags": breaks(_topic_untagged(TAG)),
    "Topic.settings": breaks(_topic_forgets),
    "Subscriptions.endpoints": breaks(_unsubscribed),
    "SenderIdentity.identity": breaks(_identity_deleted),
    "Role.owner": breaks(_role_untagged(STACK)),
    "Role.trust": breaks(_role_trusts_another),
    "Role.boundary": breaks(_role_unbound),
    "Role.tags": breaks(_role_untagged(TAG)),
    "RolePolicy.invoke_functions": breaks(_policy_without("InvokeFunctions")),
    "RolePolicy.take_from_stock": breaks(_policy_without("TakeFromStock")),
    "RolePolicy.record_transactions": breaks(_policy_without("RecordTransactions")),
    "RolePolicy.send_to_queue": breaks(_policy_without("SendToDeadLetterQueue")),
    "RolePolicy.publish": breaks(_policy_without("PublishToTopics")),
    "RolePolicy.write_logs": breaks(_policy_without("WriteLogs")),
    "RolePolicy.send_mail": breaks(_policy_without("SendMail")),
    "RolePolicy.others": breaks(_policy_with_more),
    "BroughtRole.arn": breaks(_brought_role_deleted, "BroughtRole.trusts_lambda"),
    "BroughtRole.trusts_lambda": breaks(_role_trusts_another),
    **{
        f"BroughtRole.{attribute}": breaks(_brought_role_without(sid))
        for sid, attribute in PERMISSIONS.items()
    },
}
