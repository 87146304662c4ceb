"""A report as a picture of a terminal, SVG, 100 columns wide."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text

from ordersetup.report import Level
from ordersetup.views.report_page import DrillPart, Page, Section

COLUMNS = 100

_MARKS = {
    Level.FAILS: ("✗", "red"),
    Level.UNKNOWN: ("?", "yellow"),
    Level.NOTE: ("•", "cyan"),
    Level.HOLDS: ("✓", "green"),
}
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def svg(page: Page) -> str:
    """A page as SVG; it loads nothing, so a reader without the terminal's font sees another."""
    out = Console(record=True, width=COLUMNS, file=io.StringIO(), emoji=False, highlight=False)
    _verdict(out, page.verdict, right=page.proven)
    if page.drill:
        _verdict(out, page.drill.verdict, right=page.drill.proven)
    _facts(out, page.facts)
    out.print()
    for part in page.tally:
        line = f" {part.name:<26}{part.told:>9}"
        out.print(Text.assemble("  ", _mark(right=part.right), line))
    for section in page.sections:
        _tell(out, section)
    if page.drill:
        _drill(out, page.drill)
    if page.remarks:
        out.print()
    for remark in page.remarks:
        out.print(Text(remark, style="dim"))
    return as_svg(out, page.title)


def as_svg(out: Console, title: str) -> str:
    """What a recording console was told, as SVG that loads nothing."""
    return _FONTS.sub("", out.export_svg(title=title, unique_id="ordersetup"))


def _mark(*, right: bool) -> tuple[str, str]:
    return _MARKS[Level.HOLDS if right else Level.FAILS]


def _verdict(out: Console, text: str, *, right: bool) -> None:
    mark, colour = _mark(right=right)
    out.print(Text(f"{mark} {text}", style=f"bold {colour}"))


def _facts(out: Console, facts: tuple[tuple[str, str], ...]) -> None:
    out.print()
    for name, text in facts:
        out.print(Text.assemble((f"  {name:<9}", "dim"), text))


def _drill(out: Console, drill: DrillPart) -> None:
    out.print()
    out.print(Text("Live failure drill", style="bold"))
    _facts(out, drill.facts)
    for section in drill.sections:
        _tell(out, section)
    out.print()
    for after, text, due in drill.timeline:
        out.print(Text(f"  {after:>9}  {text}" + (f"  (due at about {due})" if due else "")))


def _tell(out: Console, section: Section) -> None:
    out.print()
    out.print(Text(f"{section.heading} ({len(section.items)})", style="bold"))
    mark, colour = _MARKS[section.level]
    for item in section.items:
        out.print(Text.assemble((mark, colour), f" {item.what}"))
        if section.level is Level.HOLDS:
            continue
        out.print(Text(f"    expected  {item.expected}"))
        out.print(Text(f"    found     {item.found}"))
        if item.where:
            out.print(Text(f"    where     {item.where}"))
        if item.then:
            out.print(Text(f"    then      {item.then}"))
