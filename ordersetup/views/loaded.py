"""A load run: whom it reaches, how it goes, and what came of its orders."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from rich.live import Live
from rich.text import Text

from ordersetup.operate.load import LoadAnnouncement, Progress
from ordersetup.operate.load_result import LoadResult, Stock
from ordersetup.operate.load_tally import OUTCOMES
from ordersetup.views.console import console
from ordersetup.views.context import HoldsNothing, Managed
from ordersetup.views.json_lines import write

REPEAT_SECONDS = 5
"""How often a log is told how it goes; a terminal is told all the time."""


class LoadView(Managed, Protocol):
    """Tells one audience of a run under way; a context manager."""

    def announce(self, announcement: LoadAnnouncement) -> None:
        """What is going to happen."""

    def progress(self, progress: Progress) -> None:
        """How far posting has come."""

    def wait(self, reason: str, seconds: float) -> None:
        """What is waited for after posting."""

    def done(self, result: LoadResult) -> None:
        """What came of it."""


class LoadLines:
    """For people: the result on stdout, how it goes on stderr.

    Args:
        color: whether colour may be used.
        quiet: the result alone.
    """

    def __init__(self, *, color: bool, quiet: bool = False) -> None:
        self._out = console(color=color)
        self._talk = console(color=color, stderr=True, quiet=quiet)
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

    def announce(self, announcement: LoadAnnouncement) -> None:
        """Say it before anything is asked or done."""
        for line in announced(announcement):
            self._talk.print(line, markup=False)

    def progress(self, progress: Progress) -> None:
        """Say how far posting has come."""
        self._say(progress_line(progress))

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for."""
        self._say(f"  {seconds:>5.0f} s  {reason}")

    def done(self, result: LoadResult) -> None:
        """Say what came of it, a line for each number that matters."""
        for line in result_lines(result):
            self._out.print(line, markup=False)
        self._out.print(f"[bold]{verdict(result)}[/bold]")

    def _say(self, line: str) -> None:
        if self._live.is_started:
            self._live.update(Text(line))
        elif time.monotonic() - self._told_at >= REPEAT_SECONDS:
            self._told_at = time.monotonic()
            self._talk.print(line, markup=False)


class LoadJson(HoldsNothing):
    """For programs: what will happen, and what came of it, a JSON line each."""

    def announce(self, announcement: LoadAnnouncement) -> None:
        """Write what is going to happen."""
        plan = announcement.plan
        write(
            {
                "type": "announcement",
                "run": plan.run,
                "count": plan.count,
                "concurrency": plan.concurrency,
                "items": [{"item_id": item, "quantity": number} for item, number in plan.items],
                "messages": [
                    {"topic": a.topic, "subscribers": a.subscribers, "each": a.messages}
                    for a in announcement.audiences
                ],
                "mails": announcement.mails,
                "simulated": announcement.simulated,
            }
        )

    def progress(self, progress: Progress) -> None:
        """How it goes is talk."""

    def wait(self, reason: str, seconds: float) -> None:
        """Waits are talk."""

    def done(self, result: LoadResult) -> None:
        """Write the result."""
        write(load_fields(result))


def announced(announcement: LoadAnnouncement) -> list[str]:
    """What is going to happen, a line for each part."""
    plan = announcement.plan
    wanted = ", ".join(f"{quantity} × {item}" for item, quantity in plan.items)
    told = [
        f"{plan.count} orders of {wanted}, {plan.concurrency} at a time: {plan.order_id(0)} to "
        f"{plan.order_id(plan.count - 1)}."
    ]
    for audience in announcement.audiences:
        people = "subscriber" if audience.subscribers == 1 else "subscribers"
        told.append(
            f"  {audience.topic}: {audience.subscribers} confirmed {people}, {audience.messages}"
        )
    if announcement.mails:
        to = "SES's mailbox simulator" if announcement.simulated else "the address of --email"
        told.append(f"  SES: {announcement.mails} mails to {to}")
    else:
        told.append("  SES: no mail, since the stack has no --sender")
    told.append("  Records of these orders are taken out of the queue again; others stay.")
    return told


