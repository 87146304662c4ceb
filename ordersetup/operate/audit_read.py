"""What an audit reads: who was told "accepted", what was booked, and what is in stock."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.errors import NotProvisioned, OrdersetupError
from ordersetup.operate.stock_rows import number_of
from ordersetup.patience import Patience, Say
from ordersetup.permissions import Uses

_TABLES = ("Inventory", "InventoryTransactions")
_QUEUE = ("OrderProcessingDLQ",)
USES: Uses = {
    "dynamodb:DescribeTable": _TABLES,
    "dynamodb:ListTagsOfResource": _TABLES,
    "dynamodb:Query": ("InventoryTransactions",),
    "dynamodb:Scan": _TABLES,
    "logs:DescribeLogGroups": ("ProcessOrder",),
    "logs:FilterLogEvents": ("ProcessOrder", "UpdateInventory"),
    "sqs:ChangeMessageVisibilityBatch": _QUEUE,
    "sqs:GetQueueAttributes": _QUEUE,
    "sqs:GetQueueUrl": _QUEUE,
    "sqs:ListQueueTags": _QUEUE,
    "sqs:ReceiveMessage": _QUEUE,
}
"""What an audit calls."""

AT_ONCE = 8
Tell = Callable[[str, int], None]
"""Is told what is being read, and how much of it has been."""

_ORDER_ID = r" order_id=([A-Za-z0-9_-]{1,64})(?![\w-])"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class Booked:
    """What the transaction rows tell.

    Args:
        orders: which of the accepted orders have rows.
        pieces: the sum of all rows, by item.
        unaccepted: orders of the time in question that have rows, and no acceptance.
    """

    orders: set[str] = field(default_factory=set)
    pieces: dict[str, Decimal] = field(default_factory=dict)
    unaccepted: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, Any], accepted: Mapping[str, float], since: datetime) -> None:
        """Count a row."""
        order_id, item = row["order_id"]["S"], row["item_id"]["S"]
        self.pieces[item] = self.pieces.get(item, Decimal(0)) + (number_of(row) or Decimal(0))
        if order_id in accepted:
            self.orders.add(order_id)
        elif _timestamp(row) >= since:
            self.unaccepted.add(order_id)


class Reading:
    """Reads what an audit needs, a page at a time.

    Args:
        aws: where.
        blueprint: the stack.
        tell: is told what is read.
        wait: is told of each wait.
        timeout: seconds for all of it.
    """

    def __init__(
        self, aws: Aws, blueprint: Blueprint, tell: Tell, wait: Say, *, timeout: float
    ) -> None:
        self._aws = aws
        self._blueprint = blueprint
        self._tell = tell
        self._ends = time.monotonic() + timeout
        self._patience = Patience(threading.Event(), wait, self._ends, again="ordersetup audit")

    def accepted(self, since: datetime, until: datetime) -> tuple[dict[str, float], int]:
        """When ProcessOrder accepted each order last, and how often it accepted one again."""
        return self._logged("accepted", self._blueprint.process_order.log_group, since, until)

    def told_since(self, now: datetime) -> tuple[datetime, int | None]:
        """From when on the log tells of acceptances, and how many days it keeps them.

        DescribeLogGroups: it tells nothing of before it was made, nor of what its retention has
        taken away.

        Raises:
            NotProvisioned: there is no such log.
        """
        name = self._blueprint.process_order.log_group
        request = {"logGroupNamePrefix": name}
        pages = self._pages(self._aws.logs.describe_log_groups, request, ("nextToken", "nextToken"))
        found = (group for page in pages for group in page.get("logGroups", []))
        group = next((one for one in found if one.get("logGroupName") == name), None)
        if group is None:
            raise self._no_log(name)
        made = datetime.fromtimestamp(group.get("creationTime", 0) / 1000, UTC)
        days = group.get("retentionInDays")
        return (made if days is None else max(made, now - timedelta(days=days))), days

    def attempted(self, since: datetime, until: datetime) -> dict[str, float]:
        """When UpdateInventory tried each order last."""
        log_group = self._blueprint.update_inventory.log_group
        return self._logged("attempt", log_group, since, until)[0]

    def stock(self) -> dict[str, Decimal]:
        """The stock by item; an item without a number has none (Scan, consistent)."""
        return {
            row["item_id"]["S"]: number_of(row) or Decimal(0)
            for row in self._scanned("Inventory", "items in stock")
        }

    def booked(self, accepted: Mapping[str, float], since: datetime) -> Booked:
        """All rows (Scan, consistent).

        All of them, since a replayed order's rows bear the time of its acceptance, and only the sum
        of all can be compared with an earlier one.
        """
        booked = Booked()
        for row in self._scanned("InventoryTransactions", "transaction rows"):
            booked.add(row, accepted, since)
        return booked

    def has_rows(self, orders: Sequence[str]) -> set[str]:
        """Which of some orders have rows now (Query, consistent)."""
        table = self._blueprint.names.of("InventoryTransactions")

        def rows(order_id: str) -> int:
            return self._aws.dynamodb.query(
                TableName=table,
                KeyConditionExpression="order_id = :order",
                ExpressionAttributeValues={":order": {"S": order_id}},
                ConsistentRead=True,
                Select="COUNT",
                Limit=1,
            )["Count"]

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return {o for o, found in zip(orders, pool.map(rows, orders), strict=True) if found}

    def _logged(
        self, event: str, log_group: str, since: datetime, until: datetime
    ) -> tuple[dict[str, float], int]:
        """When each order was last in such a line of a log, and how often one was again.

        The line is the functions' own: in a JSON log a field of the record, else all of it.
        """
        named = re.compile(rf"\b{event}{_ORDER_ID}")
        found: dict[str, float] = {}
        again = 0
        request = {
            "logGroupName": log_group,
            "startTime": int(since.timestamp() * 1000),
            "endTime": int(until.timestamp() * 1000) + 1000,
            "filterPattern": f'"{event} order_id="',
        }
        tokens = ("nextToken", "nextToken")
        try:
            for page in self._pages(self._aws.logs.filter_log_events, request, tokens):
                for line in page.get("events", []):
                    if match := named.search(line.get("message", "")):
                        again += match[1] in found
                        at = line["timestamp"] / 1000
                        found[match[1]] = max(at, found.get(match[1], at))
                self._tell(f"orders in {log_group}", len(found))
        except self._aws.logs.exceptions.ResourceNotFoundException as error:
            raise self._no_log(log_group) from error
        return found, again

    def _no_log(self, name: str) -> NotProvisioned:
        return NotProvisioned(
            f"There is no log group {name} in {self._aws.region}, which tells what was accepted.",
            "Build it with: ordersetup provision",
        )

    def _scanned(self, table: str, what: str) -> Iterator[Mapping[str, Any]]:
        request = {"TableName": self._blueprint.names.of(table), "ConsistentRead": True}
        tokens = ("LastEvaluatedKey", "ExclusiveStartKey")
        count = 0
        for page in self._pages(self._aws.dynamodb.scan, request, tokens):
            yield from page["Items"]
            count += page["Count"]
            self._tell(what, count)

    def _pages(
        self, ask: Callable[..., Any], request: Mapping[str, Any], tokens: tuple[str, str]
    ) -> Iterator[Any]:
        told, given = tokens
        more: dict[str, Any] = {}
        while True:
            page = self._patience.attempt(partial(ask, **request, **more), (), "Reading")
            yield page
            if not page.get(told):
                return
            if time.monotonic() >= self._ends:
                raise OrdersetupError(
                    "The time was up before all was read; nothing is proven.",
                    "Give it more with --timeout SECONDS, or look back less far with --since.",
                )
            more = {given: page[told]}


def _timestamp(row: Mapping[str, Any]) -> datetime:
    """When the row's order was accepted; long ago where it does not say so."""
    try:
        found = datetime.fromisoformat(row.get("timestamp", {}).get("S", ""))
    except ValueError:
        return _LONG_AGO
    return found if found.tzinfo else found.replace(tzinfo=UTC)
