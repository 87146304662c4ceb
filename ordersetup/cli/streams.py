"""What is said to a terminal or a pipe whose encoding lacks some of our signs."""

from __future__ import annotations

import codecs
import io
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


def _near(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(sign, "?") for sign in lacking), error.end
