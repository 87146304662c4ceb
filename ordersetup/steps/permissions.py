"""What the functions' role must allow: a field for each statement of the guide's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ordersetup.step import Shown, State

PERMISSIONS = {
    "InvokeFunctions": "invoke_functions",
    "TakeFromStock": "take_from_stock",
    "RecordTransactions": "record_transactions",
    "SendToDeadLetterQueue": "send_to_queue",
    "PublishToTopics": "publish",
    "WriteLogs": "write_logs",
    "SendMail": "send_mail",
}
"""The attribute that tells of each statement, by the statement's id."""


@dataclass(frozen=True, kw_only=True)
class PermissionsState(State):
    """A role's permissions, told as its step can know them; None where there is nothing to tell."""

    invoke_functions: Annotated[str | None, Shown("Lambda: invoke the other two functions")] = None
    take_from_stock: Annotated[str | None, Shown("DynamoDB: update Inventory")] = None
    record_transactions: Annotated[str | None, Shown("DynamoDB: write InventoryTransactions")] = (
        None
    )
    send_to_queue: Annotated[str | None, Shown("SQS: send to OrderProcessingDLQ")] = None
    publish: Annotated[str | None, Shown("SNS: publish to both topics")] = None
    write_logs: Annotated[str | None, Shown("CloudWatch Logs: write the functions' logs")] = None
    send_mail: Annotated[str | None, Shown("SES: send as the sender")] = None
