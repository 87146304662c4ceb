"""What `--adopt` takes over: shown before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ordersetup.adoption import Adoption, File
from ordersetup.conflicts import Foreign
from ordersetup.masked import masked
from ordersetup.views.console import console
from ordersetup.views.json_lines import check_fields, write

MOST_FILES = 10
"""Files of a function's code that are named; the others are counted."""


def tell_adoption(adoption: Adoption, folder: str, *, json: bool, color: bool) -> None:
    """Tell what is taken over, what of it is replaced, and where that is saved.

    Args:
        adoption: what was found.
        folder: where the old code and documents will be saved.
        json: as one JSON object on stdout, else for people on stderr.
        color: whether colour may be used.
    """
    if json:
        write(adoption_fields(adoption, folder))
        return
    out = console(color=color, stderr=True)
    out.print("[bold]What is taken over: tagged, and then brought to what it shall be[/bold]")
    for resource in adoption.resources:
        out.print(f"  {resource.step.console}", markup=False)
        for line in resource.lines:
            out.print(f"    {line}", markup=False)
    if adoption.found.code:
        out.print("[bold]Code that is replaced[/bold]")
    for function, files in adoption.found.code.items():
        out.print(f"  {function}: {_listed(files)}", markup=False)
    out.print("[bold]What is left as it is[/bold]")
    out.print("  Items of tables, messages of queues, log events, subscriptions.")
    for sentence in adoption.found.left:
        out.print(f"  {sentence}", markup=False)
    saved = "The old code, configurations and policies are first"
    out.print(
        f"{saved if adoption.found.code else 'What differs is first'} saved in {folder}"
        f"{', and may hold secrets' if adoption.found.code else ''}.",
        markup=False,
    )


def adoption_fields(adoption: Adoption, folder: str) -> dict[str, Any]:
    """The adoption as documented in docs/json.md."""
    return {
        "type": "adoption",
        "folder": folder,
        "resources": [
            {
                "step": resource.step.key,
                "title": resource.step.title,
                "console": resource.step.console,
                "changes": _changes(resource),
            }
            for resource in adoption.resources
        ],
        "code": [
            {
                "function": function,
                "files": [{"name": file.name, "bytes": file.size} for file in files],
            }
            for function, files in adoption.found.code.items()
        ],
        "left": list(adoption.found.left),
    }


def _changes(resource: Foreign) -> list[dict[str, Any]]:
    return [
        {
            "step": d.step.key,
            **({"missing": True} if d.check is None else masked(check_fields(d.check))),
        }
        for d in resource.differences
    ]


def _listed(files: Sequence[File]) -> str:
    named = [f"{file.name} ({file.size} bytes)" for file in files[:MOST_FILES]]
    more = len(files) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
