"""docs/proven.md names tests that exist, and says of the engine what `doctor --local` says."""

from __future__ import annotations

import re
from pathlib import Path

from ordersetup.physics import NOT_IMITATED

ROOT = Path(__file__).parents[2]
PROVEN = (ROOT / "docs" / "proven.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PROVEN.partition(f"## {title}")[2].partition("\n## ")[0]


def bullets(text: str) -> list[str]:
    return [" ".join(item.split()) for item in re.split(r"^- ", text, flags=re.MULTILINE)[1:]]


def test_every_file_that_is_named_exists() -> None:
    named = re.findall(r"`((?:tests|ordersetup|docs|benchmarks)/[^`]*)`", PROVEN)
    assert len(named) > 20
    # A name with a star stands for some; one without a folder is told beside its neighbour's.
    assert [name for name in named if not any(ROOT.glob(name.rstrip("/")))] == []
    alone = re.findall(r"`(test_[^`/]*\.py)`", PROVEN)
    assert [name for name in alone if not any((ROOT / "tests").rglob(name))] == []


def test_every_promise_has_a_proof_and_a_place() -> None:
    rows = [line for line in PROVEN.splitlines() if line.startswith("| ")][1:]
    assert [
        row for row in rows if len([c for c in row.strip("|").split("|") if c.strip()]) != 3
    ] == []


def test_the_engine_s_departures_are_those_that_doctor_tells() -> None:
    assert bullets(section("Where the embedded engine")) == list(NOT_IMITATED)
