"""`ordersetup export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.suggesting import OneOf

if TYPE_CHECKING:
    from ordersetup.views.exported import Told

TIMEOUT_SECONDS = 120


@click.command(epilog="Example:  ordersetup export --format cloudformation --output infra")
@click.option(
    "--format",
    "form",
    type=OneOf(("cloudformation", "terraform")),
    required=True,
    help="In whose words.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("ordersetup-export"),
    show_default=True,
    metavar="DIR",
    help="The folder to write to; made if it is missing.",
)
@click.option(
    "--force", is_flag=True, help="Overwrite what is not ordersetup's, or another stack's export."
)
@shared()
@click.pass_obj
def export(options: Options, /, form: str, output: Path, force: bool) -> None:
    """Write the stack as a CloudFormation template or as Terraform, to move on to either.

    What is written is the stack as it shall be, its remembered settings included, with the
    handlers' zip; and, where the stack stands, what the other tool needs to take it over without
    making anything anew. Nothing is changed in AWS.
    """
    from ordersetup.export.exported import NAMES
    from ordersetup.export.folder import check_folder, write_folder
    from ordersetup.views.exported import tell_exported

    of = options.meant()
    check_folder(output, NAMES[form], of, force=force)
    told = _exported(options, form, output)
    write_folder(output, told.exported.files, NAMES[form], of)
    tell_exported(told, json=options.json, color=options.color)


def _exported(options: Options, form: str, output: Path) -> Told:
    from ordersetup.events import Found
    from ordersetup.export.exported import FORMATS
    from ordersetup.export.identities import identities, sender_is_ours
    from ordersetup.lifecycle import Lifecycle, check_survey
    from ordersetup.standing import missing
    from ordersetup.steps.sender import SenderIdentity
    from ordersetup.views.exported import Told

    with options.view(events=False) as view:
        stack = options.open()
        lifecycle = Lifecycle(
            stack.aws, stack.steps, view.on, timeout=options.left(TIMEOUT_SECONDS)
        )
        reading = f"Reading the stack {options.stack} in {stack.aws.region}"
        view.begin(reading, stack.steps, called="places")
        outcomes = lifecycle.survey()
        check_survey(outcomes)
    gone = missing(outcomes)
    written = [step for step in stack.steps if step.calls.write]
    # Somebody else's SES identity serves as well, and is not ours to give away.
    ours = sender_is_ours(stack.steps, lifecycle.seen)
    steps = [step for step in stack.steps if ours or not isinstance(step, SenderIdentity)]
    found = [outcome for outcome in outcomes.values() if isinstance(outcome, Found)]
    stands = None if gone else identities(stack.steps, lifecycle.seen)
    return Told(
        exported=FORMATS[form](stack.blueprint, steps, stands),
        form=form,
        folder=output,
        names=stack.blueprint.names,
        account=stack.aws.account,
        local=options.local,
        missing=len(gone),
        steps=len(written),
        drifted=sum(bool(outcome.drifted) for outcome in found) if stands else 0,
        again=options.pasteable(f"ordersetup export --format {form}"),
        provision=options.pasteable("ordersetup provision"),
    )
