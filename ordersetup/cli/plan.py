"""`ordersetup plan`."""

from __future__ import annotations

from typing import Any

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.settings_options import flags, settings

TIMEOUT_SECONDS = 120
CHANGES = 3


@click.command(epilog="Example:  ordersetup plan --exit-code --retention-days 90")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there is something to do.")
@click.option(
    "--adopt",
    is_flag=True,
    help="Tell what `provision --adopt` would make of what was not made by ordersetup.",
)
@settings
@shared()
@click.pass_context
def plan(
    ctx: click.Context, /, exit_code: bool, adopt: bool, unset: tuple[str, ...], **given: Any
) -> None:
    """Tell what `provision` would create, change or leave; nothing is written.

    It is the first half of `provision`: the same reading and the same comparison.
    """
    from ordersetup.events import Found
    from ordersetup.lifecycle import Lifecycle, check_survey
    from ordersetup.views.planned import tell_plan

    options = ctx.ensure_object(Options)
    with options.view(events=False) as view:
        stack = options.open(flags(given), unset)
        lifecycle = Lifecycle(
            stack.aws,
            stack.steps,
            view.on,
            timeout=options.left(TIMEOUT_SECONDS),
            adopt=adopt,
        )
        reading = f"Reading {stack.where}"
        view.begin(reading, stack.steps, called="places")
        outcomes = lifecycle.survey()
        check_survey(outcomes)
        lifecycle.refuse_conflicts()
    tell_plan(outcomes, json=options.json, color=options.color, verbose=options.verbose)
    found = (outcome for outcome in outcomes.values() if isinstance(outcome, Found))
    if exit_code and any(outcome.drifted for outcome in found):
        ctx.exit(CHANGES)
