"""Reading what a function has logged of one order."""

from __future__ import annotations

from typing import Any

from ordersetup.aws import Aws
from ordersetup.operate.drill_log import Heard, Line, heard, request_ids, unplaced
from ordersetup.operate.evidence import Plan
from ordersetup.permissions import Uses

CLOCK_SLACK_MS = 300_000
"""The clocks of this machine and of the log may differ by some minutes."""

USES: Uses = {"logs:FilterLogEvents": ("UpdateInventory",)}
"""What reading the function's log calls."""

_BEGINNINGS = ("START RequestId", "platform.start")


class FunctionLog:
    """The log of the function, as far as it may tell of the drill's order.

    Args:
        aws: where.
        plan: whose log, and which order.
        since: when the order was posted, seconds since 1970.
    """

    def __init__(self, aws: Aws, plan: Plan, since: float) -> None:
        self._aws = aws
        self._group = plan.log_group
        self._order = plan.order_id
        self._since = max(0, int(since * 1000) - CLOCK_SLACK_MS)

    def read(self, known: frozenset[str]) -> Heard:
        """What it says by now.

        Args:
            known: request ids that are known to be the order's, as from its record.
        """
        lines = self._lines(self._order)
        for stream in sorted(unplaced(lines, self._order) - {""}):
            for beginning in _BEGINNINGS:
                lines += self._lines(beginning, stream)
        for request_id in sorted(request_ids(lines, self._order) | known):
            lines += self._lines(request_id)
        return heard(lines, self._order, known)

    def _lines(self, text: str, stream: str = "") -> list[Line]:
        narrowed: Any = {"logStreamNames": [stream]} if stream else {}
        pages = self._aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._group,
            startTime=self._since,
            filterPattern=f'"{text}"',
            **narrowed,
        )
        return [
            Line(e.get("timestamp", 0) / 1000, e.get("message", ""), e.get("logStreamName", ""))
            for page in pages
            for e in page.get("events", [])
        ]
