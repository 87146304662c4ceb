"""`ordersetup outputs`."""

from __future__ import annotations

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.suggesting import OneOf

TIMEOUT_SECONDS = 60


@click.command(epilog="Example:  ordersetup outputs --format env > .env")
@click.option(
    "--format",
    "form",
    type=OneOf(("env", "json")),
    default="env",
    show_default=True,
    help="ORDERS_…=… lines for a shell or an .env file, or one JSON object.",
)
@shared()
@click.pass_obj
def outputs(options: Options, /, form: str) -> None:
    """Print the endpoint, the ARNs and the names of a stack that stands; nothing is written.

    The env lines are quoted for a shell: eval "$(ordersetup outputs)" sets them. --json is the same
    as --format json.
    """
    from ordersetup.lifecycle import Lifecycle, check_survey
    from ordersetup.operate.outputs import outputs as gather
    from ordersetup.standing import check_standing
    from ordersetup.views.given_out import tell_outputs

    with options.view(events=False) as view:
        stack = options.open()
        lifecycle = Lifecycle(
            stack.aws, stack.steps, view.on, timeout=options.left(TIMEOUT_SECONDS)
        )
        where = f"the stack {options.stack} in {stack.aws.region}"
        view.begin(f"Reading {where}", stack.steps, called="places")
        outcomes = lifecycle.survey()
        check_survey(outcomes)
        check_standing(outcomes, where.capitalize())
        found = gather(stack.aws, stack.blueprint, stack.steps, lifecycle.seen)
    tell_outputs(found, json=options.json or form == "json")
