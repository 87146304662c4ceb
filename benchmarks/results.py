"""What was measured, as it is kept: docs/benchmarks.md is written from it."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
TEMPLATE = Path(__file__).with_name("page.md")

Times: TypeAlias = list[float]
Column: TypeAlias = dict[str, Times]
"""Seconds of each round, by what was timed."""

ROWS = {
    "python": "bare Python",
    "help": "`ordersetup --help`",
    "script": "AWS CLI script",
    "fresh": "fresh `provision`",
    "noop": "no-op `provision`",
    "verify": "`verify`",
    "teardown": "`teardown`",
}


def machine() -> dict[str, str]:
    """What absolute times depend on."""
    return {
        "system": f"{platform.system()} on {os.cpu_count()} cores",
        "python": platform.python_version(),
        "boto3": version("boto3"),
        "ministack": version("ministack"),
    }


def load() -> dict[str, Any]:
    """What was kept; nothing yet is an empty mapping."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def keep(part: str, measured: Mapping[str, Any]) -> None:
    """Put a part in the place of what was kept of it, and write the page."""
    kept = {**load(), part: measured}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    PAGE.write_text(page(kept))


def page(kept: Mapping[str, Any]) -> str:
    """The page: what was measured, in the places that its template leaves for it."""
    engine = kept["engine"]
    text = TEMPLATE.read_text()
    for name, found in {
        "about": _about(engine, kept.get("aws")),
        "load": f"{engine['load']:.1f} processes for each core wanted to run",
        "times": _times(engine, kept.get("aws")),
        "ratios": _ratios(engine),
        "path": _path(engine),
        "ledger": _ledger(engine["round_trips"]),
    }.items():
        text = text.replace(f"<!-- {name} -->", found)
    return text


def median(times: Times) -> float:
    """The middle one."""
    return statistics.median(times)


def _about(engine: Mapping[str, Any], aws: Mapping[str, Any] | None) -> str:
    at = engine["machine"]
    real = f"; on AWS, {aws['region']}: {aws['rounds']} rounds" if aws else ""
    return (
        f"{engine['rounds']} rounds on {at['system']}, Python {at['python']}, boto3 {at['boto3']}, "
        f"MiniStack {at['ministack']}, {engine['aws_cli']}{real}"
    )


def _times(engine: Mapping[str, Any], aws: Mapping[str, Any] | None) -> str:
    columns = (engine["times"]["0"], engine["times"]["100"], (aws or {}).get("times", {}))
    lines = ["| what | 0 ms a call | 100 ms a call | calls | AWS |", "|---|---|---|---|---|"]
    for key, what in ROWS.items():
        cells = " | ".join(_cell(column.get(key)) for column in columns[:2])
        calls = engine["calls"].get(key, "")
        lines.append(f"| {what} | {cells} | {calls} | {_cell(columns[2].get(key))} |")
    return "\n".join(lines)


def _cell(times: Times | None) -> str:
    return f"{median(times):.2f} ({min(times):.2f}-{max(times):.2f})" if times else ""


def _ratios(engine: Mapping[str, Any]) -> str:
    quick, slow = engine["times"]["0"], engine["times"]["100"]
    pairs = [
        ("`--help` / bare Python", "help", "python", "≤ 3"),
        ("fresh / AWS CLI script", "fresh", "script", "≤ 0.20 at 100 ms"),
        ("no-op / fresh", "noop", "fresh", "≤ 0.5"),
    ]
    lines = ["| ratio of medians | 0 ms | 100 ms | to reach |", "|---|---|---|---|"]
    for what, ours, other, goal in pairs:
        found = [f"{median(c[ours]) / median(c[other]):.2f}" for c in (quick, slow)]
        lines.append(f"| {what} | {found[0]} | {found[1]} | {goal} |")
    return "\n".join(lines)


def _path(engine: Mapping[str, Any]) -> str:
    found = engine["path"]
    depth = sum(rounds for _, rounds in found["chain"])
    least = depth * 0.1
    times = found["first_to_last_call"]
    chain = " → ".join(f"{name} ({rounds})" for name, rounds in found["chain"])
    return "\n".join(
        [
            f"- Least at 100 ms a call: **{least:.1f} s**, {depth} calls in a row.",
            f"- Measured from the first call to the last answer: {_cell(times)} s, "
            f"**{median(times) / least:.2f}** × the least (to reach: ≤ 1.3).",
            f"- Apart from that, until the first call: {_cell(found['start'])} s.",
            f"- Calls: {found['calls']}, {found['before_writing']} of them before the first write.",
            f"- The chain: {chain}.",
        ]
    )


def _ledger(trips: Mapping[str, Mapping[str, int]]) -> str:
    lines = ["| lines of the order | round trips |", "|---|---|"]
    for count, calls in trips.items():
        named = ", ".join(f"{number} {name}" for name, number in calls.items())
        lines.append(f"| {count} | {sum(calls.values())}: {named} |")
    return "\n".join(lines)
