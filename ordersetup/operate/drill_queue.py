"""Looking for one order's messages in a queue that holds other people's too.

Every look costs each message it meets one on its receive count, and hides it until it is given
back. So the queue's counts are watched, which costs nothing, and it is looked through only once
they have risen; what is not ours is given back at once, however the look ends.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ordersetup.aws import Aws
from ordersetup.operate.drill_pace import MOST_HELD
from ordersetup.operate.drill_records import Record, read_record
from ordersetup.permissions import Uses

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HIDDEN_SECONDS = 20
"""How long a message stays hidden if the drill is killed while it looks."""

LOOK_SECONDS = 10
"""A look ends before what it has hidden would come back into it."""

_QUEUE = ("OrderProcessingDLQ",)
USES: Uses = {
    "sqs:ChangeMessageVisibilityBatch": _QUEUE,
    "sqs:DeleteMessage": _QUEUE,
    "sqs:GetQueueAttributes": _QUEUE,
    "sqs:GetQueueUrl": _QUEUE,
    "sqs:ReceiveMessage": _QUEUE,
}
"""What looking for an order's record calls."""

Wanted = Callable[[Record], bool]


@dataclass(frozen=True)
class Counts:
    """What a queue tells of itself without a message being received.

    Args:
        depth: how many messages it holds, hidden ones included.
        passes_on: how often a message is received before it is passed on to another queue; None
            where the queue has no redrive policy of its own.
    """

    depth: int
    passes_on: int | None = None


@dataclass(frozen=True)
class Look:
    """How far a look through the queue has come.

    Args:
        seen: how many messages it met.
        of: how many the queue told of when it began.
        whole: whether it saw all there was to see, and was not cut short.
        taken: how many it took out.
    """

    seen: int
    of: int
    whole: bool
    taken: int

    @property
    def left(self) -> int:
        """How many messages the queue holds that it has looked at or that were there before it."""
        return max(self.seen, self.of) - self.taken


class DeadLetters:
    """The dead-letter queue as the drill sees it.

    Args:
        aws: where.
        name: the queue's name.
        most: how many messages a look may hold at once.
        clock: tells the seconds that have passed since whenever.
    """

    def __init__(
        self,
        aws: Aws,
        name: str,
        *,
        most: int = MOST_HELD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._aws = aws
        self._most = most
        self._clock = clock
        self._url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._found: dict[str, Record] = {}
        self._stuck: dict[str, str] = {}

    @property
    def found(self) -> tuple[Record, ...]:
        """What was looked for and found so far, also by a look that ended in an error."""
        return tuple(self._found.values())

    @property
    def stuck(self) -> int:
        """How many messages are the drill's to take out, and are not taken out yet."""
        return len(self._stuck)

    def counts(self) -> Counts:
        """What the queue tells of itself; costs its messages nothing."""
        found = self._aws.sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "RedrivePolicy",
            ],
        ).get("Attributes", {})
        policy = found.pop("RedrivePolicy", "")
        return Counts(sum(int(number) for number in found.values()), _most_receives(policy))

    def depth(self) -> int:
        """How many messages the queue holds, hidden ones included."""
        return self.counts().depth

    def look(self, ours: Wanted, remove: Wanted) -> Look:
        """Look through the queue once, and take out what is the drill's.

        Args:
            ours: what is looked for, and then `found`; a message delivered twice counts once.
            remove: what else is taken out: the rest of earlier drills.
        """
        look = _Look(self.depth(), self._clock() + LOOK_SECONDS)
        try:
            for batch in self._batches(look):
                # All of them at once, so that an interruption finds each of them here.
                look.held |= {m.get("MessageId", ""): m["ReceiptHandle"] for m in batch}
                for message in batch:
                    name = message.get("MessageId", "")
                    record = read_record(message.get("Body", ""), message.get("Attributes"))
                    if is_ours := ours(record):
                        self._found.setdefault(name, record)
                        look.satisfied = True
                    if is_ours or remove(record):
                        self._stuck[name] = look.held[name]
        finally:
            own = self._stuck.keys() & look.held.keys()
            try:
                self.take_out()
            finally:
                self._give_back([r for name, r in look.held.items() if name not in own])
        return Look(len(look.held), look.of, look.whole, len(own))

    def take_out(self) -> None:
        """Take out what is the drill's, also what could not be when it was found."""
        for name, receipt in list(self._stuck.items()):
            self._aws.sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
            del self._stuck[name]

    def _batches(self, look: _Look) -> Iterable[Sequence[MessageTypeDef]]:
        """All messages, ten at a time, until all are seen or time is up."""
        empties = 0
        while self._clock() < look.ends and len(look.held) < self._most:
            batch = self._batch()
            yield batch
            empties = 0 if batch else empties + 1
            enough = look.satisfied and (len(look.held) >= look.of or not batch)
            if enough or empties == 2:
                look.whole = True
                return

    def _batch(self) -> Sequence[MessageTypeDef]:
        return self._aws.sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            # Short polls ask some of the servers only, and may find nothing.
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])

    def _give_back(self, receipts: Sequence[str]) -> None:
        """Make messages visible again; one that cannot be is visible again by itself soon."""
        for start in range(0, len(receipts), 10):
            self._aws.sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for number, receipt in enumerate(receipts[start : start + 10])
                ],
            )


class _Look:
    """A look under way: the receipts it holds, and how it goes on."""

    def __init__(self, of: int, ends: float) -> None:
        self.of = of
        self.ends = ends
        self.held: dict[str, str] = {}
        self.satisfied = False
        self.whole = False


def _most_receives(policy: str) -> int | None:
    """The maxReceiveCount of a redrive policy, a number or its text; None if there is no policy."""
    told: Mapping[str, Any] = json.loads(policy) if policy else {}
    return int(told["maxReceiveCount"]) if "maxReceiveCount" in told else None
