"""The report of `verify` for people: every finding is counted, and quiet is quiet."""

from __future__ import annotations

import pytest

from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group
from ordersetup.views.reported import GROUP_NAMES, tell_report, verdict


def report(*levels: Level) -> Report:
    findings = tuple(
        Finding(Group.QUEUE, f"queue/x.{n}", f"What {n}", level, 1, 2, f"SQS › {n}")
        for n, level in enumerate(levels)
    )
    return Report("default", "1", "eu-west-1", findings, (), ("A remark.",))


HOLDS, FAILS, UNKNOWN, NOTE = Level.HOLDS, Level.FAILS, Level.UNKNOWN, Level.NOTE


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ((HOLDS,) * 3, "All 3 checks hold."),
        ((HOLDS, HOLDS, NOTE, NOTE), "All 2 checks hold; 2 notes."),
        ((HOLDS, NOTE), "The only check holds; 1 note."),
        ((HOLDS, FAILS, UNKNOWN, NOTE), "1 check fails, 1 could not be made; 1 holds; 1 note."),
    ],
    ids=["all", "all and notes", "one", "every level"],
)
def test_the_verdict_counts_every_finding(levels: tuple[Level, ...], said: str) -> None:
    assert verdict(report(*levels)) == said


def test_the_tally_of_a_group_tells_its_notes(capsys: pytest.CaptureFixture[str]) -> None:
    tell_report(report(HOLDS, NOTE), json=False, color=False, verbose=False)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "queue" in line)
    assert line.endswith("1 of 1, 1 note")


def test_quiet_tells_what_does_not_hold_and_the_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_report(report(HOLDS, FAILS, NOTE), json=False, color=False, verbose=True, quiet=True)
    assert capsys.readouterr().out.splitlines() == [
        "✗ SQS › 1",
        "    expected  1",
        "    found     2",
        "1 check fails; 1 holds; 1 note.",
    ]


def test_every_part_of_the_pipeline_has_a_name_for_people() -> None:
    assert tuple(GROUP_NAMES) == tuple(Group)
