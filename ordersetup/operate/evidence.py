"""A drill as data: what is planned, what was seen, and what that has come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ordersetup.operate.drill_log import Heard
from ordersetup.operate.drill_records import Record

ACCEPTED = 202


@dataclass(frozen=True)
class Moment:
    """Something the drill saw.

    Args:
        seconds: since the order was posted.
        event: accepted, refused, attempt, alert, record, interrupted or left.
        text: what it was, for people; no address.
        due: when it was expected, seconds since the order was posted; None if it was not.
    """

    seconds: float
    event: str
    text: str
    due: float | None = None


@dataclass(frozen=True)
class Expectation:
    """One thing that the failure path must do.

    Args:
        name: its stable name.
        title: what is expected, for people.
        holds: whether it was seen.
        expected: what should have been seen.
        actual: what was.
        cause: the likely cause if it does not hold, and where to look.
        follows: the expectation whose failure alone explains this one's; empty if there is none.
    """

    name: str
    title: str
    holds: bool
    expected: str
    actual: str
    cause: str = ""
    follows: str = ""


@dataclass(frozen=True)
class DrillResult:
    """What a drill has come to.

    Args:
        order_id: the order that had to fail.
        began: when it was posted, ISO 8601 in UTC.
        seconds: how long the drill took.
        timeline: what was seen, in the order it happened.
        expectations: what was expected, in the order of the failure path.
        left: what the drill could not take away again, each with how it is taken away.
    """

    order_id: str
    began: str
    seconds: float
    timeline: tuple[Moment, ...]
    expectations: tuple[Expectation, ...]
    left: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether the failure path works: every expectation holds."""
        return bool(self.expectations) and all(e.holds for e in self.expectations)

    @property
    def passed(self) -> bool:
        """Whether the failure path works, and the drill has left nothing behind."""
        return self.proven and not self.left

    @property
    def failing(self) -> tuple[Expectation, ...]:
        """What does not hold, those first that follow from nothing else."""
        bad = [e for e in self.expectations if not e.holds]
        return tuple(sorted(bad, key=lambda e: bool(e.follows)))


@dataclass(frozen=True)
class Plan:
    """What is expected, and what the parts are called.

    Args:
        order_id: the order that must fail.
        payload_items: the items UpdateInventory must get, by id.
        own_intake: whether the function that takes the orders is ours, which answers 202 and hands
            the order on as it was posted; another may answer any 2xx, and wrap the order its way.
        function: the name of the function that works asynchronously.
        log_group: where it logs.
        queue: the dead-letter queue's name.
        topic: the alerts' topic's name.
        transactions: the table of the transaction rows.
        inventory: the table of the stock.
        attempts: how often the function must run: once, and once for each retry.
        error: the name of the error that it must raise; empty for any that has a name.
        waited: seconds that the drill waits for the record.
    """

    order_id: str
    payload_items: Mapping[str, int]
    own_intake: bool = True
    function: str = "UpdateInventory"
    log_group: str = "/aws/lambda/UpdateInventory"
    queue: str = "OrderProcessingDLQ"
    topic: str = "OrderProcessingAlerts"
    transactions: str = "InventoryTransactions"
    inventory: str = "Inventory"
    attempts: int = 3
    error: str = "UnknownItem"
    waited: float = 420

    def accepts(self, status: int | None) -> bool:
        """Whether an HTTP status says that the order was accepted."""
        if self.own_intake:
            return status == ACCEPTED
        return status is not None and 200 <= status < 300


@dataclass(frozen=True)
class Evidence:
    """What was seen. A text in an `un…` field says why a part could not be looked at.

    Args:
        answer: the API's HTTP status; None if there was no answer.
        answered: the answer as a sentence.
        log: what the function's log says of the order.
        unread_log: why the log could not be read.
        alerts: the time of each alert about the order, seconds since 1970.
        unheard: why the alerts could not be listened to.
        records: the messages about the order in the dead-letter queue.
        unread_queue: why the queue could not be looked through.
        cut_short: how much of the queue was looked through at most, if that was not all of it.
        rows: how many transaction rows the order has; None if that could not be read.
        stock_before: stock of the item before the order; None if there is no such item.
        stock_after: the same, after.
        unread_tables: why the tables could not be read.
        reserved: the function's reserved concurrency; None if there is none, or it is not known.
        throttles: how many events Lambda has held back; None if that is not known.
        undelivered: how many records Lambda could not deliver; None if that is not known.
    """

    answer: int | None = None
    answered: str = ""
    log: Heard = field(default_factory=Heard)
    unread_log: str = ""
    alerts: tuple[float, ...] = ()
    unheard: str = ""
    records: tuple[Record, ...] = ()
    unread_queue: str = ""
    cut_short: str = ""
    rows: int | None = 0
    stock_before: str | None = None
    stock_after: str | None = None
    unread_tables: str = ""
    reserved: int | None = None
    throttles: int | None = None
    undelivered: int | None = None

    @property
    def begun(self) -> bool:
        """Whether anything shows that the order reached the function."""
        return bool(self.log.attempts or self.alerts or self.records)
