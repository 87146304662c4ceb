"""Times whole processes against the embedded engine, and writes docs/benchmarks.md.

Absolute times say more of the machine than of the program, so what counts are the ratios within one
run: no-op to fresh provision, and `--help` to a bare Python.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ordersetup.local import ROOT_CREDENTIALS, throwaway
from tests.end_to_end.recorder import recording

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
Times = list[float]


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    rounds = parser.parse_args().rounds
    lines = [*_head(rounds), *_start(rounds)]
    for delay in (0.0, 0.1):
        lines += _provision(rounds, delay)
    page = "\n".join(lines) + "\n"
    sys.stdout.write(page)
    PAGE.write_text(page)


def _head(rounds: int) -> list[str]:
    return [
        "# Benchmarks",
        "",
        f"Written by `make bench`: {rounds} rounds, medians (ranges), whole processes, "
        f"{platform.system()} on {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
        "| what | seconds | ratio |",
        "|---|---|---|",
    ]


def _start(rounds: int) -> list[str]:
    bare = _times(rounds, [sys.executable, "-c", "pass"])
    shown = _times(rounds, [sys.executable, "-m", "ordersetup", "--help"])
    ratio = statistics.median(shown) / statistics.median(bare)
    return [
        _row("bare Python", bare, ""),
        _row("`ordersetup --help`", shown, f"{ratio:.1f} × bare Python"),
    ]


def _provision(rounds: int, delay: float) -> list[str]:
    fresh: Times = []
    again: Times = []
    calls: dict[str, int] = {}
    for _ in range(rounds):
        with throwaway() as engine, recording(engine.endpoint_url, delay=delay) as recorder:
            command = [sys.executable, "-m", "ordersetup", "provision", "--quiet"]
            fresh += _times(1, command, recorder.url)
            calls["fresh"] = len(recorder.calls)
            again += _times(1, command, recorder.url)
            calls["again"] = len(recorder.calls) - calls["fresh"]
    ratio = statistics.median(again) / statistics.median(fresh)
    at = f"{delay * 1000:.0f} ms a call"
    return [
        _row(f"fresh `provision`, {at}", fresh, f"{calls['fresh']} calls"),
        _row(f"no-op `provision`, {at}", again, f"{ratio:.2f} × fresh, {calls['again']} calls"),
    ]


def _times(rounds: int, command: list[str], endpoint_url: str | None = None) -> Times:
    with tempfile.TemporaryDirectory() as home:
        environment = _environment(home, endpoint_url)
        return [_clocked(lambda: _run(command, environment)) for _ in range(rounds)]


def _environment(home: str, endpoint_url: str | None) -> Mapping[str, str]:
    environment = {"PATH": os.environ["PATH"], "HOME": home}
    if endpoint_url is not None:
        environment |= {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS.access_key_id,
            "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS.secret_access_key,
        }
    return environment


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command


def _clocked(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def _row(what: str, times: Times, ratio: str) -> str:
    middle = statistics.median(times)
    return f"| {what} | {middle:.2f} ({min(times):.2f}-{max(times):.2f}) | {ratio} |"


if __name__ == "__main__":
    main()
