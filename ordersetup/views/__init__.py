"""Views: each tells one audience what happens. Talk goes to stderr, results to stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Protocol

from ordersetup.engine import AnyStep
from ordersetup.errors import OrdersetupError
from ordersetup.events import Event
from ordersetup.views.context import Managed
from ordersetup.views.json_lines import JsonLines
from ordersetup.views.plain import Plain
from ordersetup.views.words import Called


class View(Managed, Protocol):
    """Tells one audience; a context manager."""

    def begin(self, doing: str, steps: Sequence[AnyStep], *, called: Called = "steps") -> None:
        """A new phase: what is done, to which steps, and how they are called meanwhile."""

    def on(self, event: Event) -> None:
        """Something happened to a step."""

    def error(self, error: OrdersetupError) -> None:
        """Say what went wrong and what to do."""

    def say(self, text: str) -> None:
        """Say something that belongs to no step."""


def choose(*, json: bool, events: bool, color: bool, quiet: bool, verbose: bool) -> View:
    """The view for this run's audience: a program, a person at a terminal, or a log."""
    if json:
        return JsonLines(events=events)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not quiet:
        from ordersetup.views.live import Live  # noqa: PLC0415 - a log need not wait for it

        return Live(color=color, verbose=verbose)
    return Plain(color=color, quiet=quiet, verbose=verbose)
