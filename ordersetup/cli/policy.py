"""`ordersetup policy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.settings_options import flags, settings
from ordersetup.cli.suggesting import near_miss

if TYPE_CHECKING:
    from ordersetup.stack import Stack


def commands(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The commands that --for names, repeated or with commas; the usual ones without it."""
    from ordersetup.policy import COMMANDS, USUAL

    names = [name.strip() for text in given for name in text.split(",")]
    for name in names:
        if name not in COMMANDS:
            hint = near_miss(name, COMMANDS)
            raise click.BadParameter(f"{name!r} is none of {', '.join(COMMANDS)}.{hint}")
    return tuple(dict.fromkeys(names)) or USUAL


for_commands = click.option(
    "--for",
    "wanted",
    multiple=True,
    metavar="COMMAND,…",
    callback=commands,
    help="For these commands only; drill is `verify --drill`, load is `send-test-order --count`, "
    "adopt is `provision --adopt`, discover is `verify` with --url or --function; without this "
    "option all but the last two.",
)
"""The option that says which commands are meant."""


@click.command(epilog="Example:  ordersetup policy --for plan,verify > policy.json")
@for_commands
@click.option(
    "--part",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Which document, where it takes several.",
)
@settings
@shared()
@click.pass_obj
def policy(
    options: Options, /, wanted: tuple[str, ...], part: int, unset: tuple[str, ...], **given: Any
) -> None:
    """Print the IAM policy that a person needs for ordersetup, and nothing more.

    Each action on this stack's very resources, in its region. A managed policy takes 6,144
    characters: what is longer is split, one document is printed at a time, and how many there are
    is said on stderr. Settings are as with `provision`; those of a stack that stands are known if
    you may read them. Otherwise your credentials need no permission at all: they tell the account.
    """
    from ordersetup.policy import documents, rights
    from ordersetup.views.permitted import tell_policy

    stack = open_known(options, flags(given), unset)
    found = frozenset(right for command in wanted for right in rights(command, stack.blueprint))
    split = documents(found)
    if part > len(split):
        there = "is 1 document" if len(split) == 1 else f"are {len(split)} documents"
        raise click.BadParameter(f"There {there}.", param_hint="--part")
    tell_policy(split, part, found, json=options.json, quiet=options.quiet)


def open_known(options: Options, given: dict[str, object], unset: tuple[str, ...]) -> Stack:
    """The stack as far as it is known: its settings are remembered where not all may read them."""
    from ordersetup.errors import Denied
    from ordersetup.refusals import AWS_ERRORS, told
    from ordersetup.settings import Settings
    from ordersetup.stack import open_stack

    # Once without what is remembered, so that bad input is refused before any call.
    Settings().changed(given, unset)
    aws = options.connect()
    try:
        return open_stack(aws, options.stack, given, unset)
    except AWS_ERRORS as error:
        if not isinstance(told(error), Denied):
            raise
    if not options.quiet:
        click.echo(
            "You may not read which settings the stack remembers: give those that matter here, "
            "such as --sender and --permissions-boundary.",
            err=True,
        )
    return open_stack(aws, options.stack, given, unset, remembering=False)
