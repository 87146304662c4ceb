"""`ordersetup status`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.seconds import Seconds
from ordersetup.cli.streams import is_read

if TYPE_CHECKING:
    from ordersetup.operate.observer import Observer
    from ordersetup.operate.status import Status

WATCH_SECONDS = 5.0


@click.command(epilog="Example:  ordersetup status --watch 10")
@click.option(
    "--watch",
    "seconds",
    type=Seconds(least=1),
    is_flag=False,
    flag_value=WATCH_SECONDS,
    metavar="[SECONDS]",
    help=f"Look again every so many seconds, {WATCH_SECONDS:g} if absent, until Ctrl-C or "
    "--timeout.",
)
@click.option(
    "--save",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the picture to this file as well: .svg or .html, by its ending.",
)
@shared()
@click.pass_obj
def status(options: Options, /, seconds: float | None, file: Path | None) -> None:
    """Show the pipeline as it is now: a picture with live numbers; nothing is written.

    Endpoint, functions, the last hour's errors, throttles and lost events, rows, orders,
    subscribers, the dead-letter queue, and what becomes of an event that fails. What you may not
    read says so, and the rest stands. Exit code 0 if anything could be read, whatever it
    says; 1 if the stack is not there.

    With --watch it goes on until Ctrl-C, whose exit code is 130 as everywhere, or until --timeout,
    whose exit code is then 0. CloudWatch is asked once a minute at most.
    """
    from ordersetup.views.observed import StatusJson, StatusPictures
    from ordersetup.views.picture_files import check_picture_file, save

    if file is not None:
        check_picture_file(file)
    observer = _observer(options)
    again = seconds is not None
    pictures = StatusPictures(color=options.color, again=again, pasteable=options.pasteable)
    view = StatusJson() if options.json else pictures
    looks = _looks(options, observer, seconds)
    # Before a display begins: what ends the first look is told like any error.
    first = next(looks)
    with view:
        for found in chain([first], looks):
            view.show(found)
            if file is not None:
                save(found, file)


def _observer(options: Options) -> Observer:
    from ordersetup.operate.observer import Observer
    from ordersetup.stack import open_stack

    # Names are all that matters, so what the stack remembers need not be read.
    stack = open_stack(options.connect(), options.stack, {}, remembering=False)
    return Observer(stack.aws, stack.blueprint, stack.steps)


def _looks(options: Options, observer: Observer, seconds: float | None) -> Iterator[Status]:
    """What each look finds; the first one must find something.

    Raises:
        NotProvisioned: nothing of the stack is there.
        Exception: what prevented every reading.
    """
    import time

    from ordersetup.errors import NotProvisioned
    from ordersetup.operate.watch import every

    limit = options.given.get("timeout")
    ends = time.monotonic() + float(limit) if limit else None
    times = every(seconds, ends) if seconds else iter([None])
    next(times)
    first = observer.look()
    if not first.stands:
        raise NotProvisioned(
            f"The stack {first.stack} in {first.region} is not provisioned.",
            "Build it with: ordersetup provision",
        )
    if first.refusal:
        raise first.refusal
    yield first
    for _ in times:
        if not is_read():
            return
        yield observer.look()
