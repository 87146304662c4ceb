"""What a person needs after `provision`: the result, on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ordersetup.engine import AnyStep
from ordersetup.events import Outcome
from ordersetup.operate.outputs import Outputs
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.words import counted, kind_of


def tell_provisioned(
    outcomes: Mapping[AnyStep, Outcome],
    found: Outputs,
    *,
    json: bool,
    color: bool,
    verbose: bool = False,
    pasteable: Callable[[str], str] = str,
) -> None:
    """Write the result of a provision to stdout.

    Args:
        outcomes: what came of each step.
        found: the stack's addresses and what is left to a person.
        json: as one JSON object, else for people.
        color: whether colour may be used.
        verbose: every address, though nothing has changed since they were last told.
        pasteable: completes the commands of a text by where this run is.
    """
    counts = Counter(kind_of(outcome) for outcome in outcomes.values())
    if json:
        write(result_fields(counts, found))
        return
    out = console(color=color)
    out.print(f"[bold]{summary(counts)}[/bold]\n")
    all_of_it = verbose or counts["same"] < counts.total()
    rows = {"Endpoint": found.endpoint, **(found.addresses if all_of_it else {})}
    width = max(map(len, rows))
    for name, address in rows.items():
        # Not a table, which would shorten or break an address that is longer than the line.
        out.print(f"  {name:<{width}}  {address}", markup=False)
    if all_of_it:
        out.print("\n[bold]Post an order[/bold]")
        out.print(pasteable("  ordersetup send-test-order puts the item into stock"), markup=False)
        out.print(f"  {found.curl}", markup=False)
    out.print("\n[bold]Left to you[/bold]")
    for sentence in found.by_hand:
        out.print(f"  • {sentence}", markup=False)
    if not all_of_it:
        out.print(pasteable("\nEvery address: ordersetup provision --verbose"), markup=False)


def summary(counts: Mapping[str, int]) -> str:
    """The run in one sentence."""
    made, changed, same = counts.get("made", 0), counts.get("changed", 0), counts.get("same", 0)
    if made + changed == 0:
        return f"Nothing to do: all {same} steps stand as they shall, and nothing was written."
    return (
        f"The pipeline stands: {counted(made, 'step')} created, {changed} changed, "
        f"{same} left as {'it was' if same == 1 else 'they were'}."
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
