"""What may go wrong with an order, each by its name.

The dead-letter records of some engines keep an error's message and lose its type, so every message
begins with the name. No message carries an e-mail address: messages reach logs, alerts and queues.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

MOST_FAULTS_TOLD = 20


class OrderError(Exception):
    """An order could not be handled.

    Attributes:
        says: what happened, with a place for each argument.
    """

    says: ClassVar[str] = "{}"

    def __str__(self) -> str:
        """Tell what happened, the error's name first."""
        return f"{type(self).__name__}: {self.says.format(*self.args)}"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an order's text.

    Attributes:
        field: path of the field, such as `items[3].quantity`.
        rule: what it must be.
        found: what was found, for its sender to see; empty where it is private.
    """

    field: str
    rule: str
    found: str = ""

    def __str__(self) -> str:
        """Tell the fault to the sender of the order."""
        return f"{self.field}: {self.rule}" + (f", not {self.found}" if self.found else "")


class BadOrder(OrderError):
    """What was sent is not an order; `faults` has every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Name the faults by field and rule: what was found is for the sender's eyes only."""
        super().__init__("; ".join(_first(f"{fault.field}: {fault.rule}" for fault in faults)))
        self.faults = tuple(faults)

    def told(self) -> list[str]:
        """Tell the faults to the sender, the first 20 in full."""
        return _first(str(fault) for fault in self.faults)


class MalformedOrder(BadOrder):
    """The event that reached a worker is not an order."""


class OrderConflict(OrderError):
    """An order with this id and other contents was applied before."""

    says = "order {} was applied before with other items"


class UnknownItem(OrderError):
    """The order wants an item that the inventory does not have."""

    says = "the inventory has no item {}{}"


class OutOfStock(OrderError):
    """The order wants more of an item than there is."""

    says = "item {} has {} left, the order wants {}{}"


class StockContended(OrderError):
    """Other orders kept writing to the same stock until patience ran out."""

    says = "order {} kept meeting others that want its items"


class TransactionRefused(OrderError):
    """DynamoDB cancelled the transaction for a reason of its own."""

    says = "DynamoDB cancelled order {}: {}"


class MailRefused(OrderError):
    """SES did not take the confirmation mail."""

    says = "SES did not take the mail of order {}: {}"


def _first(texts: Iterable[str]) -> list[str]:
    told = list(texts)
    more = len(told) - MOST_FAULTS_TOLD
    return told if more <= 0 else [*told[:MOST_FAULTS_TOLD], f"and {more} more"]
