"""`ordersetup verify`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ordersetup.cli.drilling import check_time, hold
from ordersetup.cli.meant import is_mapped, meant, open_meant
from ordersetup.cli.options import Options, shared
from ordersetup.cli.papers import Papers, Surveyed, asked_for, papers
from ordersetup.cli.suggesting import OneOf

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordersetup.events import Event
    from ordersetup.operate.evidence import DrillResult
    from ordersetup.report import Report
    from ordersetup.stack import Stack
    from ordersetup.views import View

TIMEOUT_SECONDS = 120
GROUPS = (
    *("tables", "queue", "topics", "mail", "role", "logs"),
    *("functions", "async", "api", "cors", "stage", "alarms"),
)


@click.command(epilog="Example:  ordersetup verify --only async --only stage")
@click.option(
    "--only",
    type=OneOf(GROUPS),
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
    files = asked_for(ctx, only, quiet=options.quiet or options.json)
    with options.view(events=False) as view:
        stack = open_meant(ctx, options, view)
        if drill:
            check_time(options, stack.aws)
        before = _survey(options, view, stack, only)
    _tell(options, before.report)
    drill = drill and before.report.exists
    held = _drilled(options, stack, before.report, files, ask=not yes) if drill else None
    if not drill:
        files.write_reports(before.report, None)
    elif held is None:
        files.refuse_receipt("the drill was declined")
        ctx.exit(1)
    after = before
    if held is not None and held.proven and files.receipt is not None:
        # The drill proves what runs only if that is the same at its end as it was before it.
        with options.view(events=False) as view:
            after = _survey(options, view, stack, only)
    covers = files.compare(after, json=options.json, color=options.color)
    files.write_receipt(before, after, held)
    if not (before.report.proven and covers and (held is None or held.passed)):
        ctx.exit(1)


def _tell(options: Options, report: Report) -> None:
    from ordersetup.views.reported import tell_report

    tell_report(
        report,
        json=options.json,
        color=options.color,
        verbose=options.verbose,
        quiet=options.quiet,
    )


def _drilled(
    options: Options, stack: Stack, report: Report, files: Papers, *, ask: bool
) -> DrillResult | None:
    """What came of the drill; whatever comes of it, the report is written."""
    held = None
    try:
        held = hold(options, stack, report, ask=ask)
    except BaseException:
        files.refuse_receipt("the drill did not come to its end")
        raise
    finally:
        files.write_reports(report, held)
    return held


def progress(view: View) -> Callable[[Event], None]:
    """What a survey tells on its way: what fails is a finding, and told in the report alone."""
    from ordersetup.events import Failed, Found, Skipped

    def on(event: Event) -> None:
        over = isinstance(event, Failed | Skipped)
        view.on(Found(event.step, (), stands=False) if over else event)

    return on


def _survey(options: Options, view: View, stack: Stack, groups: tuple[str, ...]) -> Surveyed:
    from ordersetup.advice import by_hand_alone, with_near_misses
    from ordersetup.events import Failed
    from ordersetup.lifecycle import Lifecycle
    from ordersetup.receipt import what_runs
    from ordersetup.report import report_on
    from ordersetup.steps.inspections import inspections

    steps = (*stack.steps, *inspections(stack.steps, stack.blueprint))
    seconds = options.left(TIMEOUT_SECONDS)
    lifecycle = Lifecycle(stack.aws, steps, progress(view), timeout=seconds)
    what = "pipeline" if stack.found_from else "stack"
    view.begin(f"Verifying the {what} {stack.label} in {stack.aws.region}", steps, called="places")
    outcomes = lifecycle.survey()
    for outcome in outcomes.values():
        if isinstance(outcome, Failed):
            options.trace(outcome.error)
    whole = report_on(stack.aws, stack.label, steps, outcomes)
    report = report_on(stack.aws, stack.label, steps, outcomes, groups) if groups else whole
    report = with_near_misses(report, whole)
    if is_mapped():
        report = by_hand_alone(report)
    findings = tuple(replace(f, then=options.pasteable(f.then)) for f in report.findings)
    told = replace(report, findings=findings, then=options.pasteable(report.then))
    return Surveyed(told, what_runs(steps, lifecycle.seen))
