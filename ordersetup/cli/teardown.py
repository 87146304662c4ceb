"""`ordersetup teardown`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from ordersetup.cli.options import Options, shared

if TYPE_CHECKING:
    from ordersetup.removal import Teardown
    from ordersetup.stack import Stack
    from ordersetup.views import View

TIMEOUT_SECONDS = 900
DECLINED = 1

T = TypeVar("T")


@click.command(epilog="Example:  ordersetup teardown --stack shop2 --delete-data")
@click.option(
    "--delete-data", is_flag=True, help="Remove tables and queue even if they hold something."
)
@click.option("--keep-logs", is_flag=True, help="Leave the functions' log groups.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@shared()
@click.pass_context
def teardown(ctx: click.Context, /, delete_data: bool, keep_logs: bool, yes: bool) -> None:
    """Remove the stack: everything that bears its tag, and nothing else.

    Shows first what will go, and asks. Tables and the dead-letter queue stay if they hold anything,
    unless --delete-data is given. A run that fails or is interrupted leaves the rest, and the next
    one goes on from there.
    """
    from ordersetup.removal import check_removals
    from ordersetup.views.torn_down import TornDown

    options = ctx.ensure_object(Options)
    _check_terminal(yes=yes)
    with options.view() as view:
        stack = options.open()
        work = _teardown(options, view, stack, delete_data=delete_data, keep_logs=keep_logs)
        looking = f"Looking for what stands of the stack {options.stack} in {stack.aws.region}"
        view.begin(looking, work.steps, things=True)
        removals = _until_interrupted(options, view, work, work.doomed)
    told = TornDown(
        options.stack,
        stack.aws.account,
        stack.aws.region,
        json=options.json,
        color=options.color,
        pasteable=options.pasteable,
    )
    if not (options.quiet and yes):
        told.before(removals)
    going = [removal.step for removal in removals if removal.kept_because is None]
    if going and not yes and not _agreed(options.stack):
        click.echo("Nothing was removed.", err=True)
        ctx.exit(DECLINED)
    with view:
        if going:
            view.begin("Removing", going, things=True)
        outcomes = _until_interrupted(options, view, work, lambda: work.remove(removals))
    check_removals(outcomes)
    told.after(outcomes)


def _check_terminal(*, yes: bool) -> None:
    from ordersetup.errors import BadInput

    if not yes and not sys.stdin.isatty():
        raise BadInput(
            "teardown asks before it removes anything, and there is no terminal to ask at.",
            "Say that you mean it with: ordersetup teardown --yes",
        )


def _teardown(
    options: Options, view: View, stack: Stack, *, delete_data: bool, keep_logs: bool
) -> Teardown:
    from ordersetup.removal import Teardown, Wishes
    from ordersetup.strays import find_strays, shared_senders

    strays = find_strays(stack.aws, stack.blueprint, stack.steps)
    if strays.unseen:
        view.say(strays.unseen)
    steps = (*stack.steps, *strays.steps)
    keep = shared_senders(stack.aws, stack.blueprint, steps)
    return Teardown(
        stack.aws,
        stack.steps,
        view.on,
        timeout=options.timeout(TIMEOUT_SECONDS),
        strays=strays.steps,
        wishes=Wishes(delete_data, keep_logs, keep),
    )


def _until_interrupted(options: Options, view: View, work: Teardown, deed: Callable[[], T]) -> T:
    try:
        return deed()
    except KeyboardInterrupt:
        view.say(options.pasteable(work.interrupted()))
        raise


def _agreed(stack: str) -> bool:
    """Whether the person types the stack's name."""
    typed: str = click.prompt(
        f"Type the stack's name, {stack}, to remove this", default="", show_default=False, err=True
    )
    return typed.strip() == stack
