"""Looking for one order wherever it may have left a trace; nothing is written or taken out."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.errors import OrdersetupError
from ordersetup.operate import drill_queue
from ordersetup.operate.drill_log import Line
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_records import Record
from ordersetup.operate.log_entry import read_entry
from ordersetup.operate.order_log import OrderLog
from ordersetup.operate.reading import Reading, reading
from ordersetup.operate.trace import Found, Row, Trace, trace
from ordersetup.permissions import Uses

_FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
_QUEUE = "OrderProcessingDLQ"
_TABLE = "InventoryTransactions"

USES: Uses = {
    "dynamodb:Query": (_TABLE,),
    "logs:FilterLogEvents": _FUNCTIONS,
    **{name: parts for name, parts in drill_queue.USES.items() if name != "sqs:DeleteMessage"},
}
"""What looking for an order calls."""


@dataclass(frozen=True)
class Search:
    """What came of looking for an order.

    Args:
        told: what was found.
        since: from when on the logs were looked through, seconds since 1970.
        unread: what could not be looked at, by source, and why.
        absent: whether no part of the stack is there at all.
        error: why nothing could be read, if that is so.
    """

    told: Trace
    since: float
    unread: Mapping[str, str]
    absent: bool = False
    error: Exception | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is any trace of the order."""
        return bool(self.told.moments)


@dataclass(frozen=True)
class _Looked:
    """What a look through the queue has found, and why it has not seen all, if it has not."""

    records: tuple[Record, ...] = ()
    because: str = ""


class TimeUp(OrdersetupError):
    """A log is too long to be looked through in the time there is."""


class Tracer:
    """Looks for an order.

    Args:
        aws: where.
        blueprint: the stack; its names alone matter.
        timeout: seconds for looking through the logs.
        now: tells the seconds since 1970.
    """

    def __init__(
        self,
        aws: Aws,
        blueprint: Blueprint,
        *,
        timeout: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._aws = aws
        self._names = blueprint.names
        groups = (function.log_group for function in blueprint.functions)
        self._groups = dict(zip(_FUNCTIONS, groups, strict=True))
        self._timeout = timeout
        self._ends = time.monotonic() + timeout
        self._now = now
        self._stop = threading.Event()

    def search(self, order_id: str, back: float) -> Search:
        """Look for an order.

        Args:
            order_id: the order.
            back: how many seconds the logs are looked back; further where rows or records show
                that the order is older.
        """
        with ThreadPoolExecutor(2, thread_name_prefix="trace") as pool:
            try:
                return self._search(pool, order_id, self._now() - back)
            except BaseException:
                # Nobody waits for a long log any more.
                self._stop.set()
                raise

    def _search(self, pool: ThreadPoolExecutor, order_id: str, since: float) -> Search:
        looking = pool.submit(reading, lambda: self._look(order_id))
        rows = reading(lambda: self._rows(order_id))
        queue = looking.result()
        records = queue.value.records if queue.value else ()
        dated = [*(row.at for row in rows.value or ()), *(record.at for record in records)]
        since = min([since, *(at for at in dated if at is not None)])
        logs = self._logs(pool, order_id, since, records)
        sources: dict[str, Reading[Any]] = {**logs, _TABLE: rows, _QUEUE: queue}
        unread = {name: source.because for name, source in sources.items() if source.because}
        if queue.value and queue.value.because:
            unread[_QUEUE] = queue.value.because
        found = Found(
            {name: log.value or [] for name, log in logs.items()}, rows.value or (), records
        )
        errors = [source.error for source in sources.values()]
        return Search(
            trace(order_id, found, self._now(), unread),
            since,
            unread,
            absent=all(source.absent for source in sources.values()),
            error=errors[0] if all(errors) else None,
        )

    def _logs(
        self, pool: ThreadPoolExecutor, order_id: str, since: float, records: Sequence[Record]
    ) -> dict[str, Reading[list[Line]]]:
        """Each function's lines; ProcessOrder's first, since they tell the others' request ids."""
        entrance, *workers = _FUNCTIONS
        first = self._log(entrance, order_id, since, frozenset())
        known = _handed_on(first.value or [])
        for record in records:
            for name in workers:
                if record.function == self._names.of(name):
                    known[name] |= {record.request_id} - {""}
        futures = {
            name: pool.submit(self._log, name, order_id, since, known[name]) for name in workers
        }
        return {entrance: first, **{name: future.result() for name, future in futures.items()}}

    def _log(
        self, name: str, order_id: str, since: float, known: frozenset[str]
    ) -> Reading[list[Line]]:
        def lines() -> list[Line] | None:
            log = OrderLog(self._aws, self._groups[name], order_id, since, self._check)
            try:
                return log.lines(known)
            except self._aws.logs.exceptions.ResourceNotFoundException:
                return None

        return reading(lines)

    def _check(self) -> None:
        if self._stop.is_set() or time.monotonic() > self._ends:
            raise TimeUp(
                f"it could not be looked through in {self._timeout:.0f} s",
                "Look at a shorter time with --since, or give more time with --timeout.",
            )

    def _rows(self, order_id: str) -> tuple[Row, ...] | None:
        pages = self._aws.dynamodb.get_paginator("query").paginate(
            TableName=self._names.of(_TABLE),
            KeyConditionExpression="order_id = :order",
            ExpressionAttributeValues={":order": {"S": order_id}},
            ConsistentRead=True,
        )
        try:
            return tuple(_row(item) for page in pages for item in page["Items"])
        except self._aws.dynamodb.exceptions.ResourceNotFoundException:
            return None

    def _look(self, order_id: str) -> _Looked | None:
        """Look through the queue, and give back every message of it."""
        try:
            queue = DeadLetters(self._aws, self._names.of(_QUEUE))
            counts = queue.counts()
            if counts.passes_on is not None:
                return _Looked(
                    because=f"not looked at: it passes on what is received {counts.passes_on} times"
                )
            found: list[Record] = []

            def noted(record: Record) -> bool:
                if _is_of(record, order_id) and record not in found:
                    found.append(record)
                return False

            look = queue.look(noted, lambda _: False)
        except self._aws.sqs.exceptions.QueueDoesNotExist:
            return None
        because = "" if look.whole else f"{look.seen} of {look.of} messages were looked at"
        return _Looked(tuple(found), because)


def _handed_on(lines: Sequence[Line]) -> dict[str, frozenset[str]]:
    """The request ids of the events that the order was handed on by, as ProcessOrder logs them."""
    facts = [read_entry(line.message).facts for line in lines]
    return {
        name: frozenset(fact[key] for fact in facts if _REQUEST_ID.fullmatch(fact.get(key, "")))
        for name, key in (("UpdateInventory", "update_inventory"), ("SendEmail", "send_email"))
    }


_REQUEST_ID = re.compile(r"[0-9a-f-]{36}")


def _is_of(record: Record, order_id: str) -> bool:
    """Whether a record is of the order, and does not merely name it."""
    payload = record.payload
    if isinstance(payload, dict) and "order_id" in payload:
        return bool(payload["order_id"] == order_id)
    return record.names(order_id)


def _row(item: Mapping[str, Any]) -> Row:
    text = item.get("timestamp", {}).get("S", "")
    try:
        told = datetime.fromisoformat(text)
        at = told.replace(tzinfo=told.tzinfo or UTC).timestamp()
    except ValueError:
        at = None
    quantity = next(iter(item.get("quantity", {}).values()), "?")
    return Row(str(next(iter(item.get("item_id", {}).values()), "?")), str(quantity), at)
