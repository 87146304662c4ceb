"""`ordersetup provision`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.settings_options import flags, settings

if TYPE_CHECKING:
    from ordersetup.lifecycle import Outcomes
    from ordersetup.operate.outputs import Outputs
    from ordersetup.stack import Stack
    from ordersetup.views import View

TIMEOUT_SECONDS = 900


@click.command(
    epilog="Example:  ordersetup provision --alert-email ops@example.com --retention-days 90"
)
@settings
@shared()
@click.pass_obj
def provision(options: Options, /, unset: tuple[str, ...], **given: Any) -> None:
    """Build the pipeline, or bring it back to what it shall be.

    Reads first, then writes what differs and nothing else: a second run changes nothing. There is
    no rollback: a run that fails or is interrupted leaves what it has made, and the next one goes
    on from there. Settings are remembered in AWS, so a later plain `provision` keeps them.
    """
    from ordersetup.views.provisioned import tell_provisioned

    with options.view() as view:
        outcomes, found = _provision(options, view, options.open(flags(given), unset))
    tell_provisioned(
        outcomes, found, json=options.json, color=options.color, verbose=options.verbose
    )


def _provision(options: Options, view: View, stack: Stack) -> tuple[Outcomes, Outputs]:
    from ordersetup.corrections import correct
    from ordersetup.lifecycle import Lifecycle, check_steps, check_survey
    from ordersetup.operate.outputs import outputs

    lifecycle = Lifecycle(stack.aws, stack.steps, view.on, timeout=options.timeout(TIMEOUT_SECONDS))
    try:
        view.begin(f"Reading the stack {options.stack} in {stack.aws.region}", stack.steps)
        check_survey(lifecycle.survey())
        lifecycle.refuse_conflicts()
        view.begin("Provisioning", stack.steps)
        outcomes = lifecycle.provision()
    except KeyboardInterrupt:
        view.say(options.pasteable(lifecycle.interrupted()))
        raise
    check_steps(outcomes)
    if options.local:
        correct(stack.aws, stack.blueprint)
    return outcomes, outputs(stack.aws, stack.blueprint, stack.steps, lifecycle.seen)
