"""Which stack `verify` is to look at, where it was built under other names or by other hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ordersetup.cli.options import Options

if TYPE_CHECKING:
    from ordersetup.discovery import Taken
    from ordersetup.stack import Stack

_META = "ordersetup.meant."

F = TypeVar("F", bound=Callable[..., Any])


def meant(command: F) -> F:
    """Add the options that say where to begin; `open_meant` opens what they lead to."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        ctx.meta[f"{_META}{param.name}"] = value

    for name, words in (
        (
            "--map",
            {
                "multiple": True,
                "metavar": "NAME=ACTUAL",
                "help": "Correct what is taken for one of the guide's names; repeatable.",
            },
        ),
        (
            "--function",
            {
                "metavar": "NAME",
                "help": "Begin with the function that takes the orders, whatever its name.",
            },
        ),
        (
            "--url",
            {
                "metavar": "URL",
                "help": "Begin with the invoke URL that orders are posted to.",
            },
        ),
    ):
        command = click.option(name, expose_value=False, callback=keep, **words)(command)
    return command


def open_meant(ctx: click.Context, options: Options) -> Stack:
    """The stack that the options mean; what was taken for what is told before it is graded.

    Raises:
        BadInput: an option is malformed, and nothing was called; or the URL is of another region.
    """
    from ordersetup.addresses import address_of, mapping_of
    from ordersetup.foreign import open_taken, with_found_roles

    url, function = ctx.meta[f"{_META}url"], ctx.meta[f"{_META}function"]
    address = None if url is None else address_of(url)
    mapping = mapping_of(ctx.meta[f"{_META}map"])
    if address is None and function is None and not mapping:
        stack, taken = with_found_roles(options.open())
    else:
        from ordersetup.blueprint import Names
        from ordersetup.discovery import discover

        aws = options.connect()
        names = Names(options.stack, aws.region)
        taken = discover(aws, names, address=address, function=function, mapping=mapping)
        stack = open_taken(aws, taken)
    if taken is not None:
        _tell(taken, options)
    return stack


def _tell(taken: Taken, options: Options) -> None:
    from ordersetup.views.taken import tell_taken

    tell_taken(taken, json=options.json, color=options.color)
