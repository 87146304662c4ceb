"""What is known of one order, in order of time, and what that amounts to; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ordersetup.masked import masked
from ordersetup.operate.drill_log import Line
from ordersetup.operate.drill_records import Record
from ordersetup.operate.log_entry import Entry, Kind, printable, read_entry

LATE_SECONDS = 120
"""Logs may come so late."""

FAILING_SECONDS = 360
"""So long at worst a failing event takes to its record."""

LONGEST_TEXT = 300


class Event(StrEnum):
    """What may happen to an order."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """ProcessOrder could not hand it on; the caller got a 5xx."""
    BEGAN = "began"
    FAILED = "failed"
    ALERTED = "alerted"
    UNALERTED = "alert failed"
    APPLIED = "applied"
    REPEATED = "applied already"
    CONFIRMED = "confirmed"
    ROWS = "rows"
    RECORD = "record"
    SAID = "said"
    """A line of somebody else's function that names it."""


@dataclass(frozen=True)
class Moment:
    """Something that happened to the order.

    Args:
        at: when, in seconds since 1970.
        event: what.
        where: the guide's name of the function, table or queue.
        attempt: which of the function's attempts; None if it is about none.
        error: the error's name; empty if it is about none.
        text: what else there is to say; no address.
    """

    at: float
    event: Event
    where: str
    attempt: int | None = None
    error: str = ""
    text: str = ""


@dataclass(frozen=True)
class Row:
    """A row that the order has in InventoryTransactions."""

    item_id: str
    quantity: str
    at: float | None = None


@dataclass(frozen=True)
class Found:
    """What the sources have of an order.

    Args:
        lines: of each function, its log's lines.
        rows: those of InventoryTransactions.
        records: those of the dead-letter queue.
    """

    lines: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    records: Sequence[Record] = ()


class Outcome(StrEnum):
    """Where an order has ended."""

    APPLIED = "applied"
    KEPT = "kept"
    BOTH = "both"
    REFUSED = "refused"
    PENDING = "pending"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Trace:
    """All there is to tell of an order.

    Args:
        moments: what happened, in order of time.
        rows: its rows.
        outcome: where it has ended.
        confirmed: whether its customer's confirmation was published; None if that may yet come.
        missing: what is expected and not found, a sentence each.
    """

    order_id: str
    moments: tuple[Moment, ...]
    rows: tuple[Row, ...]
    outcome: Outcome
    confirmed: bool | None
    missing: tuple[str, ...] = ()


def trace(order_id: str, found: Found, now: float, unread: Iterable[str] = ()) -> Trace:
    """Put together what was found.

    Args:
        order_id: the order.
        found: what the sources have.
        now: seconds since 1970.
        unread: the sources that could not be read: what is not found may be there.
    """
    moments = [m for name, lines in found.lines.items() for m in _of_function(name, lines)]
    moments += [_of_record(record, now) for record in found.records]
    moments += _of_rows(found.rows, moments)
    moments.sort(key=lambda moment: moment.at)
    outcome = _outcome(moments, now, frozenset(unread))
    confirmed = _confirmed(moments, now)
    told = Trace(order_id, tuple(moments), tuple(found.rows), outcome, confirmed)
    return replace(told, missing=tuple(_missing(told, now, frozenset(unread))))


_SAID = {
    **{event.value: event for event in (Event.ACCEPTED, Event.APPLIED, Event.REPEATED)},
    **{event.value: event for event in (Event.CONFIRMED, Event.ALERTED, Event.UNALERTED)},
}


class _Runs:
    """The attempts of a function, told apart by their beginnings: a request id may have several."""

    def __init__(self, where: str) -> None:
        self.moments: list[Moment] = []
        self._where = where
        self._count = 0
        self._of: dict[str, int] = {}
        self._failed: dict[int, int] = {}

    def begin(self, at: float, request_id: str) -> None:
        """An attempt begins."""
        self._count += 1
        self._of[request_id] = self._count
        self.add(at, Event.BEGAN, request_id)

    def add(
        self, at: float, event: Event, request_id: str, error: str = "", text: str = ""
    ) -> None:
        """Something else happens in the attempt under way."""
        attempt = self._of.get(request_id)
        self.moments.append(Moment(at, event, self._where, attempt, error, _shown(text)))

    def fail(self, at: float, request_id: str, error: str, text: str = "") -> None:
        """The attempt fails: told by the handler, by the runtime and by the platform, but once."""
        attempt = self._of.get(request_id, 0)
        place = self._failed.get(attempt)
        if place is None:
            self._failed[attempt] = len(self.moments)
            self.add(at, Event.FAILED, request_id, error, text)
            return
        former = self.moments[place]
        self.moments[place] = replace(
            former, error=former.error or error, text=former.text or _shown(text)
        )


def _of_function(where: str, lines: Sequence[Line]) -> Iterator[Moment]:
    runs = _Runs(where)
    for line in lines:
        _note(runs, where, line, read_entry(line.message))
    yield from runs.moments


