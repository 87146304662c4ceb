"""Near misses: a command or a choice that is almost right is answered with the right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import click


def near_miss(typed: str, known: Iterable[str]) -> str:
    """What to add to an error: the near one, if there is one."""
    near = difflib.get_close_matches(typed, sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class Suggesting(click.Group):
    """A group that suggests the near one of its commands; click does so for options alone."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = near_miss(args[0], self.list_commands(ctx))
            raise click.UsageError(f"{error.message}{hint}", ctx) from error


class OneOf(click.Choice[str]):
    """One of some words, or an error that names the nearest of them."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return super().get_invalid_choice_message(value, ctx) + near_miss(str(value), self.choices)
