"""Write the generated documents; `make docs` runs it, and a test tells when they are stale."""

from __future__ import annotations

from pathlib import Path

from ordersetup.cli import group
from ordersetup.cli.reference import reference
from ordersetup.explain import guide
from ordersetup.settings import DEFAULT_REGION, DEFAULT_STACK
from ordersetup.views.explained import markdown

DOCS = Path(__file__).resolve().parents[1] / "docs"

(DOCS / "console-steps.md").write_text(
    markdown(guide(DEFAULT_STACK, DEFAULT_REGION)), encoding="utf-8"
)
(DOCS / "commands.md").write_text(reference(group), encoding="utf-8")
