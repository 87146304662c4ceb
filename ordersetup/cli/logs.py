"""`ordersetup logs`."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ordersetup.cli.completing import beginning
from ordersetup.cli.options import Options, shared
from ordersetup.cli.since import Since
from ordersetup.cli.streams import is_read

if TYPE_CHECKING:
    from ordersetup.operate.log_reader import LogReader
    from ordersetup.views.logged import LogView

FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
POLL_SECONDS = 2


class FunctionName(click.ParamType[str]):
    """One of the functions, in whatever case; the near miss is named."""

    name = "function"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's contract
        param: click.Parameter,  # noqa: ARG002 - click's contract
        incomplete: str,
    ) -> list[CompletionItem]:
        return beginning(FUNCTIONS, incomplete)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = {name.lower(): name for name in FUNCTIONS}
        if value.lower() in known:
            return known[value.lower()]
        near = difflib.get_close_matches(value.lower(), known, n=1)
        hint = f" Did you mean {known[near[0]]!r}?" if near else ""
        raise click.BadParameter(
            f"{value!r} is none of {', '.join(FUNCTIONS)}.{hint}", ctx=ctx, param=param
        )


@click.command(epilog="Example:  ordersetup logs UpdateInventory --since 1h --follow")
@click.argument("function", type=FunctionName(), required=False, metavar="[FUNCTION]")
@click.option(
    "--since",
    "back",
    type=Since(),
    default="10m",
    show_default=True,
    metavar="SPAN",
    help="How far back to begin: 90s, 10m, 2h, 7d.",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is logged, until Ctrl-C.")
@click.option(
    "--order",
    "order_id",
    metavar="ID",
    help="The lines of this order alone, also those of its runs that do not name it.",
)
@shared()
@click.pass_obj
def logs(
    options: Options, /, function: str | None, back: float, follow: bool, order_id: str | None
) -> None:
    """Show what the functions have logged, interleaved by time; nothing is written.

    FUNCTION is ProcessOrder, UpdateInventory or SendEmail; all three without it. JSON lines are
    told for people, the platform's in brief; --json has every line as it was logged, but for
    addresses, which nobody can read here. With --follow no line is lost and none told twice, though
    one may come up to 2 minutes late; Ctrl-C ends it with exit code 130, --timeout with 0. A log
    that you may not read is named, and the others are told.
    """
    from ordersetup.operate.log_reader import LogReader
    from ordersetup.operate.order import check_order_id
    from ordersetup.stack import open_stack
    from ordersetup.views.logged import LogJson, LogLines

    if order_id is not None:
        check_order_id(order_id, "--order")
    stack = open_stack(options.connect(), options.stack, {}, remembering=False)
    names = FUNCTIONS if function is None else (function,)
    reader = LogReader(stack.aws, stack.blueprint, names, back, order_id)
    view = LogJson() if options.json else LogLines(color=options.color, quiet=options.quiet)
    if not _first(reader, view, options.stack, stack.aws.region) and not follow:
        view.nothing(reader.since)
    if follow:
        _follow(options, reader, view)


def _first(reader: LogReader, view: LogView, stack: str, region: str) -> bool:
    """Tell what there is; whether there is anything.

    Raises:
        NotProvisioned: there is no log at all.
        Exception: what prevented every reading.
    """
    from ordersetup.errors import NotProvisioned

    told = False
    for event in reader.look():
        view.line(event)
        told = True
    if reader.is_absent:
        raise NotProvisioned(
            f"The stack {stack} in {region} has no log of {reader.named}.",
            "Build it with: ordersetup provision",
        )
    if reader.refusal:
        raise reader.refusal
    for name, reading in reader.unread.items():
        view.unread(name, reading.because)
    return told


def _follow(options: Options, reader: LogReader, view: LogView) -> None:
    import time

    from ordersetup.operate.watch import every

    limit = options.given.get("timeout")
    ends = time.monotonic() + float(limit) if limit else None
    times = every(POLL_SECONDS, ends)
    next(times)
    said = {name: reading.because for name, reading in reader.unread.items()}
    for _ in times:
        if not is_read():
            return
        for event in reader.look():
            view.line(event)
        for name, reading in reader.unread.items():
            if said.get(name) != reading.because:
                said[name] = reading.because
                view.unread(name, reading.because)
