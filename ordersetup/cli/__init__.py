"""The command line: the only place that knows click, and the only one that knows exit codes.

0 done, or every check holds; 1 failed, or a check does not hold; 2 bad usage or input, refused
before anything was changed; 3 `plan --exit-code` found changes; 130 interrupted.
"""

from __future__ import annotations

import difflib
from typing import Any

import click

from ordersetup import __version__
from ordersetup.cli.local import local
from ordersetup.cli.options import GLOBAL, Options, shared
from ordersetup.cli.plan import plan
from ordersetup.cli.provision import provision
from ordersetup.cli.send_test_order import send_test_order
from ordersetup.errors import BadInput, OrdersetupError

INTERRUPTED = 130


class Commands(click.Group):
    """A group that suggests the near miss and turns errors into sentences and exit codes."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        options = ctx.ensure_object(Options)
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(INTERRUPTED)
        except OrdersetupError as error:
            if options.debug:
                raise
            options.view().error(error)
            ctx.exit(2 if isinstance(error, BadInput) else 1)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            raise
        except Exception as error:
            if options.debug:
                raise
            from ordersetup.refusals import told

            options.view().error(told(error))
            ctx.exit(1)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it without an account:  ordersetup --local provision",
)
@click.version_option(__version__, prog_name="ordersetup")
@shared(GLOBAL)
def group() -> None:
    """Build the console guide's order pipeline on AWS, step for step, and prove that it works.

    API Gateway takes an order, ProcessOrder hands it to UpdateInventory and SendEmail, and what
    fails for good after two retries is kept in OrderProcessingDLQ. Nothing is ever lost.

    The options below are accepted before and after a command's name, and each has a variable:
    --region is ORDERSETUP_REGION, and so on. The usual AWS variables and profiles work as well.
    """


group.add_command(provision)
group.add_command(plan)
group.add_command(send_test_order)
group.add_command(local)


def main() -> None:
    """Run the command line."""
    group(prog_name="ordersetup")
