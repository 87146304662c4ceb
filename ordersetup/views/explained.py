"""What a console step is: on stdout for a person or a program, and as docs/console-steps.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.markup import escape

from ordersetup.explain import Attribute, Explained
from ordersetup.values import value
from ordersetup.views.console import console
from ordersetup.views.json_lines import write

_HEAD = """# The console guide, step by step

<!-- Made by `make docs` from the steps themselves; a test fails when it is stale. -->

What a person would click, what `ordersetup` calls instead, what `verify` checks afterwards, and
what may have to be waited for. `ordersetup explain [STEP]` prints the same, with links for your
region. Attributes marked *ours* are this tool's choice where the guide is silent: a pipeline that
was built by hand is not held to them. Steps that a setting adds are shown too, with example
addresses; `123456789012` stands for your account.
"""

_LOOKED_AT = """
## What is looked at only

Nothing below is ever written: `verify` reads it, and says what it means.
"""


def tell_explained(steps: Sequence[Explained], *, json: bool, color: bool) -> None:
    """Write the steps to stdout.

    Args:
        steps: what to tell, in the guide's order.
        json: as one JSON object, else for people.
        color: whether colour may be used.
    """
    if json:
        write({"type": "explained", "steps": [explained_fields(step) for step in steps]})
        return
    out = console(color=color)
    for number, step in enumerate(steps):
        if number:
            out.print()
        out.print(f"[bold]{escape(step.title)}[/bold]  [dim]{escape(step.step)}[/dim]")
        for line in _lines(step):
            out.print(f"  {line}", markup=False)


def markdown(steps: Iterable[Explained]) -> str:
    """The whole guide as a Markdown page."""
    told = list(steps)
    written = [step for step in told if step.writes]
    seen = [step for step in told if not step.writes]
    numbered = (_section(f"{number}. ", step) for number, step in enumerate(written, start=1))
    return "".join(
        [_HEAD, "\n## The steps\n", *numbered, _LOOKED_AT, *(_section("", s) for s in seen)]
    )


def explained_fields(step: Explained) -> dict[str, Any]:
    """A step as documented in docs/json.md."""
    return {
        "step": step.step,
        "group": str(step.group),
        "title": step.title,
        "console": step.console,
        "link": step.link,
        "reads": list(step.reads),
        "writes": list(step.writes),
        "removes": list(step.removes),
        "checks": [
            {
                "check": check.check,
                "label": check.label,
                "expected": check.expected,
                "ours": check.ours,
                "note": check.note,
            }
            for check in step.checks
        ],
        "waits": [
            {"reason": wait.reason, "within": wait.within, "remedy": wait.remedy}
            for wait in step.waits
        ],
    }


def _lines(step: Explained) -> Iterator[str]:
    yield f"click   {step.console}"
    yield f"link    {step.link}"
    yield f"read    {_calls(step.reads)}"
    yield f"write   {_calls(step.writes)}"
    if step.removes:
        yield f"remove  {_calls(step.removes)}"
    for check in step.checks:
        yield f"check   {check.label}: {_expected(check)}{_mark(check)}"
    for wait in step.waits:
        yield f"wait    up to {wait.within:g} s: {wait.reason}"


def _section(number: str, step: Explained) -> str:
    lines = [
        "",
        f"### {number}{_cell(step.title)}",
        "",
        f"`{step.step}` · [{_cell(step.console)}]({step.link})",
        "",
        f"- reads: {_code(step.reads)}",
        f"- writes: {_code(step.writes)}",
        *([f"- removes: {_code(step.removes)}"] if step.removes else []),
        *(f"- may wait up to {wait.within:g} s: {_cell(wait.reason)}" for wait in step.waits),
        "",
        "| check | wanted | |",
        "|---|---|---|",
        *(
            f"| {_cell(check.label)} | {_cell(_wanted(check))} | {_mark(check).strip(' ()')} |"
            for check in step.checks
        ),
    ]
    return "\n".join(lines) + "\n"


def _calls(calls: Sequence[str]) -> str:
    return ", ".join(calls) or "nothing"


def _code(calls: Sequence[str]) -> str:
    return ", ".join(f"`{call}`" for call in calls) or "nothing"


def _expected(check: Attribute) -> str:
    return value(check.expected)


def _wanted(check: Attribute) -> str:
    """The same for a page that is kept: a hash would make it stale with every handler."""
    if check.check.endswith(".code_sha256"):
        return "the hash of this version's handlers"
    return _expected(check)


def _mark(check: Attribute) -> str:
    return " (note)" if check.note else " (ours)" if check.ours else ""


def _cell(text: str) -> str:
    """A text that no sign of Markdown or HTML in it changes."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return text
