"""`ordersetup verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared

if TYPE_CHECKING:
    from ordersetup.report import Report
    from ordersetup.stack import Stack
    from ordersetup.views import View

TIMEOUT_SECONDS = 120
GROUPS = (
    *("tables", "queue", "topics", "mail", "role", "logs"),
    *("functions", "async", "api", "cors", "stage"),
)


@click.command(epilog="Example:  ordersetup verify --only async --only stage")
@click.option(
    "--only",
    type=click.Choice(GROUPS),
    multiple=True,
    help="Report this part of the pipeline only; repeatable.",
)
@shared()
@click.pass_context
def verify(ctx: click.Context, /, only: tuple[str, ...]) -> None:
    """Check every documented attribute of the pipeline; nothing is written.

    Retry attempts, the on-failure destination, types, permissions, CORS, and that what the stage
    serves is what is configured. Failing checks come first, each with where to look in the console
    and what to do. A stack that was built by hand is held to the guide alone. Exit code 1 when a
    check fails or could not be made.
    """
    options = ctx.ensure_object(Options)
    with options.view(events=False) as view:
        report = _survey(options, view, options.open(), only)
    from ordersetup.views.reported import tell_report

    tell_report(report, json=options.json, color=options.color, verbose=options.verbose)
    if not report.proven:
        ctx.exit(1)


def _survey(options: Options, view: View, stack: Stack, groups: tuple[str, ...]) -> Report:
    from ordersetup.lifecycle import Lifecycle
    from ordersetup.report import report_on
    from ordersetup.steps.inspections import inspections

    steps = (*stack.steps, *inspections(stack.steps, stack.blueprint))
    lifecycle = Lifecycle(stack.aws, steps, view.on, timeout=options.timeout(TIMEOUT_SECONDS))
    view.begin(f"Verifying the stack {options.stack} in {stack.aws.region}", steps)
    return report_on(stack.aws, stack.blueprint.names.stack, steps, lifecycle.survey(), groups)
