"""The live display of a terminal: what is done scrolls up, what is under way stays below."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self, assert_never

from rich import live as rich_live
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.spinner import Spinner
from rich.text import Text

from ordersetup.engine import AnyStep
from ordersetup.errors import OrdersetupError
from ordersetup.events import (
    Changed,
    Event,
    Failed,
    Found,
    Kept,
    Removed,
    Skipped,
    Started,
    Unchanged,
    Waited,
    Waiting,
)
from ordersetup.views.console import console
from ordersetup.views.plain import outcome_line
from ordersetup.views.waits import Waits
from ordersetup.views.words import Called, names, tell_error

MOST_LINES = 8
"""Steps under way that are shown at once; the others are counted."""


class _Running(NamedTuple):
    """A step under way: since when, what is waited for, and until when that should take."""

    began: float
    reason: str = ""
    over: float | None = None

    def clock(self) -> str:
        """What is left, where that is known, else what has passed."""
        now = time.monotonic()
        if self.over is not None and self.over > now:
            return f", {self.over - now:.0f} s to go"
        return f" {now - self.began:.0f} s" if now - self.began >= 1 else ""


class Live:
    """A live display on stderr.

    Args:
        color: whether colour may be used.
        verbose: what stands unchanged scrolls up too.
        terminal: where to, if not to stderr.
    """

    def __init__(
        self, *, color: bool, verbose: bool = False, terminal: Console | None = None
    ) -> None:
        self.console = terminal or console(color=color, stderr=True)
        self._verbose = verbose
        self._titles: dict[str, str] = {}
        self._running: dict[str, _Running] = {}
        self._doing = ""
        self._total = 0
        self._done = 0
        self._waits = Waits()
        self._spinner = Spinner("dots")
        self._live = rich_live.Live(
            get_renderable=self._below,
            console=self.console,
            transient=True,
            refresh_per_second=8,
            # Results are stdout's, wherever that leads; rich would draw them into stderr.
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.clear()
        self._total = 0
        self._live.stop()
        if told := self._waits.told:
            self.say(told)
        self._waits.forget()

    def begin(self, doing: str, steps: Sequence[AnyStep], *, called: Called = "steps") -> None:
        self._titles |= names(steps, called)
        self._doing, self._total, self._done = doing, len(steps), 0
        self._running.clear()

    def say(self, text: str) -> None:
        self.console.print(escape(text))

    def error(self, error: OrdersetupError) -> None:
        tell_error(self.console, error)

    def on(self, event: Event) -> None:
        match event:
            case Started():
                self._running[event.step] = _Running(time.monotonic())
            case Waiting():
                now = time.monotonic()
                before = self._running.get(event.step, _Running(now))
                over = None if event.left is None else now + event.left
                self._running[event.step] = _Running(before.began, event.reason, over)
            case Waited():
                self._waits.note(event)
            case Found():
                self._over(event.step)
            case Unchanged() | Changed() | Removed() | Kept() | Skipped() | Failed():
                self._over(event.step)
                if self._verbose or not isinstance(event, Unchanged):
                    title = self._titles.get(event.step, event.step)
                    self.console.print(outcome_line(event, title))
            case _:
                assert_never(event)

    def _over(self, step: str) -> None:
        self._running.pop(step, None)
        self._done += 1

    def _below(self) -> RenderableType:
        if not self._total:
            return Text("")
        self._spinner.update(text=f"{self._doing} {self._done}/{self._total}")
        lines: list[RenderableType] = [self._spinner]
        # A copy: the display is drawn on a thread of its own.
        running = list(self._running.items())
        for key, state in running[:MOST_LINES]:
            why = f": {state.reason}" if state.reason else ""
            line = f"  {self._titles.get(key, key)}{why}{state.clock()}"
            lines.append(Text(line, "dim", no_wrap=True, overflow="ellipsis"))
        if len(running) > MOST_LINES:
            lines.append(Text(f"  and {len(running) - MOST_LINES} more", "dim"))
        return Group(*lines)
