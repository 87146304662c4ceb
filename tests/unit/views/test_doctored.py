"""The doctor's findings, for people and for programs."""

from __future__ import annotations

import json

import pytest

from ordersetup.operate.doctor import Finding, Level
from ordersetup.views.doctored import tell_doctor
from tests.stacks import stack

PLACE = stack().blueprint.place
FINDINGS = (
    Finding("clock", Level.OK, "It agrees."),
    Finding("sandbox", Level.WARNING, "It is [in] the sandbox.", "Ask for more."),
    Finding("permissions", Level.PROBLEM, "You may not.", "See: ordersetup policy --local"),
    Finding("sender", Level.UNKNOWN, "Nobody knows.", "Look."),
)


def told(
    capsys: pytest.CaptureFixture[str], *findings: Finding, json: bool, kinder: tuple[str, ...] = ()
) -> str:
    tell_doctor(
        findings,
        stack="default",
        place=PLACE,
        json=json,
        color=False,
        kinder=kinder,
    )
    out, talk = capsys.readouterr()
    assert talk == ""
    return out


def test_each_finding_has_a_line_and_a_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told(capsys, *FINDINGS, json=False).splitlines() == [
        "✓ clock       It agrees.",
        "! sandbox     It is [in] the sandbox.",
        "              Ask for more.",
        "x permissions You may not.",
        "              See: ordersetup policy --local",
        "? sender      Nobody knows.",
        "              Look.",
    ]


def test_for_programs_it_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.loads(told(capsys, *FINDINGS, json=True))
    assert {key: line[key] for key in line if key != "findings"} == {
        "type": "doctor",
        "stack": "default",
        "account": PLACE.account,
        "region": PLACE.region,
        "fit": False,
        "not_imitated": [],
    }
    assert [found["level"] for found in line["findings"]] == [
        *("ok", "warning", "problem", "unknown"),
    ]
    assert line["findings"][2] == {
        "check": "permissions",
        "level": "problem",
        "what": "You may not.",
        "then": "See: ordersetup policy --local",
    }


def test_warnings_are_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(told(capsys, *FINDINGS[:2], json=True))["fit"] is True


def test_what_the_engine_does_not_imitate_follows(capsys: pytest.CaptureFixture[str]) -> None:
    kinder = ("It is [too] kind.",)
    assert told(capsys, *FINDINGS[:1], json=False, kinder=kinder).splitlines()[1:] == [
        "What the embedded engine does not imitate",
        "  • It is [too] kind.",
    ]
    line = json.loads(told(capsys, json=True, kinder=kinder))
    assert line["not_imitated"] == ["It is [too] kind."]
