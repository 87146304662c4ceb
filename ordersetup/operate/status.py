"""How the pipeline is just now: its parts, its numbers, and the safety net of every hop.

Everything is read by the names of the guide, whoever has made it, and side by side. What may not be
read says so, and the rest stands. Nothing is written, and no message of the queue is received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ordersetup.operate.metrics import Metrics
from ordersetup.operate.reading import Reading

UNDEPLOYED = ""
"""The endpoint of an API that stands and serves no stage."""


@dataclass(frozen=True)
class Counted:
    """How many rows a table has.

    Args:
        rows: those that were counted.
        orders: how many orders they are of; None where rows are no orders'.
        more: there are more than were counted.
        about: DynamoDB's own count of all, up to 6 hours old; asked for where there are more.
    """

    rows: int
    orders: int | None = None
    more: bool = False
    about: int | None = None


@dataclass(frozen=True)
class Subscribers:
    """Who has subscribed to a topic: how many have confirmed, and how many have yet to."""

    confirmed: int
    pending: int


@dataclass(frozen=True)
class Waiting:
    """What the dead-letter queue holds.

    Args:
        messages: all of them.
        hidden: those of them that somebody is looking at.
        retention_seconds: how long the queue keeps a message.
    """

    messages: int
    hidden: int
    retention_seconds: int


@dataclass(frozen=True)
class Net:
    """What becomes of an event that a function fails at, as its asynchronous invocation is set.

    Args:
        retries: how often Lambda tries again.
        within_seconds: how long it keeps the event for that.
        destination: the guide's name of where the record goes, or its ARN if it is another's; None
            where it is lost.
        exists: whether the destination was found; None if that is not known.
    """

    retries: int
    within_seconds: int
    destination: str | None
    exists: bool | None = None


@dataclass(frozen=True)
class Parts:
    """What stands, by the guide's names.

    Args:
        endpoint: where orders are posted.
        functions: the state of each.
        nets: the safety net of each function that is invoked asynchronously.
        tables: how many rows each holds.
        topics: who has subscribed to each.
        queue: what it holds.
    """

    endpoint: Reading[str]
    functions: dict[str, Reading[str]]
    nets: dict[str, Reading[Net]]
    tables: dict[str, Reading[Counted]]
    topics: dict[str, Reading[Subscribers]]
    queue: Reading[Waiting]

    def readings(self) -> Iterator[tuple[str, Reading[Any]]]:
        """Every part that stands by itself, and its guide name."""
        yield "EcommerceAPI", self.endpoint
        for some in (self.functions, self.tables, self.topics):
            yield from some.items()
        yield "OrderProcessingDLQ", self.queue


@dataclass(frozen=True)
class Status:
    """How a stack is.

    Args:
        at: when this was read.
        metrics: CloudWatch's numbers of the hour before.
        metrics_at: when those were read.
        amazon: whether the numbers are Amazon's; an emulator keeps but few.
    """

    stack: str
    account: str
    region: str
    at: datetime
    parts: Parts
    metrics: Metrics
    metrics_at: datetime
    amazon: bool = True

    @property
    def stands(self) -> bool:
        """Whether anything of it is there, or may be."""
        return not all(part.absent for _, part in self.parts.readings())

    @property
    def refusal(self) -> Exception | None:
        """Why nothing at all could be read; None if something could, or nothing is there."""
        errors = [part.error for _, part in self.parts.readings()]
        return errors[0] if all(errors) else None

    def number(self, of: str, name: str) -> Reading[int]:
        """A number of the last hour."""
        return self.metrics[of, name]


def attention(status: Status) -> tuple[str, ...]:
    """What somebody should look at, a sentence each; what could not be read apart."""
    return tuple(told for part in _PARTS for told in part(status))


def _standing(status: Status) -> Iterator[str]:
    for name, part in status.parts.readings():
        if part.absent:
            yield f"{name} is not there."
    if status.parts.endpoint.value == UNDEPLOYED:
        yield "EcommerceAPI is not deployed: it takes no orders."
    for name, state in status.parts.functions.items():
        if state.value not in (None, "Active"):
            yield f"{name} is {str(state.value)[:1].lower()}{str(state.value)[1:]}."


_WORDS = {
    "failed": "requests answered 5xx",
    "errors": "failed attempts",
    "throttles": "throttled invocations",
    "dropped": "events given up (the queue has their records, if they reached it)",
    "undelivered": "records that did not reach their destination",
    "unsent": "notifications that did not arrive",
}


def _numbers(status: Status) -> Iterator[str]:
    for (of, name), number in status.metrics.items():
        if name in _WORDS and number.value:
            yield f"{of}, in the last hour: {number.value} {_WORDS[name]}."


def _nets(status: Status) -> Iterator[str]:
    for name, reading in status.parts.nets.items():
        net = reading.value
        if net is None:
            continue
        if net.destination is None:
            yield f"{name} has no on-failure destination: what fails there for good is lost."
        elif net.exists is False:
            yield f"{name} sends what fails for good to {net.destination}, which is not there."


def _queue(status: Status) -> Iterator[str]:
    queue = status.parts.queue.value
    if queue is None or queue.messages == 0:
        return
    waits = "message waits" if queue.messages == 1 else "messages wait"
    yield f"{queue.messages} {waits} in OrderProcessingDLQ."
    oldest = status.number("OrderProcessingDLQ", "oldest").value
    if oldest is not None and oldest > queue.retention_seconds * 3 / 4:
        days = queue.retention_seconds / 86_400
        yield f"SQS deletes messages after {days:.0f} days, and the oldest is nearly of that age."


def _audience(status: Status) -> Iterator[str]:
    for name, reading in status.parts.topics.items():
        if reading.value is not None and reading.value.pending:
            one = reading.value.pending == 1
            who = "1 subscriber has" if one else f"{reading.value.pending} subscribers have"
            yield f"{who} yet to confirm {name}, by the link in AWS's mail."


_PARTS: tuple[Callable[[Status], Iterator[str]], ...] = (
    _standing,
    _numbers,
    _nets,
    _queue,
    _audience,
)


def advice(status: Status) -> tuple[str, ...]:
    """What to run about it, a sentence each."""
    found = {part: any(part(status)) for part in _PARTS}
    told = []
    if found[_standing] or found[_nets]:
        told.append("Compare it with the guide: ordersetup verify")
    if found[_numbers]:
        told.append("See what went wrong: ordersetup logs --since 1h")
    if found[_queue]:
        told.append("See what waits there: ordersetup redrive --dry-run")
    return tuple(told)
