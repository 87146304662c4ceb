"""The report of `verify` as a file for a colleague: HTML, SVG or Markdown, by its ending."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ordersetup.errors import BadInput
from ordersetup.masked import masked
from ordersetup.operate.evidence import DrillResult
from ordersetup.report import Finding, Level, Report
from ordersetup.values import value
from ordersetup.views.report_drill import drill_part
from ordersetup.views.report_html import html
from ordersetup.views.report_markdown import markdown
from ordersetup.views.report_page import Item, Page, Section, Tally
from ordersetup.views.report_picture import svg
from ordersetup.views.reported import GROUP_NAMES, verdict

RENDERERS: Mapping[str, Callable[[Page], str]] = {
    ".html": html,
    ".htm": html,
    ".svg": svg,
    ".md": markdown,
    ".markdown": markdown,
}

_HEADINGS = {
    Level.FAILS: "What fails",
    Level.UNKNOWN: "What could not be read",
    Level.NOTE: "Notes",
    Level.HOLDS: "What holds",
}


@dataclass(frozen=True)
class Circumstances:
    """When and by what a report was made.

    Args:
        at: when, in UTC, as ISO 8601.
        tool: our version.
    """

    at: str
    tool: str


def check_report_file(path: Path) -> None:
    """Refuse a report file that could not be written, before anything is called.

    Raises:
        BadInput: its ending is unknown, or it cannot be written there.
    """
    if path.suffix.lower() not in RENDERERS:
        raise BadInput(
            f"--report {str(path)!r} ends in none of {', '.join(RENDERERS)}.",
            "Name it so that its ending says what it shall be, such as report.html.",
        )
    check_writable(path, "--report")


def check_writable(path: Path, option: str) -> None:
    """Refuse a file that cannot be written.

    Raises:
        BadInput: there is no such folder, or it may not be written to.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise BadInput(
            f"{option} {str(path)!r} cannot be written: there is no folder {folder}.",
            "Make the folder, or name another.",
        )
    if path.is_dir():
        raise BadInput(f"{option} {str(path)!r} is a folder.", "Name a file.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise BadInput(
            f"{option} {str(path)!r} may not be written by you.", "Name another file or folder."
        )


def write_report(
    path: Path, report: Report, circumstances: Circumstances, drill: DrillResult | None = None
) -> None:
    """Write a report to a file, in the form that its ending asks for."""
    write_text(path, render(report, path.suffix.lower(), circumstances, drill), "--report")


def write_text(path: Path, text: str, option: str) -> None:
    """Write a file whole: nobody ever finds half of it.

    Raises:
        BadInput: it cannot be written.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise BadInput(
            f"{option} {str(path)!r} could not be written: {error.strerror or error}.",
            "Name another file or folder.",
        ) from error


def render(
    report: Report, ending: str, circumstances: Circumstances, drill: DrillResult | None = None
) -> str:
    """The report as text.

    Args:
        report: what was found.
        ending: the file's, in lower case with its dot; a key of RENDERERS.
        circumstances: when and by what.
        drill: what came of a live drill, if there was one.
    """
    return RENDERERS[ending](page(report, circumstances, drill))


def page(report: Report, circumstances: Circumstances, drill: DrillResult | None = None) -> Page:
    """What every form tells; addresses in it can no longer be read."""
    sections = []
    for level in (Level.FAILS, Level.UNKNOWN, Level.NOTE, Level.HOLDS):
        if items := tuple(_item(finding) for finding in report.of(level)):
            sections.append(Section(_HEADINGS[level], level, items))
    return Page(
        title=f"Order pipeline: {report.stack}",
        facts=(
            ("Stack", report.stack),
            ("Account", report.account),
            ("Region", report.region),
            ("Checked", circumstances.at),
            ("By", f"ordersetup {circumstances.tool}"),
        ),
        verdict=f"{verdict(report)} {report.then}".rstrip(),
        proven=report.proven,
        tally=tuple(
            Tally(
                name=GROUP_NAMES[group],
                holds=counts[Level.HOLDS],
                checks=sum(counts.values()) - counts[Level.NOTE],
                notes=counts[Level.NOTE],
            )
            for group, counts in report.tally().items()
        ),
        sections=tuple(sections),
        remarks=(
            *(f"Built by hand: {masked(title)}" for title in report.by_hand),
            *(str(masked(remark)) for remark in report.remarks),
        ),
        drill=None if drill is None else drill_part(drill),
    )


def _item(finding: Finding) -> Item:
    # Masked before it is written out: "SENDER=" before an address would be taken for a part of it.
    return Item(
        what=masked(finding.what),
        expected=value(masked(finding.expected)),
        found=value(masked(finding.actual)),
        where=masked(finding.where),
        then=masked(finding.then),
    )
