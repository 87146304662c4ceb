"""An audit: every accepted order ended in its rows or in the dead-letter queue, and stock adds up.

Read in an order in which nothing that moves meanwhile is taken for lost: acceptances first, then
the rows, then the queue; and who is found nowhere is looked for once more.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.errors import BadInput
from ordersetup.operate.audit_books import Books, Difference, Range, differences, ranges
from ordersetup.operate.audit_read import Reading, Tell
from ordersetup.operate.drill_records import ORDER_PREFIX
from ordersetup.operate.letter_box import Box
from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive_list import Choice, look_through
from ordersetup.operate.what_if import Verdict
from ordersetup.patience import Say

UNDER_WAY = timedelta(minutes=6)
"""So long the two retries and the record may take."""

HELD_BACK = timedelta(hours=6)
"""So long Lambda keeps an event that a throttle does not let run."""

_TEST = re.compile(rf"{ORDER_PREFIX}[0-9a-f]{{12}}|test-[0-9a-f]{{12}}-[0-9]+")
"""The order of a drill, and one of a load run."""


@dataclass(frozen=True)
class Missing:
    """An accepted order that is found nowhere.

    Args:
        order_id: the order.
        accepted: when it was accepted last, seconds since 1970.
        perhaps_held_back: whether Lambda may still hold it back, as it does under a throttle.
    """

    order_id: str
    accepted: float
    perhaps_held_back: bool


@dataclass
class Audit:
    """What an audit has found.

    Args:
        stack: whose.
        account: where.
        region: where.
        since: accepted from here on: as asked, or since there is a log of it.
        until: accepted until here.
        accepted: how many orders were accepted.
        repeated: how many acceptances were of an order accepted before.
        applied: how many of them have rows.
        kept: how many of them are in the queue, by error.
        under_way: how many are in neither, and may still be.
        tests: how many in neither are of drills and load runs, which take their records out.
        missing: those in neither that should not be.
        twofold: those in both.
        unaccepted: orders of that time with rows, and no acceptance in the log.
        unconfirmed: how many events of SendEmail are in the queue.
        unseen: how many messages of the queue could not be looked at, about.
        items: stock and rows together, by item.
        below: items of which there are fewer than none.
        then: when the books compared with were written; empty without any.
        differences: items that have become more or fewer since, rows apart.
    """

    stack: str
    account: str
    region: str
    since: datetime
    until: datetime
    accepted: int = 0
    repeated: int = 0
    applied: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    tests: int = 0
    missing: list[Missing] = field(default_factory=list)
    twofold: list[str] = field(default_factory=list)
    unaccepted: list[str] = field(default_factory=list)
    unconfirmed: int = 0
    unseen: int = 0
    items: dict[str, Range] = field(default_factory=dict)
    below: list[str] = field(default_factory=list)
    then: str = ""
    differences: list[Difference] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was found that should not be."""
        # Rows without a single acceptance: the log is not what an audit takes it for.
        deaf = bool(self.unaccepted) and not self.accepted
        return not (deaf or self.missing or self.twofold or self.below or self.differences)

    @property
    def books(self) -> Books:
        """What a later audit can compare with."""
        at = self.until.isoformat(timespec="seconds")
        return Books(self.stack, self.account, self.region, at, self.items)


class Auditor:
    """Holds an audit.

    Args:
        aws: where.
        blueprint: the stack.
        box: its dead-letter queue.
        tell: is told what is read.
        wait: is told of each wait.
        timeout: seconds for all of it.
    """

    def __init__(
        self, aws: Aws, blueprint: Blueprint, box: Box, *, tell: Tell, wait: Say, timeout: float
    ) -> None:
        self._aws = aws
        self._stack = blueprint.names.stack
        self._box = box
        self._tell = tell
        self._reading = Reading(aws, blueprint, tell, wait, timeout=timeout)

    def audit(self, since: datetime, now: datetime, earlier: Books | None = None) -> Audit:
        """Read everything, and judge it.

        Args:
            since: accepted from here on.
            now: by AWS's clock.
            earlier: what the stock is compared with; None if there is nothing.

        Raises:
            BadInput: the log is not kept for so long.
        """
        aws, reading = self._aws, self._reading
        log_begins = self._log_begins(since, now)
        audit = Audit(self._stack, aws.account, aws.region, max(since, log_begins), now)
        before = reading.stock()
        accepted, audit.repeated = reading.accepted(audit.since, now)
        booked = reading.booked(accepted, audit.since)
        after = reading.stock()
        kept = self._kept(audit, accepted)
        self._judge(audit, accepted, booked.orders, kept)
        audit.unaccepted = sorted(booked.unaccepted)
        audit.items = ranges(before, booked.pieces, after)
        audit.below = sorted(item for item, pieces in after.items() if pieces < Decimal(0))
        if earlier is not None:
            audit.then = earlier.at
            audit.differences = differences(earlier.items, audit.items)
        return audit

    def _log_begins(self, since: datetime, now: datetime) -> datetime:
        begins, days = self._reading.told_since(now)
        if days is not None and since < now - timedelta(days=days):
            raise BadInput(
                f"--since goes further back than the {days} days that ProcessOrder's log is kept.",
                f"Look back less far: ordersetup audit --since {days}d",
            )
        return begins

    def _kept(self, audit: Audit, accepted: dict[str, float]) -> dict[str, str]:
        """The error of each accepted order whose stock event is in the queue."""
        kept: dict[str, str] = {}
        seen = 0

        def note(letter: Letter, _: bool, __: Verdict | None) -> None:
            nonlocal seen
            seen += 1
            if letter.worker == "SendEmail" or letter.email:
                audit.unconfirmed += 1
            elif letter.order_id in accepted:
                kept.setdefault(letter.order_id, letter.error)
            self._tell("messages of the dead-letter queue", seen)

        listing = look_through(self._box, Choice(), note)
        rest = 0 if listing.whole else max(1, listing.of.visible - listing.messages)
        audit.unseen = listing.of.hidden + rest
        return kept

    def _judge(
        self, audit: Audit, accepted: dict[str, float], applied: set[str], kept: dict[str, str]
    ) -> None:
        audit.accepted = len(accepted)
        nowhere = [order for order in accepted if order not in applied and order not in kept]
        if nowhere:
            # Applied since the rows were read, or on its way: tried again, or replayed, just now.
            applied |= self._reading.has_rows(nowhere)
            tried = self._reading.attempted(audit.until - UNDER_WAY, audit.until)
            nowhere = [order for order in nowhere if order not in applied]
            old = [order for order in nowhere if not self._is_young(audit, order, accepted, tried)]
            lost = [order for order in old if not _TEST.fullmatch(order)]
            audit.under_way = len(nowhere) - len(old)
            audit.tests = len(old) - len(lost)
            audit.missing = [self._missing(audit, order, accepted[order]) for order in sorted(lost)]
        audit.applied = len(applied)
        audit.twofold = sorted(applied & kept.keys())
        audit.kept = Counter(kept.values())

    @staticmethod
    def _is_young(
        audit: Audit, order: str, accepted: dict[str, float], tried: dict[str, float]
    ) -> bool:
        begins = (audit.until - UNDER_WAY).timestamp()
        return accepted[order] >= begins or tried.get(order, 0.0) >= begins

    @staticmethod
    def _missing(audit: Audit, order: str, at: float) -> Missing:
        return Missing(order, at, at >= (audit.until - HELD_BACK).timestamp())
