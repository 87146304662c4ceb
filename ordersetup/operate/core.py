"""The functions' own core: the very code that runs in Lambda, asked what it would do.

The handlers are data to this package, a folder to be zipped. They are loaded from there under a
name of their own, since `handlers` may be a package of the user's.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from ordersetup.bundle import handlers_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from mypy_boto3_dynamodb import DynamoDBClient

    from handlers.ledger import Ledger
    from handlers.order import Order

_PACKAGE = "ordersetup_handlers_core"
_NO_TIME = "1970-01-01T00:00:00+00:00"


class WouldFail(Exception):
    """What a function would raise.

    Args:
        error: the error's name.
        message: what it says, the name first; no address.
    """

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        self.message = message


def stock_order(event: object) -> Order:
    """An event as UpdateInventory reads it.

    Raises:
        WouldFail: it would refuse the event.
    """
    order: Order = _asked(lambda: _module("order").read_stock_event(event, accepted_at=_NO_TIME))
    return order


def mail_order(event: object) -> Order:
    """An event as SendEmail reads it.

    Raises:
        WouldFail: it would refuse the event.
    """
    order: Order = _asked(lambda: _module("order").read_mail_event(event))
    return order


def order_id_of(event: object) -> str:
    """The order that an event is about; `unknown` where it names none."""
    order_id: str = _module("order").order_id_of(event)
    return order_id


def is_applied(order: Order, rows: Mapping[str, Decimal], stock: Mapping[str, Decimal]) -> bool:
    """Whether applying an order would do nothing, since that was done before.

    Args:
        order: the order.
        rows: quantity by item of the transaction rows that bear its id.
        stock: quantity by item of the inventory; an absent item is unknown.

    Returns:
        False where it would be applied now.

    Raises:
        WouldFail: UpdateInventory would fail.
    """
    module = _module("stock")
    verdict = _asked(lambda: module.foresee(order, rows, stock))
    return bool(verdict is module.Verdict.APPLIED_ALREADY)


def ledger(dynamodb: DynamoDBClient, *, inventory: str, transactions: str) -> Ledger:
    """The tables as UpdateInventory reads them."""
    made: Ledger = _module("ledger").Ledger(
        dynamodb, inventory=inventory, transactions=transactions
    )
    return made


def _asked(question: Any) -> Any:
    try:
        return question()
    except _module("errors").OrderError as error:
        raise WouldFail(type(error).__name__, str(error)) from error


def _module(name: str) -> Any:
    return importlib.import_module(f"{_package()}.{name}")


@cache
def _package() -> str:
    folder = handlers_folder()
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"no package in {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PACKAGE] = module
    spec.loader.exec_module(module)
    return _PACKAGE
