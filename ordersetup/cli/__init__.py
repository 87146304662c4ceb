"""The command line: the only place that knows click, and the only one that knows exit codes.

0 done, or every check holds; 1 failed, or a check does not hold; 2 bad usage or input, refused
before anything was changed; 3 `plan --exit-code` found changes; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click

from ordersetup import __version__
from ordersetup.cli.audit import audit
from ordersetup.cli.doctor import doctor
from ordersetup.cli.explain import explain
from ordersetup.cli.export import export
from ordersetup.cli.list import list_stacks
from ordersetup.cli.local import local
from ordersetup.cli.logs import logs
from ordersetup.cli.options import GLOBAL, Options, shareable, shared
from ordersetup.cli.outputs import outputs
from ordersetup.cli.plan import plan
from ordersetup.cli.policy import policy
from ordersetup.cli.provision import provision
from ordersetup.cli.prune import prune
from ordersetup.cli.redrive import redrive
from ordersetup.cli.send_test_order import send_test_order
from ordersetup.cli.status import status
from ordersetup.cli.stock import stock
from ordersetup.cli.streams import Outliving, degrade, refused
from ordersetup.cli.suggesting import Suggesting
from ordersetup.cli.teardown import teardown
from ordersetup.cli.trace import trace
from ordersetup.cli.variables import emptied, name_variables, unknown
from ordersetup.cli.verify import verify
from ordersetup.errors import BadInput

INTERRUPTED = 130

_ARGS = "ordersetup.args"


class UsageLine(click.ClickException):
    """A usage error, told to a program: a line of JSON instead of click's words."""

    exit_code = 2

    def __init__(self, message: str, then: str) -> None:
        super().__init__(message)
        self._then = then

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's contract
        from ordersetup.views.json_lines import JsonLines

        JsonLines().error(BadInput(self.message, self._then))


@contextmanager
def usage_errors(args: Sequence[str]) -> Iterator[None]:
    """Tell usage errors as JSON where that is asked for; the options cannot be asked yet."""
    try:
        yield
    except click.UsageError as error:
        said = shareable(error.format_message())
        if "--json" not in args:
            raise click.UsageError(said, error.ctx) from error
        command = error.ctx.command_path if error.ctx else "ordersetup"
        raise UsageLine(said, f"See: {command} --help") from error


class Commands(Suggesting):
    """The group that turns errors into sentences and exit codes."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        given = tuple(args)
        with usage_errors(given):
            if not extra.get("resilient_parsing") and (name := emptied(self, given)):
                raise click.UsageError(
                    f"{name} '' is not accepted. Give it a value, or leave it out."
                )
            context = super().make_context(info_name, args, parent, **extra)
        context.meta[_ARGS] = given
        return context

    def invoke(self, ctx: click.Context) -> Any:
        if not {"-q", "--quiet"} & set(ctx.meta[_ARGS]):
            for doubt in unknown(self, os.environ):
                click.echo(f"Warning: {doubt}", err=True)
        try:
            with usage_errors(ctx.meta[_ARGS]):
                return super().invoke(ctx)
        except click.Abort:
            # Every question is asked before anything is done.
            click.echo(err=True)
            ctx.ensure_object(Options).view().say("Interrupted; nothing was changed.")
            ctx.exit(INTERRUPTED)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the border to a person
            ctx.exit(_tell(error, ctx.ensure_object(Options)))


def _tell(error: Exception, options: Options) -> int:
    """Say what went wrong; the exit code."""
    from ordersetup.refusals import misread, told

    options.trace(error)
    said = told(misread(error))
    said.happened, said.then = shareable(said.happened), shareable(options.pasteable(said.then))
    said.details = tuple(shareable(line) for line in said.details)
    options.view().error(said)
    return 2 if isinstance(error, BadInput) else 1


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it without an account:  ordersetup --local provision",
)
@click.version_option(__version__, prog_name="ordersetup", allow_from_autoenv=False)
@shared(GLOBAL)
def group() -> None:
    """Build the console guide's order pipeline on AWS, step for step, and prove that it works.

    API Gateway takes an order, ProcessOrder hands it to UpdateInventory and SendEmail, and what
    fails for good after two retries is kept in OrderProcessingDLQ. Nothing is ever lost.

    The options below are accepted before and after a command's name, and each has a variable:
    --region is ORDERSETUP_REGION, and so on. A command's own options have one with its name in it,
    such as ORDERSETUP_STATUS_WATCH; --yes and whatever may lose something must be typed. The usual
    AWS variables and profiles work as well.
    """


group.add_command(provision)
group.add_command(plan)
group.add_command(verify)
group.add_command(explain)
group.add_command(policy)
group.add_command(doctor)
group.add_command(send_test_order)
group.add_command(stock)
group.add_command(redrive)
group.add_command(audit)
group.add_command(list_stacks)
group.add_command(status)
group.add_command(trace)
group.add_command(logs)
group.add_command(prune)
group.add_command(teardown)
group.add_command(outputs)
group.add_command(export)
group.add_command(local)
name_variables(group)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        degrade(stream)
    out = Outliving(sys.stdout)
    sys.stdout, sys.stderr = out, Outliving(sys.stderr)
    try:
        group(prog_name="ordersetup")
    except SystemExit as end:
        out.flush()
        if out.failure is None:
            raise
        click.echo(f"Error: {refused(out.failure)}", err=True)
        raise SystemExit(end.code or 1) from end
