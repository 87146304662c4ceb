"""The logs of the functions, interleaved by time, once or as they grow; in bounded memory."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.operate.log_entry import read_entry
from ordersetup.operate.log_tail import LogEvent, LogTail
from ordersetup.operate.reading import ABSENT, Reading, unread
from ordersetup.permissions import Uses
from ordersetup.refusals import AWS_ERRORS

FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")

USES: Uses = {"logs:FilterLogEvents": FUNCTIONS}
"""What reading the logs calls."""

_HANDED_ON = {"update_inventory": "UpdateInventory", "send_email": "SendEmail"}
"""Facts by which ProcessOrder logs the request ids that Lambda gave to the events it made."""


class LogReader:
    """Reads the logs of a stack's functions.

    Args:
        aws: where.
        blueprint: the stack; its names alone matter.
        functions: the guide's names of those that are wanted.
        back: how many seconds back to begin.
        order_id: the order whose lines are wanted alone.
        now: tells the seconds since 1970.

    Attributes:
        unread: what of the last look could not be read, by function.
    """

    def __init__(
        self,
        aws: Aws,
        blueprint: Blueprint,
        functions: Sequence[str],
        back: float,
        order_id: str | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._aws = aws
        self._now = now
        self.since = now() - back
        groups = dict(zip(FUNCTIONS, (f.log_group for f in blueprint.functions), strict=True))
        self._tails = {
            name: LogTail(aws, name, groups[name], int(self.since * 1000), order_id=order_id)
            for name in functions
        }
        self._of_order = order_id is not None
        self.unread: dict[str, Reading[None]] = {}

    def look(self) -> Iterator[LogEvent]:
        """What has not been told yet; the logs of all functions, in order of time."""
        self.unread = {}
        looks = (self._look(tail) for tail in self._tails.values())
        if not self._of_order:
            # Of each log no more than a page is held.
            yield from heapq.merge(*looks, key=_at)
            return
        events: list[LogEvent] = []
        for some in looks:
            for event in some:
                self._hand_on(event)
                events.append(event)
        yield from sorted(events, key=_at)

    @property
    def named(self) -> str:
        """The functions, for a sentence."""
        return " or ".join(self._tails)

    @property
    def is_absent(self) -> bool:
        """Whether the last look has found none of the logs."""
        found = [self.unread.get(name) for name in self._tails]
        return all(reading is not None and reading.absent for reading in found)

    @property
    def refusal(self) -> Exception | None:
        """Why the last look could read none of the logs; None if it could read one."""
        found = [self.unread.get(name) for name in self._tails]
        errors = [reading.error for reading in found if reading is not None]
        lacking = len(errors) == len(found)
        return next((e for e in errors if e is not None), None) if lacking else None

    def _look(self, tail: LogTail) -> Iterator[LogEvent]:
        """A log's news; one that cannot be read leaves the others to be told."""
        try:
            yield from tail.look(int(self._now() * 1000))
        except self._aws.logs.exceptions.ResourceNotFoundException:
            self.unread[tail.function] = Reading(because=ABSENT)
        except AWS_ERRORS as error:
            self.unread[tail.function] = unread(error)

    def _hand_on(self, event: LogEvent) -> None:
        facts = read_entry(event.message).facts
        for name, function in _HANDED_ON.items():
            if name in facts and function in self._tails:
                self._tails[function].belongs(facts[name])


def _at(event: LogEvent) -> int:
    return event.at_ms
