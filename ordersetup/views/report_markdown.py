"""A report as Markdown, as an issue or a pull request shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ordersetup.report import Level
from ordersetup.views.report_page import DrillPart, Page, Section


def markdown(page: Page) -> str:
    """A page as Markdown."""
    return "\n".join(_lines(page)) + "\n"


def cell(text: str) -> str:
    """A text that says the same in a table's cell: no sign in it means anything to Markdown."""
    for sign in "\\`*_[]<>|#~":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _lines(page: Page) -> Iterator[str]:
    yield f"# {cell(page.title)}"
    yield ""
    yield from _verdict(page.verdict, proven=page.proven)
    if page.drill:
        yield from _verdict(page.drill.verdict, proven=page.drill.proven)
    yield from _table(("", ""), page.facts)
    yield "## By part of the pipeline"
    yield ""
    yield from _table(
        ("Part", "Checks that hold", "Notes"),
        (
            (
                f"{'✓' if part.right else '✗'} {part.name}",
                part.told,
                str(part.notes or ""),
            )
            for part in page.tally
        ),
    )
    for section in page.sections:
        yield from _section(section)
    if page.drill:
        yield from _drill(page.drill)
    if page.remarks:
        yield "## Remarks"
        yield ""
        yield from (f"- {cell(remark)}" for remark in page.remarks)


def _verdict(text: str, *, proven: bool) -> Iterator[str]:
    yield f"**{'✓' if proven else '✗'} {cell(text)}**"
    yield ""


def _drill(drill: DrillPart) -> Iterator[str]:
    yield "## Live failure drill"
    yield ""
    yield from _table(("", ""), drill.facts)
    for section in drill.sections:
        yield f"### {section.heading} ({len(section.items)})"
        yield ""
        yield from _table(
            ("Expectation", "Expected", "Found", "Likely cause"),
            ((i.what, i.expected, i.found, i.then) for i in section.items),
        )
    yield "### Timeline"
    yield ""
    yield from _table(("After", "What was seen", "Due at about"), drill.timeline)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.heading} ({len(section.items)})"
    yield ""
    if section.level is Level.HOLDS:
        yield from _table(
            ("Check", "Found", "Where to look"),
            ((item.what, item.found, item.where) for item in section.items),
        )
        return
    yield from _table(
        ("Check", "Expected", "Found", "Where to look", "What to do"),
        ((i.what, i.expected, i.found, i.where, i.then) for i in section.items),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell(text) for text in row)} |"
    yield ""
