"""Plain lines on stderr, as a log or a pipe gets them."""

from __future__ import annotations

import pytest

from ordersetup.errors import BadInput, StillDiffers
from ordersetup.events import Changed, Event, Failed, Found, Skipped, Started, Unchanged, Waiting
from ordersetup.step import Check
from ordersetup.views.plain import Plain
from tests.unit.toys import Toy

CAR = Toy(name="car")
SIZE = Check("size", "Size", 1, 2, waited=False)
OUTCOMES: tuple[Event, ...] = (
    Changed("toy/car", created=True, changes=(SIZE,)),
    Changed("toy/car", created=False, changes=(SIZE,)),
    Skipped("toy/car", because="toy/box"),
    Failed("toy/car", StillDiffers("Size is 2, not 1.", "Look at it.")),
)
QUIET_ONES: tuple[Event, ...] = (
    Started("toy/car"),
    Unchanged("toy/car"),
    Found("toy/car", (SIZE,), stands=True),
)


@pytest.fixture(autouse=True)
def _a_plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def told(capsys: pytest.CaptureFixture[str], view: Plain, *events: Event) -> list[str]:
    with view:
        view.begin("Provisioning", [CAR])
        for event in events:
            view.on(event)
    out, err = capsys.readouterr()
    assert out == "", "stdout is for results"
    return err.splitlines()


def test_each_outcome_is_a_line_with_its_mark(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, Plain(color=True), *OUTCOMES, *QUIET_ONES) == [
        "Provisioning (1 step)",
        "  + Put car on the shelf",
        "  ~ Put car on the shelf: Size",
        "  - Put car on the shelf: not tried, because of toy/box",
        "  x Put car on the shelf: Size is 2, not 1.",
    ]


def test_verbose_tells_what_stands_too_and_what_was_only_read_not_a_second_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told(capsys, Plain(color=True, verbose=True), *QUIET_ONES) == [
        "Provisioning (1 step)",
        "  = Put car on the shelf",
    ]


def test_quiet_tells_failures_alone(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, Plain(color=True, quiet=True), *OUTCOMES, *QUIET_ONES)
    assert lines == ["  x Put car on the shelf: Size is 2, not 1."]


def test_a_wait_is_said_when_it_begins_and_again_after_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits = [Waiting("toy/car", "the paint is wet", s) for s in (0, 0.25, 5, 9.9, 10, 12, 20.5)]
    assert told(capsys, Plain(color=True), *waits)[1:] == [
        "  … Put car on the shelf: the paint is wet",
        "  … Put car on the shelf: the paint is wet, 10 s",
        "  … Put car on the shelf: the paint is wet, 20 s",
    ]


def test_another_reason_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    waits = [Waiting("toy/car", "it is wet", 0), Waiting("toy/car", "it is hot", 2)]
    assert told(capsys, Plain(color=True), *waits)[1:] == [
        "  … Put car on the shelf: it is wet",
        "  … Put car on the shelf: it is hot, 2 s",
    ]


def test_an_error_is_two_sentences_even_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Plain(color=True, quiet=True).error(BadInput("--stack 'A' is [wrong].", "It takes :a: to z."))
    assert capsys.readouterr().err.splitlines() == [
        "Error: --stack 'A' is [wrong].",
        "       It takes :a: to z.",
    ]


def test_a_long_line_is_left_whole(capsys: pytest.CaptureFixture[str]) -> None:
    words = "arn:aws:lambda:ap-south-1:123456789012:function:" + "x" * 200
    Plain(color=True).say(words)
    assert capsys.readouterr().err == words + "\n"


def test_a_title_s_brackets_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    view = Plain(color=True)
    view.begin("Provisioning", [Toy(name="[bold]car[/bold]")])
    view.on(Unchanged("toy/[bold]car[/bold]"))
    view.on(Skipped("toy/[bold]car[/bold]", because="toy/[box]"))
    assert "  - Put [bold]car[/bold] on the shelf: not tried, because of toy/[box]" in (
        capsys.readouterr().err.splitlines()
    )


def test_forced_colour_colours_and_does_not_animate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    view = Plain(color=True)
    assert not view.console.is_interactive
    view.on(OUTCOMES[0])
    assert "\x1b[32m+" in capsys.readouterr().err


@pytest.mark.parametrize("by_option", [True, False])
def test_no_color_wins_over_forced_colour(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, by_option: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    if not by_option:
        monkeypatch.setenv("NO_COLOR", "1")
    Plain(color=not by_option).on(OUTCOMES[0])
    assert "\x1b[32m" not in capsys.readouterr().err
