"""`ordersetup send-test-order`."""

from __future__ import annotations

import click

from ordersetup.cli.options import Options, shared

TIMEOUT_SECONDS = 60


@click.command(
    "send-test-order",
    epilog="Example:  ordersetup send-test-order --item lamp-1:2 --email me@example.com",
)
@click.option(
    "--item",
    "items",
    metavar="ID:QTY",
    multiple=True,
    help="Item and quantity; repeatable. Without it, an item of our own that is put into stock.",
)
@click.option("--email", metavar="ADDRESS", help="Customer; without it, SES's mailbox simulator.")
@click.option("--order-id", metavar="ID", help="The order's id; made up if absent.")
@shared()
@click.pass_obj
def send_test_order(
    options: Options, /, items: tuple[str, ...], email: str | None, order_id: str | None
) -> None:
    """Post an order to the deployed endpoint and follow it hop by hop.

    Accepted by the API, rows in InventoryTransactions, stock before and after, confirmation. A hop
    that is not reached in time is named, with where to look, and the exit code is 1. With --item
    the order takes real stock. An order is applied at most once: repeating --order-id is safe.
    """
    from ordersetup.operate.order import make_order, parse_item
    from ordersetup.operate.orders import Tracker
    from ordersetup.operate.site import Site
    from ordersetup.views.followed import OrderJson, OrderLines

    order = make_order([parse_item(text) for text in items], email, order_id)
    stack = options.open()
    view = OrderJson() if options.json else OrderLines(color=options.color, quiet=options.quiet)
    site = Site(stack.aws, stack.blueprint, stack.orders_url(own=True))
    tracker = Tracker(site, view.hop, view.wait, timeout=options.timeout(TIMEOUT_SECONDS))
    view.done(order, tracker.send(order))
