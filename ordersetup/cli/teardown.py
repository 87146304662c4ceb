"""`ordersetup teardown`."""

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


@click.command(epilog="Example:  ordersetup teardown --stack shop2 --delete-data")
@click.option(
    "--delete-data", is_flag=True, help="Remove tables and queue even if they hold something."
)
@click.option("--keep-logs", is_flag=True, help="Leave the functions' log groups.")
@yes_option
@shared()
@click.pass_context
def teardown(ctx: click.Context, /, delete_data: bool, keep_logs: bool, yes: bool) -> None:
    """Remove the stack: everything that bears its tag, and nothing else.

    Shows first what will go, and asks. Tables and the dead-letter queue stay if they hold anything,
    unless --delete-data is given. A run that fails or is interrupted leaves the rest, and the next
    one goes on from there.
    """
    from ordersetup.dismantling import teardown_of
    from ordersetup.removal import Wishes
    from ordersetup.views.torn_down import TEARDOWN

    options = ctx.ensure_object(Options)
    wishes = Wishes(delete_data=delete_data, keep_logs=keep_logs)

    def begin(stack: Stack, listen: Tell) -> tuple[Teardown, str]:
        timeout = options.left(TIMEOUT_SECONDS)
        return teardown_of(stack, wishes, listen, timeout=timeout)

    check_terminal(wishes.again, yes=yes)
    carry_out(ctx, options, Removing(TEARDOWN, begin, lambda: _agreed(options.stack)), yes=yes)


def _agreed(stack: str) -> bool:
    """Whether the person types the stack's name."""
    typed: str = click.prompt(
        f"Type the stack's name, {stack}, to remove this", default="", show_default=False, err=True
    )
    return typed.strip() == stack