def progress_line(progress: Progress) -> str:
    """How far posting has come, in a line."""
    throttled = f", {progress.throttled} throttled" if progress.throttled else ""
    return (
        f"  {progress.sent} of {progress.count} sent, {progress.rate:.0f}/s, "
        f"p50 {_ms(progress.p50)} ms, p99 {_ms(progress.p99)} ms{throttled}"
    )


def result_lines(result: LoadResult) -> list[str]:
    """What came of a run, a line for each number that matters."""
    outcomes = [f"{result.outcomes[o]} {o}" for o in OUTCOMES if result.outcomes.get(o)]
    rate = result.sent / result.seconds if result.seconds else 0
    latency = ", ".join(f"{name} {ms}" for name, ms in latency_fields(result).items())
    rows = [
        ("Sent", f"{result.sent} of {result.plan.count} in {result.seconds:.1f} s, {rate:.0f}/s"),
        ("Answers", ", ".join(outcomes) or "none"),
        ("Latency", f"{latency} ms"),
        ("Applied", f"{result.applied} orders have their transaction rows"),
        ("Kept", f"{result.kept} were in OrderProcessingDLQ{_by_error(result.errors)}"),
        *(("Stock", _stock(stock)) for stock in result.stock),
    ]
    found = (
        (result.missing, "accepted orders are in neither: under way, or lost"),
        (result.twofold, "orders are in both"),
        (result.torn, "orders have some of their rows"),
        (result.recovered, "orders were taken though their answers did not say so"),
        (result.unconfirmed, "orders were not confirmed: SendEmail's events were in the queue"),
    )
    rows += [("", f"{number} {what}") for number, what in found if number]
    return [f"  {label:<10}{text}" for label, text in rows]


def verdict(result: LoadResult) -> str:
    """A run in one sentence."""
    if result.unchecked:
        return f"What became of the orders could not be seen to the end: {result.unchecked}"
    if not result.conserved:
        return "Not proven: see what does not add up above; others may have ordered meanwhile."
    accepted = result.outcomes.get("accepted", 0)
    told = f"Conserved: each of {accepted} accepted orders is in exactly one place, to the piece."
    return told if not result.interrupted else f"Interrupted. {told}"


def load_fields(result: LoadResult) -> dict[str, Any]:
    """The result as documented in docs/json.md."""
    return {
        "type": "load",
        "run": result.plan.run,
        "count": result.plan.count,
        "concurrency": result.plan.concurrency,
        "sent": result.sent,
        "seconds": round(result.seconds, 3),
        "outcomes": {outcome: result.outcomes.get(outcome, 0) for outcome in OUTCOMES},
        "statuses": result.statuses,
        "milliseconds": latency_fields(result),
        "applied": result.applied,
        "kept": result.kept,
        "errors": result.errors,
        "twofold": result.twofold,
        "missing": result.missing,
        "torn": result.torn,
        "recovered": result.recovered,
        "unconfirmed": result.unconfirmed,
        "stock": [
            {
                "item_id": stock.item,
                "before": float(stock.before),
                "after": float(stock.after),
                "taken": stock.taken,
                "conserved": stock.conserved,
            }
            for stock in result.stock
        ],
        "conserved": result.conserved,
        "interrupted": result.interrupted,
        "unchecked": result.unchecked,
    }


def latency_fields(result: LoadResult) -> dict[str, int]:
    """Percentiles of the answers' times, in milliseconds."""
    told = {f"p{percent}": _ms(result.latency.percentile(percent)) for percent in (50, 90, 99)}
    return told | {"max": _ms(result.latency.longest)}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _by_error(errors: Mapping[str, int]) -> str:
    told = ", ".join(f"{number} {error}" for error, number in sorted(errors.items()))
    return f": {told}" if told else ""


def _stock(stock: Stock) -> str:
    told = f"{stock.item} {stock.before} → {stock.after}, {stock.taken} by transaction rows"
    return told if stock.conserved else f"{told}: this does not add up"
