"""Lines of the functions' logs: for people, one colour a function, and for programs as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Protocol, assert_never

from rich.text import Text

from ordersetup.masked import masked
from ordersetup.operate.log_entry import Entry, Kind, printable, read_entry
from ordersetup.operate.log_tail import LogEvent
from ordersetup.operate.reading import ABSENT
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.traced import FUNCTION_STYLES

_LEVELS = {"ERROR": "red", "CRITICAL": "bold red", "WARNING": "yellow", "DEBUG": "dim"}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WIDTH = max(len(name) for name in FUNCTION_STYLES)


class LogView(Protocol):
    """Tells one audience of log lines."""

    def line(self, event: LogEvent) -> None:
        """A line was logged."""

    def unread(self, function: str, because: str) -> None:
        """A log cannot be read."""

    def nothing(self, since: float) -> None:
        """There is no line."""


class LogLines:
    """For people: lines on stdout, whatever is said of them on stderr.

    Args:
        color: whether colour may be used.
        quiet: the lines alone.
    """

    def __init__(self, *, color: bool, quiet: bool = False) -> None:
        self._out = console(color=color)
        self._talk = console(color=color, stderr=True, quiet=quiet)
        self._day: date | None = None

    def line(self, event: LogEvent) -> None:
        """Tell it, behind its time and its function."""
        lines = list(rendered(event))
        at = _when(event)
        if lines and at.date() != self._day:
            self._day = at.date()
            self._out.print(Text(f"{at:%Y-%m-%d}, UTC", "bold"))
        for line in lines:
            self._out.print(line)

    def unread(self, function: str, because: str) -> None:
        """Name it on stderr."""
        told = "its log group is not there" if because == ABSENT else because
        self._talk.print(f"{function}: {told}", markup=False)

    def nothing(self, since: float) -> None:
        """Say so on stderr."""
        at = datetime.fromtimestamp(since, UTC)
        self._talk.print(f"Nothing has been logged since {at:%Y-%m-%d %H:%M:%S} UTC.", markup=False)


class LogJson:
    """For programs: a JSON line each."""

    def line(self, event: LogEvent) -> None:
        """Write it."""
        write(
            {
                "type": "log",
                "function": event.function,
                "at": _when(event).isoformat(timespec="milliseconds"),
                "message": masked(event.message),
                "stream": event.stream,
                "event_id": masked(event.event_id),
            }
        )

    def unread(self, function: str, because: str) -> None:
        """Write that."""
        write({"type": "unread", "function": function, "because": because})

    def nothing(self, since: float) -> None:
        """No line says it."""


def _when(event: LogEvent) -> datetime:
    return datetime.fromtimestamp(event.at_ms / 1000, UTC)


def rendered(event: LogEvent) -> Iterator[Text]:
    """A line for people, and what belongs to it below; nothing where another line says the same."""
    entry = read_entry(event.message)
    told = _told(entry)
    if told is None:
        return
    head = Text.assemble(
        (f"{_when(event):%H:%M:%S.%f}"[:-3], "dim"),
        "  ",
        (f"{event.function:<{_WIDTH}}", FUNCTION_STYLES[event.function]),
        "  ",
    )
    first, *more = told.split("\n")
    yield head.append_text(first)
    for line in more:
        if line.plain.strip():
            yield Text("    ").append_text(line)
    for frame in entry.stack:
        yield Text(f"    {_safe(frame)}", "dim")


def _told(entry: Entry) -> Text | None:
    match entry.kind:
        case Kind.START:
            return Text(f"run {entry.request_id[:8]} begins", "dim")
        case Kind.REPORT:
            return _report(entry)
        case Kind.END:
            return None
        case Kind.PLATFORM:
            return _platform(entry)
        case Kind.ERROR:
            error = entry.facts.get("error", "")
            named = f"{error}: " if error and not entry.text.startswith(error) else ""
            return Text(f"ERROR {_safe(named + entry.text)}", _LEVELS["ERROR"])
        case Kind.SAID:
            return _said(entry)
        case _:
            assert_never(entry.kind)


def _report(entry: Entry) -> Text:
    facts = entry.facts
    told = f"run {entry.request_id[:8]} ends"
    told += f" after {float(facts['ms']):.0f} ms" if _is_number(facts.get("ms")) else ""
    told += f", {facts['memory_mb']} MB" if facts.get("memory_mb", "0") != "0" else ""
    told += f", started in {facts['init_ms']} ms" if "init_ms" in facts else ""
    if "error" in facts or "status" in facts:
        return Text(f"{told}: {facts.get('error') or facts['status']}", _LEVELS["ERROR"])
    return Text(told, "dim")


def _is_number(text: str | None) -> bool:
    return text is not None and text.replace(".", "", 1).isdecimal()


def _platform(entry: Entry) -> Text | None:
    if entry.text == "runtimeDone" and "error" not in entry.facts:
        return None
    style = _LEVELS["ERROR"] if "error" in entry.facts else "dim"
    return Text(_safe(" ".join([entry.text, *_pairs(entry)])), style)


def _said(entry: Entry) -> Text:
    style = _LEVELS.get(entry.level, "")
    told = Text(f"{entry.level} " if entry.level else "", style)
    told.append(_safe(entry.text), style)
    if pairs := _pairs(entry):
        told.append(f"  {_safe(' '.join(pairs))}")
    if entry.request_id:
        told.append(f"  run {entry.request_id[:8]}", "dim")
    return told


def _pairs(entry: Entry) -> list[str]:
    facts = ((name, fact) for name, fact in entry.facts.items() if name != "request_id")
    return [f"{name}={fact[:8] if _UUID.fullmatch(fact) else fact}" for name, fact in facts]


def _safe(text: str) -> str:
    """A text of whoever's, without addresses and without what a terminal would obey."""
    return "\n".join(printable(line) for line in str(masked(text)).splitlines())
