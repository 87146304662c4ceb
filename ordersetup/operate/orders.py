"""An order under way: posted where a shop's web page would post it, and followed hop by hop."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ordersetup.errors import OrderLost, OrdersetupError
from ordersetup.operate.inventory import put_own_item, shortages, stock_of
from ordersetup.operate.order import OWN_ITEM, TestOrder
from ordersetup.operate.posting import post
from ordersetup.operate.site import Site
from ordersetup.patience import Patience
from ordersetup.permissions import Uses
from ordersetup.refusals import AWS_ERRORS, is_denied
from ordersetup.web import NoAnswer

USES: Uses = {
    "apigateway:GetRestApis": (),
    "dynamodb:Query": ("InventoryTransactions",),
    "logs:FilterLogEvents": ("SendEmail",),
}
"""What following a test order calls."""


Stock: TypeAlias = Mapping[str, str | None] | None


@dataclass(frozen=True)
class Hop:
    """One station of an order that it has reached.

    Args:
        name: accepted, rows, stock or confirmed.
        milliseconds: since the order was posted; for `accepted`, what the caller waited.
        detail: what was seen there, for people; no address.
    """

    name: str
    milliseconds: int
    detail: str


Follow = Callable[[Hop], None]
Wait = Callable[[str, float], None]
Say = Callable[[str], None]


class Tracker:
    """Sends one order through the deployed pipeline and follows it.

    Args:
        site: the stack.
        follow: is told each hop the order reaches.
        wait: is told of each wait.
        timeout: seconds for all hops together.
        say: is told beforehand what stands in the order's way.
    """

    def __init__(
        self,
        site: Site,
        follow: Follow,
        wait: Wait,
        *,
        timeout: float,
        say: Say = lambda _: None,
    ) -> None:
        blueprint = site.blueprint
        self._aws = site.aws
        self._url = site.url
        self._names = blueprint.names
        self._send_email_logs = blueprint.send_email.log_group
        self._update_logs = blueprint.update_inventory.log_group
        self._follow = follow
        self._say = say
        self._timeout = timeout
        self._posted = 0.0
        self._patience = Patience(threading.Event(), wait, time.monotonic() + timeout)

    def send(self, order: TestOrder) -> tuple[Hop, ...]:
        """Post the order and follow it to its confirmation.

        Raises:
            OrderLost: there is no API, stock does not suffice, or a hop was not reached in time;
                says which, and where to look.
        """
        if (url := self._url) is None:
            raise OrderLost(
                f"The stack {self._names.stack} has no API in {self._aws.region}.",
                "Build it with: ordersetup provision",
            )
        if order.items == ((OWN_ITEM, order.items[0][1]),):
            put_own_item(self._aws, self._names, order.items[0][1])
        before = self._stock(order)
        short = self._short(order, before)
        if short:
            self._say(f"This order cannot be filled: {short}. It is sent all the same.")
        wall = int(time.time() * 1000)
        hops = [self._post(url, order)]
        began = self._posted
        if short:
            raise self._unfilled(order, short)
        hops.append(self._rows(order, began))
        hops.append(self._reached("stock", began, _moved(order, before, self._stock(order))))
        hops.append(self._confirmation(order, began, wall))
        return tuple(hops)

    def _stock(self, order: TestOrder) -> Stock:
        """Quantity by item; None where the caller may not read it, which the order can do without.

        Sending an order asks for no right to the table.
        """
        try:
            return stock_of(self._aws, self._names, [item for item, _ in order.items])
        except AWS_ERRORS as error:
            if is_denied(error):
                return None
            raise

    def _short(self, order: TestOrder, stock: Stock) -> str:
        """Why the order cannot be filled; empty where it can, or where it has been already."""
        if stock is None:
            return ""
        short = shortages(order, stock, self._names.of("Inventory"))
        # Sent again, an order that was filled succeeds, whatever is left by now.
        return "; ".join(short) if short and not self._transaction_rows(order) else ""

    def _unfilled(self, order: TestOrder, short: str) -> OrdersetupError:
        queue = self._names.of("OrderProcessingDLQ")
        return OrderLost(
            f"Order {order.order_id} was accepted, and will not be filled: {short}. "
            "UpdateInventory fails, is tried again twice (on Amazon 1 and then 2 minutes later), "
            f"and the order is then kept in {queue}; no stock is taken.",
            f"See its attempts, and then its record, with: ordersetup trace {order.order_id}. "
            "To have it filled, put stock there (see: ordersetup stock --help), and once it is in "
            f"{queue}, run: ordersetup redrive --order {order.order_id}",
        )

    def _post(self, url: str, order: TestOrder) -> Hop:
        posted = post(self._aws, url, order, self._patience)
        self._posted = posted.began
        if isinstance(posted.answer, NoAnswer):
            raise posted.answer
        if posted.answer.status != 202:
            told = posted.told.replace(order.email, "(address)")
            raise OrderLost(
                f"The order was not accepted: {url} answered {told}.",
                "Look at CloudWatch › Log groups › "
                f"/aws/lambda/{self._names.of('ProcessOrder')}, and compare the stack with: "
                "ordersetup plan",
            )
        hop = Hop("accepted", round(posted.seconds * 1000), f"{url} answered 202")
        self._follow(hop)
        return hop

    def _rows(self, order: TestOrder, began: float) -> Hop:
        wanted = dict(order.items)
        found = self._patience.until(
            lambda: self._transaction_rows(order),
            lambda rows: rows == wanted or _of_another(rows, wanted),
            within=self._timeout,
            reason=lambda rows: f"{len(rows)} of {len(wanted)} transaction rows are written",
        )
        if _of_another(found, wanted):
            raise OrderLost(
                f"The order id {order.order_id} has been used before, for another order.",
                "Give another --order-id, or none: one is made up then.",
            )
        if found != wanted:
            raise self._lost(
                order,
                "UpdateInventory did not write its transaction rows",
                self._update_logs,
            )
        return self._reached("rows", began, f"{len(found)} in {self._names.of(_TRANSACTIONS)}")

    def _transaction_rows(self, order: TestOrder) -> dict[str, int]:
        pages = self._aws.dynamodb.get_paginator("query").paginate(
            TableName=self._names.of(_TRANSACTIONS),
            KeyConditionExpression="order_id = :order",
            ExpressionAttributeValues={":order": {"S": order.order_id}},
            ConsistentRead=True,
        )
        rows = [row for page in pages for row in page["Items"]]
        return {row["item_id"]["S"]: int(row["quantity"]["N"]) for row in rows}

    def _confirmation(self, order: TestOrder, began: float, since: int) -> Hop:
        confirmed = self._patience.until(
            lambda: self._is_confirmed(order, since),
            bool,
            within=self._timeout,
            reason=lambda _: "SendEmail's log does not tell of the confirmation yet",
        )
        if not confirmed:
            raise self._lost(order, "SendEmail did not confirm", self._send_email_logs)
        topic = self._names.of("OrderConfirmationTopic")
        return self._reached("confirmed", began, f"published to {topic}")

    def _is_confirmed(self, order: TestOrder, since: int) -> bool:
        # The clocks of this machine and of the log may differ by some minutes.
        pages = self._aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._send_email_logs,
            startTime=since - 300_000,
            filterPattern=f'"{order.order_id}"',
        )
        # The event itself, and the whole id: another order's may begin with this one.
        confirmed = re.compile(rf"\bconfirmed order_id={re.escape(order.order_id)}(?![\w-])")
        return any(confirmed.search(event["message"]) for page in pages for event in page["events"])

    def _reached(self, name: str, began: float, detail: str) -> Hop:
        hop = Hop(name, round((time.monotonic() - began) * 1000), detail)
        self._follow(hop)
        return hop

    def _lost(self, order: TestOrder, what: str, log_group: str) -> OrdersetupError:
        queue = self._names.of("OrderProcessingDLQ")
        return OrderLost(
            f"{what} for order {order.order_id} within {self._timeout:.0f} s.",
            f"Look for the order's id in CloudWatch › Log groups › {log_group}; after its retries "
            f"a failed order is kept in SQS › Queues › {queue}.",
        )


_TRANSACTIONS = "InventoryTransactions"


def _moved(order: TestOrder, before: Stock, after: Stock) -> str:
    """Each item's stock before and after, as far as it could be read."""
    if before is None or after is None:
        return "not read: your credentials may not dynamodb:BatchGetItem on it"
    return ", ".join(f"{i} {_shown(before[i])} → {_shown(after[i])}" for i, _ in order.items)


def _of_another(rows: Mapping[str, int], wanted: Mapping[str, int]) -> bool:
    """Whether there is a row that this order would not have written."""
    return any(wanted.get(item) != quantity for item, quantity in rows.items())


def _shown(quantity: str | None) -> str:
    return "not in stock" if quantity is None else quantity
