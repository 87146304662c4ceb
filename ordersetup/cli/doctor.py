"""`ordersetup doctor`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.policy import for_commands, open_known
from ordersetup.cli.settings_options import flags, settings

if TYPE_CHECKING:
    from ordersetup.blueprint import Place
    from ordersetup.operate.doctor import Finding


@click.command(epilog="Example:  ordersetup doctor --for provision")
@for_commands
@settings
@shared()
@click.pass_context
def doctor(
    ctx: click.Context, /, wanted: tuple[str, ...], unset: tuple[str, ...], **given: Any
) -> None:
    """Look whether this machine, account and region are fit for the pipeline; nothing is written.

    Credentials, clock, region, endpoints, permissions (asked of IAM's policy simulator, where you
    may), SES sandbox and sender, Lambda's concurrency; each with a remedy. Settings are as with
    `provision`. Exit code 1 when there is a problem.

    With --local the embedded engine's physics are tried out as well, on an engine of its own that
    is gone afterwards: retries, destination, denial, state and ports; and what it does not imitate
    is listed.
    """
    from ordersetup.errors import CannotReachAws
    from ordersetup.operate.doctor import Level, examine, unreached
    from ordersetup.policy import rights
    from ordersetup.views.doctored import tell_doctor

    options = ctx.ensure_object(Options)
    findings: tuple[Finding, ...]
    place: Place | None
    try:
        stack = open_known(options, flags(given), unset)
        place = stack.blueprint.place
        asked = {right for command in wanted for right in rights(command, stack.blueprint)}
        findings = examine(stack.aws, stack.blueprint, asked)
    except CannotReachAws as error:
        place, findings = None, unreached(error, options.region_meant())
    physics, kinder = _physics(options, place)
    findings += physics
    tell_doctor(
        [replace(finding, then=options.pasteable(finding.then)) for finding in findings],
        kinder=kinder,
        place=place,
        stack=options.stack,
        json=options.json,
        color=options.color,
    )
    if any(finding.level is Level.PROBLEM for finding in findings):
        ctx.exit(1)


def _physics(options: Options, place: Place | None) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What the embedded engine does as AWS does, and what not; nothing where it is not used."""
    if not options.local or place is None:
        return (), ()
    from ordersetup.physics import NOT_IMITATED, examine_engine

    if not (options.quiet or options.json):
        click.echo("Trying out an engine of its own, which takes some seconds", err=True)
    return examine_engine(place.region), NOT_IMITATED
