"""What is said to a terminal, pipe or file that lacks our signs, has gone away, or is full."""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
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
    """A stream whose reader may go away, or whose disk may be full: what is written goes nowhere.

    The command goes on, since one that writes to AWS must not end in the middle of a step. If a
    reader has gone, as `head` does, it ends with the exit code that it would have had: a check that
    fails fails, whoever reads of it (Python's documentation: signal, Note on SIGPIPE). Of anything
    else, `failure` tells.

    Args:
        stream: standard output or standard error; None if it was closed from the beginning.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = _closed() if stream is None else stream
        self._left = False
        self.failure: OSError | None = None
        """The first thing that was not written for another reason than a reader who left."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, whoever reads it."""
        self._whoever_reads(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, whoever reads it."""
        self._whoever_reads(self._stream.flush)

    def is_read(self) -> bool:
        """Whether somebody may read what is written next."""
        if self._left or self.failure is not None:
            return False
        poll = select.poll()
        # Asked for nothing, it tells of errors alone: of a pipe, that its reader has gone.
        poll.register(self._stream.fileno(), 0)
        return not any(found & select.POLLERR for _, found in poll.poll(0))

    def _whoever_reads(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                self._left = True
            else:
                self.failure = self.failure or error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def is_read() -> bool:
    """Whether standard output has a reader left; what only goes on telling ends without one."""
    return not isinstance(sys.stdout, Outliving) or sys.stdout.is_read()


def refused(failure: OSError) -> str:
    """What to say of output that was not taken."""
    return f"The output could not be written: {failure.strerror or failure}."


def _closed() -> Any:
    """A stream that takes nothing, as a closed one does."""
    unwritable = os.open(os.devnull, os.O_RDONLY)
    return open(unwritable, "w", encoding="utf-8", closefd=False)


def _near(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(sign, "?") for sign in lacking), error.end
