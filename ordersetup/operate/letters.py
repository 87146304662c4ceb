"""The messages of the dead-letter queue, one by one: whose they are, and whether they can go again.

Of any shape: Lambda's records, the bare events of the older dead-letter queue, what a person has
sent. What cannot be told for certain to be a record of one of the stack's workers stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordersetup.blueprint import Names
from ordersetup.operate import core
from ordersetup.operate.drill_records import Record, read_record

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

WORKERS = ("UpdateInventory", "SendEmail")
"""What is invoked asynchronously, by the guide's names."""

_LONGEST = 60


@dataclass(frozen=True)
class Letter:
    """A message of the dead-letter queue.

    Args:
        message_id: SQS's name for it; one that is delivered twice keeps it.
        receipt: what it is deleted or given back by.
        body: its text.
        record: what was read of it.
        order_id: the order it is about; `unknown` where it names none.
        worker: the guide's name of the function that failed; empty if it is none of the stack's.
        because: why it cannot go again; empty if it can.
    """

    message_id: str
    receipt: str
    body: str
    record: Record
    order_id: str
    worker: str
    because: str

    @property
    def error(self) -> str:
        """The error's name; where the record names none, Lambda's reason to give up."""
        return shown(self.record.error or self.record.condition or "unknown")

    @property
    def email(self) -> str:
        """The customer's address, where it is SendEmail's."""
        event = self.record.payload
        found = event.get("customer_email") if isinstance(event, dict) else None
        return found if isinstance(found, str) else ""


class Reader:
    """Reads the messages of a stack's queue.

    Args:
        names: the stack's.
    """

    def __init__(self, names: Names) -> None:
        self._workers = {names.of(worker): worker for worker in WORKERS}

    def read(self, message: MessageTypeDef) -> Letter:
        """A message as SQS gives it."""
        body = message.get("Body", "")
        attributes: Mapping[str, str] = {
            str(k): v for k, v in message.get("Attributes", {}).items()
        }
        record = read_record(body, attributes)
        worker = self._workers.get(record.function, "")
        return Letter(
            message_id=message.get("MessageId", ""),
            receipt=message.get("ReceiptHandle", ""),
            body=body,
            record=record,
            order_id=core.order_id_of(record.payload),
            worker=worker,
            because=_why_left(record, worker),
        )


def shown(text: str) -> str:
    """A name that anybody may have written, fit for a line of a terminal."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return cut if cut.isprintable() else ascii(cut)


def _why_left(record: Record, worker: str) -> str:
    """Why it cannot go again; empty if it can."""
    if not record.is_record:
        if core.order_id_of(record.payload) != "unknown":
            return "a bare event, which does not say what function failed"
        return "no record of Lambda"
    if not worker:
        name = shown(record.function)
        return f"a record of {name}, no worker of this stack" if name else "it names no function"
    try:
        (core.mail_order if worker == "SendEmail" else core.stock_order)(record.payload)
    except core.WouldFail as refused:
        return f"its event is no order ({refused.error})"
    return ""
