"""The status of a stack, once or again and again: for people, and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ordersetup.operate.reading import Reading
from ordersetup.operate.status import Status, attention
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.picture import picture
from ordersetup.views.picture_words import unreadable


class StatusView(Protocol):
    """Tells one audience how a stack is; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, status: Status) -> None:
        """How it is now."""


class StatusPictures:
    """For people, on stdout: the picture; at a terminal each new one takes the former's place.

    Args:
        color: whether colour may be used.
        again: whether there will be several.
        pasteable: completes commands by where this run is.
        terminal: where to, if not to stdout.
    """

    def __init__(
        self,
        *,
        color: bool,
        again: bool,
        pasteable: Callable[[str], str] = str,
        terminal: Console | None = None,
    ) -> None:
        self._pasteable = pasteable
        self._out = terminal or console(color=color)
        in_place = again and self._out.is_interactive
        self._live = Live(console=self._out, screen=True, auto_refresh=False) if in_place else None
        self._last: list[Text] = []

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()
            # The screen of a live display is gone with it; the last picture stays.
            self._print(self._last)

    def show(self, status: Status) -> None:
        """Draw it."""
        lines = picture(status, self._pasteable)
        if self._live:
            self._live.update(Group(*lines), refresh=True)
        else:
            self._print([Text(), *lines] if self._last else lines)
        self._last = lines

    def _print(self, lines: list[Text]) -> None:
        for line in lines:
            self._out.print(line)


class StatusJson:
    """For programs: a JSON line each time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held open."""

    def show(self, status: Status) -> None:
        """Write it."""
        write(status_fields(status))


def status_fields(status: Status) -> dict[str, Any]:
    """The status as documented in docs/json.md."""
    parts = status.parts
    return {
        "type": "status",
        "stack": status.stack,
        "account": status.account,
        "region": status.region,
        "at": status.at.isoformat(timespec="seconds"),
        "metrics_at": status.metrics_at.isoformat(timespec="seconds"),
        "endpoint": _fields(parts.endpoint),
        "api": _numbers(status, "EcommerceAPI"),
        "functions": {
            name: {"state": _fields(state), **_numbers(status, name)}
            for name, state in parts.functions.items()
        },
        "nets": {name: _fields(net) for name, net in parts.nets.items()},
        "tables": {name: _fields(rows) for name, rows in parts.tables.items()},
        "topics": {
            name: {"subscribers": _fields(found), **_numbers(status, name)}
            for name, found in parts.topics.items()
        },
        "queue": {"messages": _fields(parts.queue), **_numbers(status, "OrderProcessingDLQ")},
        "attention": list(attention(status)),
        "unread": unreadable(status),
    }


def _numbers(status: Status, of: str) -> dict[str, Any]:
    return {name: _fields(n) for (about, name), n in status.metrics.items() if about == of}


def _fields(reading: Reading[Any]) -> dict[str, Any]:
    """A reading; what has several parts is spelt out, too."""
    value = reading.value
    spell = _PARTS.get(type(value).__name__)
    return {"value": spell(value) if spell else value, "because": reading.because or None}


_PARTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "Counted": lambda c: {"rows": c.rows, "orders": c.orders, "more": c.more, "about": c.about},
    "Subscribers": lambda s: {"confirmed": s.confirmed, "pending": s.pending},
    "Waiting": lambda w: {
        "count": w.messages,
        "hidden": w.hidden,
        "retention_seconds": w.retention_seconds,
    },
    "Net": lambda n: {
        "retries": n.retries,
        "within_seconds": n.within_seconds,
        "destination": n.destination,
        "exists": n.exists,
    },
}
