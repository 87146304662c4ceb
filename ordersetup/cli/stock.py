"""`ordersetup stock`: the rows of the inventory."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.suggesting import Suggesting

if TYPE_CHECKING:
    from ordersetup.operate.stock import Stock
    from ordersetup.operate.stock_import import Lines

TIMEOUT_SECONDS = 120
IMPORT_SECONDS = 24 * 3600
"""However long the file is; each wait within it has an end of its own."""

STDIN = "-"


@click.group(cls=Suggesting, epilog="Begin with:  ordersetup stock set lamp-1 100")
@shared()
def stock() -> None:
    """List, set, add to and import the rows of the table Inventory."""


@stock.command("list", epilog="Example:  ordersetup stock list lamp-1 desk-1")
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@shared()
@click.pass_context
def list_stock(ctx: click.Context, /, items: tuple[str, ...]) -> None:
    """List what is in stock, all of it or the items named; a row at a time, in no order.

    A row that no order can take from, such as one whose quantity is a String, is told with why.
    Exit code 1 if an item that is named is not in stock.
    """
    from ordersetup.operate.stock_rows import check_item
    from ordersetup.views.stocked import StockList

    options = ctx.ensure_object(Options)
    for item in items:
        check_item(item, "ITEM")
    found = _opened(options)
    view = StockList(json=options.json)
    lacking = False
    for row in found.rows_of(items) if items else found.rows():
        if isinstance(row, str):
            lacking = True
            view.missing(row)
        else:
            view.row(row)
    view.done()
    ctx.exit(1 if lacking else 0)


@stock.command("set", epilog="Example:  ordersetup stock set lamp-1 100")
@click.argument("item", metavar="ITEM")
@click.argument("quantity", metavar="N")
@click.option("--if-now", metavar="M", help="Only if there are M now; else nothing is changed.")
@shared()
@click.pass_obj
def set_stock(options: Options, /, item: str, quantity: str, if_now: str | None) -> None:
    """Set the stock of ITEM to N pieces, whether there is such an item or not.

    Orders that are applied meanwhile are overwritten: with --if-now, nothing is. Setting the same
    number again changes nothing, so it can be repeated.
    """
    from ordersetup.operate.stock_rows import check_item, check_quantity
    from ordersetup.views.stocked import tell_set

    check_item(item, "ITEM")
    wanted = check_quantity(quantity, "N")
    only_if = None if if_now is None else check_quantity(if_now, "--if-now")
    found = _opened(options)
    tell_set(found.set(item, wanted, only_if=only_if), json=options.json)


@stock.command("add", epilog="Example:  ordersetup stock add lamp-1 50")
@click.argument("item", metavar="ITEM")
@click.argument("quantity", metavar="N")
@shared()
@click.pass_obj
def add_stock(options: Options, /, item: str, quantity: str) -> None:
    """Add N pieces to the stock of ITEM, beside the orders that take from it meanwhile.

    The item must be there: a name that is misspelt makes no new one. If an answer of AWS is lost,
    the call is repeated under its token, which DynamoDB applies once. Running the command again
    adds again: look at the stock first if you do not know whether it was done.
    """
    from ordersetup.operate.stock_rows import check_item, check_quantity
    from ordersetup.views.stocked import tell_added

    check_item(item, "ITEM")
    more = check_quantity(quantity, "N", least=1)
    found = _opened(options)
    tell_added(item, more, found.add(item, more), json=options.json)


@stock.command("import", epilog="Example:  ordersetup stock import stock.csv --dry-run")
@click.argument("file", metavar="FILE.csv")
@click.option("--dry-run", is_flag=True, help="Write nothing; tell what would be new and changed.")
@shared()
@click.pass_obj
def import_stock(options: Options, /, file: str, dry_run: bool) -> None:
    """Set the stock of each line of FILE.csv, or of standard input with "-".

    Its first line is item_id,quantity; it is UTF-8. All lines are looked at before the first is
    written: if one is bad, each bad one is named by its number and nothing is written. A line that
    stands already is not written, so running it again completes an import that was cut off. As with
    `stock set`, orders that are applied meanwhile are overwritten.
    """
    from ordersetup.operate.stock_import import Import
    from ordersetup.views.stocked import ImportView

    lines = _lines(file)
    again = f"stock import {shlex.quote(file)}"
    view = ImportView(json=options.json, color=options.color, quiet=options.quiet, dry=dry_run)
    work = Import(_opened(options, again, view.wait, IMPORT_SECONDS), lines)
    try:
        with view:
            work.run(view.progress, dry=dry_run)
    finally:
        rerun = options.pasteable(f"A rerun completes it: ordersetup {again}")
        view.done(work.imported, rerun)


def _lines(file: str) -> Lines:
    """The lines of the file, looked at before anything is called."""
    from ordersetup.errors import BadInput
    from ordersetup.operate.stock_import import read_lines

    if file == STDIN:
        with click.open_file(file, encoding="utf-8-sig") as text:
            return read_lines(text, "standard input")
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as text:
            return read_lines(text, file)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.", "Give another file.") from error


def _opened(
    options: Options,
    again: str = "stock list",
    wait: Callable[[str, float], None] | None = None,
    seconds: float = TIMEOUT_SECONDS,
) -> Stock:
    """The stock of the stack that the options name, once its table was found to be its own."""
    from ordersetup.operate.owned import check_owned
    from ordersetup.operate.stock import Stock

    opened = options.open()
    names, owner = opened.blueprint.names, opened.blueprint.owner.name
    check_owned(opened.aws, opened.steps, owner, [f"table/{names.of('Inventory')}"])
    return Stock(
        opened.aws,
        names,
        wait or (lambda *_: None),
        timeout=options.left(seconds),
        again=f"ordersetup {again}",
    )
