"""What `verify` took for what in a stack it has not built, on stdout, before the report."""

from __future__ import annotations

from typing import Any

from ordersetup.discovery import Taken
from ordersetup.views.console import console
from ordersetup.views.json_lines import write


def tell_taken(taken: Taken, *, json: bool, color: bool) -> None:
    """Write to stdout what was taken for which part of the guide, and how it was found.

    Args:
        taken: what was discovered.
        json: as one JSON object, else for people.
        color: whether colour may be used.
    """
    if json:
        write(taken_fields(taken))
        return
    out = console(color=color)
    out.print("Taken for the guide's parts; correct one with --map NAME=ACTUAL:", markup=False)
    for piece in taken.pieces:
        told = f"  {piece.guide:<24}{piece.actual or '-'}  ({piece.how})"
        out.print(told, markup=False, style=None if piece.actual else "yellow")
    out.print()


def taken_fields(taken: Taken) -> dict[str, Any]:
    """What was taken, as documented in docs/json.md."""
    return {
        "type": "taken",
        "pieces": [
            {"guide": piece.guide, "actual": piece.actual, "how": piece.how}
            for piece in taken.pieces
        ],
    }
