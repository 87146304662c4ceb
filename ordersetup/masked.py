"""Addresses made unreadable in what is sent to others: reports and receipts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]"
# Begun at the beginning of a word alone, else a long one is gone through again from each letter on.
_ADDRESS = re.compile(rf"(?<!{_LOCAL})({_LOCAL}+)@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{{2,63}})")


def masked(found: Any) -> Any:
    """The same value with only the first letter left of what stands before the @ of addresses.

    Args:
        found: a text, or tuples, lists and mappings of any depth that hold texts.
    """
    if isinstance(found, str):
        return _ADDRESS.sub(lambda address: f"{address[1][0]}…@{address[2]}", found)
    if isinstance(found, Mapping):
        return {masked(key): masked(value) for key, value in found.items()}
    if isinstance(found, tuple | list):
        return type(found)(masked(item) for item in found)
    return found
