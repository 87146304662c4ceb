"""The dead-letter queue."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.content import Content
from ordersetup.ownership import DELETED, Owner, Tags, chosen_of, owner_of, stale_keys, version_of
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

KMS = "AWS KMS key"
MESSAGE_BYTES = 1_048_576
"""The largest SQS takes. Older queues stand at 256 KB, too small for the largest records."""

DYING_SECONDS = 90
"""How long a queue that is marked as deleted may still be read: SQS says 60, and can take longer.
"""


@dataclass(frozen=True, kw_only=True)
class QueueState(State):
    """A queue as wanted or found.

    `begun` tells of one that was marked as deleted a moment ago: it is about to vanish, or was
    spared by a run that was cut off in between.
    """

    queue_type: Annotated[str, Shown("Type")]
    retention_seconds: Annotated[int, Shown("Message retention period", ours=True)]
    message_bytes: Annotated[int, Shown("Maximum message size", ours=True)]
    encryption: Annotated[str, Shown("Encryption", ours=True)]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    url: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Queue(Step[QueueState]):
    """SQS › Queues › Create queue.

    Where Lambda sends what has failed for good. The URL comes from GetQueueUrl alone: it depends on
    the endpoint. SetQueueAttributes can take up to 60 s to be readable everywhere. So can
    DeleteQueue: a queue is marked before it is deleted, lest a dying one be taken for a living one.

    Args:
        disposable: its messages are nobody's data.
    """

    name: str
    arn: str
    owner: Owner
    retention_seconds: int
    after: tuple[Step[Any], ...] = ()
    disposable: bool = False

    group: ClassVar[Group] = Group.QUEUE
    calls: ClassVar[Calls] = Calls(
        read=("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        write=("sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"),
        remove=("sqs:ReceiveMessage", "sqs:TagQueue", "sqs:DeleteQueue"),
        create=("sqs:CreateQueue",),
    )
    fixed: ClassVar[frozenset[str]] = frozenset({"queue_type"})
    steady: ClassVar[int] = 2
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "",
            "SQS keeps a deleted queue's name blocked for 60 seconds",
            "See whether another program keeps deleting the queue",
            90,
            usual=60,
        ),
        # The queue was found a moment ago: it is one that is dying, or not yet known everywhere.
        Transient(
            "AWS.SimpleQueueService.NonExistentQueue",
            "",
            "SQS has not yet heard everywhere that the queue was made or deleted",
            "See the queue in the SQS console",
            75,
        ),
        Transient(
            "QueueAlreadyExists",
            "",
            "the queue was made meanwhile; looking at it",
            "See whether another program makes the same queue",
            30,
        ),
    )

    @property
    def key(self) -> str:
        return f"queue/{self.name}"

    @property
    def title(self) -> str:
        return f"Create queue {self.name}"

    @property
    def console(self) -> str:
        return f"SQS › Queues › {self.name}"

    def console_page(self, region: str) -> str:
        return f"sqs/v3/home?region={region}#/queues"

    @property
    def desired(self) -> QueueState:
        return QueueState(
            owner=self.owner.name,
            queue_type="Standard",
            retention_seconds=self.retention_seconds,
            message_bytes=MESSAGE_BYTES,
            encryption="Amazon SQS key (SSE-SQS)",
            tags=self.owner.chosen,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    @property
    def precious(self) -> bool:
        return not self.disposable

    def read(self, aws: Aws, seen: Seen) -> QueueState | None:
        found = self.remains(aws, seen)
        return None if found is None or found.begun else found

    def remains(self, aws: Aws, seen: Seen) -> QueueState | None:
        try:
            url = aws.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        except aws.sqs.exceptions.QueueDoesNotExist:
            return None
        found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        return QueueState(
            owner=owner_of(tags),
            version=version_of(tags),
            queue_type="FIFO" if found.get("FifoQueue") == "true" else "Standard",
            retention_seconds=int(found["MessageRetentionPeriod"]),
            message_bytes=int(found["MaximumMessageSize"]),
            encryption=_encryption(found.get("KmsMasterKeyId"), found.get("SqsManagedSseEnabled")),
            # An old mark stands on a queue that was never deleted, and is to go like a stale tag.
            tags=chosen_of(tags, {**dict(self.owner.chosen), DELETED: ""}),
            url=url,
            begun=_begun(tags.get(DELETED, "")),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: QueueState | None, drifted: frozenset[str]
    ) -> None:
        attributes: dict[QueueAttributeNameType, str] = {
            "MessageRetentionPeriod": str(self.retention_seconds),
            "MaximumMessageSize": str(MESSAGE_BYTES),
        }
        if actual is None:
            attributes["SqsManagedSseEnabled"] = "true"
            self._create(aws, attributes)
            return
        if drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.sqs.untag_queue(QueueUrl=actual.url, TagKeys=stale)
            aws.sqs.tag_queue(QueueUrl=actual.url, Tags=self.owner.tags())
        if "encryption" in drifted:
            # The two exclude each other, so a key that stands is taken away in the same call.
            if actual.encryption.startswith(KMS):
                attributes["KmsMasterKeyId"] = ""
            attributes["SqsManagedSseEnabled"] = "true"
        if drifted & {"retention_seconds", "message_bytes", "encryption"}:
            aws.sqs.set_queue_attributes(QueueUrl=actual.url, Attributes=attributes)

    def _create(self, aws: Aws, attributes: dict[QueueAttributeNameType, str]) -> None:
        try:
            aws.sqs.create_queue(QueueName=self.name, Attributes=attributes, tags=self.owner.tags())
        except aws.sqs.exceptions.QueueNameExists:
            self._spare(aws)
            raise
        self._spare(aws)

    def _spare(self, aws: Aws) -> None:
        """Take the mark off a queue that has turned out to live: the run that set it was cut off.

        A dying one would have been refused as QueueDeletedRecently.
        """
        try:
            url = aws.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
            if DELETED in aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}):
                aws.sqs.untag_queue(QueueUrl=url, TagKeys=[DELETED])
        except aws.sqs.exceptions.QueueDoesNotExist:
            # Not yet known everywhere; a mark is on queues that have been there for long.
            return

    def holds(self, aws: Aws, state: QueueState) -> Content:
        """How many messages: visible, hidden or delayed.

        The counts lag behind by a minute, so a queue that seems empty is asked for a message, which
        stays where it is. One that is marked as deleted is counted like any other: it may live.
        """
        try:
            return Content(self._messages(aws, state), "message")
        except aws.sqs.exceptions.QueueDoesNotExist:
            return Content(noun="message")

    def gone(self, aws: Aws, seen: Seen) -> bool:
        """SQS may show it for a minute; until then its mark tells."""
        return self.read(aws, seen) is None

    def _messages(self, aws: Aws, state: QueueState) -> int:
        counts: list[QueueAttributeNameType] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        found = aws.sqs.get_queue_attributes(QueueUrl=state.url, AttributeNames=counts)
        count = sum(int(number) for number in found.get("Attributes", {}).values())
        if count == 0 and self.precious:
            seen = aws.sqs.receive_message(
                QueueUrl=state.url, VisibilityTimeout=0, WaitTimeSeconds=1, MaxNumberOfMessages=1
            )
            count = len(seen.get("Messages", []))
        return count

    def remove(self, aws: Aws, seen: Seen, state: QueueState) -> None:
        try:
            aws.sqs.tag_queue(QueueUrl=state.url, Tags={DELETED: str(int(time.time()))})
            aws.sqs.delete_queue(QueueUrl=state.url)
        except aws.sqs.exceptions.QueueDoesNotExist:
            return


def _begun(mark: str) -> str:
    """What a queue's mark says, if it was set a moment ago; clocks may differ a little."""
    age = time.time() - int(mark) if mark.isdigit() else DYING_SECONDS
    return f"marked as deleted {max(0, age):.0f} s ago" if abs(age) < DYING_SECONDS else ""


def _encryption(kms_key: str | None, managed: str | None) -> str:
    if kms_key:
        return f"{KMS} {kms_key}"
    return "Amazon SQS key (SSE-SQS)" if managed == "true" else "Disabled"
