"""The dead-letter queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.ownership import Owner, Tags, chosen_of, owner_of, stale_keys
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

KMS = "AWS KMS key"
MESSAGE_BYTES = 1_048_576
"""The largest SQS takes. Older queues stand at 256 KB, too small for the largest records."""


@dataclass(frozen=True, kw_only=True)
class QueueState(State):
    """A queue as wanted or found."""

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
    the endpoint. SetQueueAttributes can take up to 60 s to be readable everywhere.
    """

    name: str
    arn: str
    owner: Owner
    retention_seconds: int
    after: tuple[Step[Any], ...] = ()

    group: ClassVar[Group] = Group.QUEUE
    calls: ClassVar[Calls] = Calls(
        read=("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        write=("sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"),
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

    def read(self, aws: Aws, seen: Seen) -> QueueState | None:
        try:
            url = aws.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        except aws.sqs.exceptions.QueueDoesNotExist:
            return None
        found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        return QueueState(
            owner=owner_of(tags),
            queue_type="FIFO" if found.get("FifoQueue") == "true" else "Standard",
            retention_seconds=int(found["MessageRetentionPeriod"]),
            message_bytes=int(found["MaximumMessageSize"]),
            encryption=_encryption(found.get("KmsMasterKeyId"), found.get("SqsManagedSseEnabled")),
            tags=chosen_of(tags, dict(self.owner.chosen)),
            url=url,
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
            aws.sqs.create_queue(QueueName=self.name, Attributes=attributes, tags=self.owner.tags())
            return
        if "encryption" in drifted:
            # The two exclude each other, so a key that stands is taken away in the same call.
            if actual.encryption.startswith(KMS):
                attributes["KmsMasterKeyId"] = ""
            attributes["SqsManagedSseEnabled"] = "true"
        if drifted & {"retention_seconds", "message_bytes", "encryption"}:
            aws.sqs.set_queue_attributes(QueueUrl=actual.url, Attributes=attributes)
        if drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.sqs.untag_queue(QueueUrl=actual.url, TagKeys=stale)
            aws.sqs.tag_queue(QueueUrl=actual.url, Tags=self.owner.tags())


def _encryption(kms_key: str | None, managed: str | None) -> str:
    if kms_key:
        return f"{KMS} {kms_key}"
    return "Amazon SQS key (SSE-SQS)" if managed == "true" else "Disabled"
