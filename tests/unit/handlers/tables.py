"""The two tables in memory: as much of DynamoDB as `handlers/ledger.py` uses, and no more.

`test_tables.py` holds it against moto, answer for answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

INVENTORY, TRANSACTIONS = "Inventory", "Transactions"
PUT_CONDITION = "attribute_not_exists(order_id)"
UPDATE_CONDITION = "attribute_exists(item_id) AND quantity >= :wanted"


class TransactionCanceledException(ClientError):
    """DynamoDB's own, with the reasons in the order of the actions."""


class _Exceptions:
    TransactionCanceledException = TransactionCanceledException


class Tables:
    """Stands where a DynamoDB client does.

    Attributes:
        stock: quantity by item.
        taken: quantity by order and item.
        before: called before a transaction; may raise, or return reasons to cancel it for.
        after: called after one that took effect; may raise.
    """

    exceptions = _Exceptions()

    def __init__(self) -> None:
        self.stock: dict[str, int] = {}
        self.taken: dict[tuple[str, str], int] = {}
        self.before: Callable[[int], list[dict[str, Any]] | None] = lambda _: None
        self.after: Callable[[], None] = lambda: None

    def get_paginator(self, operation: str) -> Tables:
        """The only operation that is paged here."""
        assert operation == "query"
        return self

    def paginate(
        self, *, TableName: str, ExpressionAttributeValues: Mapping[str, Any], **asked: Any
    ) -> Iterator[dict[str, Any]]:
        """One page: the rows of an order."""
        assert (TableName, asked["ConsistentRead"]) == (TRANSACTIONS, True)
        assert asked["KeyConditionExpression"] == "order_id = :order_id"
        wanted = ExpressionAttributeValues[":order_id"]["S"]
        yield {
            "Items": [
                {"item_id": {"S": item_id}, "quantity": {"N": str(quantity)}}
                for (order_id, item_id), quantity in sorted(self.taken.items())
                if order_id == wanted
            ]
        }

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> None:
        """All of the actions, or none."""
        reasons = self.before(len(TransactItems)) or [self._refusal(a) for a in TransactItems]
        if any(reason["Code"] != "None" for reason in reasons):
            told: Any = {
                "Error": {"Code": "TransactionCanceledException", "Message": ""},
                "CancellationReasons": reasons,
            }
            raise TransactionCanceledException(told, "TransactWriteItems")
        for action in TransactItems:
            self._do(action)
        self.after()

    def _refusal(self, action: Mapping[str, Any]) -> dict[str, Any]:
        if put := action.get("Put"):
            assert (put["TableName"], put["ConditionExpression"]) == (TRANSACTIONS, PUT_CONDITION)
            holds, found = _key(put["Item"]) not in self.taken, None
        else:
            update = action["Update"]
            assert update["TableName"] == INVENTORY
            assert update["ConditionExpression"] == UPDATE_CONDITION
            assert update["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
            item_id, wanted = _withdrawal(update)
            found = self.stock.get(item_id)
            holds = found is not None and found >= wanted
        if holds:
            return {"Code": "None"}
        reason: dict[str, Any] = {"Code": "ConditionalCheckFailed"}
        if found is not None:
            reason["Item"] = {"item_id": {"S": item_id}, "quantity": {"N": str(found)}}
        return reason

    def _do(self, action: Mapping[str, Any]) -> None:
        if put := action.get("Put"):
            self.taken[_key(put["Item"])] = int(put["Item"]["quantity"]["N"])
        else:
            item_id, wanted = _withdrawal(action["Update"])
            self.stock[item_id] -= wanted


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["order_id"]["S"], row["item_id"]["S"]


def _withdrawal(update: Mapping[str, Any]) -> tuple[str, int]:
    assert update["UpdateExpression"] == "SET quantity = quantity - :wanted"
    wanted = update["ExpressionAttributeValues"][":wanted"]["N"]
    return update["Key"]["item_id"]["S"], int(wanted)
