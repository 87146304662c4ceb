"""Addresses made unreadable in what is sent to others: reports and receipts.

Any form that mail knows is masked, not only what ProcessOrder accepts: a letter may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_QUOTED = r'"[^"\n]{1,64}"'
_DOMAIN = r"[\w-]+(?:\.[\w-]+)+|\[[^\]\s]{1,64}\]"
# Begun at the beginning of a word alone, else a long one is gone through again from each letter on.
_ADDRESS = re.compile(rf"((?<!{_LOCAL}){_LOCAL}+|{_QUOTED})@({_DOMAIN})")


def masked(found: Any) -> Any:
    """The same value with only the first letter left of what stands before the @ of addresses.

    Args:
        found: a text, or tuples, lists and mappings of any depth that hold texts.
    """
    if isinstance(found, str):
        return _ADDRESS.sub(_shortened, found)
    if isinstance(found, Mapping):
        return {masked(key): masked(value) for key, value in found.items()}
    if isinstance(found, tuple | list):
        return type(found)(masked(item) for item in found)
    return found


def masked_address(found: str) -> str:
    """What stands where an address should, masked: nothing of it is told if it is none."""
    address = _ADDRESS.fullmatch(found)
    if address:
        return _shortened(address)
    return "…" if found else ""


def _shortened(address: re.Match[str]) -> str:
    return f"{address[1][0]}…@{address[2]}"
