"""A line of a function's log, taken apart; pure, and never surprised by its shape.

Lambda writes JSON records of the platform's (`platform.start`, `platform.report`, …) and of the
function's, or, in the text format and on embedded engines, plain lines. Our handlers' messages bear
their facts in the text as well: `failed order_id=A-1 request_id=… error=OutOfStock`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a line is about."""

    START = "start"
    END = "end"
    REPORT = "report"
    PLATFORM = "platform"
    ERROR = "error"
    """The runtime's own account of what was raised, or of a timeout."""
    SAID = "said"
    """What the function has logged itself."""


@dataclass(frozen=True)
class Entry:
    """A line, taken apart.

    Args:
        kind: what it is about.
        text: what it says, for people; without the level, and without the facts.
        level: DEBUG to CRITICAL; empty if it has none.
        facts: what it says in fields: order_id, error, duration, ….
        request_id: the invocation's id; empty if it does not say.
        stack: where something was raised, a line each.
    """

    kind: Kind
    text: str
    level: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    stack: tuple[str, ...] = ()


_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PLATFORM = re.compile(rf"(START|END|REPORT) RequestId: ({_ID})\s*(.*)", re.DOTALL)
_INIT = re.compile(r"INIT_(?:START|REPORT)\b.*")
_LAMBDA = re.compile(rf"\[(\w+)\]\t\S+Z\t({_ID})?\t(.*)", re.DOTALL)
_RAISED = re.compile(r"\[ERROR\] (?:([\w.]+): )?(.*)", re.DOTALL)
_TIMED_OUT = re.compile(rf"\S+Z ({_ID}) (Task timed out.*)", re.DOTALL)
_LEVEL = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)", re.DOTALL)
_FACTS = re.compile(r"(?P<event>[a-z][a-z ]*?)(?P<facts>(?: [a-z_]+=\S*)+)")

_NOT_FACTS = frozenset(
    {
        *("timestamp", "level", "log_level", "message", "logger", "requestId", "request_id"),
        *("errorMessage", "errorType", "stackTrace", "stack_trace", "exception", "location"),
        *("exception_name", "name"),
    }
)
"""Fields of a JSON record that are told otherwise, or to programs alone."""

_KINDS = {"platform.start": Kind.START, "platform.report": Kind.REPORT}
_BAD_ENDS = frozenset({"error", "timeout", "failure"})
TIMEOUT = "Timeout"
"""What an attempt is said to have ended with that ran out of time."""


def read_entry(message: str) -> Entry:
    """Take a line apart."""
    record = _json(message)
    if record is None:
        return _of_text(message.rstrip())
    kind = record.get("type")
    if isinstance(kind, str) and kind.startswith("platform."):
        return _of_platform(kind, record)
    return _of_function(record)


def _of_platform(kind: str, record: Mapping[str, Any]) -> Entry:
    told = record.get("record")
    about: Mapping[str, Any] = told if isinstance(told, dict) else {}
    metrics = about.get("metrics")
    facts = {
        _UNITS[name]: f"{number:g}"
        for name, number in (metrics.items() if isinstance(metrics, dict) else ())
        if isinstance(number, int | float) and name in _UNITS
    }
    status = str(about.get("status", ""))
    if status and status != "success":
        facts["status"] = status
    if status in _BAD_ENDS:
        facts["error"] = TIMEOUT if status == "timeout" else str(about.get("errorType", ""))
    name = kind.removeprefix("platform.")
    request_id = about.get("requestId")
    return Entry(
        _KINDS.get(kind, Kind.PLATFORM),
        name,
        facts={key: fact for key, fact in facts.items() if fact},
        request_id=request_id if isinstance(request_id, str) else "",
    )


_UNITS = {
    "durationMs": "ms",
    "billedDurationMs": "billed_ms",
    "maxMemoryUsedMB": "memory_mb",
    "initDurationMs": "init_ms",
}


def _of_function(record: Mapping[str, Any]) -> Entry:
    level = str(record.get("level") or record.get("log_level") or "").upper()
    request_id = record.get("requestId") or record.get("request_id")
    owner = request_id if isinstance(request_id, str) else ""
    extra = {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in record.items()
        if name not in _NOT_FACTS
    }
    stack = _stack(record.get("stackTrace"))
    raised = record.get("errorType")
    if isinstance(raised, str) and "message" not in record:
        text = str(record.get("errorMessage", ""))
        return Entry(Kind.ERROR, text, level or "ERROR", {**extra, "error": raised}, owner, stack)
    message = record.get("message", "")
    event, facts = _split(message if isinstance(message, str) else json.dumps(message))
    error = {"error": raised} if isinstance(raised, str) else {}
    return Entry(Kind.SAID, event, level, {**extra, **error, **facts}, owner, stack)


def _stack(told: object) -> tuple[str, ...]:
    """A stack trace: a list of frames, each of which may have several lines."""
    frames = told if isinstance(told, list) else []
    return tuple(line for frame in frames for line in str(frame).splitlines() if line.strip())


def printable(text: str) -> str:
    """A text that cannot move a terminal's cursor or recolour it, whoever has logged it."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _of_text(message: str) -> Entry:
    if found := _PLATFORM.fullmatch(message):
        return _of_line(Kind(found[1].lower()), found[2], found[3])
    if found := _TIMED_OUT.fullmatch(message):
        return Entry(Kind.ERROR, found[2], "ERROR", {"error": TIMEOUT}, found[1])
    if found := _LAMBDA.fullmatch(message):
        event, facts = _split(found[3])
        return Entry(Kind.SAID, event, found[1].upper(), facts, found[2] or "")
    if found := _RAISED.fullmatch(message):
        error = {"error": found[1]} if found[1] else {}
        return Entry(Kind.ERROR, found[2].partition("\n")[0].partition("\r")[0], "ERROR", error)
    if _INIT.fullmatch(message):
        return Entry(Kind.PLATFORM, message)
    level, text = "", message
    if found := _LEVEL.fullmatch(message):
        level, text = found[1], found[2]
    event, facts = _split(text)
    return Entry(Kind.SAID, event, level, facts, facts.get("request_id", ""))


def _of_line(kind: Kind, request_id: str, rest: str) -> Entry:
    """A START, END or REPORT line; a report's parts are divided by tabs."""
    facts = {}
    for part in rest.split("\t"):
        name, _, value = part.partition(": ")
        if name in _PARTS and value:
            facts[_PARTS[name]] = value.split()[0]
    if facts.get("status") == "timeout":
        facts["error"] = TIMEOUT
    return Entry(kind, str(kind), facts=facts, request_id=request_id)


_PARTS = {
    "Duration": "ms",
    "Billed Duration": "billed_ms",
    "Max Memory Used": "memory_mb",
    "Init Duration": "init_ms",
    "Status": "status",
}


def _split(text: str) -> tuple[str, dict[str, str]]:
    """What happened, and the facts that stand behind it, if all of it is of that form."""
    found = _FACTS.fullmatch(text)
    if found is None:
        return text, {}
    pairs = (fact.partition("=") for fact in found["facts"].split())
    return found["event"], {name: value for name, _, value in pairs}


def _json(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        record = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
