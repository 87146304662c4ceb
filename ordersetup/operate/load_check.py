"""Where the orders of a load run ended: in their rows, in the dead-letter queue, or nowhere yet.

Both are looked at in bulk and kept as a bit for each order. Records of the run's own orders are
taken out of the queue, since each of them stands for a test order and nothing else; other people's
messages are given back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.operate.batches import batched
from ordersetup.operate.drill_records import read_record
from ordersetup.operate.load import LoadPlan
from ordersetup.operate.load_tally import Bits, Tally
from ordersetup.permissions import Uses

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_QUEUE = ("OrderProcessingDLQ",)
USES: Uses = {
    "dynamodb:BatchGetItem": ("InventoryTransactions",),
    "sqs:ChangeMessageVisibilityBatch": _QUEUE,
    "sqs:DeleteMessageBatch": _QUEUE,
    "sqs:GetQueueAttributes": _QUEUE,
    "sqs:GetQueueUrl": _QUEUE,
    "sqs:ReceiveMessage": _QUEUE,
}
"""What looking where a load run's orders ended calls."""

MOST_KEYS = 100
"""BatchGetItem takes no more."""

LOOK_SECONDS = 15
HIDDEN_SECONDS = 30
"""A look ends well before what it has hidden would come back into it."""

MOST_HELD = 20_000
"""Receipts of other people's messages that are held at once: some 10 MB."""

MOST_ERRORS = 20
"""Names of errors that are told apart: a function can give each of its failures one of its own."""


class Whereabouts:
    """Where each order of a run is found.

    Made before the first order is posted: what the queue holds by then is other people's.

    Args:
        aws: where.
        names: the stack's.
        plan: the orders.
        tally: what came of posting them.

    Attributes:
        applied: numbers of the orders whose rows are all there.
        kept: numbers of those whose stock event is kept in the dead-letter queue.
        unconfirmed: numbers of those whose mail event is.
        errors: how many kept stock events bore which error; those of any further name are "other".
        torn: how many orders had some of their rows, and not all, when last looked at.
    """

    def __init__(self, aws: Aws, names: Names, plan: LoadPlan, tally: Tally) -> None:
        self._aws, self._plan, self._tally = aws, plan, tally
        self._transactions = names.of("InventoryTransactions")
        self._url = aws.sqs.get_queue_url(QueueName=names.of("OrderProcessingDLQ"))["QueueUrl"]
        self._depth = self._messages()
        self.applied = Bits(plan.count)
        self.kept = Bits(plan.count)
        self.unconfirmed = Bits(plan.count)
        self.errors: Counter[str] = Counter()
        self.torn = 0

    @property
    def missing(self) -> int:
        """How many accepted orders are found in neither place."""
        return sum(1 for n in self._tally.accepted if n not in self.applied and n not in self.kept)

    @property
    def twofold(self) -> int:
        """How many orders are found in both."""
        return sum(1 for number in self.kept if number in self.applied)

    @property
    def doubtful(self) -> int:
        """How many orders were taken though their answers did not say so."""
        return sum(1 for n in self._tally.doubtful if n in self.applied or n in self.kept)

    def look(self, *, thorough: bool = False) -> int:
        """Look at the rows, and through the queue if its count has changed.

        Args:
            thorough: look through the queue in any case.

        Returns:
            How many accepted orders are missing.
        """
        self._look_at_rows()
        if thorough or self._messages() != self._depth:
            self._look_through_queue()
            self._depth = self._messages()
        return self.missing

    def _look_at_rows(self) -> None:
        """Read the rows of every order not seen applied yet (BatchGetItem, consistent)."""
        wanted = dict(self._plan.items)
        keys = [{"item_id": {"S": item}} for item in wanted]
        self.torn = 0
        for numbers in batched(self._unapplied(), max(1, MOST_KEYS // len(keys))):
            ids = {self._plan.order_id(number): number for number in numbers}
            asked = [{"order_id": {"S": order_id}, **key} for order_id in ids for key in keys]
            found: dict[str, dict[str, int]] = {}
            for row in self._rows(asked):
                lines = found.setdefault(row["order_id"]["S"], {})
                lines[row["item_id"]["S"]] = int(row["quantity"]["N"])
            for order_id, lines in found.items():
                if lines == wanted:
                    self.applied.add(ids[order_id])
                else:
                    # A transaction may be under way: reads of many items are not one with it.
                    self.torn += 1

    def _unapplied(self) -> Iterator[int]:
        for posted in (self._tally.accepted, self._tally.doubtful):
            yield from (number for number in posted if number not in self.applied)

    def _rows(self, keys: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Some of the rows; what DynamoDB had no time for is left to the next look."""
        table = self._transactions
        asked: Any = {table: {"Keys": keys, "ConsistentRead": True}}
        return self._aws.dynamodb.batch_get_item(RequestItems=asked)["Responses"].get(table, [])

    def _messages(self) -> int:
        """How many messages the queue holds, hidden ones included; costs them nothing."""
        found = self._aws.sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(int(number) for number in found.values())

    def _look_through_queue(self) -> None:
        ends, empties = time.monotonic() + LOOK_SECONDS, 0
        others: list[str] = []
        try:
            while empties < 2 and len(others) < MOST_HELD and time.monotonic() < ends:
                batch = self._receive()
                empties = 0 if batch else empties + 1
                own = [message for message in batch if self._is_noted(message.get("Body", ""))]
                others += [m["ReceiptHandle"] for m in batch if m not in own]
                self._take_out([message["ReceiptHandle"] for message in own])
        finally:
            self._give_back(others)

    def _receive(self) -> Sequence[MessageTypeDef]:
        return self._aws.sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            # Short polls ask some of the servers only, and may find nothing.
            WaitTimeSeconds=1,
        ).get("Messages", [])

    def _is_noted(self, body: str) -> bool:
        """Note a message that is about an order of this run; whether it is."""
        record = read_record(body)
        event = record.payload
        if not isinstance(event, dict):
            return False
        if (number := self._plan.number(event.get("order_id"))) is None:
            return False
        if "customer_email" in event:
            self.unconfirmed.add(number)
        elif self.kept.add(number):
            self.errors[self._told_apart(record.error or "unknown")] += 1
        return True

    def _told_apart(self, error: str) -> str:
        return error if error in self.errors or len(self.errors) < MOST_ERRORS else "other"

    def _take_out(self, receipts: Sequence[str]) -> None:
        # One that is refused is found again by the next look, and counts once.
        if receipts:
            self._aws.sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[{"Id": str(n), "ReceiptHandle": r} for n, r in enumerate(receipts)],
            )

    def _give_back(self, receipts: Sequence[str]) -> None:
        """Make messages visible again; one that cannot be is visible again by itself soon."""
        for some in batched(receipts, 10):
            self._aws.sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": r, "VisibilityTimeout": 0}
                    for n, r in enumerate(some)
                ],
            )
