"""`ordersetup explain`."""

from __future__ import annotations

import click

from ordersetup.cli.completing import steps
from ordersetup.cli.options import Options, shared


@click.command(epilog="Example:  ordersetup explain async-invocation/UpdateInventory")
@click.argument("step", nargs=-1, metavar="[STEP]", shell_complete=steps)
@shared()
@click.pass_context
def explain(ctx: click.Context, /, step: tuple[str, ...]) -> None:
    """Tell what a console step is: clicks, link, API calls, checks, waits.

    STEP is a step's key, the beginning of one, or words of its title or of a check, such as
    "retry attempts"; without it all steps are told. Nothing is called, and no credentials are
    needed. Links lead to the region of --region, else to that of your AWS configuration.
    """
    from ordersetup.explain import find, guide
    from ordersetup.views.explained import tell_explained

    options = ctx.ensure_object(Options)
    told = guide(options.stack, options.region_meant())
    if step:
        told = find(told, " ".join(step))
    tell_explained(told, json=options.json, color=options.color)
