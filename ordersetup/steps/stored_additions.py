"""What somebody has added to the queue, the topics and the roles.

It is told, and not held against them, unless it keeps the pipeline from working.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import ROLE_POLICY
from ordersetup.corrections import POLICY as ENGINES_OWN
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.access_policy import access_policy
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.queue import Queue
from ordersetup.steps.role import Role
from ordersetup.steps.topics import Topic

WIDEST = frozenset(
    f"{name} (attached)" for name in ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
)
"""AWS's own policies that no function of any pipeline needs."""


@dataclass(frozen=True, kw_only=True)
class RoleAdditionsState(State):
    """Which policies a role has beyond the guide's; of a role of the user's own, the widest."""

    further: Annotated[tuple[str, ...], Shown("Further policies", note=True)]
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class RoleAdditions(Step[RoleAdditionsState]):
    """IAM › Roles › the role › Permissions policies.

    Whatever stands there beside the guide's own policy widens what the functions may do, or narrows
    it by a Deny.
    """

    role: Role | BroughtRole

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(
        read=("iam:ListRolePolicies", "iam:ListAttachedRolePolicies"), write=()
    )

    @property
    def key(self) -> str:
        return f"additions/{self.role.name}"

    @property
    def title(self) -> str:
        return f"Additions to {self.role.name}"

    @property
    def console(self) -> str:
        return f"{self.role.console} › Permissions policies"

    def console_page(self, region: str) -> str:
        return f"{self.role.console_page(region)}?section=permissions"

    @property
    def desired(self) -> RoleAdditionsState:
        return RoleAdditionsState(further=())

    @property
    def parent(self) -> Role | BroughtRole:
        return self.role

    def read(self, aws: Aws, seen: Seen) -> RoleAdditionsState:
        name = self.role.name
        try:
            inline = [
                policy
                for page in aws.iam.get_paginator("list_role_policies").paginate(RoleName=name)
                for policy in page.get("PolicyNames", [])
            ]
            attached = [
                f"{policy.get('PolicyName', '')} (attached)"
                for page in aws.iam.get_paginator("list_attached_role_policies").paginate(
                    RoleName=name
                )
                for policy in page.get("AttachedPolicies", [])
            ]
            if not aws.amazon:
                inline = [policy for policy in inline if policy != ENGINES_OWN]
        except aws.iam.exceptions.NoSuchEntityException:
            # A brought role that is missing is told by its own step.
            return RoleAdditionsState(further=())
        every = tuple(sorted([*inline, *attached]))
        if isinstance(self.role, BroughtRole):
            further = tuple(policy for policy in every if policy in WIDEST)
        else:
            further = tuple(policy for policy in every if policy != ROLE_POLICY)
        return RoleAdditionsState(further=further, policies=every)

    def apply(
        self, aws: Aws, seen: Seen, actual: RoleAdditionsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: what others have added is theirs."""


@dataclass(frozen=True, kw_only=True)
class QueueAdditionsState(State):
    """What the dead-letter queue has beyond the guide."""

    denials: Annotated[tuple[str, ...], Shown("Access policy: denies sending")] = ()
    statements: Annotated[
        tuple[str, ...], Shown("Access policy: further statements", note=True)
    ] = ()
    redrive: Annotated[str | None, Shown("Dead-letter queue of its own", note=True)] = None
    policy_sha256: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class QueueAdditions(Step[QueueAdditionsState]):
    """SQS › Queues › OrderProcessingDLQ: Access policy, Dead-letter queue.

    A Deny of the access policy outweighs what the role may, and what failed for good is then lost.
    A queue can pass on what was received too often. Each look at a message counts as a receive, in
    the console too, so that failed events leave for the other queue by being looked at.
    """

    queue: Queue

    group: ClassVar[Group] = Group.QUEUE
    calls: ClassVar[Calls] = Calls(read=("sqs:GetQueueAttributes",), write=())

    @property
    def key(self) -> str:
        return f"additions/{self.queue.name}"

    @property
    def title(self) -> str:
        return f"Additions to {self.queue.name}"

    @property
    def console(self) -> str:
        return self.queue.console

    def console_page(self, region: str) -> str:
        return self.queue.console_page(region)

    @property
    def desired(self) -> QueueAdditionsState:
        return QueueAdditionsState()

    @property
    def parent(self) -> Queue:
        return self.queue

    def by_hand(self, attribute: str) -> str:
        return f"{self.console} › Access policy › Edit" if attribute == "denials" else self.console

    def read(self, aws: Aws, seen: Seen) -> QueueAdditionsState:
        found = aws.sqs.get_queue_attributes(
            QueueUrl=seen.of(self.queue).url, AttributeNames=["Policy", "RedrivePolicy"]
        ).get("Attributes", {})
        policy = access_policy(found.get("Policy"), "sqs:SendMessage")
        return QueueAdditionsState(
            denials=policy.denials,
            statements=policy.further,
            redrive=_passed_on(found.get("RedrivePolicy")),
            policy_sha256=policy.sha256,
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: QueueAdditionsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: what others have added is theirs."""


@dataclass(frozen=True, kw_only=True)
class TopicAdditionsState(State):
    """What the access policy of a topic has beyond SNS's own."""

    denials: Annotated[tuple[str, ...], Shown("Access policy: denies publishing")] = ()
    statements: Annotated[
        tuple[str, ...], Shown("Access policy: further statements", note=True)
    ] = ()
    policy_sha256: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class TopicAdditions(Step[TopicAdditionsState]):
    """SNS › Topics › the topic › Access policy.

    A Deny there outweighs what the role may, and the alerts or confirmations are then lost.
    """

    topic: Topic

    group: ClassVar[Group] = Group.TOPICS
    calls: ClassVar[Calls] = Calls(read=("sns:GetTopicAttributes",), write=())

    @property
    def key(self) -> str:
        return f"additions/{self.topic.name}"

    @property
    def title(self) -> str:
        return f"Additions to {self.topic.name}"

    @property
    def console(self) -> str:
        return f"{self.topic.console} › Access policy"

    def console_page(self, region: str) -> str:
        return self.topic.console_page(region)

    @property
    def desired(self) -> TopicAdditionsState:
        return TopicAdditionsState()

    @property
    def parent(self) -> Topic:
        return self.topic

    def read(self, aws: Aws, seen: Seen) -> TopicAdditionsState:
        found = aws.sns.get_topic_attributes(TopicArn=self.topic.arn)["Attributes"]
        policy = access_policy(found.get("Policy"), "sns:Publish")
        return TopicAdditionsState(
            denials=policy.denials, statements=policy.further, policy_sha256=policy.sha256
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: TopicAdditionsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: what others have added is theirs."""


def _passed_on(redrive_policy: str | None) -> str | None:
    """Whereto messages are moved on, and when; None if they are not."""
    policy = json.loads(redrive_policy or "{}")
    if not policy:
        return None
    target = str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]
    return f"{target}, after {policy.get('maxReceiveCount')} receives"
