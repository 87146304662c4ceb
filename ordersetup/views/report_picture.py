"""A report as a picture of a terminal, SVG, 100 columns wide."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text

from ordersetup.report import Level
from ordersetup.views.report_page import Page, Section

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
    right, wrong = _MARKS[Level.HOLDS], _MARKS[Level.FAILS]
    mark, colour = right if page.proven else wrong
    out.print(Text(f"{mark} {page.verdict}", style=f"bold {colour}"))
    out.print()
    for name, text in page.facts:
        out.print(Text.assemble((f"  {name:<9}", "dim"), text))
    out.print()
    for part in page.tally:
        mark, colour = right if part.right else wrong
        line = f" {part.name:<26}{part.holds:>3} of {part.checks}"
        out.print(Text.assemble("  ", (mark, colour), line))
    for section in page.sections:
        _tell(out, section)
    if page.remarks:
        out.print()
    for remark in page.remarks:
        out.print(Text(remark, style="dim"))
    return _FONTS.sub("", out.export_svg(title=page.title, unique_id="ordersetup"))


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
        out.print(Text(f"    where     {item.where}"))
        if item.then:
            out.print(Text(f"    then      {item.then}"))
