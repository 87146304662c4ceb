"""A live failure drill: what it is going to do, what it sees as it goes, and what that proves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape

from ordersetup.operate.drill_plan import Announcement
from ordersetup.operate.evidence import DrillResult, Expectation, Moment
from ordersetup.views.console import console
from ordersetup.views.json_lines import write

REPEAT_SECONDS = 15
"""A wait says so again after this long, so that a log shows that it goes on."""


class DrillView(Protocol):
    """Tells one audience of a drill under way."""

    def announce(self, announcement: Announcement) -> None:
        """What is going to happen."""

    def moment(self, moment: Moment) -> None:
        """Something was seen."""

    def wait(self, reason: str, seconds: float) -> None:
        """Something is waited for."""

    def done(self, result: DrillResult) -> None:
        """The drill is over."""


class DrillLines:
    """For people: what was seen and proven on stdout, what is waited for on stderr.

    Args:
        color: whether colour may be used.
        quiet: only what does not hold.
        verbose: what holds, in full.
    """

    def __init__(self, *, color: bool, quiet: bool = False, verbose: bool = False) -> None:
        self._always = console(color=color)
        self._out = console(color=color, quiet=quiet)
        self._talk = console(color=color, stderr=True, quiet=quiet)
        self._verbose = verbose
        self._said: tuple[str, float] = ("", 0.0)

    def announce(self, announcement: Announcement) -> None:
        """Say it before anything is asked or done."""
        for line in announced(announcement):
            self._talk.print(line, markup=False)

    def moment(self, moment: Moment) -> None:
        """Write one line of the timeline."""
        due = "" if moment.due is None else f"(due at about {moment.due:.0f} s)"
        text = f"  {moment.seconds:>7.1f} s  {moment.text:<34} {due}".rstrip()
        self._out.print(text, markup=False)

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for: when it begins, and now and then."""
        last, at = self._said
        if reason != last or seconds - at >= REPEAT_SECONDS:
            self._said = (reason, seconds)
            self._talk.print(f"            … {reason}", markup=False, style="dim")

    def done(self, result: DrillResult) -> None:
        """What does not hold first, with its cause; then the rest in a line each."""
        self._out.print()
        for expectation in result.failing:
            _tell(self._always, expectation, result)
        for expectation in result.expectations:
            if expectation.holds:
                actual = f": {expectation.actual}" if self._verbose else ""
                self._out.print(f"  [green]✓[/green] {expectation.title}{actual}")
        self._always.print(f"[bold]{verdict(result)}[/bold]")
        for what in result.left:
            self._always.print(f"[red]✗[/red] left behind: {escape(what)}", soft_wrap=True)


class DrillJson:
    """For programs: a JSON line for each moment, and one for the result."""

    def announce(self, announcement: Announcement) -> None:
        """Write what is going to happen."""
        write(
            {
                "type": "announcement",
                "order_id": announcement.order_id,
                "item": announcement.item,
                "messages": [
                    {"topic": a.topic, "subscribers": a.subscribers, "each": a.messages}
                    for a in announcement.audiences
                ],
                "timeout": announcement.timeout,
                "passes_on": announcement.passes_on,
                "against": list(announcement.against),
            }
        )

    def moment(self, moment: Moment) -> None:
        """Write one moment."""
        write({"type": "moment", **moment_fields(moment)})

    def wait(self, reason: str, seconds: float) -> None:
        """Waits are talk."""

    def done(self, result: DrillResult) -> None:
        """Write the result."""
        write(drill_fields(result))


def announced(announcement: Announcement) -> list[str]:
    """What is going to happen, a line for each part."""
    told = [
        f"The drill posts one order that must fail: {announcement.order_id}, of an item that "
        f"cannot exist, with SES's mailbox simulator as the customer."
    ]
    mark = "marked DRILL" if announcement.marked else "which bear the order's id"
    for audience in announcement.audiences:
        people = "subscriber" if audience.subscribers == 1 else "subscribers"
        told.append(
            f"  {audience.topic}: {audience.subscribers} confirmed {people}, up to "
            f"{audience.messages} message{'s' if audience.messages > 1 else ''} each, {mark}"
        )
    if announcement.passes_on is not None:
        told.append(
            f"  {announcement.queue} passes on what was received more than "
            f"{announcement.passes_on} times; a look of the drill is a receive of all it holds."
        )
    if announcement.against:
        told.append(
            "It must fail, by what was read already, and waits for nothing that cannot come:"
        )
        told += [f"  {finding}" for finding in announcement.against]
    told.append(
        f"It takes {announcement.lasts} (it gives up after {announcement.timeout:.0f} s), and "
        "removes all it makes; no other message of the queue is taken."
    )
    return told


def verdict(result: DrillResult) -> str:
    """The drill in one sentence."""
    held = sum(1 for e in result.expectations if e.holds)
    if result.proven:
        return f"The failure path works: all {held} expectations hold ({result.seconds:.0f} s)."
    failing = len(result.failing)
    verb = "does" if failing == 1 else "do"
    return f"The failure path is not proven: {failing} of {failing + held} {verb} not hold."


def _tell(out: Console, expectation: Expectation, result: DrillResult) -> None:
    mark = "[yellow]?[/yellow]" if expectation.follows else "[red]✗[/red]"
    out.print(f"{mark} ", end="")
    out.print(expectation.title, markup=False)
    out.print(f"    expected  {expectation.expected}", markup=False)
    out.print(f"    found     {expectation.actual}", markup=False)
    titles = {other.name: other.title for other in result.expectations}
    above = titles.get(expectation.follows, "what does not hold above")
    cause = expectation.cause or f"follows from: {above}"
    out.print(f"    cause     {cause}", markup=False)


def drill_fields(result: DrillResult) -> dict[str, Any]:
    """The result as documented in docs/json.md."""
    return {
        "type": "drill",
        "proven": result.proven,
        "order_id": result.order_id,
        "began": result.began,
        "seconds": result.seconds,
        "expectations": [expectation_fields(e) for e in result.expectations],
        "left": list(result.left),
        "timeline": [moment_fields(moment) for moment in result.timeline],
    }


def expectation_fields(expectation: Expectation) -> Mapping[str, Any]:
    """An expectation's fields."""
    return {
        "name": expectation.name,
        "title": expectation.title,
        "holds": expectation.holds,
        "expected": expectation.expected,
        "actual": expectation.actual,
        "cause": expectation.cause,
        "follows": expectation.follows,
    }


def moment_fields(moment: Moment) -> Mapping[str, Any]:
    """A moment's fields."""
    return {
        "seconds": moment.seconds,
        "event": moment.event,
        "text": moment.text,
        "due": moment.due,
    }
