"""Stock: rows as they come, what was set, and how an import goes."""

from __future__ import annotations

import sys
import time
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from rich.live import Live
from rich.text import Text

from ordersetup.operate.stock_import import Imported
from ordersetup.operate.stock_rows import StockRow, StockSet
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.words import counted

REPEAT_SECONDS = 5
"""How often a log is told how it goes; a terminal is told all the time."""


class StockList:
    """Tells of rows one by one, however many there are, and at last how many they were.

    Args:
        json: as JSON lines; else a line a row, the quantity first, so that no width need be known.
    """

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._items = self._unfit = 0

    def row(self, row: StockRow) -> None:
        """Tell of a row."""
        self._items += 1
        self._unfit += bool(row.fault)
        if self._json:
            write({"type": "item", **row_fields(row)})
            return
        quantity = "-" if row.quantity is None else f"{row.quantity:f}"
        remark = f"  ({row.fault})" if row.fault else ""
        _line(f"{quantity:>10}  {shown(row.item_id)}{remark}")

    def missing(self, item: str) -> None:
        """Tell of an item that was asked for and is not there."""
        self.row(StockRow(item, None, "not in stock"))

    def done(self) -> None:
        """Tell how many they were."""
        if self._json:
            write({"type": "stock", "items": self._items, "unfit": self._unfit})
            return
        unfit = f", {self._unfit} that no order can take from" if self._unfit else ""
        _line(f"{counted(self._items, 'item')}{unfit}.")


def tell_set(done: StockSet, *, json: bool) -> None:
    """Tell an item's stock before and now."""
    if json:
        fields = {"before": number(done.before), "quantity": number(done.quantity)}
        write({"type": "item", "item_id": done.item_id, **fields})
        return
    before = "not in stock" if done.before is None else f"{done.before:f}"
    _line(f"{shown(done.item_id)}: {before} → {done.quantity:f}")


def tell_added(item: str, more: int, now: Decimal | None, *, json: bool) -> None:
    """Tell what was added, and the stock after it."""
    if json:
        write({"type": "item", "item_id": item, "added": more, "quantity": number(now)})
        return
    _line(f"{shown(item)}: {more} added, now {'unknown' if now is None else f'{now:f}'}")


class ImportView:
    """Tells how an import goes, and what came of it.

    Args:
        json: the result as a JSON line; else for people.
        color: whether colour may be used.
        quiet: whether only the result is told.
        dry: whether nothing is written.
    """

    def __init__(self, *, json: bool, color: bool, quiet: bool, dry: bool) -> None:
        self._json, self._dry = json, dry
        self._talk = console(color=color, stderr=True, quiet=quiet or json)
        self._live = Live(console=self._talk, transient=True, refresh_per_second=8)
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._talk.is_interactive:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def progress(self, imported: Imported) -> None:
        """Say how far it has come."""
        self._say(f"  {imported.done} of {imported.lines} lines")

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for."""
        self._say(f"  {seconds:>5.0f} s  {reason}")

    def done(self, imported: Imported, then: str) -> None:
        """Tell what came of it, also of one that was cut off.

        Args:
            imported: how far it has come.
            then: how it is completed.
        """
        cut_off = imported.done < imported.lines
        if self._json:
            write(import_fields(imported, dry=self._dry))
        else:
            would = " would be" if self._dry else ""
            _line(
                f"{imported.done} of {counted(imported.lines, 'line')}: {imported.new}{would} new, "
                f"{imported.changed}{would} changed, {imported.same} the same."
            )
        if cut_off and not self._dry:
            self._talk.print(f"The rest is not in. {then}", markup=False)

    def _say(self, line: str) -> None:
        if self._live.is_started:
            self._live.update(Text(line))
        elif time.monotonic() - self._told_at >= REPEAT_SECONDS:
            self._told_at = time.monotonic()
            self._talk.print(line, markup=False)


def row_fields(row: StockRow) -> dict[str, Any]:
    """A row as documented in docs/json.md."""
    return {
        "item_id": row.item_id,
        "quantity": number(row.quantity),
        "fault": row.fault or None,
    }


def import_fields(imported: Imported, *, dry: bool) -> dict[str, Any]:
    """An import as documented in docs/json.md."""
    return {
        "type": "imported",
        "lines": imported.lines,
        "done": imported.done,
        "new": imported.new,
        "changed": imported.changed,
        "same": imported.same,
        "dry_run": dry,
    }


def number(quantity: Decimal | None) -> int | str | None:
    """A quantity for a program: a number if it is whole, else its very digits as a text."""
    if quantity is None:
        return None
    return int(quantity) if quantity == quantity.to_integral_value() else f"{quantity:f}"


def shown(name: str) -> str:
    """A name that anybody may have written, fit for a terminal."""
    return name if name.isprintable() else ascii(name)


def _line(text: str) -> None:
    # Not through a console: there may be a million of them, and none is to be broken or coloured.
    sys.stdout.write(f"{text}\n")
