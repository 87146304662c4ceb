"""Times whole processes against the embedded engine, and writes docs/benchmarks.md.

Absolute times say more of the machine than of the program, so what counts are the ratios within one
run. The AWS CLI script and `provision` take turns, in either order, on the same engine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.path import path
from benchmarks.process import COMMANDS, OURS, ByHand, bare, seconds
from benchmarks.results import PAGE, Column, keep, machine, median
from benchmarks.round_trips import round_trips
from ordersetup.blueprint import Blueprint, Names, Place
from ordersetup.bundle import bundle
from ordersetup.local import ROOT_CREDENTIALS, throwaway
from ordersetup.settings import Settings
from ordersetup.steps import pipeline
from tests.end_to_end.recorder import Call, Recorder, recording

REGION = "ap-south-1"
ACCOUNT = "000000000000"
"""The engine's."""
DELAYS = {"0": 0.0, "100": 0.1}


class Bench:
    """Some rounds, and what they have brought."""

    def __init__(self, aws_cli: Path, folder: Path) -> None:
        self.times: dict[str, Column] = {delay: defaultdict(list) for delay in DELAYS}
        self.calls: dict[str, int] = {}
        self.start: list[float] = []
        self.first_to_last_call: list[float] = []
        self.fresh: Sequence[Call] = ()
        self.loads: list[float] = []
        self._home = folder
        self._by_hand = ByHand(aws_cli, "byhand", REGION, ACCOUNT, folder)

    def round(self, number: int) -> None:
        """Time everything once; who goes first changes from round to round."""
        self.loads.append(os.getloadavg()[0] / (os.cpu_count() or 1))
        for delay, held in DELAYS.items():
            column = self.times[delay]
            column["python"].append(seconds([sys.executable, "-c", "pass"], bare(self._home)))
            column["help"].append(seconds([*OURS, "--help"], bare(self._home)))
            with (
                throwaway(region=REGION) as engine,
                recording(engine.endpoint_url, delay=held) as recorder,
            ):
                turns = [self._script, self._ours]
                for turn in turns if number % 2 else reversed(turns):
                    turn(column, recorder)

    def _script(self, column: Column, recorder: Recorder) -> None:
        before = len(recorder.calls)
        column["script"].append(self._by_hand.seconds("build", self._environment(recorder)))
        self.calls["script"] = len(recorder.calls) - before

    def _ours(self, column: Column, recorder: Recorder) -> None:
        for key, command in COMMANDS:
            before, began = len(recorder.calls), time.perf_counter()
            column[key].append(seconds([*OURS, *command], self._environment(recorder)))
            made = recorder.log[before:]
            self.calls[key] = len(made)
            if key == "fresh" and recorder.delay:
                self.fresh = made
                self.start.append(made[0].began - began)
                self.first_to_last_call.append(max(c.ended for c in made) - made[0].began)

    def _environment(self, recorder: Recorder) -> dict[str, str]:
        return {
            **bare(self._home),
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": recorder.url,
            "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS.access_key_id,
            "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS.secret_access_key,
        }

    def critical_path(self) -> dict[str, Any]:
        """That of the last fresh provision with held-up calls."""
        place = Place(ACCOUNT, REGION, "aws")
        steps = pipeline(Blueprint(Names("default", REGION), place, Settings(), bundle()))
        found = path(self.fresh, steps)
        return {
            "calls": found.calls,
            "before_writing": found.before_writing,
            "chain": found.chain,
            "start": self.start,
            "first_to_last_call": self.first_to_last_call,
        }


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--aws-cli", type=Path, required=True, help="the AWS CLI to compare with")
    given = parser.parse_args()
    told = subprocess.run(  # noqa: S603 - the AWS CLI that was named
        [given.aws_cli, "--version"], check=True, capture_output=True, text=True
    )
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given.aws_cli.absolute(), Path(folder))
        seconds([*OURS, "--help"], bare(Path(folder)))  # Compiles what is imported.
        for number in range(given.rounds):
            bench.round(number)
            sys.stderr.write(f"round {number + 1} of {given.rounds}\n")
    keep(
        "engine",
        {
            "machine": machine(),
            "aws_cli": told.stdout.split()[0],
            "rounds": given.rounds,
            "load": median(bench.loads),
            "times": bench.times,
            "calls": bench.calls,
            "path": bench.critical_path(),
            "round_trips": round_trips(),
        },
    )
    sys.stdout.write(PAGE.read_text())


if __name__ == "__main__":
    main()
