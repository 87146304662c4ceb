"""A report as one HTML file: no script, nothing loaded, light and dark as the reader likes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from ordersetup.report import Level
from ordersetup.views.report_page import DrillPart, Item, Page, Section

PALETTE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --dim: #59636e; --line: #d1d9e0;
  --good: #1a7f37; --bad: #cf222e; --unsure: #9a6700; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --dim: #9198a1;
  --line: #3d444d; --good: #3fb950; --bad: #ff7b72; --unsure: #d29922; --card: #151b23; } }
"""
"""Colours that can be read on paper and in the dark."""

_STYLE = (
    PALETTE
    + """body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { font-size: 1.15rem; font-weight: 600; }
.holds { color: var(--good); } .fails { color: var(--bad); } .unknown { color: var(--unsure); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
article { border: 1px solid var(--line); border-radius: 6px; background: var(--card);
  padding: .6rem .9rem; margin: .6rem 0; }
article h3 { font-size: 1rem; margin: 0 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--dim); font-weight: 600; }
"""
)


def html(page: Page) -> str:
    """A page as HTML."""
    return "\n".join(_document(page)) + "\n"


def _document(page: Page) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(page.title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield f"<h1>{escape(page.title)}</h1>"
    yield from _verdict(page.verdict, proven=page.proven)
    if page.drill:
        yield from _verdict(page.drill.verdict, proven=page.drill.proven)
    yield from _pairs(page.facts)
    yield from _tally(page)
    for section in page.sections:
        yield f"<h2>{escape(section.heading)} ({len(section.items)})</h2>"
        yield from _table(section) if section.level is Level.HOLDS else _articles(section)
    if page.drill:
        yield from _drill(page.drill)
    if page.remarks:
        yield "<h2>Remarks</h2>"
        yield "<ul>"
        yield from (f"<li>{escape(remark)}</li>" for remark in page.remarks)
        yield "</ul>"
    yield "</body>"
    yield "</html>"


def _verdict(text: str, *, proven: bool) -> Iterator[str]:
    kind, mark = ("holds", "✓") if proven else ("fails", "✗")
    yield f'<p class="verdict {kind}">{mark} {escape(text)}</p>'


def _drill(drill: DrillPart) -> Iterator[str]:
    yield "<h2>Live failure drill</h2>"
    yield from _pairs(drill.facts)
    for section in drill.sections:
        yield f"<h3>{escape(section.heading)} ({len(section.items)})</h3>"
        if section.level is Level.HOLDS:
            found = ((item.what, item.expected, item.found) for item in section.items)
            yield from _rows(("Expectation", "Expected", "Found"), found)
        else:
            yield from _articles(section)
    yield "<h3>Timeline</h3>"
    yield from _rows(("After", "What was seen", "Due at about"), drill.timeline)


def _tally(page: Page) -> Iterator[str]:
    yield "<h2>By part of the pipeline</h2>"
    yield "<table><thead><tr><th>Part</th><th>Checks that hold</th><th>Notes</th></tr></thead>"
    yield "<tbody>"
    for part in page.tally:
        kind, mark = ("holds", "✓") if part.right else ("fails", "✗")
        yield (
            f'<tr><td><span class="{kind}">{mark}</span> {escape(part.name)}</td>'
            f"<td>{part.told}</td><td>{part.notes or ''}</td></tr>"
        )
    yield "</tbody></table>"


def _articles(section: Section) -> Iterator[str]:
    for item in section.items:
        yield "<article>"
        yield f'<h3 class="{section.level}">{escape(item.what)}</h3>'
        yield from _pairs(_told(item))
        yield "</article>"


def _told(item: Item) -> tuple[tuple[str, str], ...]:
    told = (
        *(("Expected", item.expected), ("Found", item.found)),
        *(("Where to look", item.where), ("What to do", item.then)),
    )
    return tuple((name, text) for name, text in told if text)


def _table(section: Section) -> Iterator[str]:
    found = ((item.what, item.found, item.where) for item in section.items)
    yield from _rows(("Check", "Found", "Where to look"), found)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"<table><thead><tr>{''.join(f'<th>{name}</th>' for name in head)}</tr></thead>"
    yield "<tbody>"
    for cells in rows:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</tbody></table>"


def _pairs(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield "<dl>"
    yield from (f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs)
    yield "</dl>"
