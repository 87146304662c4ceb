"""The two SNS topics; OrderProcessingAlerts also remembers the stack's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.content import Content
from ordersetup.ownership import (
    Owner,
    Tags,
    chosen_of,
    owner_of,
    pairs,
    remembered_of,
    stale_keys,
    unpaired,
    version_of,
)
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.transient import Transient

PENDING = "PendingConfirmation"
"""What ListSubscriptionsByTopic writes for an ARN as long as the recipient has not confirmed."""

DELETED = "Deleted"
"""What it writes, for a while, for one whose recipient has unsubscribed by the mail's link."""


@dataclass(frozen=True, kw_only=True)
class TopicState(State):
    """A topic as wanted or found."""

    topic_type: Annotated[str, Shown("Type")]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    settings: Annotated[Tags, Shown("Remembered settings", ours=True)]


TAGS_NOT_KNOWN_YET = Transient(
    "ResourceNotFound",
    "",
    "SNS has not yet heard everywhere that the topic was made",
    "See the topic in the SNS console",
    30,
)
TAGS_CHANGING = Transient(
    "ConcurrentAccess",
    "",
    "another change of the topic's tags is under way",
    "See whether another program changes the topic's tags",
    30,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Topic(Step[TopicState]):
    """SNS › Topics › Create topic.

    CreateTopic on an existing topic adopts it silently, or fails if the tags differ: so it is only
    called where GetTopicAttributes has found nothing.

    Args:
        settings: the stack's settings that differ from their default, as tags; the topic that
            bears them is made before whatever depends on them.
        remembers: it is the one that bears them, if there are any.
    """

    name: str
    arn: str
    owner: Owner
    settings: Tags = ()
    remembers: bool = False
    after: tuple[Step[Any], ...] = ()

    group: ClassVar[Group] = Group.TOPICS
    calls: ClassVar[Calls] = Calls(
        read=("sns:GetTopicAttributes", "sns:ListTagsForResource"),
        write=("sns:CreateTopic", "sns:TagResource", "sns:UntagResource"),
        remove=("sns:ListSubscriptionsByTopic", "sns:DeleteTopic"),
        create=("sns:CreateTopic",),
    )
    fixed: ClassVar[frozenset[str]] = frozenset({"topic_type"})
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "InvalidParameter",
            "Topic already exists with different",
            "the topic was made meanwhile; looking at it",
            "See whether another program makes the same topic",
            30,
        ),
        TAGS_NOT_KNOWN_YET,
        TAGS_CHANGING,
    )

    @property
    def key(self) -> str:
        return f"topic/{self.name}"

    @property
    def title(self) -> str:
        return f"Create topic {self.name}"

    @property
    def console(self) -> str:
        return f"SNS › Topics › {self.name}"

    def console_page(self, region: str) -> str:
        return f"sns/v3/home?region={region}#/topics"

    @property
    def desired(self) -> TopicState:
        return TopicState(
            owner=self.owner.name,
            topic_type="Standard",
            tags=self.owner.chosen,
            settings=self.settings,
        )

    @property
    def goes_last(self) -> bool:
        return self.remembers

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    def read(self, aws: Aws, seen: Seen) -> TopicState | None:
        try:
            found = aws.sns.get_topic_attributes(TopicArn=self.arn).get("Attributes", {})
        except aws.sns.exceptions.NotFoundException:
            return None
        tags = unpaired(aws.sns.list_tags_for_resource(ResourceArn=self.arn).get("Tags", []))
        return TopicState(
            owner=owner_of(tags),
            version=version_of(tags),
            topic_type="FIFO" if found.get("FifoTopic") == "true" else "Standard",
            tags=chosen_of(tags, dict(self.owner.chosen)),
            settings=remembered_of(tags),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: TopicState | None, drifted: frozenset[str]
    ) -> None:
        tags = self.owner.tags(self.settings)
        if actual is None:
            aws.sns.create_topic(Name=self.name, Tags=pairs(tags))
            return
        if stale := stale_keys(actual.tags, self.owner.chosen):
            aws.sns.untag_resource(ResourceArn=self.arn, TagKeys=stale)
        aws.sns.tag_resource(ResourceArn=self.arn, Tags=pairs(tags))
        # After the new ones, so that a run cut off in between leaves each setting old or new.
        if gone := [key for key, _ in actual.settings if key not in dict(self.settings)]:
            aws.sns.untag_resource(ResourceArn=self.arn, TagKeys=gone)

    def holds(self, aws: Aws, state: TopicState) -> Content:
        """How many confirmed subscriptions go with it, whoever has made them."""
        arns = self._subscriptions(aws)
        waiting = arns.count(PENDING)
        drops = "it by itself" if waiting == 1 else "them by itself"
        remark = f"{waiting} never confirmed: AWS drops {drops}" if waiting else ""
        confirmed = len(arns) - waiting - arns.count(DELETED)
        return Content(confirmed, "confirmed subscription", remark=remark)

    def remove(self, aws: Aws, seen: Seen, state: TopicState) -> None:
        """Delete the topic, and with it what is subscribed (SNS, DeleteTopic).

        Nobody is unsubscribed before that: were the topic's deletion refused, it would stand
        without its subscribers.
        """
        try:
            aws.sns.delete_topic(TopicArn=self.arn)
        except aws.sns.exceptions.NotFoundException:
            return

    def _subscriptions(self, aws: Aws) -> list[str]:
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.arn)
        try:
            return [s["SubscriptionArn"] for page in pages for s in page.get("Subscriptions", [])]
        except aws.sns.exceptions.NotFoundException:
            return []
