"""`ordersetup prune`."""

from __future__ import annotations

from dataclasses import replace
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
    from ordersetup.removal import Teardown
    from ordersetup.stack import Stack
    from ordersetup.views import View


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
    from ordersetup.pruning import find_prunable, undecided
    from ordersetup.removal import Teardown, Wishes
    from ordersetup.strays import shared_senders
    from ordersetup.views.torn_down import PRUNE

    options = ctx.ensure_object(Options)
    wishes = Wishes(delete_data, keep_newer=True, command="ordersetup prune")

    def begin(view: View, stack: Stack) -> Teardown:
        strays = find_prunable(stack.aws, stack.blueprint, stack.steps)
        if strays.unseen:
            view.say(strays.unseen)
        keep = shared_senders(stack.aws, stack.blueprint, strays.steps)
        if stack.former is None:
            keep = (*keep, *undecided(strays.steps))
        return Teardown(
            stack.aws,
            (),
            view.on,
            timeout=options.left(TIMEOUT_SECONDS),
            strays=strays.steps,
            wishes=replace(wishes, keep=keep),
        )

    check_terminal(wishes.again, yes=yes)
    carry_out(ctx, options, Removing(PRUNE, begin, _agreed), yes=yes)


def _agreed() -> bool:
    return click.confirm("Remove this?", default=False, err=True)
