"""Whether something of any shape names a word; pure. Each program wraps what it is told its way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

_DEEPEST = 16


def mentions(told: object, word: str) -> bool:
    """Whether a text, or JSON of any nesting, has the word in it: not as a part of a longer one.

    Args:
        told: a text, or what JSON is made of; texts that are JSON themselves are looked into.
        word: an order's or an item's id.
    """
    whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    return any(whole.search(text) for text in texts(told))


def texts(told: object, deepest: int = _DEEPEST) -> Iterator[str]:
    """Every text in it, also names of fields, and those inside a text that is JSON itself."""
    if isinstance(told, str):
        yield told
        if deepest:
            yield from texts(_inside(told), deepest - 1)
    elif isinstance(told, Mapping | list) and deepest:
        parts = [*told.keys(), *told.values()] if isinstance(told, Mapping) else told
        for part in parts:
            yield from texts(part, deepest - 1)


def _inside(text: str) -> object:
    if not text.lstrip().startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
