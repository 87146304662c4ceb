"""Things in batches, as AWS's batch operations take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in their order, so many at a time; the last batch may be smaller."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some
