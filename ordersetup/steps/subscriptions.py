"""The e-mail subscriptions of OrderProcessingAlerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.ownership import dropped_of, unpaired
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.topics import (
    DELETED,
    PENDING,
    TAGS_CHANGING,
    TAGS_NOT_KNOWN_YET,
    Topic,
)
from ordersetup.transient import Transient


@dataclass(frozen=True, kw_only=True)
class SubscriptionsState(State):
    """Who is subscribed, as far as the settings speak of it."""

    endpoints: Annotated[tuple[str, ...], Shown("Endpoints")]
    arns: dict[str, str] = field(default_factory=dict)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Addresses whose owners have not yet clicked the link in SNS's mail."""
        return tuple(sorted(e for e, arn in self.arns.items() if arn == PENDING))


@dataclass(frozen=True, eq=False, kw_only=True)
class Subscriptions(Step[SubscriptionsState]):
    """SNS › Topics › OrderProcessingAlerts › Create subscription.

    Subscribing an address twice sends a second mail, so only what is missing is subscribed. Other
    people's subscriptions are left alone: only an address that was a setting is ever unsubscribed.

    Args:
        topic: the topic the addresses are subscribed to.
        addresses: who shall be subscribed.
        dropped: addresses that were a setting until now. The topic's tags name them until they are
            unsubscribed, so that a run that is cut off before does not forget them; and as long as
            they do, an address counts as one too many.
    """

    topic: Topic
    addresses: tuple[str, ...]
    dropped: tuple[str, ...] = ()

    group: ClassVar[Group] = Group.TOPICS
    calls: ClassVar[Calls] = Calls(
        read=("sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"),
        write=("sns:Subscribe", "sns:Unsubscribe", "sns:UntagResource"),
    )
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "NotFound",
            "Topic does not exist",
            "SNS has not yet heard everywhere that the topic was made",
            "See the topic in the SNS console",
            30,
        ),
        Transient(
            "InvalidParameter",
            "Subscription already exists with different",
            "the address was subscribed meanwhile; looking at it",
            "See the topic's subscriptions in the SNS console",
            30,
        ),
        TAGS_NOT_KNOWN_YET,
        TAGS_CHANGING,
    )
    unheard: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "AuthorizationError",
            "because no identity-based policy allows the SNS:",
            "SNS has not yet heard of the topic's tag, to which your right may be held",
            "See whether your policy is the one that `ordersetup policy` prints",
            20,
        ),
    )

    @property
    def key(self) -> str:
        return f"subscriptions/{self.topic.name}"

    @property
    def title(self) -> str:
        return f"Subscribe to {self.topic.name} by e-mail"

    @property
    def console(self) -> str:
        return f"SNS › Topics › {self.topic.name} › Subscriptions"

    def console_page(self, region: str) -> str:
        return self.topic.console_page(region)

    @property
    def desired(self) -> SubscriptionsState:
        return SubscriptionsState(endpoints=self.addresses)

    @property
    def needs(self) -> tuple[Topic, ...]:
        return (self.topic,)

    @property
    def parent(self) -> Topic:
        return self.topic

    def read(self, aws: Aws, seen: Seen) -> SubscriptionsState:
        ours = {*self.addresses, *self.dropped}
        arns = {
            subscription["Endpoint"]: subscription["SubscriptionArn"]
            for page in aws.sns.get_paginator("list_subscriptions_by_topic").paginate(
                TopicArn=self.topic.arn
            )
            for subscription in page.get("Subscriptions", [])
            if subscription["Protocol"] == "email"
            and subscription["Endpoint"] in ours
            and subscription["SubscriptionArn"] != DELETED
        }
        # One that waits for its owner cannot be unsubscribed; AWS drops it by itself in two days.
        leaving = {a for a in self.dropped if arns.get(a) == PENDING}
        unforgotten = self._remembered(aws) - arns.keys()
        endpoints = tuple(sorted((arns.keys() - leaving) | unforgotten))
        return SubscriptionsState(endpoints=endpoints, arns=arns)

    def apply(
        self, aws: Aws, seen: Seen, actual: SubscriptionsState | None, drifted: frozenset[str]
    ) -> None:
        standing = {} if actual is None else actual.arns
        for address in self.addresses:
            if address not in standing:
                aws.sns.subscribe(TopicArn=self.topic.arn, Protocol="email", Endpoint=address)
        done = [address for address in self.dropped if standing.get(address) != PENDING]
        for address in done:
            if address in standing:
                aws.sns.unsubscribe(SubscriptionArn=standing[address])
        if done:
            keys = dropped_of(dict(self.topic.settings))
            aws.sns.untag_resource(
                ResourceArn=self.topic.arn, TagKeys=[keys[address] for address in done]
            )

    def _remembered(self, aws: Aws) -> set[str]:
        """The dropped addresses that the topic's tags still name."""
        if not self.dropped:
            return set()
        tags = aws.sns.list_tags_for_resource(ResourceArn=self.topic.arn).get("Tags", [])
        return dropped_of(unpaired(tags)).keys() & set(self.dropped)
