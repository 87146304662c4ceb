"""The dead-letter queue: what is in it, what a replay would meet, and what came of one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from rich.live import Live
from rich.text import Text

from ordersetup.masked import masked, masked_address
from ordersetup.operate.letter_box import HIDDEN_SECONDS, MOST_HELD
from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive import Redriven
from ordersetup.operate.redrive_list import Group, Listing
from ordersetup.operate.what_if import APPLIED, WOULD_APPLY, WOULD_CONFIRM, Verdict
from ordersetup.views.console import console
from ordersetup.views.json_lines import write
from ordersetup.views.listed import age
from ordersetup.views.stocked import shown
from ordersetup.views.words import counted

REPEAT_SECONDS = 5
"""How often a log is told how it goes; a terminal is told all the time."""


class RedriveView:
    """Tells of the letters, how replaying or discarding goes, and what came of it.

    Args:
        json: as JSON lines; else for people.
        color: whether colour may be used.
        quiet: whether how it goes is left out.
    """

    def __init__(self, *, json: bool, color: bool, quiet: bool) -> None:
        self._json = json
        self._out = console(color=color, quiet=json)
        self._talk = console(color=color, stderr=True, quiet=quiet or json)
        self._live = Live(console=self._talk, transient=True, refresh_per_second=8)
        self._told_at = time.monotonic()
        self._seen = 0

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

    def letter(self, letter: Letter, chosen: bool, verdict: Verdict | None) -> None:
        """Tell a program of a letter; people are told of groups."""
        self._seen += 1
        self._say(f"  {counted(self._seen, 'message')} looked at")
        if self._json:
            write({"type": "record", **letter_fields(letter, chosen, verdict)})

    def listed(self, listing: Listing, now: datetime) -> None:
        """Tell people what is in the queue."""
        for line in listing_lines(listing, now):
            self._out.print(line, markup=False)

    def progress(self, redriven: Redriven) -> None:
        """Say how far it has come."""
        self._say(f"  {redriven.done} of {redriven.chosen}")

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for."""
        self._say(f"  {seconds:>5.0f} s  {reason}")

    def done(self, action: str, listing: Listing, redriven: Redriven | None, file: str) -> None:
        """Tell what came of it.

        Args:
            action: list, what-if, replay or discard.
            listing: what was in the queue.
            redriven: what came of it; None where nothing was to be done.
            file: what was discarded to; empty without one.
        """
        if self._json:
            write(result_fields(action, listing, redriven, file))
        elif redriven is not None:
            for line in result_lines(action, redriven, file):
                self._out.print(line, markup=False)

    def _say(self, line: str) -> None:
        if self._live.is_started:
            self._live.update(Text(line))
        elif time.monotonic() - self._told_at >= REPEAT_SECONDS:
            self._told_at = time.monotonic()
            self._talk.print(line, markup=False)


def listing_lines(listing: Listing, now: datetime) -> Iterator[str]:
    """What is in the queue, by error, for people."""
    if not listing.messages:
        yield "OrderProcessingDLQ holds no message that can be received."
    for group in sorted(listing.meant.values(), key=lambda group: -group.count):
        yield f"{group.error} in {group.worker}: {_counted(group, now)}"
        yield from (f"  {_letter(letter, verdict, now)}" for letter, verdict in group.some)
        if (more := group.count - len(group.some)) > 0:
            yield f"  and {more} more (--json tells of each)"
    yield from _remarks(listing, now)


def _remarks(listing: Listing, now: datetime) -> Iterator[str]:
    if listing.messages and not listing.chosen:
        yield "None of its messages is meant and can go again."
    if listing.verdicts:
        told = ", ".join(f"{n} {outcome}" for outcome, n in sorted(listing.verdicts.items()))
        yield f"Replayed now, one after another: {told}."
    if listing.others:
        yield f"{counted(listing.others, 'record')} of other orders, functions or errors stay."
    for group in listing.left.values():
        yield f"Cannot go again: {_counted(group, now)}, {group.error}."
    if listing.of.hidden:
        yield (
            f"Hidden just now, since somebody has received them: {listing.of.hidden} more. What a "
            "run that was killed has hidden is back within 5 minutes."
        )
    if not listing.whole:
        yield _why_not_whole(listing)
    yield from _unreturned(listing.unreturned)


def _why_not_whole(listing: Listing) -> str:
    """What was not seen, and why; the queue has no order, so nobody can go on from there."""
    if listing.messages >= MOST_HELD:
        return (
            f"There may be more than the {listing.messages} looked at, which are all that is held "
            "at once. The next look may meet others: the queue gives them out in no order."
        )
    return (
        f"There may be more than the {listing.messages} looked at: looking took longer than "
        f"messages stay hidden ({HIDDEN_SECONDS // 60} minutes), so those already seen came again."
    )


