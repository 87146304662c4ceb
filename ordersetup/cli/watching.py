"""`provision --watch`: edits of the handlers go live while one develops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ordersetup.cli.options import Options

if TYPE_CHECKING:
    from ordersetup.edits import Edits, PutLive
    from ordersetup.stack import Stack
    from ordersetup.views.edited import EditLines

F = TypeVar("F", bound=Callable[..., Any])

_META = "ordersetup.watch"

PUT_SECONDS = 120
"""For one edit; on AWS it takes some seconds."""


def watching(command: F) -> F:
    """Add the option to a command."""

    def keep(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        ctx.meta[_META] = wanted

    option = click.option(
        "--watch",
        is_flag=True,
        expose_value=False,
        callback=keep,
        help="Then put what is saved in the handlers' folder live within seconds, until Ctrl-C.",
    )
    return option(command)


def watch_handlers(ctx: click.Context, stack: Stack) -> None:
    """Put live what is saved, until Ctrl-C or --timeout; nothing, unless it was asked for."""
    if not ctx.meta[_META]:
        return
    from ordersetup.bundle import handlers_folder
    from ordersetup.edits import POLL_SECONDS, Edits, PutLive
    from ordersetup.operate.watch import every
    from ordersetup.steps.functions import Function
    from ordersetup.views.edited import EditLines

    options = ctx.ensure_object(Options)
    folder = handlers_folder()
    functions = [step for step in stack.steps if isinstance(step, Function)]
    needed = [function.plan.handler.rpartition(".")[0] for function in functions]
    edits = Edits(folder, stack.blueprint.code, needed)
    puts = PutLive(stack.aws, functions)
    lines = EditLines(json=options.json, color=options.color)
    lines.watching(str(folder))
    limit = options.given.get("timeout")
    ends = options.began + float(limit) if limit else None
    times = every(POLL_SECONDS, ends)
    follow(times, edits, puts, lines, lambda: options.left(PUT_SECONDS))


def follow(
    times: Iterable[object],
    edits: Edits,
    puts: PutLive,
    lines: EditLines,
    seconds: Callable[[], float],
) -> None:
    """Look for an edit each time, and put it live.

    Args:
        times: when to look.
        edits: looks.
        puts: puts live.
        lines: tells of it.
        seconds: how many of them an edit may take that is begun now.
    """
    from ordersetup.events import Failed

    for _ in times:
        edit = edits.look()
        if edit is None:
            continue
        if edit.faults or not edit.files:
            lines.refused(edit)
            continue
        began = time.monotonic()
        outcomes = puts.put(edit.code, began + seconds())
        lines.done(edit, outcomes, time.monotonic() - began)
        edits.put(edit, live=not any(isinstance(o, Failed) for o in outcomes.values()))
