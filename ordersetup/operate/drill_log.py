"""What a function's log says of one order: its attempts, counted by the platform's own records.

Pure. Lambda writes an attempt's beginning as a `platform.start` record in the JSON log format, and
as a line "START RequestId: …" in the text format, which embedded engines write whatever is set. On
AWS all attempts of one event bear one request id; an engine gives each a new one. So the request
ids that stand beside the order's id are collected first, and the beginnings with those are counted.
What a handler merely prints bears none: it belongs to the run that last began in its log stream,
since a stream is one environment's, which has one run at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ordersetup.operate.drill_texts import mentions

_REQUEST_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_START = re.compile(r"START RequestId: (\S+)")
_FAILED = re.compile(r"\bfailed order_id=|^\[ERROR\]")
_RAISED = re.compile(r"\bTask timed out\b|\bStatus: (?:error|timeout)")
_UNHEARD = re.compile(r"\balert failed order_id=.*?\berror=(\w+)")
_BAD_ENDS = frozenset({"error", "timeout", "failure"})


@dataclass(frozen=True)
class Line:
    """One event of a log.

    Args:
        at: its time, seconds since 1970.
        message: its text.
        stream: the log stream it stands in; engines have no id for an event.
    """

    at: float
    message: str
    stream: str = ""


@dataclass(frozen=True)
class Attempt:
    """One run of the function for the order.

    Args:
        at: when it began, seconds since 1970.
        request_id: the invocation's id.
    """

    at: float
    request_id: str


@dataclass(frozen=True)
class Heard:
    """What a log says of an order.

    Args:
        attempts: the runs of the function, in the order they began.
        ended: how many runs have ended.
        failures: how many of the order's lines tell of a failure, whoever wrote them.
        raised: how many of them are the platform's own, which knows what was raised.
        unheard: the errors that alerts could not be published for.
    """

    attempts: tuple[Attempt, ...] = ()
    ended: int = 0
    failures: int = 0
    raised: int = 0
    unheard: tuple[str, ...] = ()


def request_ids(lines: Iterable[Line], order_id: str) -> frozenset[str]:
    """The invocations whose log names the order."""
    every = sorted(set(lines), key=lambda line: line.at)
    return frozenset(
        found
        for line in every
        if mentions(line.message, order_id)
        for found in _REQUEST_ID.findall(line.message) or _running(line, every)
    )


def unplaced(lines: Iterable[Line], order_id: str) -> frozenset[str]:
    """The log streams in which a line names the order, and no invocation."""
    return frozenset(
        line.stream
        for line in lines
        if mentions(line.message, order_id) and not _REQUEST_ID.search(line.message)
    )


def _running(line: Line, every: Iterable[Line]) -> list[str]:
    """The invocation under way in the line's stream when it was written, if that is known."""
    before = (other for other in every if other.stream == line.stream and other.at <= line.at)
    return [began for other in before if (began := _started(other.message))][-1:]


def attempts(
    lines: Iterable[Line], order_id: str, known: frozenset[str] = frozenset()
) -> tuple[Attempt, ...]:
    """The runs of the function for an order; an event told twice counts once.

    Args:
        lines: the log's events, in any order, others' among them.
        order_id: the order.
        known: request ids that are known to be the order's from elsewhere, as from its record.
    """
    return heard(lines, order_id, known).attempts


def heard(lines: Iterable[Line], order_id: str, known: frozenset[str] = frozenset()) -> Heard:
    """All that a log says of an order."""
    every = sorted(set(lines), key=lambda line: line.at)
    ids = request_ids(every, order_id) | known
    began: list[Attempt] = []
    ended = failures = raised = 0
    unheard: list[str] = []
    for line in every:
        if request_id := _started(line.message):
            if request_id in ids:
                began.append(Attempt(line.at, request_id))
        elif any(found in line.message for found in ids) or mentions(line.message, order_id):
            ended += _is_end(line.message)
            failures += _is_failure(line.message)
            raised += _is_raised(line.message)
            unheard += _UNHEARD.findall(line.message)
    return Heard(tuple(began), ended, failures, raised, tuple(unheard))


def _started(message: str) -> str | None:
    """The request id of an attempt's beginning; None for any other line."""
    if found := _START.match(message):
        return found[1]
    record = _json(message)
    if record.get("type") != "platform.start":
        return None
    return next(_texts(record.get("record"), "requestId"), None)


def _is_end(message: str) -> bool:
    return message.startswith("END RequestId:") or _json(message).get("type") == "platform.report"


def _is_failure(message: str) -> bool:
    record = _json(message)
    told = _FAILED.search(str(record.get("message", message)))
    return bool(record.get("errorType") or told) or _is_raised(message)


def _is_raised(message: str) -> bool:
    record = _json(message)
    if record.get("type") in ("platform.runtimeDone", "platform.report"):
        return next(_texts(record.get("record"), "status"), "") in _BAD_ENDS
    return not record and _RAISED.search(message) is not None


def _json(message: str) -> dict[str, Any]:
    if not message.startswith("{"):
        return {}
    try:
        record = json.loads(message)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _texts(record: object, name: str) -> Iterator[str]:
    found = record.get(name) if isinstance(record, dict) else None
    if isinstance(found, str):
        yield found
