"""The live display, on a terminal in memory."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.console import Console

from ordersetup.errors import BadInput, StillDiffers
from ordersetup.events import Changed, Failed, Found, Skipped, Started, Unchanged, Waiting
from ordersetup.views.live import MOST_LINES, Live
from tests.unit.toys import Toy

CARS = [Toy(name=f"car {n}") for n in range(MOST_LINES + 3)]


class Terminal:
    """A terminal of 80 columns that keeps what is written to it."""

    def __init__(self, width: int = 80) -> None:
        self._stream = io.StringIO()
        self.console = Console(
            file=self._stream,
            force_terminal=True,
            width=width,
            height=25,
            highlight=False,
            emoji=False,
            soft_wrap=True,
            color_system=None,
            legacy_windows=False,
            _environ={},
        )

    @property
    def text(self) -> str:
        """All that was written, without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._stream.getvalue()).replace("\r", "")

    @property
    def raw(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def view(terminal: Terminal) -> Live:
    view = Live(color=True, terminal=terminal.console)
    view.begin("Provisioning", CARS)
    return view


def shown(view: Live, terminal: Terminal) -> list[str]:
    """What stands below at this moment."""
    with terminal.console.capture() as captured:
        terminal.console.print(view._below())
    return [line.rstrip() for line in captured.get().splitlines()]


def test_what_is_done_scrolls_up(view: Live, terminal: Terminal) -> None:
    with view:
        view.on(Started("toy/car 0"))
        view.on(Changed("toy/car 0", created=True, changes=()))
        view.on(Skipped("toy/car 1", because="toy/car 0"))
        view.on(Failed("toy/car 2", StillDiffers("Size is 2.", "Look.")))
    lines = [line.rstrip() for line in terminal.text.splitlines()]
    assert "  + Put car 0 on the shelf" in lines
    assert "  - Put car 1 on the shelf: not tried, because of toy/car 0" in lines
    assert "  x Put car 2 on the shelf: Size is 2." in lines


def test_what_stands_scrolls_up_only_when_that_is_asked_for(terminal: Terminal) -> None:
    for verbose, expected in ((False, 0), (True, 1)):
        view = Live(color=True, verbose=verbose, terminal=terminal.console)
        view.begin("Reading", CARS)
        with view:
            view.on(Unchanged("toy/car 0"))
            view.on(Found("toy/car 1", (), stands=True))
        assert terminal.text.count("= Put car 0 on the shelf") == expected


def test_what_is_under_way_stays_below_with_the_reason_of_its_wait(
    view: Live, terminal: Terminal
) -> None:
    view.on(Started("toy/car 0"))
    view.on(Started("toy/car 1"))
    view.on(Waiting("toy/car 1", "the paint is wet", 3))
    view.on(Unchanged("toy/car 2"))
    first, *others = shown(view, terminal)
    assert first.endswith(f"Provisioning 1/{len(CARS)}")
    assert others == [
        "  Put car 0 on the shelf",
        "  Put car 1 on the shelf: the paint is wet",
    ]


def test_what_is_only_read_is_called_by_the_place_that_shows_it(terminal: Terminal) -> None:
    view = Live(color=True, terminal=terminal.console)
    view.begin("Reading", CARS, called="places")
    view.on(Started("toy/car 0"))
    assert shown(view, terminal)[1:] == ["  Shelf › Toys › car 0"]


def test_what_is_done_is_no_longer_below(view: Live, terminal: Terminal) -> None:
    view.on(Started("toy/car 0"))
    view.on(Unchanged("toy/car 0"))
    assert len(shown(view, terminal)) == 1


def test_many_at_once_are_counted(view: Live, terminal: Terminal) -> None:
    for car in CARS:
        view.on(Started(car.key))
    lines = shown(view, terminal)
    assert len(lines) == 1 + MOST_LINES + 1
    assert lines[-1] == "  and 3 more"


def test_a_long_reason_takes_one_line(view: Live, terminal: Terminal) -> None:
    view.on(Started("toy/car 0"))
    view.on(Waiting("toy/car 0", "the paint is wet " * 20, 3))
    lines = shown(view, terminal)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert len(lines[1]) <= 80


def test_nothing_stays_below_when_it_ends(view: Live, terminal: Terminal) -> None:
    with view:
        view.on(Started("toy/car 0"))
    assert "".join(shown(view, terminal)) == ""
    assert terminal.raw.rindex("\x1b[?25h") > terminal.raw.rindex("\x1b[?25l"), "no cursor"


def test_a_line_longer_than_the_terminal_is_left_to_the_terminal() -> None:
    terminal = Terminal(width=40)
    arn = "arn:aws:lambda:ap-south-1:123456789012:function:UpdateInventory"
    with Live(color=True, terminal=terminal.console) as view:
        view.say(f"see {arn}")
    assert arn in terminal.text


def test_an_error_is_two_sentences(view: Live, terminal: Terminal) -> None:
    with view:
        view.error(BadInput("--stack 'A' is [wrong].", "It takes a to z."))
    assert "Error: --stack 'A' is [wrong].\n       It takes a to z.\n" in terminal.text


def test_results_on_stdout_stay_on_stdout(view: Live, terminal: Terminal) -> None:
    before = sys.stdout
    with view:
        assert sys.stdout is before
        sys.stdout.write("a result\n")
    assert "a result" not in terminal.text
