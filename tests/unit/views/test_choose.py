"""Which view an audience gets."""

from __future__ import annotations

import contextlib
import io

import pytest

from ordersetup.views import choose
from ordersetup.views.json_lines import JsonLines
from ordersetup.views.live import Live
from ordersetup.views.plain import Plain


class Tty(io.StringIO):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


def kind(stderr: io.StringIO, **changes: bool) -> type[object]:
    options = {"json": False, "events": True, "color": True, "quiet": False, "verbose": False}
    with contextlib.redirect_stderr(stderr):
        return type(choose(**{**options, **changes}))


class TestAtATerminal:
    @pytest.fixture(autouse=True)
    def _a_good_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm-256color")

    def test_a_person_gets_the_live_display(self) -> None:
        assert kind(Tty()) is Live

    def test_who_wants_quiet_gets_lines(self) -> None:
        assert kind(Tty(), quiet=True) is Plain

    def test_a_program_gets_json(self) -> None:
        assert kind(Tty(), json=True) is JsonLines

    def test_a_dumb_terminal_gets_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "dumb")
        assert kind(Tty()) is Plain


def test_a_log_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert kind(io.StringIO()) is Plain
