"""The dead-letter queue as a box of letters: taken in hand, given back, taken out.

A message that is received is hidden until it is given back or its time is up, and counts one more
receive. That count moves a message only where the queue has a redrive policy of its own: then
nobody may look.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.errors import Incompatible
from ordersetup.operate.batches import batched
from ordersetup.operate.letters import Letter, Reader
from ordersetup.refusals import AWS_ERRORS

HIDDEN_SECONDS = 300
"""So long is hidden what was received by a run that is killed."""

MOST_HELD = 20_000
"""Letters held at once: some 10 MB of ids and receipts. SQS hides 120,000 at most."""

AT_ONCE = 8
"""Calls under way at once, where the queue holds much."""


@dataclass(frozen=True)
class Depth:
    """How many messages the queue holds, about.

    Args:
        visible: those that can be received.
        hidden: those that somebody has received and not given back.
    """

    visible: int
    hidden: int


class Box(Protocol):
    """A dead-letter queue."""

    def depth(self) -> Depth:
        """How many messages there are; costs them nothing."""

    def receive(self, calls: int = 1) -> Sequence[Letter]:
        """Take letters in hand, up to ten for each call; they are hidden from everybody else."""

    def give_back(self, receipts: Iterable[str]) -> int:
        """Let letters be received again; how many could not be, and are by themselves soon."""

    def take_out(self, receipts: Iterable[str]) -> Sequence[str]:
        """Delete letters; the receipts of those that could not be."""


class LetterBox:
    """OrderProcessingDLQ.

    Args:
        aws: where.
        names: the stack's.
        poll: seconds that a call waits for a message; short polls ask some of SQS's servers only,
            and may find nothing.
    """

    def __init__(self, aws: Aws, names: Names, *, poll: int = 1) -> None:
        self._aws = aws
        self._poll = poll
        self._name = names.of("OrderProcessingDLQ")
        self._reader = Reader(names)
        self._url = aws.sqs.get_queue_url(QueueName=self._name)["QueueUrl"]

    def check_stays(self, command: str) -> None:
        """Refuse to look where looking could move messages on to another queue.

        Args:
            command: what is to be run once that is put right.

        Raises:
            Incompatible: the queue has a redrive policy of its own.
        """
        policy = self._attributes("RedrivePolicy").get("RedrivePolicy")
        if not policy:
            return
        told = json.loads(policy)
        raise Incompatible(
            f"{self._name} passes a message on to another queue after "
            f"{told.get('maxReceiveCount')} receives, and each look is one.",
            f"Take that away in SQS › Queues › {self._name} › Edit › Dead-letter queue, "
            f"then run: {command}",
        )

    def depth(self) -> Depth:
        """How many messages there are; costs them nothing (SQS GetQueueAttributes)."""
        visible, hidden = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        found = self._attributes(visible, hidden)
        return Depth(int(found[visible]), int(found[hidden]))

    def receive(self, calls: int = 1) -> Sequence[Letter]:
        """Take letters in hand (SQS ReceiveMessage)."""
        batches = [self._batch()] if calls == 1 else self._at_once(self._batch, calls)
        return list(chain.from_iterable(batches))

    def give_back(self, receipts: Iterable[str]) -> int:
        """Let letters be received again (SQS ChangeMessageVisibilityBatch)."""

        def stay_hidden(some: list[str]) -> int:
            entries: list[Any] = [{**entry, "VisibilityTimeout": 0} for entry in _entries(some)]
            change = self._aws.sqs.change_message_visibility_batch
            try:
                answer = change(QueueUrl=self._url, Entries=entries)
            except AWS_ERRORS:
                # What was found out must not be lost for it: they come back by themselves.
                return len(some)
            # A fault of the sender's is a letter that is visible again or gone.
            return sum(not failed["SenderFault"] for failed in answer.get("Failed", []))

        parts = [*batched(receipts, 10)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(stay_hidden, parts))

    def take_out(self, receipts: Iterable[str]) -> Sequence[str]:
        """Delete letters (SQS DeleteMessageBatch), those that failed once more."""
        left: list[str] = []
        for some in batched(receipts, 10):
            failed = self._delete(some)
            left += self._delete(failed) if failed else ()
        return left

    def _delete(self, receipts: Sequence[str]) -> Sequence[str]:
        answer = self._aws.sqs.delete_message_batch(
            QueueUrl=self._url, Entries=[*_entries(receipts)]
        )
        return [receipts[int(failed["Id"])] for failed in answer.get("Failed", [])]

    def _batch(self, *_: object) -> list[Letter]:
        found = self._aws.sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=self._poll,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return [self._reader.read(message) for message in found.get("Messages", [])]

    def _attributes(self, *names: Any) -> dict[str, str]:
        found = self._aws.sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=list(names))
        return {str(name): value for name, value in found.get("Attributes", {}).items()}

    def _at_once(self, deed: Any, calls: int) -> list[list[Letter]]:
        with ThreadPoolExecutor(calls) as pool:
            return [*pool.map(deed, range(calls))]


def _entries(receipts: Iterable[str]) -> Iterator[Any]:
    for number, receipt in enumerate(receipts):
        yield {"Id": str(number), "ReceiptHandle": receipt}
