"""Receipts: written to a file, and what became of what one proves, on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from ordersetup.receipt import Moved, Receipt
from ordersetup.values import value
from ordersetup.views.console import console
from ordersetup.views.json_lines import write


def tell_coverage(receipt: Receipt, moved: Sequence[Moved], *, json: bool, color: bool) -> None:
    """Write to stdout whether a receipt still covers what runs.

    Args:
        receipt: the proof.
        moved: what is another since.
        json: as one JSON object, else for people.
        color: whether colour may be used.
    """
    if json:
        write(coverage_fields(receipt, moved))
        return
    out = console(color=color)
    for one in moved:
        out.print(f"[red]✗[/red] {escape(one.attribute)}")
        out.print(f"    then  {value(one.then)}", markup=False)
        out.print(f"    now   {value(one.now)}", markup=False)
    out.print(f"[bold]{escape(coverage(receipt, moved))}[/bold]")


def coverage(receipt: Receipt, moved: Sequence[Moved]) -> str:
    """Whether the proof still covers what runs, in one sentence."""
    drill = "with a drill" if receipt.proven["drill"] else "without a drill"
    proof = f"The proof of {receipt.at} ({receipt.proven['checks']} checks, {drill})"
    if not moved:
        return f"{proof} still covers what runs."
    things = "1 thing has" if len(moved) == 1 else f"{len(moved)} things have"
    return f"{proof} does not cover what runs now: {things} moved since."


def coverage_fields(receipt: Receipt, moved: Sequence[Moved]) -> dict[str, Any]:
    """The coverage as documented in docs/json.md."""
    return {
        "type": "coverage",
        "stack": receipt.stack,
        "account": receipt.account,
        "region": receipt.region,
        "at": receipt.at,
        "covers": not moved,
        "moved": [{"attribute": one.attribute, "then": one.then, "now": one.now} for one in moved],
    }
