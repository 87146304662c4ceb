"""What an order does to the stock; pure.

An order is applied by one DynamoDB transaction, however many lines it has: each line puts its
transaction row, which must not exist, and takes its pieces, which must be there. All of it happens
or nothing, so the rows of an order tell whether it was applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from .errors import OrderConflict, OrderError, OutOfStock, TransactionRefused, UnknownItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from .order import Line, Order

_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_FAILED = "ConditionalCheckFailed"


class Verdict(Enum):
    """What applying an order would come to."""

    APPLIED_ALREADY = "applied already"
    WOULD_APPLY = "would apply"


def foresee(order: Order, rows: Mapping[str, Decimal], stock: Mapping[str, Decimal]) -> Verdict:
    """Judge what UpdateInventory would make of an order, without doing it.

    Args:
        order: the order to judge.
        rows: quantity by item of the transaction rows that bear the order's id.
        stock: quantity by item of the inventory; an absent item is unknown.

    Raises:
        OrderConflict: the rows are another order's.
        UnknownItem: the inventory lacks an item.
        OutOfStock: it has too little of one.
    """
    if was_applied(order, rows):
        return Verdict.APPLIED_ALREADY
    if short := [line for line in order.lines if stock.get(line.item_id, 0) < line.quantity]:
        raise _shortage(short, stock)
    return Verdict.WOULD_APPLY


def was_applied(order: Order, rows: Mapping[str, Decimal]) -> bool:
    """Whether the rows say that this very order was applied.

    Args:
        order: the order in question.
        rows: quantity by item of the transaction rows that bear its id.

    Raises:
        OrderConflict: the rows are another order's.
    """
    if rows and rows != {line.item_id: line.quantity for line in order.lines}:
        raise OrderConflict(order.order_id)
    return bool(rows)


def transaction(
    order: Order, *, inventory: str, transactions: str
) -> list[TransactWriteItemTypeDef]:
    """Actions that apply the order: first the row of each line, then the withdrawal of each.

    Args:
        order: the order to apply.
        inventory: name of the table of stock.
        transactions: name of the table of transaction rows.
    """
    rows = [_row(order, line, transactions) for line in order.lines]
    return rows + [_withdrawal(line, inventory) for line in order.lines]


def why_cancelled(order: Order, reasons: Sequence[Mapping[str, Any]]) -> OrderError | None:
    """Read why DynamoDB cancelled the order's transaction.

    Args:
        order: the order that was to be applied.
        reasons: DynamoDB's CancellationReasons, in the order of `transaction`'s actions.

    Returns:
        The error; None where another look at the rows may find otherwise, since a row appeared
        meanwhile or others were writing to the same items. A row goes before any lack of stock:
        it may be this very order that took the last piece.
    """
    rows, withdrawals = reasons[: len(order.lines)], reasons[len(order.lines) :]
    if any(reason["Code"] == _FAILED for reason in rows):
        return None
    short = {
        line: reason.get("Item")
        for line, reason in zip(order.lines, withdrawals, strict=True)
        if reason["Code"] == _FAILED
    }
    if short:
        stock = {line.item_id: number(item.get("quantity")) for line, item in short.items() if item}
        return _shortage(list(short), stock)
    codes = {reason["Code"] for reason in reasons} - {"None"}
    if codes <= _PASSING:
        return None
    return TransactionRefused(order.order_id, ", ".join(sorted(codes)))


def number(attribute: Mapping[str, Any] | None) -> Decimal:
    """Value of a DynamoDB attribute; 0 where it is none, as DynamoDB's comparison takes it."""
    return Decimal((attribute or {}).get("N", 0))


def _shortage(short: Sequence[Line], stock: Mapping[str, Decimal]) -> OrderError:
    unknown = [line for line in short if line.item_id not in stock]
    more = len(unknown or short) - 1
    others = f" (and {more} more of its items)" if more else ""
    if unknown:
        return UnknownItem(unknown[0].item_id, others)
    line = short[0]
    return OutOfStock(line.item_id, f"{stock[line.item_id]:f}", line.quantity, others)


def _row(order: Order, line: Line, table: str) -> TransactWriteItemTypeDef:
    return {
        "Put": {
            "TableName": table,
            "Item": {
                "order_id": {"S": order.order_id},
                "item_id": {"S": line.item_id},
                "quantity": {"N": str(line.quantity)},
                "timestamp": {"S": order.accepted_at},
            },
            "ConditionExpression": "attribute_not_exists(order_id)",
        }
    }


def _withdrawal(line: Line, table: str) -> TransactWriteItemTypeDef:
    return {
        "Update": {
            "TableName": table,
            "Key": {"item_id": {"S": line.item_id}},
            "UpdateExpression": "SET quantity = quantity - :wanted",
            "ConditionExpression": "attribute_exists(item_id) AND quantity >= :wanted",
            "ExpressionAttributeValues": {":wanted": {"N": str(line.quantity)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
