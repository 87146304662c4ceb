"""The consoles that people's views write to."""

from __future__ import annotations

import sys

from rich.console import Console


def console(*, color: bool, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that never breaks, shortens or decorates what is to be copied from it.

    Args:
        color: whether colour may be used where the stream takes it.
        stderr: for talk; results go to stdout.
        quiet: write nothing.
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        no_color=None if color else True,
        # With FORCE_COLOR, as many CI systems set it, rich would animate into logs.
        force_interactive=stream.isatty(),
        highlight=False,
        emoji=False,
        soft_wrap=True,
        quiet=quiet,
    )
