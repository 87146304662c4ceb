"""What Lambda gives a function, and how functions call AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# A call that hangs fails after 12 s: three tries of 3 s and the pauses between them. So a hanging
# call and the alert about it fit into 30 s, and it is the function that tells, not its time-out.
CONFIG = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
)


class Context(Protocol):
    """The part of Lambda's context object that the functions use."""

    @property
    def aws_request_id(self) -> str:
        """Id of this invocation; on AWS its retries bear the same."""

    @property
    def function_name(self) -> str:
        """Name of the function as deployed."""


def code_of(failure: ClientError | BotoCoreError) -> str:
    """AWS's code for a failed call; the error's class where no answer came."""
    if isinstance(failure, ClientError):
        return failure.response["Error"]["Code"]
    return type(failure).__name__


def now() -> str:
    """The time, ISO 8601, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
