"""`ordersetup prune`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.removing import (
    TIMEOUT_SECONDS,
    Removing,
    carry_out,
    check_terminal,
    yes_option,
)

if TYPE_CHECKING:
    from ordersetup.engine import Tell
    from ordersetup.removal import Teardown
    from ordersetup.stack import Stack


@click.command(epilog="Example:  ordersetup prune --stack shop2 --yes")
@click.option("--delete-data", is_flag=True, help="Remove a table or queue that holds something.")
@yes_option
@shared()
@click.pass_context
def prune(ctx: click.Context, /, delete_data: bool, yes: bool) -> None:
    """Remove what bears the stack's tag and is no part of it any more; the stack itself stays.

    That is what an earlier version has made and this one does not, what a former setting has left,
    such as a sender or a role, and an API made twice. Shows it first, with the version that made it
    and what it holds, and asks. What holds data stays unless --delete-data is given, and so does
    what a newer version has made.
    """
    from ordersetup.dismantling import prune_of
    from ordersetup.removal import Wishes
    from ordersetup.views.torn_down import PRUNE

    options = ctx.ensure_object(Options)
    wishes = Wishes(delete_data=delete_data, command="ordersetup prune")

    def begin(stack: Stack, listen: Tell) -> tuple[Teardown, str]:
        timeout = options.left(TIMEOUT_SECONDS)
        return prune_of(stack, wishes, listen, timeout=timeout)

    check_terminal(wishes.again, yes=yes)
    carry_out(ctx, options, Removing(PRUNE, begin, _agreed), yes=yes)


def _agreed() -> bool:
    return click.confirm("Remove this?", default=False, err=True)
