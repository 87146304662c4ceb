"""The words and colours of the picture: numbers, states, and why there is none."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from ordersetup.operate.reading import ABSENT, NO_DATA, Reading
from ordersetup.operate.status import Status

COLUMNS = 80

GOOD, BAD, UNSURE, DIM = "green", "red", "yellow", "dim"
"""The terminal's own colours, which suit its background, whatever that is."""

_NEUTRAL = frozenset({"invocations", "requests", "refused"})
"""Numbers that are no trouble, however large."""


def unreadable(status: Status) -> list[str]:
    """What could not be read and why, a sentence for each reason."""
    parts = status.parts
    of = [*parts.readings(), *((f"net of {name}", net) for name, net in parts.nets.items())]
    of += [("metrics", number) for number in status.metrics.values()]
    why: dict[str, list[str]] = {}
    for name, reading in of:
        if reading.because not in ("", NO_DATA, ABSENT):
            names = why.setdefault(reading.because.rstrip("."), [])
            names += [] if name in names else [name]
    return [f"{', '.join(names)}: {because}." for because, names in why.items()]


def wrapped(mark: str, style: str, sentence: str) -> Iterator[Text]:
    """A sentence in as many lines as it takes, behind a mark in a colour."""
    lines = textwrap.wrap(sentence, COLUMNS - 2, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield Text.assemble((" " * len(mark) if number else mark, style), line)


def short(reading: Reading[Any]) -> tuple[str, str]:
    """Why there is no value, in a word or two; the sentences above have the whole reason."""
    if reading.because == NO_DATA:
        return NO_DATA, DIM
    if reading.because == ABSENT:
        return ABSENT, BAD
    return "not allowed" if reading.because.startswith("not allowed") else "unread", UNSURE


def number(name: str, reading: Reading[int]) -> tuple[str, str]:
    """A number of the last hour, and its colour."""
    if reading.value is None:
        return short(reading)
    if name in _NEUTRAL:
        return str(reading.value), ""
    return str(reading.value), BAD if reading.value else GOOD


def age(seconds: Reading[int]) -> tuple[str, str]:
    """How old something is, in one unit, and its colour."""
    if seconds.value is None:
        return short(seconds)
    minutes = seconds.value // 60
    if minutes < 120:
        return f"{minutes} min", ""
    return (f"{minutes // 60} h", "") if minutes < 48 * 60 else (f"{minutes // 1440} days", "")


def condition(reading: Reading[str]) -> tuple[str, str]:
    """A function's state in a word, and its colour."""
    if reading.value is None:
        return short(reading)
    # The sentences above have the whole of it.
    said = reading.value if len(reading.value) <= 10 else "see above"
    return said, GOOD if said == "Active" else BAD
