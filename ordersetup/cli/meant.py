"""Which stack `verify` is to look at, where it was built under other names or by other hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ordersetup.cli.options import Options

if TYPE_CHECKING:
    from ordersetup.discovery import Taken
    from ordersetup.stack import Stack
    from ordersetup.start import Start
    from ordersetup.views import View

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


def is_mapped() -> bool:
    """Whether the command at hand was told to take something else for one of the guide's names."""
    return bool(click.get_current_context().meta.get(f"{_META}map"))


def open_meant(ctx: click.Context, options: Options, view: View) -> Stack:
    """The stack that the options mean; what was taken for what is told before it is graded.

    Raises:
        BadInput: an option is malformed, and nothing was called; or the URL is of another region.
        Absent: the API or the function that was given is not there.
    """
    from ordersetup.foreign import with_found_roles

    start = _start(ctx)
    if start is not None:
        return _search(options, view, start)
    stack, taken = with_found_roles(options.open())
    if taken is not None:
        _tell(taken, options)
    return stack


def _start(ctx: click.Context) -> Start | None:
    """What the options say to begin with; None if they leave it to the stack's name."""
    from ordersetup.addresses import address_of, mapping_of, plain_url
    from ordersetup.start import Start

    url, function, pairs = (ctx.meta[f"{_META}{name}"] for name in ("url", "function", "map"))
    address, mapping = None if url is None else address_of(url), mapping_of(pairs)
    if address is not None:
        words = plain_url(url)
    elif function is not None:
        words = f"the function {function}"
    elif mapping:
        words = ", ".join(f"{guide}={actual}" for guide, actual in sorted(mapping.items()))
    else:
        return None
    return Start(words, address, function, mapping)


def _search(options: Options, view: View, start: Start) -> Stack:
    from ordersetup.blueprint import Names
    from ordersetup.discovery import discover
    from ordersetup.foreign import open_ours, open_taken
    from ordersetup.start import check_there, whose

    aws = options.connect()
    taken = discover(
        aws,
        Names(options.stack, aws.region),
        address=start.address,
        function=start.function,
        mapping=start.mapping,
    )
    check_there(aws, start)
    owner = whose(aws, taken)
    if owner is None or start.mapping:
        _tell(taken, options)
    if owner is None:
        return open_taken(aws, taken, start.words)
    view.say(f"Found from {start.words}: the stack {owner}, built by ordersetup")
    if owner != options.stack:
        # Whatever is advised from here on is about the stack that was found.
        options.given["stack"] = owner
    return open_ours(aws, taken, owner)


def _tell(taken: Taken, options: Options) -> None:
    from ordersetup.views.taken import tell_taken

    tell_taken(taken, json=options.json, color=options.color)
