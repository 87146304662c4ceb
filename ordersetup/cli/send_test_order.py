"""`ordersetup send-test-order`."""

from __future__ import annotations

import click

from ordersetup.cli.loading import asked_for, load_options, send_load
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
@load_options
@shared()
@click.pass_context
def send_test_order(
    ctx: click.Context, /, items: tuple[str, ...], email: str | None, order_id: str | None
) -> None:
    """Post an order to the deployed endpoint and follow it hop by hop.

    Accepted by the API, rows in InventoryTransactions, stock before and after, confirmation. A hop
    that is not reached in time is named, with where to look, and the exit code is 1. With --item
    the order takes real stock. If there is too little, that is said, and the order is sent all the
    same: it fails, is tried again twice, and ends in OrderProcessingDLQ (exit code 1). An order is
    applied at most once: repeating --order-id is safe.

    With --count it sends load instead: it says first whom that reaches, then how fast it goes, and
    at last where each accepted order ended. Exit code 1 unless stock is conserved to the piece and
    each is in its rows or in OrderProcessingDLQ, and all were accepted, throttled apart: a
    throttled order is counted, and not sent again. Ctrl-C stops sending; what was sent until then
    is still told.
    """
    from ordersetup.operate.order import make_order, parse_item
    from ordersetup.operate.orders import Tracker
    from ordersetup.operate.site import Site
    from ordersetup.views.followed import OrderJson, OrderLines

    options = ctx.ensure_object(Options)
    load = asked_for(ctx, order_id)
    order = make_order([parse_item(text) for text in items], email, order_id)
    if load is not None:
        ctx.exit(0 if send_load(options, load, order) else 1)
    stack = options.open()
    view = OrderJson() if options.json else OrderLines(color=options.color, quiet=options.quiet)
    site = Site(stack.aws, stack.blueprint, stack.orders_url(own=True))
    seconds = options.left(TIMEOUT_SECONDS)
    tracker = Tracker(site, view.hop, view.wait, timeout=seconds, say=view.say)
    view.done(order, tracker.send(order))
