"""A drill as a person and as a program is told of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ordersetup.operate.drill_plan import Announcement, Audience
from ordersetup.operate.evidence import DrillResult, Expectation, Moment
from ordersetup.views.drilled import DrillJson, DrillLines
from ordersetup.views.json_lines import TYPES

ORDER = "DRILL-0123456789ab"
ANNOUNCED = Announcement(
    ORDER,
    "ordersetup-drill-0123456789ab",
    (Audience("OrderProcessingAlerts", 1, 3), Audience("OrderConfirmationTopic", 2, 1)),
    "3 to 4 minutes, at worst 6",
    420,
)
GOOD = Expectation("accepted", "The API accepts the order", True, "202", "202")
BAD = Expectation("record", "One record", False, "1 record", "0 records", "See [SQS].")
AFTER = Expectation("condition", "Its condition", False, "X", "no record", follows="record")
PROVEN = DrillResult(ORDER, "2026-11-24T10:00:00+00:00", 195.4, (), (GOOD,))
SPOILT = DrillResult(ORDER, "2026-11-24T10:00:00+00:00", 361, (), (GOOD, AFTER, BAD))
LEFT = "the drill's queue Q: aws sqs delete-queue --queue-url https://sqs/Q (denied [x])"


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def lines(*, quiet: bool = False, verbose: bool = False) -> DrillLines:
    return DrillLines(color=False, quiet=quiet, verbose=verbose)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_what_will_happen_is_talk(capsys: pytest.CaptureFixture[str]) -> None:
    lines().announce(ANNOUNCED)
    found = capsys.readouterr()
    assert found.out == ""
    talk = unwrapped(found.err)
    assert f"one order that must fail: {ORDER}" in talk
    assert "OrderProcessingAlerts: 1 confirmed subscriber, up to 3 messages each, marked" in talk
    assert "OrderConfirmationTopic: 2 confirmed subscribers, up to 1 message each, marked" in talk
    assert "It takes 3 to 4 minutes, at worst 6 (it gives up after 420 s)" in talk
    assert "passes on" not in talk


def test_a_redrive_policy_and_unmarked_messages_are_announced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines().announce(replace(ANNOUNCED, passes_on=12, marked=False))
    talk = unwrapped(capsys.readouterr().err)
    assert "OrderProcessingDLQ passes on what was received more than 12 times" in talk
    assert "each, which bear the order's id" in talk


def test_what_was_found_against_it_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    lines().announce(replace(ANNOUNCED, against=("Lambda › Async: none, not SQS.",)))
    talk = capsys.readouterr().err
    assert "It must fail, by what was read already" in talk
    assert "  Lambda › Async: none, not SQS." in talk.splitlines()


def test_the_timeline_is_a_line_a_moment(capsys: pytest.CaptureFixture[str]) -> None:
    lines().moment(Moment(60.3, "attempt", "retry 1", 60))
    lines().moment(Moment(0.2, "accepted", "accepted by the API"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["60.3", "s", "retry", "1", "(due", "at", "about", "60", "s)"]
    assert second.split() == ["0.2", "s", "accepted", "by", "the", "API"]


def test_a_wait_is_told_when_it_begins_and_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = lines()
    for seconds in (0, 1, 14, 15, 16):
        view.wait("waiting for retry 1", seconds)
    found = capsys.readouterr()
    assert (found.out, found.err.count("… waiting for retry 1")) == ("", 2)


def test_a_proven_path_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    lines().done(PROVEN)
    out = capsys.readouterr().out
    assert "✓ The API accepts the order" in out
    assert "The failure path works: all 1 expectations hold (195 s)." in out
    assert "left behind" not in out


def test_what_does_not_hold_comes_first_with_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    lines().done(SPOILT)
    out = capsys.readouterr().out
    marks = [out.index(mark) for mark in ("✗ One record", "? Its condition", "✓ The API")]
    assert marks == sorted(marks)
    assert "cause     See [SQS]." in out
    assert "follows from: One record" in unwrapped(out)
    assert "The failure path is not proven: 2 of 3 do not hold." in out


def test_quiet_tells_what_does_not_hold_and_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    view = lines(quiet=True)
    view.announce(ANNOUNCED)
    view.moment(Moment(1, "attempt", "attempt 1"))
    view.done(SPOILT)
    found = capsys.readouterr()
    assert found.err == ""
    assert "attempt 1" not in found.out
    assert "✓" not in found.out
    assert "✗ One record" in found.out


def test_what_is_left_behind_is_the_last_word_in_one_piece(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines(quiet=True).done(replace(PROVEN, left=(LEFT,)))
    assert capsys.readouterr().out.splitlines()[-1] == f"✗ left behind: {LEFT}"


def test_a_program_reads_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    view = DrillJson()
    view.announce(replace(ANNOUNCED, passes_on=12))
    view.wait("talk", 1)
    view.moment(Moment(0.2, "refused", "not accepted: 500"))
    view.done(replace(SPOILT, left=(LEFT,)))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["type"] for line in told] == ["announcement", "moment", "drill"]
    assert {line["type"] for line in told} <= set(TYPES)
    assert told[0]["passes_on"] == 12
    assert (told[1]["event"], told[1]["due"]) == ("refused", None)
    assert (told[2]["proven"], told[2]["left"]) == (False, [LEFT])
    assert [e["name"] for e in told[2]["expectations"]] == ["accepted", "condition", "record"]
