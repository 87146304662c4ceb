"""Lines of a log in every shape that Lambda and engines give them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.operate.log_entry import Entry, Kind, printable, read_entry

ID = "d6eb948a-9b46-458c-8ad8-6d3fdd938deb"
TOLD = f"order_id=A-1 request_id={ID}"
REPORT = (
    "Duration: 2574.1 ms\tBilled Duration: 2575 ms\tMemory Size: 256 MB\tMax Memory Used: 81 MB"
)
OURS = {
    "timestamp": "2026-11-23T10:00:00Z",
    "level": "ERROR",
    "message": f"failed {TOLD} error=OutOfStock",
    "logger": "orders",
    "requestId": ID,
    "order_id": "A-1",
    "error": "OutOfStock",
}
RAISED: dict[str, Any] = {
    "timestamp": "2026-11-23T10:00:00Z",
    "log_level": "ERROR",
    "errorMessage": "OutOfStock: item lamp has 2 left, the order wants 5",
    "errorType": "OutOfStock",
    "requestId": ID,
    "stackTrace": ['  File "x.py", line 1'],
}


def platform(kind: str, **record: Any) -> str:
    told = {"time": "2026-11-23T10:00:00.000Z", "type": f"platform.{kind}"}
    return json.dumps({**told, "record": {"requestId": ID, **record}})


FAILED = {"order_id": "A-1", "request_id": ID, "error": "OutOfStock"}
NUMBERS = {"ms": "2574.1", "billed_ms": "2575", "memory_mb": "81"}

LINES = {
    "START line": (
        f"START RequestId: {ID} Version: $LATEST",
        Entry(Kind.START, "start", "", {}, ID),
    ),
    "END line": (f"END RequestId: {ID}\n", Entry(Kind.END, "end", "", {}, ID)),
    "REPORT line": (
        *(f"REPORT RequestId: {ID}\t{REPORT}", Entry(Kind.REPORT, "report", "", NUMBERS, ID)),
    ),
    "REPORT line of a timeout": (
        f"REPORT RequestId: {ID}\tDuration: 3000.00 ms\tStatus: timeout",
        Entry(
            *(Kind.REPORT, "report", ""),
            {"ms": "3000.00", "status": "timeout", "error": "Timeout"},
            ID,
        ),
    ),
    "INIT line": (
        "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn",
        Entry(
            Kind.PLATFORM, "INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn"
        ),
    ),
    "engine's line": (
        f"INFO applied {TOLD}",
        Entry(Kind.SAID, "applied", "INFO", {"order_id": "A-1", "request_id": ID}, ID),
    ),
    "start record": (
        platform("start", version="$LATEST"),
        Entry(Kind.START, "start", "", {}, ID),
    ),
    "report record": (
        platform(
            "report",
            status="success",
            metrics={"durationMs": 2574.1, "billedDurationMs": 2575, "maxMemoryUsedMB": 81},
        ),
        Entry(Kind.REPORT, "report", "", NUMBERS, ID),
    ),
    "report record of an error": (
        platform("report", status="error", errorType="OutOfStock", metrics={}),
        Entry(Kind.REPORT, "report", "", {"status": "error", "error": "OutOfStock"}, ID),
    ),
    "record of a timeout": (
        platform("runtimeDone", status="timeout"),
        Entry(*(Kind.PLATFORM, "runtimeDone", ""), {"status": "timeout", "error": "Timeout"}, ID),
    ),
    "our record": (json.dumps(OURS), Entry(Kind.SAID, "failed", "ERROR", FAILED, ID)),
    "what was raised, as a record": (
        json.dumps(RAISED),
        Entry(
            *(Kind.ERROR, RAISED["errorMessage"], "ERROR", {"error": "OutOfStock"}, ID),
            ('  File "x.py", line 1',),
        ),
    ),
    "our record with what was raised": (
        json.dumps({**OURS, "errorType": "KeyError", "stackTrace": ["  a\n    b\n"]}),
        Entry(Kind.SAID, "failed", "ERROR", FAILED, ID, ("  a", "    b")),
    ),
    "what was raised, as text": (
        "[ERROR] OutOfStock: item lamp has 2 left\nTraceback (most recent call last):\n  File",
        Entry(Kind.ERROR, "item lamp has 2 left", "ERROR", {"error": "OutOfStock"}),
    ),
    "a timeout, as text": (
        f"2026-11-23T10:00:00.000Z {ID} Task timed out after 3.00 seconds\n",
        Entry(
            *(Kind.ERROR, "Task timed out after 3.00 seconds", "ERROR"), {"error": "Timeout"}, ID
        ),
    ),
    "Lambda's text format": (
        f"[WARNING]\t2026-11-23T10:00:00.000Z\t{ID}\tthe stock runs low\n",
        Entry(Kind.SAID, "the stock runs low", "WARNING", {}, ID),
    ),
    "somebody's record": (
        json.dumps({"level": "info", "message": {"a": 1}, "customer": {"id": 7}}),
        Entry(Kind.SAID, '{"a": 1}', "INFO", {"customer": '{"id": 7}'}),
    ),
    "somebody's print": ("hello = there", Entry(Kind.SAID, "hello = there")),
    "half a record": ('{"level": "INFO", "mess', Entry(Kind.SAID, '{"level": "INFO", "mess')),
    "a list": ("[1, 2]", Entry(Kind.SAID, "[1, 2]")),
    "nothing": ("", Entry(Kind.SAID, "")),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_taken_apart(name: str) -> None:
    message, entry = LINES[name]
    assert read_entry(message) == entry


def test_what_moves_a_cursor_is_not_printed() -> None:
    assert printable("a\x1b[31mb\r\nc\x07 ✓") == "a [31mb  c  ✓"
