"""`ordersetup trace`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.since import Since

if TYPE_CHECKING:
    from ordersetup.errors import OrdersetupError
    from ordersetup.operate.tracer import Search

TIMEOUT_SECONDS = 60


@click.command(epilog="Example:  ordersetup trace A-1 --since 7d")
@click.argument("order_id", metavar="ORDER_ID")
@click.option(
    "--since",
    "back",
    type=Since(),
    default="1d",
    show_default=True,
    metavar="SPAN",
    help="How far back the logs are looked through: 90s, 10m, 2h, 7d.",
)
@shared()
@click.pass_obj
def trace(options: Options, /, order_id: str, back: float) -> None:
    """Tell everything that is known of one order, in order of time; nothing is written.

    Its acceptance, each attempt with its error, alerts, rows, confirmation and dead-letter record:
    from the logs of the three functions, InventoryTransactions and OrderProcessingDLQ, whose
    messages are looked at and given back. No address is told. Logs are looked through further back
    than --since where rows or a record show that the order is older. Exit code 1 if nothing is
    known of it.
    """
    from ordersetup.operate.order import check_order_id
    from ordersetup.operate.tracer import Tracer
    from ordersetup.stack import open_stack
    from ordersetup.views.traced import tell_trace

    check_order_id(order_id, "ORDER_ID")
    stack = open_stack(options.connect(), options.stack, {}, remembering=False)
    timeout = options.left(TIMEOUT_SECONDS)
    search = Tracer(stack.aws, stack.blueprint, timeout=timeout).search(order_id, back)
    if search.error:
        raise search.error
    if not search.is_known:
        raise _unknown(options, search, stack.aws.region)
    tell_trace(search, options.stack, json=options.json, color=options.color)


def _unknown(options: Options, search: Search, region: str) -> OrdersetupError:
    from ordersetup.errors import Absent, NotProvisioned
    from ordersetup.views.traced import unread_lines

    if search.absent:
        return NotProvisioned(
            f"The stack {options.stack} in {region} is not provisioned.",
            "Build it with: ordersetup provision",
        )
    since = datetime.fromtimestamp(search.since, UTC)
    order = search.told.order_id
    return Absent(
        f"Nothing is known of order {order}: it is not in the logs of ProcessOrder, "
        f"UpdateInventory and SendEmail since {since:%Y-%m-%d %H:%M} UTC, not in "
        "InventoryTransactions and not in OrderProcessingDLQ.",
        "Logs may come up to 2 minutes late. Look further back with: "
        f"ordersetup trace {order} --since 30d",
        unread_lines(search),
    )
