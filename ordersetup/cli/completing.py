"""What a shell completes beside commands, options and choices; nothing here calls AWS."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def beginning(texts: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """The texts that begin as what was typed, in whatever case."""
    return [
        CompletionItem(text)
        for text in sorted(texts)
        if text.lower().startswith(incomplete.lower())
    ]


def profiles(
    ctx: click.Context,  # noqa: ARG001 - click's contract
    param: click.Parameter,  # noqa: ARG001 - click's contract
    incomplete: str,
) -> list[CompletionItem]:
    """The profiles of the AWS configuration files."""
    from ordersetup.sdk import profiles as found

    return beginning(found(), incomplete)


def regions(
    ctx: click.Context,  # noqa: ARG001 - click's contract
    param: click.Parameter,  # noqa: ARG001 - click's contract
    incomplete: str,
) -> list[CompletionItem]:
    """The regions that the AWS SDK knows."""
    from ordersetup.sdk import regions as found

    return beginning(found(), incomplete)


def settings(
    ctx: click.Context,  # noqa: ARG001 - click's contract
    param: click.Parameter,  # noqa: ARG001 - click's contract
    incomplete: str,
) -> list[CompletionItem]:
    """The settings that can be unset: whatever the command takes as one."""
    from ordersetup.cli.settings_options import SETTINGS

    return beginning((name.removeprefix("--") for name in SETTINGS), incomplete)


def steps(
    ctx: click.Context,  # noqa: ARG001 - click's contract
    param: click.Parameter,  # noqa: ARG001 - click's contract
    incomplete: str,
) -> list[CompletionItem]:
    """The keys of the guide's steps."""
    from ordersetup.explain import guide
    from ordersetup.settings import DEFAULT_REGION, DEFAULT_STACK

    guided = guide(DEFAULT_STACK, DEFAULT_REGION)
    return beginning((explained.step for explained in guided), incomplete)
