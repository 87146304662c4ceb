"""One order's trace: a line a moment, in order of time, and what that amounts to."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from ordersetup.operate.reading import ABSENT
from ordersetup.operate.trace import Event, Moment, Outcome, Trace, is_of_mail
from ordersetup.operate.tracer import Search
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.picture_words import COLUMNS, wrapped

FUNCTION_STYLES = {"ProcessOrder": "cyan", "UpdateInventory": "magenta", "SendEmail": "blue"}
"""One colour each; the name is written out, too."""

_WORDS = {
    Event.ACCEPTED: "accepted, and handed to both workers",
    Event.REFUSED: "could not hand it on: the caller got a 5xx",
    Event.ALERTED: "alert published to OrderProcessingAlerts",
    Event.UNALERTED: "its alert could not be published",
    Event.APPLIED: "applied: taken from stock",
    Event.REPEATED: "applied already: nothing more is taken",
    Event.CONFIRMED: "confirmation published",
    Event.ROWS: "rows",
    Event.RECORD: "record",
}
_STYLES = {
    **dict.fromkeys((Event.FAILED, Event.REFUSED, Event.UNALERTED, Event.RECORD), "red"),
    **dict.fromkeys((Event.APPLIED, Event.CONFIRMED, Event.ROWS), "green"),
}
_VERDICTS = {
    Outcome.APPLIED: "applied",
    Outcome.KEPT: "not applied; kept in OrderProcessingDLQ",
    Outcome.BOTH: "applied, and kept in OrderProcessingDLQ as well: replayed, it takes nothing",
    Outcome.REFUSED: "not taken: nothing of it was handed on for certain",
    Outcome.PENDING: "under way",
    Outcome.LOST: "accepted, and neither applied nor kept",
    Outcome.UNKNOWN: "not known, since not all could be read",
}
_GOOD, _UNSURE = frozenset({Outcome.APPLIED, Outcome.BOTH}), frozenset({Outcome.PENDING})


def tell_trace(search: Search, stack: str, *, json: bool, color: bool) -> None:
    """Write what is known of an order to stdout.

    Args:
        search: what was found.
        stack: the stack's name.
        json: as one JSON object, else for people.
        color: whether colour may be used.
    """
    if json:
        write(trace_fields(search, stack))
        return
    out = console(color=color)
    for line in trace_lines(search):
        out.print(line)


def trace_lines(search: Search) -> Iterator[Text]:
    """The trace for people, within 80 columns."""
    told = search.told
    for moment in told.moments:
        yield from _lines(moment)
    for sentence in (*told.missing, *unread_lines(search)):
        yield from wrapped("? ", "yellow", sentence)
    style = "green" if told.outcome in _GOOD else "yellow" if told.outcome in _UNSURE else "red"
    yield Text.assemble(f"Order {told.order_id}: ", (verdict(told), f"bold {style}"))


def verdict(told: Trace) -> str:
    """What has become of the order, in a sentence."""
    confirmed = {True: "confirmed", False: "not confirmed", None: "not confirmed yet"}
    if told.outcome is Outcome.REFUSED:
        return f"{_VERDICTS[told.outcome]}."
    errors = {m.error for m in told.moments if m.event is Event.RECORD and not is_of_mail(m)}
    named = f" ({', '.join(sorted(errors - {''}))})" if errors - {""} else ""
    return f"{_VERDICTS[told.outcome]}{named}; {confirmed[told.confirmed]}."


def unread_lines(search: Search) -> list[str]:
    """What could not be looked at, a sentence for each source."""
    return [
        f"{name} is not there." if because == ABSENT else f"{name}: {because.rstrip('.')}."
        for name, because in search.unread.items()
    ]


def said(moment: Moment) -> str:
    """A moment in words."""
    attempt = f"attempt {moment.attempt}" if moment.attempt else "an attempt"
    if moment.event is Event.BEGAN:
        return f"{attempt} begins"
    if moment.event is Event.FAILED:
        told = f"{attempt} fails: {moment.error or 'an error without a name'}"
    elif moment.event is Event.SAID:
        return moment.text
    else:
        told = _WORDS[moment.event]
        if moment.error:
            told += f": {moment.error}"
    if not moment.text:
        return told
    return f"{told} ({moment.text})" if moment.error else f"{told}: {moment.text}"


def _lines(moment: Moment) -> Iterator[Text]:
    at = f"{when(moment.at):%Y-%m-%d %H:%M:%S}"
    where = Text(moment.where, FUNCTION_STYLES.get(moment.where, "bold"))
    where.pad_right(_WHERE - where.cell_len)
    head = Text.assemble((at, "dim"), "  ", where, "  ")
    told, style = said(moment), _STYLES.get(moment.event, "")
    if head.cell_len + cell_len(told) <= COLUMNS:
        yield head.append(told, style)
        return
    head.rstrip()
    yield head
    for line in textwrap.wrap(told, COLUMNS - 4, break_on_hyphens=False):
        yield Text(f"    {line}", style)


_WHERE = len("InventoryTransactions")


def when(at: float) -> datetime:
    """A moment in UTC."""
    return datetime.fromtimestamp(at, UTC)


def trace_fields(search: Search, stack: str) -> dict[str, Any]:
    """The trace as documented in docs/json.md."""
    told = search.told
    return {
        "type": "trace",
        "stack": stack,
        "order_id": told.order_id,
        "since": when(search.since).isoformat(timespec="seconds"),
        "outcome": str(told.outcome),
        "confirmed": told.confirmed,
        "moments": [
            {
                "at": when(moment.at).isoformat(timespec="milliseconds"),
                "event": str(moment.event),
                "where": moment.where,
                "attempt": moment.attempt,
                "error": moment.error or None,
                "text": moment.text or None,
            }
            for moment in told.moments
        ],
        "rows": [{"item_id": row.item_id, "quantity": row.quantity} for row in told.rows],
        "missing": list(told.missing),
        "unread": unread_lines(search),
    }
