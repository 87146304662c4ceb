"""What a person needs after `provision`: the result, on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from ordersetup.engine import AnyStep
from ordersetup.events import Outcome
from ordersetup.operate.outputs import Outputs
from ordersetup.views.json_lines import write
from ordersetup.views.words import kind_of


def tell_provisioned(
    outcomes: Mapping[AnyStep, Outcome], found: Outputs, *, json: bool, color: bool
) -> None:
    """Write the result of a provision to stdout.

    Args:
        outcomes: what came of each step.
        found: the stack's addresses and what is left to a person.
        json: as one JSON object, else for people.
        color: whether colour may be used.
    """
    counts = Counter(kind_of(outcome) for outcome in outcomes.values())
    if json:
        write(result_fields(counts, found))
        return
    console = Console(no_color=not color, highlight=False, soft_wrap=True)
    console.print(f"[bold]{summary(counts)}[/bold]")
    console.print()
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]Endpoint[/bold]", found.endpoint)
    for name, address in found.addresses.items():
        table.add_row(name, address)
    console.print(table)
    console.print("\n[bold]Post an order[/bold]")
    console.print(f"  {found.curl}", markup=False)
    console.print("\n[bold]Left to you[/bold]")
    for sentence in found.by_hand:
        console.print(f"  • {sentence}", markup=False)


def summary(counts: Mapping[str, int]) -> str:
    """The run in one sentence."""
    made, changed, same = counts.get("made", 0), counts.get("changed", 0), counts.get("same", 0)
    if made + changed == 0:
        return f"Nothing to do: all {same} steps stand as they shall, and nothing was written."
    return (
        f"The pipeline stands: {made} steps created, {changed} changed, {same} left as they were."
    )


def result_fields(counts: Mapping[str, int], found: Outputs) -> dict[str, Any]:
    """The result as documented in docs/json.md."""
    return {
        "type": "result",
        "stack": found.stack,
        "account": found.account,
        "region": found.region,
        "created": counts.get("made", 0),
        "changed": counts.get("changed", 0),
        "unchanged": counts.get("same", 0),
        "endpoint": found.endpoint,
        "addresses": dict(found.addresses),
        "curl": found.curl,
        "by_hand": list(found.by_hand),
    }
