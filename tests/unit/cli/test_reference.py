"""The command reference: current, and complete."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from ordersetup.cli import group
from ordersetup.cli.reference import reference
from ordersetup.cli.variables import commands

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
TEXT = PAGE.read_text(encoding="utf-8")
ALL = {path: command for path, command in commands(group) if path}


def test_the_kept_page_is_current() -> None:
    assert reference(group) == TEXT, "run: make docs"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_a_section_with_its_own_options_and_an_example(
    path: tuple[str, ...],
) -> None:
    section = TEXT.partition(f"\n## ordersetup {' '.join(path)}\n")[2].partition("\n## ")[0]
    shared = {param.name for param in group.params}
    for param in ALL[path].params:
        if isinstance(param, click.Option) and param.name not in shared:
            assert f"{param.opts[-1]}" in section
    assert section.count("\nordersetup ") >= 2, "usage and example"
