"""The stacks that were found: a line each, with where it takes orders and what is missing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from ordersetup.stacks import Health, Listed, Listing
from ordersetup.views.console import console
from ordersetup.views.json_lines import write

WORDS = {
    Health.COMPLETE: "complete",
    Health.PARTIAL: "parts missing",
    Health.DATA: "only data left",
    Health.UNREAD: "could not be read",
    Health.ELSEWHERE: "not looked at",
}
STYLES = {
    Health.COMPLETE: "green",
    Health.PARTIAL: "red",
    Health.DATA: "yellow",
    Health.UNREAD: "yellow",
    Health.ELSEWHERE: "dim",
}
HEADS = ("Stack", "Region", "Age")
WIDTH = 80


def tell_stacks(
    listing: Listing,
    now: datetime,
    *,
    json: bool,
    color: bool,
    pasteable: Callable[[str], str],
) -> None:
    """Write the stacks to stdout.

    Args:
        listing: what was found.
        now: what their age is counted to.
        json: as one JSON object, else as a table.
        color: whether colour may be used.
        pasteable: completes commands by where this run is.
    """
    if json:
        write(listing_fields(listing))
        return
    out = console(color=color)
    if listing.stacks:
        _table(out, listing, now)
    else:
        out.print(f"No stack was found in {_where(listing)}.", markup=False)
        out.print(pasteable("Make one with: ordersetup provision"), markup=False)
    if any(stack.health is Health.ELSEWHERE for stack in listing.stacks):
        out.print(
            pasteable("Look into the other regions with: ordersetup list --all-regions"),
            markup=False,
        )


def age(created: datetime | None, now: datetime) -> str:
    """How long ago, in one unit."""
    if created is None:
        return "unknown"
    minutes = int((now - created).total_seconds() // 60)
    if minutes < 1:
        return "under 1 min"
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def listing_fields(listing: Listing) -> dict[str, Any]:
    """The listing as documented in docs/json.md."""
    return {
        "type": "stacks",
        "account": listing.account,
        "regions": list(listing.regions),
        "stacks": [
            {
                "stack": stack.name,
                "region": stack.region,
                "created": stack.created.isoformat() if stack.created else None,
                "endpoint": stack.endpoint,
                "health": str(stack.health),
                "missing": list(stack.missing),
                "because": stack.because or None,
            }
            for stack in listing.stacks
        ],
        "remarks": list(listing.remarks),
    }


def _where(listing: Listing) -> str:
    regions = listing.regions
    region = regions[0] if len(regions) == 1 else f"{len(regions)} regions"
    return f"{region}, account {listing.account}"


def _table(out: Console, listing: Listing, now: datetime) -> None:
    rows = [(stack.name, stack.region, age(stack.created, now)) for stack in listing.stacks]
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]

    def line(cells: tuple[str, ...]) -> str:
        return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))

    out.print(f"[bold]{line(HEADS)}  Health[/bold]")
    for row, stack in zip(rows, listing.stacks, strict=True):
        style = STYLES[stack.health]
        out.print(f"{escape(line(row))}  [{style}]{WORDS[stack.health]}[/{style}]")
        _details(out, stack)


def _details(out: Console, stack: Listed) -> None:
    if stack.endpoint:
        out.print(f"  {stack.endpoint}", markup=False)
    if told := stack.because or _missing(stack):
        # A name is never broken: it is to be copied.
        lines = textwrap.wrap(told, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
        for text in lines:
            out.print(f"  {text}", markup=False)


def _missing(stack: Listed) -> str:
    if stack.health is not Health.PARTIAL:
        return ""
    return f"missing: {', '.join(stack.missing)}"
