"""The load run of `send-test-order`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ordersetup.cli.options import Options
    from ordersetup.operate.order import TestOrder
    from ordersetup.operate.site import Site

_META = "ordersetup.load."

MOST_ORDERS, MOST_AT_ONCE, AT_ONCE = 1_000_000, 256, 8

UNASKED = 100
"""So many orders go out without a question; with --local any number, since they reach nobody."""

SLOWEST_RATE = 10
"""Orders a second that the default time-out leaves time for."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wanted:
    """The load that the options ask for.

    Args:
        count: how many orders.
        concurrency: how many at once.
        yes: whether a person has agreed already.
    """

    count: int
    concurrency: int
    yes: bool


def load_options(command: F) -> F:
    """Add the options of a load run to a command; `asked_for` tells what they amount to."""

    def keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
        ctx.meta[f"{_META}{param.name}"] = value

    for option in (
        click.option(
            "--yes",
            is_flag=True,
            expose_value=False,
            callback=keep,
            help="With --count: do not ask before many orders.",
        ),
        click.option(
            "--concurrency",
            type=click.IntRange(1, MOST_AT_ONCE),
            metavar="C",
            expose_value=False,
            callback=keep,
            help=f"With --count: so many at once; {AT_ONCE} if absent.",
        ),
        click.option(
            "--count",
            type=click.IntRange(1, MOST_ORDERS),
            metavar="N",
            expose_value=False,
            callback=keep,
            help="Send so many orders as load, and say where each of them ended.",
        ),
    ):
        command = option(command)
    return command


def asked_for(ctx: click.Context, order_id: str | None) -> Wanted | None:
    """The load that is asked for; None where one order is to be followed.

    Raises:
        BadInput: the options do not go together.
    """
    from ordersetup.errors import BadInput

    count, concurrency = ctx.meta[f"{_META}count"], ctx.meta[f"{_META}concurrency"]
    if count is None:
        if concurrency is not None:
            raise BadInput("--concurrency is given without --count.", "Say how many: --count N.")
        return None
    if order_id is not None:
        raise BadInput(
            "--order-id is given with --count.", "Leave it out: each order gets an id of its own."
        )
    return Wanted(count, concurrency or AT_ONCE, ctx.meta[f"{_META}yes"])


def send_load(options: Options, wanted: Wanted, order: TestOrder) -> bool:
    """Say what the run will do, ask, post the orders and tell what came of them.

    Args:
        options: the command's.
        wanted: the load.
        order: what each order is like; its id begins all of theirs.

    Returns:
        Whether all is as it should be.

    Raises:
        BadInput: there are many orders, and nobody who could be asked.
        OrderLost: the stack has no API.
        KeyboardInterrupt: Ctrl-C ended the run; what came of it is told.
    """
    from ordersetup.operate.load import LoadPlan, announce
    from ordersetup.operate.load_result import SETTLE_SECONDS, Load
    from ordersetup.operate.site import Site
    from ordersetup.views.loaded import LoadJson, LoadLines

    ask = wanted.count > UNASKED and not wanted.yes and not options.local
    _check_somebody_is_there(ask, wanted.count)
    plan = LoadPlan(order.order_id, wanted.count, wanted.concurrency, order.email, order.items)
    stack = options.open()
    site = Site(stack.aws, stack.blueprint, stack.orders_url(own=True))
    view = LoadJson() if options.json else LoadLines(color=options.color, quiet=options.quiet)
    url = _url(site)
    view.announce(announce(site, plan))
    if ask and not options.ask(lambda: click.confirm("Send them?", err=True), stack.aws):
        click.echo("No order was sent.", err=True)
        return False
    with view:
        timeout = options.left(SETTLE_SECONDS + plan.count / SLOWEST_RATE)
        result = Load(site, url, plan, timeout=timeout).run(view.progress, view.wait)
    view.done(result)
    if result.interrupted:
        raise KeyboardInterrupt
    return result.sound


def _check_somebody_is_there(ask: bool, count: int) -> None:
    import sys

    from ordersetup.errors import BadInput

    if ask and not sys.stdin.isatty():
        raise BadInput(
            f"--count {count} sends many orders, and there is no terminal to ask at.",
            "Add --yes if you mean it.",
        )


def _url(site: Site) -> str:
    from ordersetup.errors import OrderLost

    if site.url is None:
        raise OrderLost(
            f"The stack {site.blueprint.names.stack} has no API in {site.aws.region}.",
            "Build it with: ordersetup provision",
        )
    return site.url
