"""What `teardown` and `prune` have in common: shown first, asked for, and then removed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import click

from ordersetup.cli.options import Options

if TYPE_CHECKING:
    from ordersetup.engine import AnyStep, Tell
    from ordersetup.events import Outcome
    from ordersetup.removal import Removal, Teardown
    from ordersetup.stack import Stack
    from ordersetup.views import View
    from ordersetup.views.torn_down import Deed

TIMEOUT_SECONDS = 900
DECLINED = 1

T = TypeVar("T")

yes_option = click.option(
    "--yes", is_flag=True, help="Do not ask; needed where there is no terminal."
)


@dataclass(frozen=True)
class Removing:
    """A command that removes something of a stack.

    Args:
        deed: the command in words.
        begin: finds out what there may be to remove, and why there may be more.
        agreed: asks a person; whether they agree.
    """

    deed: Deed
    begin: Callable[[Stack, Tell], tuple[Teardown, str]]
    agreed: Callable[[], bool]


def check_terminal(command: str, *, yes: bool) -> None:
    """Refuse a run that would have to ask, where nobody can answer.

    Args:
        command: what was typed, with the options that it was given.
        yes: whether --yes is among them.

    Raises:
        BadInput: there is no terminal, and no --yes.
    """
    from ordersetup.errors import BadInput

    if not yes and not sys.stdin.isatty():
        raise BadInput(
            f"{command.split()[1]} asks before it removes anything, and there is no terminal to "
            "ask at.",
            f"Say that you mean it with: {command} --yes",
        )


def carry_out(ctx: click.Context, options: Options, removing: Removing, *, yes: bool) -> None:
    """Look, show, ask, remove and tell.

    Raises:
        StepsFailed: a removal failed.
    """
    from ordersetup.removal import check_removals
    from ordersetup.views.torn_down import TornDown, Where

    deed = removing.deed
    with options.view() as view:
        stack = options.open()
        work, unseen = removing.begin(stack, view.on)
        if unseen:
            view.say(unseen)
        view.begin(f"{deed.looking} {stack.where}", work.steps, called="things")
        removals = _until_interrupted(options, view, work, work.doomed)
    told = TornDown(
        Where(options.stack, stack.aws.account, stack.aws.region),
        deed,
        json=options.json,
        color=options.color,
        pasteable=options.pasteable,
    )
    if not (options.quiet and yes):
        told.before(removals)
    going = [removal for removal in removals if removal.kept_because is None]
    # To end what was begun before, nobody is asked again, unless it may cost them something.
    new = [r for r in going if not r.leaving and (not r.state.begun or r.content)]
    if new and not yes and not options.ask(removing.agreed, stack.aws):
        click.echo("Nothing was removed.", err=True)
        ctx.exit(DECLINED)
    work.allow(options.left(TIMEOUT_SECONDS))
    with view:
        outcomes = _until_interrupted(options, view, work, lambda: _removed(view, work, removals))
    check_removals(outcomes)
    told.after(removals, outcomes, replace(work.wishes, delete_data=True).again)


def _removed(view: View, work: Teardown, removals: Sequence[Removal]) -> Mapping[AnyStep, Outcome]:
    going = [removal.step for removal in removals if removal.kept_because is None]
    if going:
        view.begin("Removing", going, called="things")
    return work.remove(removals)


def _until_interrupted(options: Options, view: View, work: Teardown, deed: Callable[[], T]) -> T:
    try:
        return deed()
    except KeyboardInterrupt:
        view.say(options.pasteable(work.interrupted()))
        raise
