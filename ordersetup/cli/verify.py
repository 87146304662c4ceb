"""`ordersetup verify`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from ordersetup.cli.drilling import hold
from ordersetup.cli.meant import meant, open_meant
from ordersetup.cli.options import Options, shared
from ordersetup.cli.papers import asked_for, papers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ordersetup.report import Report
    from ordersetup.stack import Stack
    from ordersetup.views import View

TIMEOUT_SECONDS = 120
GROUPS = (
    *("tables", "queue", "topics", "mail", "role", "logs"),
    *("functions", "async", "api", "cors", "stage"),
)


class Surveyed(NamedTuple):
    """The report of a survey, and what it was a report of."""

    report: Report
    running: Mapping[str, object]


@click.command(epilog="Example:  ordersetup verify --only async --only stage")
@click.option(
    "--only",
    type=click.Choice(GROUPS),
    multiple=True,
    help="Report this part of the pipeline only; repeatable.",
)
@click.option(
    "--drill",
    is_flag=True,
    help="Post an order that must fail, and watch its retries, its alerts and its record.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the drill.")
@meant
@papers
@shared()
@click.pass_context
def verify(ctx: click.Context, /, only: tuple[str, ...], drill: bool, yes: bool) -> None:
    """Check every documented attribute of the pipeline; nothing is written.

    Retry attempts, the on-failure destination, types, permissions, CORS, and that what the stage
    serves is what is configured. Failing checks come first, each with where to look in the console
    and what to do. A stack that was built by hand is held to the guide alone. Exit code 1 when a
    check fails or could not be made.

    A stack under other names is found from --url or --function on, by what refers to what; what was
    taken for what is shown first.

    With --drill the failure path is then proven live: it says first what will happen and whom it
    reaches, takes 3 to 4 minutes on Amazon (give up after --timeout, 420 s by default) and some
    seconds with --local, and removes whatever it made.
    """
    options = ctx.ensure_object(Options)
    files = asked_for(ctx, only)
    with options.view(events=False) as view:
        stack = open_meant(ctx, options)
        report, running = _survey(options, view, stack, only)
    from ordersetup.views.drilled import drill_fields
    from ordersetup.views.reported import tell_report

    tell_report(report, json=options.json, color=options.color, verbose=options.verbose)
    files.write_report(report)
    held = hold(options, stack, report, ask=not yes) if drill else None
    if drill and held is None:
        ctx.exit(1)
    files.write_receipt(report, running, drill_fields(held) if held else None)
    covers = files.compare(report, running, json=options.json, color=options.color)
    if not (report.proven and covers and (held is None or held.proven)):
        ctx.exit(1)


def _survey(options: Options, view: View, stack: Stack, groups: tuple[str, ...]) -> Surveyed:
    from ordersetup.lifecycle import Lifecycle
    from ordersetup.receipt import what_runs
    from ordersetup.report import report_on
    from ordersetup.steps.inspections import inspections

    steps = (*stack.steps, *inspections(stack.steps, stack.blueprint))
    lifecycle = Lifecycle(stack.aws, steps, view.on, timeout=options.timeout(TIMEOUT_SECONDS))
    view.begin(f"Verifying the stack {options.stack} in {stack.aws.region}", steps)
    outcomes = lifecycle.survey()
    report = report_on(stack.aws, stack.blueprint.names.stack, steps, outcomes, groups)
    findings = tuple(replace(f, then=options.pasteable(f.then)) for f in report.findings)
    return Surveyed(replace(report, findings=findings), what_runs(steps, lifecycle.seen))