def _unreturned(number: int) -> Iterator[str]:
    if number:
        yield (
            f"{counted(number, 'message')} could not be given back: hidden from all, and back "
            f"within {HIDDEN_SECONDS // 60} minutes."
        )


def result_lines(action: str, redriven: Redriven, file: str) -> Iterator[str]:
    """What came of a run, for people."""
    total = f"{redriven.done} of {counted(redriven.chosen, 'record')}"
    if action == "discard":
        yield f"{total} written to {file} and taken out of the queue."
        yield (
            "It holds what customers have ordered, and may hold their addresses: only you can "
            "read it."
        )
    else:
        kept = " and kept in the queue" if redriven.kept else ""
        yield f"{total} accepted by Lambda{kept}."
    for why, number in sorted(redriven.refused.items()):
        yield f"{number} left in the queue: {why}."
    for worker, number in sorted(redriven.unsure.items()):
        yield (
            f"{number} of {worker} left in the queue, though Lambda may have taken that: no clear "
            f"answer came, and {_AGAIN[worker]}."
        )
    if redriven.undeleted:
        yield (
            f"{redriven.undeleted} could not be deleted and may be in the queue still; another "
            "replay takes no stock for them, and may send a second mail."
        )
    if redriven.unseen:
        yield f"{redriven.unseen} left in the queue, or taken by somebody else meanwhile."
    if redriven.full:
        yield (
            f"It ended at {MOST_HELD} other messages, which are all that is held at once. The next "
            "run may meet others: the queue gives them out in no order."
        )
    yield from _unreturned(redriven.unreturned)


def letter_fields(letter: Letter, chosen: bool, verdict: Verdict | None) -> dict[str, Any]:
    """A letter as documented in docs/json.md."""
    record = letter.record
    return {
        "message_id": letter.message_id,
        "order_id": letter.order_id,
        "function": letter.worker or None,
        "error": letter.error,
        "condition": shown(record.condition) or None,
        "attempts": record.attempts,
        "sent": _iso(record.at),
        "customer": masked_address(letter.email) or None,
        "chosen": chosen,
        "because": letter.because or None,
        "verdict": verdict.outcome if verdict else None,
        "detail": (masked(verdict.detail) or None) if verdict else None,
    }


def result_fields(
    action: str, listing: Listing, redriven: Redriven | None, file: str
) -> dict[str, Any]:
    """The result as documented in docs/json.md."""
    run = redriven or Redriven(len(listing.chosen))
    return {
        "type": "redrive",
        "action": action,
        "messages": listing.messages,
        "whole": listing.whole,
        "hidden": listing.of.hidden,
        "groups": [_group_fields(group) for group in listing.meant.values()],
        "others": listing.others,
        "left": [_group_fields(group) for group in listing.left.values()],
        "verdicts": dict(listing.verdicts),
        "chosen": run.chosen,
        "done": run.done,
        "kept": run.kept,
        "undeleted": run.undeleted,
        "refused": dict(run.refused),
        "unsure": dict(run.unsure),
        "unseen": run.unseen,
        "unreturned": listing.unreturned + run.unreturned,
        "file": file or None,
        "interrupted": run.interrupted,
    }


def _group_fields(group: Group) -> dict[str, Any]:
    return {
        "error": group.error,
        "function": group.worker or None,
        "count": group.count,
        "oldest": _iso(group.oldest),
    }


def _counted(group: Group, now: datetime) -> str:
    oldest = f", the oldest {_age(group.oldest, now)}" if group.oldest is not None else ""
    return f"{counted(group.count, 'message')}{oldest}"


def _letter(letter: Letter, verdict: Verdict | None, now: datetime) -> str:
    attempts = letter.record.attempts
    words = [
        letter.order_id,
        "" if attempts is None else counted(attempts, "attempt"),
        _age(letter.record.at, now),
        masked_address(letter.email),
        _VERDICTS.get(verdict.outcome, f"{verdict.outcome}: {masked(verdict.detail)}")
        if verdict
        else "",
    ]
    return "  ".join(word for word in words if word)


_AGAIN: Mapping[str, str] = {
    "UpdateInventory": "another replay takes no stock twice",
    "SendEmail": "another replay may send the customer a second mail",
}
"""What replaying does that Lambda has taken already."""

_VERDICTS: Mapping[str, str] = {
    WOULD_APPLY: "would succeed",
    APPLIED: "applied already: a replay takes nothing",
    WOULD_CONFIRM: "would be confirmed, perhaps a second time",
}


def _age(at: float | None, now: datetime) -> str:
    return "" if at is None else age(datetime.fromtimestamp(at, UTC), now)


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
