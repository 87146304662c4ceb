"""Looking for one order's messages in a queue that holds other people's too.

Every look costs each message it meets one on its receive count, and hides it until it is given
back. So the queue's counts are watched, which costs nothing, and it is looked through only once
they have risen; what is not ours is given back at once, however the look ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ordersetup.aws import Aws
from ordersetup.operate.drill_records import Record, read_record

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HIDDEN_SECONDS = 20
"""How long a message stays hidden if the drill is killed while it looks."""

LOOK_SECONDS = 10
"""A look ends before what it has hidden would come back into it."""

MOST_HELD = 20_000
"""Receipts of other people's messages that are held at once: some 10 MB, and near SQS's limit."""

Wanted = Callable[[Record], bool]


class DeadLetters:
    """The dead-letter queue as the drill sees it.

    Args:
        aws: where.
        name: the queue's name.
        clock: tells the seconds that have passed since whenever.
    """

    def __init__(self, aws: Aws, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._aws = aws
        self._clock = clock
        self._url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def depth(self) -> int:
        """How many messages the queue holds, hidden ones included; costs them nothing."""
        found = self._aws.sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(int(number) for number in found.values())

    def look(self, ours: Wanted, remove: Wanted) -> tuple[Record, ...]:
        """Look through the queue once, and take out what is the drill's.

        Args:
            ours: what is looked for; each delivery of one message counts once.
            remove: what else is taken out: the rest of earlier drills.
        """
        found: dict[str, Record] = {}
        held: dict[str, str] = {}
        own: set[str] = set()
        try:
            for batch in self._batches(lambda: bool(found)):
                # All of them at once, so that an interruption finds each of them here.
                held |= {m.get("MessageId", ""): m["ReceiptHandle"] for m in batch}
                for message in batch:
                    record = read_record(message.get("Body", ""), message.get("Attributes"))
                    if record is None:
                        continue
                    if is_ours := ours(record):
                        found[message.get("MessageId", "")] = record
                    if is_ours or remove(record):
                        own.add(message.get("MessageId", ""))
                if len(held) >= MOST_HELD:
                    break
        finally:
            try:
                for name in own:
                    self._aws.sqs.delete_message(QueueUrl=self._url, ReceiptHandle=held[name])
            finally:
                self._give_back([receipt for name, receipt in held.items() if name not in own])
        return tuple(found.values())

    def _batches(self, satisfied: Callable[[], bool]) -> Iterable[Sequence[MessageTypeDef]]:
        """All messages, ten at a time, until all are seen or time is up."""
        ends = self._clock() + LOOK_SECONDS
        expected = self.depth()
        seen = empties = 0
        while empties < 2 and self._clock() < ends:
            batch = self._batch()
            yield batch
            seen += len(batch)
            empties = 0 if batch else empties + 1
            if satisfied() and (seen >= expected or not batch):
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
