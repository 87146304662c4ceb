"""The report of `verify`, on stdout: what fails first, then a tally of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from ordersetup.report import Finding, Level, Report
from ordersetup.values import value
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.words import counted

_MARKS = {
    Level.FAILS: ("✗", "red"),
    Level.UNKNOWN: ("?", "yellow"),
    Level.NOTE: ("•", "cyan"),
    Level.HOLDS: ("✓", "green"),
}
GROUP_NAMES = {
    **{"tables": "Tables", "queue": "Dead-letter queue", "topics": "Topics", "mail": "Mail"},
    **{"role": "Role", "logs": "Logs", "functions": "Functions"},
    **{"async": "Retries and destinations", "api": "API", "cors": "CORS", "stage": "Stage"},
    "alarms": "Alarms",
}


def tell_report(
    report: Report, *, json: bool, color: bool, verbose: bool, quiet: bool = False
) -> None:
    """Write the report to stdout.

    Args:
        report: what was found.
        json: as one JSON object, else for people.
        color: whether colour may be used.
        verbose: the checks that hold, too.
        quiet: only what does not hold, and the verdict.
    """
    if json:
        write(report_fields(report))
        return
    out = console(color=color)
    if report.exists or verbose:
        _tell_findings(out, report, verbose=verbose, quiet=quiet)
    out.print(f"[bold]{escape(verdict(report))}[/bold]")
    if report.then:
        out.print(report.then, markup=False)


def _tell_findings(out: Console, report: Report, *, verbose: bool, quiet: bool) -> None:
    beside = [] if quiet else [Level.NOTE, *([Level.HOLDS] if verbose else [])]
    for level in (Level.FAILS, Level.UNKNOWN, *beside):
        for finding in report.of(level):
            _tell(out, finding)
    if quiet:
        return
    _tell_tally(out, report)
    for title in report.by_hand:
        out.print(f"  built by hand: {title}", markup=False, style="dim")
    for remark in report.remarks:
        out.print(f"  {remark}", markup=False, style="dim")


def verdict(report: Report) -> str:
    """The report in one sentence, in which every finding is counted."""
    if not report.exists:
        return f"The stack {report.stack} does not exist in {report.region}."
    if not report.findings:
        return "There was nothing to check."
    fails, unknown = len(report.of(Level.FAILS)), len(report.of(Level.UNKNOWN))
    holds, notes = len(report.of(Level.HOLDS)), len(report.of(Level.NOTE))
    beside = f"; {counted(notes, 'note')}." if notes else "."
    if report.proven:
        told_all = "The only check holds" if holds == 1 else f"All {holds} checks hold"
        return f"{told_all}{beside}"
    told = [
        f"{counted(fails, 'check')} {'fails' if fails == 1 else 'fail'}" if fails else "",
        f"{unknown} could not be made" if unknown else "",
    ]
    verb = "holds" if holds == 1 else "hold"
    return f"{', '.join(t for t in told if t)}; {holds} {verb}{beside}"


def _tell(out: Console, finding: Finding) -> None:
    mark, style = _MARKS[finding.level]
    out.print(f"[{style}]{mark}[/{style}] {escape(finding.where)}")
    if finding.level is Level.HOLDS:
        return
    out.print(f"    expected  {value(finding.expected)}", markup=False)
    out.print(f"    found     {value(finding.actual)}", markup=False)
    if finding.then:
        out.print(f"    then      {finding.then}", markup=False)


def _tell_tally(out: Console, report: Report) -> None:
    out.print()
    for group, counts in report.tally().items():
        checks = sum(counts.values()) - counts[Level.NOTE]
        bad = counts[Level.FAILS] + counts[Level.UNKNOWN]
        mark, style = _MARKS[Level.FAILS if bad else Level.HOLDS if checks else Level.NOTE]
        tally = f"{counts[Level.HOLDS]:>3} of {checks}" if counts.total() else "nothing to check"
        if counts[Level.NOTE]:
            tally += f", {counted(counts[Level.NOTE], 'note')}"
        out.print(f"  [{style}]{mark}[/{style}] {GROUP_NAMES[group]:<26}{tally}")


def report_fields(report: Report) -> dict[str, Any]:
    """The report as documented in docs/json.md."""
    return {
        "type": "report",
        "stack": report.stack,
        "account": report.account,
        "region": report.region,
        "exists": report.exists,
        "proven": report.proven,
        "tally": {
            str(group): {str(level): counts[level] for level in Level}
            for group, counts in report.tally().items()
        },
        "findings": [finding_fields(finding) for finding in report.findings],
        "by_hand": list(report.by_hand),
        "remarks": list(report.remarks),
        "then": report.then,
    }


def finding_fields(finding: Finding) -> Mapping[str, Any]:
    """A finding's fields; values are numbers, strings, booleans, null, or lists of these."""
    return {
        "group": str(finding.group),
        "check": finding.check,
        "what": finding.what,
        "level": str(finding.level),
        "expected": finding.expected,
        "actual": finding.actual,
        "where": finding.where,
        "then": finding.then,
    }
