"""The live failure drill of `verify`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ordersetup.aws import Aws
    from ordersetup.cli.options import Options
    from ordersetup.operate.evidence import DrillResult
    from ordersetup.report import Report
    from ordersetup.stack import Stack

DRILL_SECONDS = 420
"""On Amazon a record can take 6 minutes; the rest is for the drill's own doings."""
CLEARING_SECONDS = 60
"""Beyond the time for it all: what a drill has made is removed even if it came to no end."""


def check_time(options: Options, aws: Aws) -> None:
    """Refuse a time-out that no drill can keep to.

    Raises:
        BadInput: --timeout is shorter than a drill takes where all goes well.
    """
    from math import ceil

    from ordersetup.errors import BadInput
    from ordersetup.operate.drill_pace import pace_of

    seconds, least = options.timeout(DRILL_SECONDS), pace_of(aws).least
    if seconds < least:
        raise BadInput(
            f"--timeout {seconds:g} is shorter than a drill takes here: {least:g} s at the least, "
            "since the record comes after the last retry. No order was sent.",
            f"Leave it out, or give it more: ordersetup verify --drill --timeout {ceil(least) * 2}",
        )


def hold(options: Options, stack: Stack, report: Report, *, ask: bool) -> DrillResult | None:
    """Say what the drill will do, ask, hold it and tell what came of it.

    Args:
        options: the command's.
        stack: what it is held on.
        report: the survey before it.
        ask: whether a person is asked first, where there is one.

    Returns:
        What came of it; None if it was declined.

    Raises:
        NotHeld: it cannot be held there, so nothing was announced or sent.
    """
    import sys

    from ordersetup.operate.drill import Drill
    from ordersetup.operate.site import Site, foreign
    from ordersetup.views.drilled import DrillJson, DrillLines

    view = (
        DrillJson()
        if options.json
        else DrillLines(color=options.color, quiet=options.quiet, verbose=options.verbose)
    )
    written = foreign(stack.steps, report)
    site = Site(stack.aws, stack.blueprint, stack.orders_url(), report, written)
    drill = Drill(site, view.moment, view.wait, timeout=options.left(DRILL_SECONDS))
    view.announce(drill.announce())
    if ask and sys.stdin.isatty() and not options.ask(_is_to_be_held, stack.aws):
        click.echo("No order was sent.", err=True)
        return None
    stack.aws.allow(options.left(math.inf) + CLEARING_SECONDS)
    result = drill.run()
    view.done(result)
    return result


def _is_to_be_held() -> bool:
    return click.confirm("Hold the drill?", err=True)