def _note(runs: _Runs, where: str, line: Line, entry: Entry) -> None:
    at, owner, error = line.at, entry.request_id, entry.facts.get("error", "")
    entrance = where == "ProcessOrder"
    if entry.kind is Kind.START and not entrance:
        runs.begin(at, owner)
    elif entry.kind is Kind.SAID:
        _note_said(runs, line, entry, Event.REFUSED if entrance else Event.FAILED)
    elif error:
        runs.fail(at, owner, error, entry.text if entry.kind is Kind.ERROR else "")


def _note_said(runs: _Runs, line: Line, entry: Entry, failure: Event) -> None:
    owner, error = entry.request_id, entry.facts.get("error", "")
    if entry.text == "failed" and failure is Event.FAILED:
        runs.fail(line.at, owner, error)
    elif entry.text == "failed":
        runs.add(line.at, failure, owner, error)
    elif event := _SAID.get(entry.text):
        runs.add(line.at, event, owner, error)
    elif entry.text != "attempt":
        runs.add(line.at, Event.SAID, owner, text=line.message)


def _shown(text: str) -> str:
    told: str = masked(printable(" ".join(text.split())))
    return told if len(told) <= LONGEST_TEXT else f"{told[:LONGEST_TEXT]}…"


def _of_record(record: Record, now: float) -> Moment:
    at = now if record.at is None else record.at
    text = ", ".join(part for part in (record.function, record.condition) if part)
    return Moment(at, Event.RECORD, _QUEUE, error=record.error, text=text)


def _of_rows(rows: Sequence[Row], moments: Sequence[Moment]) -> Iterator[Moment]:
    """The rows, when they were written: they bear the moment just before their acceptance."""
    if not rows:
        return
    applied = [moment.at for moment in moments if moment.event is Event.APPLIED]
    accepted = [moment.at for moment in moments if moment.event is Event.ACCEPTED]
    at = applied[0] if applied else max([*accepted, *(row.at or 0 for row in rows)])
    text = ", ".join(f"{row.item_id} × {row.quantity}" for row in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    yield Moment(at, Event.ROWS, _ROWS, text=_shown(text) + more)


def is_of_mail(moment: Moment) -> bool:
    """Whether a record is of an event of SendEmail's."""
    return moment.event is Event.RECORD and moment.text.partition(",")[0].endswith("SendEmail")


def _outcome(moments: Sequence[Moment], now: float, unread: frozenset[str]) -> Outcome:
    events = {moment.event for moment in moments if not is_of_mail(moment)}
    kept = Event.RECORD in events
    # Where the rows may not be read, what the function has logged of them must do.
    if Event.ROWS in events or (_ROWS in unread and events & _TAKEN):
        return Outcome.BOTH if kept else Outcome.APPLIED
    if kept:
        return Outcome.KEPT
    if not events - {Event.REFUSED, Event.SAID}:
        return Outcome.REFUSED if Event.REFUSED in events else Outcome.UNKNOWN
    if now - moments[-1].at <= FAILING_SECONDS:
        return Outcome.PENDING
    return Outcome.UNKNOWN if unread & {_ROWS, _QUEUE} else Outcome.LOST


_ROWS, _QUEUE = "InventoryTransactions", "OrderProcessingDLQ"
_TAKEN = frozenset({Event.APPLIED, Event.REPEATED})


def _confirmed(moments: Sequence[Moment], now: float) -> bool | None:
    if any(moment.event is Event.CONFIRMED for moment in moments):
        return True
    kept = any(is_of_mail(moment) for moment in moments)
    late = not moments or now - moments[-1].at > FAILING_SECONDS
    return False if kept or late else None


def _missing(told: Trace, now: float, unread: frozenset[str]) -> Iterator[str]:
    events = {moment.event for moment in told.moments}
    of_mail = any(is_of_mail(moment) for moment in told.moments)
    expected = (
        ("ProcessOrder", "its acceptance", Event.ACCEPTED not in events),
        (
            "UpdateInventory",
            "the attempt that has applied it",
            Event.ROWS in events and not events & _TAKEN,
        ),
        ("SendEmail", "its confirmation", not told.confirmed and not of_mail),
    )
    lacking = [what for source, what, lacks in expected if lacks and source not in unread]
    last = told.moments[-1].at if told.moments else now
    if lacking:
        why = _LATE if now - last <= LATE_SECONDS else "a log is kept for its retention only"
        yield f"Not in the logs: {', '.join(lacking)}; {why}."
    if sentence := _NEITHER.get(told.outcome):
        yield sentence
    if events & _TAKEN and Event.ROWS not in events and _ROWS not in unread:
        yield "It was applied and has no rows: somebody has removed them."


_LATE = "they may come up to 2 minutes late"
_NEITHER = {
    Outcome.PENDING: "Neither rows nor a record yet: a failed attempt is followed by others 1 and "
    "then 2 minutes later, and by the record within 6 minutes.",
    Outcome.LOST: "Neither rows nor a record: a throttled event may wait for up to 6 hours, and "
    "somebody may have taken the record out of the queue.",
}
