"""Plain lines, for logs and pipes: one for each outcome, one for each wait that begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from rich.markup import escape

from ordersetup.engine import AnyStep
from ordersetup.errors import OrdersetupError
from ordersetup.events import (
    Changed,
    Event,
    Failed,
    Found,
    Kept,
    Outcome,
    Removed,
    Skipped,
    Started,
    Unchanged,
    Waited,
    Waiting,
)
from ordersetup.views.console import console
from ordersetup.views.context import HoldsNothing
from ordersetup.views.waits import Waits
from ordersetup.views.words import (
    MARKS,
    STYLES,
    Called,
    counted,
    kind_of,
    names,
    remark,
    tell_error,
)

REPEAT_SECONDS = 10
"""A wait says so again after this long, so that a log shows that it goes on."""


class Plain(HoldsNothing):
    """Lines on stderr.

    Args:
        color: whether colour may be used where the stream takes it.
        quiet: only errors.
        verbose: what stands unchanged too.
    """

    def __init__(self, *, color: bool, quiet: bool = False, verbose: bool = False) -> None:
        self.console = console(color=color, stderr=True)
        self._quiet = quiet
        self._verbose = verbose
        self._titles: dict[str, str] = {}
        self._said: dict[tuple[str, str], float] = {}
        self._waits = Waits()

    def __exit__(self, *_: object) -> None:
        if told := self._waits.told:
            self.say(told)
        self._waits.forget()

    def begin(self, doing: str, steps: Sequence[AnyStep], *, called: Called = "steps") -> None:
        self._titles |= names(steps, called)
        self._said.clear()
        self.say(doing if called == "things" else f"{doing} ({counted(len(steps), 'step')})")

    def say(self, text: str) -> None:
        if not self._quiet:
            self.console.print(escape(text))

    def error(self, error: OrdersetupError) -> None:
        tell_error(self.console, error)

    def on(self, event: Event) -> None:
        match event:
            case Started() | Found():
                pass  # What a survey finds is told by the command that asked for it.
            case Waiting():
                self._wait(event)
            case Waited():
                self._waits.note(event)
            case Unchanged():
                if self._verbose:
                    self._line(event)
            case Changed() | Removed() | Kept() | Skipped() | Failed():
                self._line(event)
            case _:
                assert_never(event)

    def _wait(self, event: Waiting) -> None:
        last = self._said.get((event.step, event.reason))
        if last is None or event.seconds - last >= REPEAT_SECONDS:
            self._said[event.step, event.reason] = event.seconds
            since = f", {event.seconds:.0f} s" if event.seconds >= 1 else ""
            if event.left:
                since = f", {event.left:.0f} s to go"
            self.say(f"  … {self._titles.get(event.step, event.step)}: {event.reason}{since}")

    def _line(self, outcome: Outcome) -> None:
        if self._quiet and not isinstance(outcome, Failed):
            return
        self.console.print(outcome_line(outcome, self._titles.get(outcome.step, outcome.step)))


def outcome_line(outcome: Outcome, title: str) -> str:
    """One outcome as a line of rich markup: mark, title, remark."""
    kind = kind_of(outcome)
    added = remark(outcome).removeprefix(f"{title}: ")
    style, mark = STYLES[kind], MARKS[kind]
    return f"  [{style}]{mark}[/{style}] {escape(title)}" + (f": {escape(added)}" if added else "")
