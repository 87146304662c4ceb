"""What is said to a terminal or a pipe that lacks some of our signs, or that has gone away."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Callable
from typing import Any

_INSTEAD = {"✓": "+", "✗": "x", "•": "*", "·": ".", "…": "...", "›": ">", "→": "->", "—": "-"}
_INSTEAD |= {"─": "-", "│": "|", "▼": "v"} | dict.fromkeys("┌┐└┘├┬", "+")


def degrade(stream: Any) -> None:
    """Let a stream write a near sign for one that its encoding lacks, instead of failing.

    Args:
        stream: standard output or standard error, whatever stands for it.
    """
    codecs.register_error("ordersetup", _near)
    if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "backslashreplace"):
        stream.reconfigure(errors="ordersetup")


class Outliving:
    """A stream whose reader may go away, as `head` does: what is written then goes nowhere.

    The command goes on, and ends with the exit code that it would have had: a check that fails
    fails, whoever reads of it (Python's documentation: signal, Note on SIGPIPE).

    Args:
        stream: standard output or standard error.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, whoever reads it."""
        self._whoever_reads(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, whoever reads it."""
        self._whoever_reads(self._stream.flush)

    def _whoever_reads(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _near(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(sign, "?") for sign in lacking), error.end
