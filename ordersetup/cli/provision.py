"""`ordersetup provision`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ordersetup.cli.adopting import Wish, adopting, agreed, saved
from ordersetup.cli.options import Options, shared
from ordersetup.cli.settings_options import flags, settings
from ordersetup.cli.watching import watch_handlers, watching

if TYPE_CHECKING:
    from ordersetup.adoption import Adoption
    from ordersetup.lifecycle import Lifecycle, Outcomes
    from ordersetup.operate.foresight import Foresight
    from ordersetup.operate.outputs import Outputs
    from ordersetup.stack import Stack
    from ordersetup.views import View

TIMEOUT_SECONDS = 900
COMPARING_SECONDS = 15
"""For a look at what the stage serves, when a run has failed and somebody waits for its result."""


@click.command(epilog="Example:  ordersetup provision --alert-email ops@example.com")
@adopting
@watching
@settings
@shared()
@click.pass_context
def provision(
    ctx: click.Context,
    /,
    adopt: bool,
    yes: bool,
    save_to: Path | None,
    unset: tuple[str, ...],
    **given: Any,
) -> None:
    """Build the pipeline, or bring it back to what it shall be.

    Reads first, then writes what differs and nothing else: a second run changes nothing. There is
    no rollback: a run that fails or is interrupted leaves what it has made, and the next one goes
    on from there. Settings are remembered in AWS, so a later plain `provision` keeps them.

    What has the right name and was not made by ordersetup stops it before the first write. With
    --adopt that is shown; after a yes, code and policies are saved, and it is tagged and repaired.

    With --watch it stays, and puts live what is saved in the handlers' folder and Python can read;
    Ctrl-C ends it with exit code 130, --timeout with 0.
    """
    options = ctx.ensure_object(Options)
    wish = Wish.of(adopt=adopt, yes=yes, save_to=save_to)
    view = options.view()
    with view:
        stack = options.open(flags(given), unset)
        foresight = _foresight(ctx, stack)
        lifecycle = _survey(options, view, stack, wish)
        adoption = _adoption(stack, lifecycle) if wish.adopt else None
    folder = agreed(options, wish, adoption, stack.aws) if adoption else None
    if adoption and folder is None:
        ctx.exit(1)
    with view:
        if adoption and wish.asks:
            # Whoever was asked has agreed to what was shown, however long that took.
            lifecycle = _survey(options, view, stack, wish, adoption)
        left = saved(adoption, folder) if adoption and folder else ()
        outcomes, found = _provision(options, view, stack, lifecycle, foresight)
    _tell(options, outcomes, replace(found, by_hand=(*left, *found.by_hand)))
    watch_handlers(ctx, stack)


def _tell(options: Options, outcomes: Outcomes, found: Outputs) -> None:
    from ordersetup.views.provisioned import tell_provisioned

    tell_provisioned(
        outcomes,
        found,
        json=options.json,
        color=options.color,
        verbose=options.verbose,
        pasteable=options.pasteable,
    )


def _survey(
    options: Options, view: View, stack: Stack, wish: Wish, agreed_to: Adoption | None = None
) -> Lifecycle:
    """Read everything, and refuse what must not be touched."""
    from ordersetup.lifecycle import Lifecycle, check_survey

    seconds = options.left(TIMEOUT_SECONDS)
    lifecycle = Lifecycle(stack.aws, stack.steps, view.on, timeout=seconds, adopt=wish.adopt)
    with _interruptible(options, view, lifecycle):
        reading = f"Reading {stack.where}"
        view.begin(reading, stack.steps, called="places")
        check_survey(lifecycle.survey())
        lifecycle.refuse_conflicts()
    if agreed_to is not None:
        from ordersetup.adoption import check_unchanged

        check_unchanged(agreed_to, lifecycle.found)
    return lifecycle


def _adoption(stack: Stack, lifecycle: Lifecycle) -> Adoption | None:
    from ordersetup.adoption import adoption_of

    return stack.aws.ask(
        lambda: adoption_of(stack.aws, lifecycle.found), "Reading what is taken over"
    )


def _foresight(ctx: click.Context, stack: Stack) -> Foresight:
    """Begin to ask what the caller may do, while the survey reads."""
    from ordersetup.operate.foresight import Foresight
    from ordersetup.permissions import rights_to_make

    asked = rights_to_make(stack.steps, stack.blueprint)
    foresight = Foresight(stack.aws, asked, stack.blueprint)
    ctx.call_on_close(foresight.drop)
    return foresight


def _refuse_lacking(
    options: Options, view: View, stack: Stack, lifecycle: Lifecycle, foresight: Foresight
) -> None:
    """Refuse to begin what the caller may not finish."""
    from ordersetup.permissions import rights_to_make

    absent = [step for step in stack.steps if lifecycle.seen.find(step) is None]
    untold = foresight.refuse_lacking(rights_to_make(absent, stack.blueprint))
    if untold and options.verbose:
        view.say(f"Whether you may make all this could not be asked beforehand: {untold}")


def _provision(
    options: Options, view: View, stack: Stack, lifecycle: Lifecycle, foresight: Foresight
) -> tuple[Outcomes, Outputs]:
    from ordersetup.corrections import correct
    from ordersetup.errors import StepsFailed
    from ordersetup.lifecycle import check_steps
    from ordersetup.operate.outputs import outputs

    with _interruptible(options, view, lifecycle):
        _refuse_lacking(options, view, stack, lifecycle, foresight)
        view.begin("Provisioning", stack.steps)
        outcomes = lifecycle.provision()
    try:
        check_steps(outcomes)
    except StepsFailed as failed:
        failed.details += _unserved(options, stack)
        raise
    if options.local:
        correct(stack.aws, stack.blueprint)
    return outcomes, outputs(stack.aws, stack.blueprint, stack.steps, lifecycle.seen)


def _unserved(options: Options, stack: Stack) -> tuple[str, ...]:
    """What to say if the stage serves something else than is configured; reads only."""
    from ordersetup.serving import unserved

    seconds = options.left(COMPARING_SECONDS)
    otherwise = unserved(stack, timeout=seconds) if seconds else ()
    if not otherwise:
        return ()
    return (
        f"The stage does not serve what is configured: {', '.join(otherwise)}.",
        "Callers get what was deployed last; the run that comes to its end deploys the rest.",
    )


@contextmanager
def _interruptible(options: Options, view: View, lifecycle: Lifecycle) -> Iterator[None]:
    """Say what stands, if a run is interrupted, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        view.say(options.pasteable(lifecycle.interrupted()))
        raise
