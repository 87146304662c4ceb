"""Telling the waits that belong to no step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ordersetup.cli.options import Options

REPEAT_SECONDS = 10
"""A wait says so again after this long, so that a log shows that it goes on."""


def teller(options: Options) -> Callable[[str, float], None]:
    """Says what is waited for when that begins, and now and then; by the command's own view."""
    told: dict[str, float] = {}

    def tell(reason: str, seconds: float) -> None:
        if 0 < seconds < told.get(reason, 0.0) + REPEAT_SECONDS:
            return
        told[reason] = seconds
        text = f"Waiting: {reason}"
        if options.shown is not None:
            options.shown.say(text)
        elif not (options.quiet or options.json):
            click.echo(text, err=True)

    return tell
