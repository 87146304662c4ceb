"""What the doctor has found, on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from ordersetup.blueprint import Place
from ordersetup.operate.doctor import Finding, Level
from ordersetup.views.console import console
from ordersetup.views.json_lines import write

_MARKS = {
    Level.OK: ("✓", "green"),
    Level.WARNING: ("!", "yellow"),
    Level.PROBLEM: ("x", "red"),
    Level.UNKNOWN: ("?", "dim"),
}


def tell_doctor(
    findings: Sequence[Finding],
    *,
    stack: str,
    place: Place | None,
    json: bool,
    color: bool,
    kinder: Sequence[str] = (),
) -> None:
    """Write the findings to stdout.

    Args:
        findings: what was found.
        stack: the stack's name.
        place: account and region; None where they could not be asked.
        json: as one JSON object, else for people.
        color: whether colour may be used.
        kinder: where the embedded engine does not imitate AWS; nothing where it is not used.
    """
    if json:
        write(doctor_fields(findings, stack, place, kinder))
        return
    out = console(color=color)
    for finding in findings:
        mark, style = _MARKS[finding.level]
        out.print(f"[{style}]{mark}[/{style}] {finding.check:<12}{escape(finding.what)}")
        if finding.then and finding.level is not Level.OK:
            out.print(f"  {'':<12}{escape(finding.then)}")
    if kinder:
        out.print("[bold]What the embedded engine does not imitate[/bold]")
    for sentence in kinder:
        out.print(f"  • {sentence}", markup=False)


def doctor_fields(
    findings: Sequence[Finding],
    stack: str,
    place: Place | None,
    kinder: Sequence[str],
) -> dict[str, Any]:
    """The findings as documented in docs/json.md."""
    return {
        "type": "doctor",
        "stack": stack,
        "account": None if place is None else place.account,
        "region": None if place is None else place.region,
        "fit": all(finding.level is not Level.PROBLEM for finding in findings),
        "findings": [
            {
                "check": finding.check,
                "level": str(finding.level),
                "what": finding.what,
                "then": finding.then,
            }
            for finding in findings
        ],
        "not_imitated": list(kinder),
    }
