"""What was spent on waiting: added up once, told at the end."""

from __future__ import annotations

import json

import pytest

from ordersetup.events import Waited, Waiting
from ordersetup.views.json_lines import JsonLines
from ordersetup.views.live import Live
from ordersetup.views.plain import Plain
from ordersetup.views.waits import Waits

ROLE, RATE = "the new role is not yet known to Lambda", "AWS limits the rate of this call"


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def waits(clock: Clock) -> Waits:
    return Waits(clock)


def test_what_several_steps_wait_for_at_one_time_counts_once(waits: Waits, clock: Clock) -> None:
    clock.now = 10
    for step in ("function/A", "function/B", "function/C"):
        waits.note(Waited(step, ROLE, 8))
    clock.now = 12
    waits.note(Waited("function/D", ROLE, 3))
    assert waits.reasons == {ROLE: 10}
    assert waits.seconds == 10


def test_waits_one_after_another_add_up_and_the_longest_is_told_first(
    waits: Waits, clock: Clock
) -> None:
    clock.now = 2
    waits.note(Waited("rest-api/A", RATE, 2))
    clock.now = 14
    waits.note(Waited("function/A", ROLE, 9))
    clock.now = 20
    waits.note(Waited("stage/A", RATE, 2))
    assert waits.reasons == {ROLE: 9, RATE: 4}
    assert waits.told == f"Waited 13 s: {ROLE} (9 s); {RATE} (4 s)"


def test_reasons_beyond_the_third_are_counted(waits: Waits, clock: Clock) -> None:
    for number in range(5):
        clock.now += 10
        waits.note(Waited("a", f"reason {number}", 5 + number))
    assert waits.told == ("Waited 35 s: reason 4 (9 s); reason 3 (8 s); reason 2 (7 s); 2 more")


def test_less_than_a_second_is_not_worth_a_line(waits: Waits, clock: Clock) -> None:
    clock.now = 5
    waits.note(Waited("a", ROLE, 0.5))
    assert waits.told == ""
    assert waits.seconds == 0.5


@pytest.mark.parametrize("view", [Plain, Live])
def test_a_person_is_told_at_the_end_failed_or_not(
    view: type[Plain | Live], capsys: pytest.CaptureFixture[str]
) -> None:
    def run() -> None:
        with view(color=False) as shown:
            shown.on(Waiting("function/A", ROLE, 0))
            shown.on(Waited("function/A", ROLE, 12))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - our own, above
        run()
    assert capsys.readouterr().err.splitlines()[-1] == f"Waited 12 s: {ROLE} (12 s)"


def test_a_second_phase_tells_its_own_waits_alone(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Plain(color=False)
    for seconds in (12, 3):
        with shown:
            shown.on(Waited("function/A", ROLE, seconds))
    with shown:
        """Nothing was waited for."""
    assert capsys.readouterr().err.splitlines() == [
        f"Waited 12 s: {ROLE} (12 s)",
        f"Waited 3 s: {ROLE} (3 s)",
    ]


def test_whoever_wants_it_quiet_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Plain(color=False, quiet=True) as shown:
        shown.on(Waited("function/A", ROLE, 12))
    assert capsys.readouterr().err == ""


def test_a_program_is_told_each_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines() as lines:
        lines.on(Waited("function/A", ROLE, 0.5))
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"type": "waited", "seconds": 0.5, "waits": [{"reason": ROLE, "seconds": 0.5}]}
    ]


def test_where_the_result_alone_is_wanted_nothing_stands_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with JsonLines(events=False) as lines:
        lines.on(Waited("function/A", ROLE, 0.5))
    assert capsys.readouterr().out == ""
