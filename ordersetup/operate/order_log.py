"""All lines that a function's log has of one order, also those that do not name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ordersetup.aws import Aws
from ordersetup.operate.drill_log import Line, request_ids, unplaced
from ordersetup.operate.drill_texts import mentions

CLOCK_SLACK_MS = 300_000
"""The clocks of this machine and of the log may differ by some minutes."""

_BEGINNINGS = ("START RequestId", "platform.start")


class OrderLog:
    """The log of a function, as far as it may tell of an order.

    Args:
        aws: where.
        group: the log group.
        order_id: the order.
        since: the earliest moment that matters, seconds since 1970.
        page: is called before each further page of a long log, and may raise.
    """

    def __init__(
        self,
        aws: Aws,
        group: str,
        order_id: str,
        since: float,
        page: Callable[[], None] = lambda: None,
    ) -> None:
        self._aws = aws
        self._group = group
        self._order = order_id
        self._since = max(0, int(since * 1000) - CLOCK_SLACK_MS)
        self._page = page

    def lines(self, known: frozenset[str] = frozenset()) -> list[Line]:
        """What it has by now, in order of time; of one moment in the order it was written.

        Args:
            known: request ids that are known to be the order's, as from its record.
        """
        # The pattern finds longer ids, too.
        naming = [n for n in self._lines(self._order) if mentions(n.message, self._order)]
        beginnings: list[Line] = []
        for stream in sorted(unplaced(naming, self._order) - {""}):
            for beginning in _BEGINNINGS:
                beginnings += self._lines(beginning, stream)
        own: list[Line] = []
        for request_id in sorted(request_ids([*naming, *beginnings], self._order) | known):
            own += self._lines(request_id)
        # Those of a run come all together and in their order, so they go first.
        return sorted(dict.fromkeys([*own, *beginnings, *naming]), key=lambda line: line.at)

    def _lines(self, text: str, stream: str = "") -> list[Line]:
        narrowed: Any = {"logStreamNames": [stream]} if stream else {}
        found: list[Line] = []
        for page in self._aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._group,
            startTime=self._since,
            filterPattern=f'"{text}"',
            **narrowed,
        ):
            self._page()
            found += [
                Line(e.get("timestamp", 0) / 1000, e.get("message", ""), e.get("logStreamName", ""))
                for e in page.get("events", [])
            ]
        return found
