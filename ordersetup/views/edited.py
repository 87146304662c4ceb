"""What went live while somebody develops: one line an edit, on stdout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ordersetup.edits import Edit
from ordersetup.events import Changed, Failed, Outcome
from ordersetup.refusals import told
from ordersetup.views.console import console
from ordersetup.views.json_lines import write


class EditLines:
    """Tells of each edit.

    Args:
        json: as JSON lines.
        color: whether colour may be used.
    """

    def __init__(self, *, json: bool, color: bool) -> None:
        self._json = json
        self._out = console(color=color)

    def watching(self, folder: str) -> None:
        """Say what is watched, and how that ends."""
        if self._json:
            write({"type": "watching", "folder": folder})
        else:
            self._out.print(f"\nWatching {folder}: what you save there goes live. End: Ctrl-C.")

    def refused(self, edit: Edit) -> None:
        """Say why an edit was not put live, or that there is nothing to put live any more."""
        if self._json:
            self._write(edit, (), 0.0, edit.faults)
        elif edit.faults:
            self._print("✗", "red", f"Not put live. {'. '.join(edit.faults)}.")
        else:
            self._print("✓", "green", "The handlers are again what runs.")

    def done(self, edit: Edit, outcomes: Mapping[str, Outcome], seconds: float) -> None:
        """Say what went live, how long it took, and what did not."""
        lived = [name for name, outcome in outcomes.items() if isinstance(outcome, Changed)]
        errors = [told(o.error) for o in outcomes.values() if isinstance(o, Failed)]
        because = [f"{error.happened} {error.then}" for error in errors]
        if self._json:
            self._write(edit, lived, seconds, because)
            return
        files = ", ".join(name.removeprefix("handlers/") for name in edit.files)
        if lived or not errors:
            names = ", ".join(lived) or "nothing, since it runs already"
            self._print("✓", "green", f"{files} is live in {seconds:.1f} s: {names}.")
        for text in because:
            self._print("✗", "red", text)

    def _print(self, mark: str, colour: str, text: str) -> None:
        self._out.print(f"[{colour}]{mark}[/{colour}] ", end="")
        self._out.print(text, markup=False)

    def _write(
        self, edit: Edit, lived: Sequence[str], seconds: float, because: Sequence[str]
    ) -> None:
        write(
            {
                "type": "edit",
                "files": list(edit.files),
                "live": list(lived),
                "seconds": round(seconds, 2),
                "because": list(because),
            }
        )
