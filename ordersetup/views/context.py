"""Views as context managers."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Managed(Protocol):
    """What every view of a run under way is, beside what it tells."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class HoldsNothing:
    """For views that write line by line."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held open."""
