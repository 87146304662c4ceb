"""`ordersetup audit`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.since import Since

if TYPE_CHECKING:
    from ordersetup.operate.audit import Audit
    from ordersetup.operate.audit_books import Books
    from ordersetup.stack import Stack
    from ordersetup.views.audited import AuditView

TIMEOUT_SECONDS = 3600


@click.command(epilog="Example:  ordersetup audit --since 1d --from monday.json")
@click.option(
    "--since",
    "back",
    type=Since(),
    default="1d",
    show_default=True,
    metavar="SPAN",
    help="Orders accepted since so long ago: 90m, 12h, 7d.",
)
@click.option(
    "--from",
    "earlier",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare the stock with this file that an earlier audit has saved.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what a later audit can compare the stock with.",
)
@shared()
@click.pass_context
def audit(ctx: click.Context, /, back: float, earlier: Path | None, save: Path | None) -> None:
    """Prove that no accepted order was lost: each is in its rows or in the queue, not in both.

    Who was accepted, ProcessOrder's log tells. Orders accepted or tried in the last six minutes may
    be under way. With --from it proves as well that each item's stock has moved by exactly the sum
    of the rows since that file was saved; stock that was put in meanwhile shows as a difference, so
    save a new file after that. It reads everything and changes nothing. Exit code 1 if something
    does not add up.
    """
    from ordersetup.operate.audit_books import as_json, check_same
    from ordersetup.views.audited import AuditView
    from ordersetup.views.report_files import write_text

    options = ctx.ensure_object(Options)
    books = _books(earlier)
    stack = _opened(options)
    if books is not None:
        aws = stack.aws
        check_same(books, stack=options.stack, account=aws.account, region=aws.region)
    view = AuditView(json=options.json, color=options.color, quiet=options.quiet)
    with view:
        found = _audited(options, stack, view, timedelta(seconds=back), books)
    view.done(found)
    if save is not None:
        write_text(save, as_json(found.books), "--save")
        if not options.quiet:
            click.echo(f"The starting point is written: {save}", err=True)
    ctx.exit(0 if found.holds else 1)


def _audited(
    options: Options, stack: Stack, view: AuditView, back: timedelta, books: Books | None
) -> Audit:
    from ordersetup.operate.audit import Auditor
    from ordersetup.operate.letter_box import LetterBox

    # By AWS's clock, since that is what the log's lines bear.
    now = datetime.now(UTC) - timedelta(seconds=stack.aws.clock_ahead or 0)
    box = LetterBox(stack.aws, stack.blueprint.names)
    box.check_stays("ordersetup audit")
    timeout = options.left(TIMEOUT_SECONDS)
    auditor = Auditor(
        stack.aws, stack.blueprint, box, tell=view.progress, wait=view.wait, timeout=timeout
    )
    return auditor.audit(now - back, now, books)


def _books(path: Path | None) -> Books | None:
    from ordersetup.errors import BadInput
    from ordersetup.operate.audit_books import parse

    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BadInput(
            f"--from {str(path)!r} cannot be read: {why}.", "Give a file that --save has written."
        ) from error
    return parse(text, str(path))


def _opened(options: Options) -> Stack:
    """The stack, whose queue and tables stand and are its own."""
    from ordersetup.operate.owned import check_owned

    stack = options.open()
    names = stack.blueprint.names
    keys = [f"queue/{names.of('OrderProcessingDLQ')}"]
    keys += [f"table/{names.of(name)}" for name in ("Inventory", "InventoryTransactions")]
    check_owned(stack.aws, stack.steps, stack.blueprint.owner.name, keys)
    return stack
