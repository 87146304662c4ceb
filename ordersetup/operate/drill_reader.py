"""Reading what a function has logged of one order."""

from __future__ import annotations

from ordersetup.aws import Aws
from ordersetup.operate.drill_log import Heard, heard
from ordersetup.operate.evidence import Plan
from ordersetup.operate.order_log import OrderLog
from ordersetup.permissions import Uses

USES: Uses = {"logs:FilterLogEvents": ("UpdateInventory",)}
"""What reading the function's log calls."""


class FunctionLog:
    """The log of the function, as far as it may tell of the drill's order.

    Args:
        aws: where.
        plan: whose log, and which order.
        since: when the order was posted, seconds since 1970.
    """

    def __init__(self, aws: Aws, plan: Plan, since: float) -> None:
        self._log = OrderLog(aws, plan.log_group, plan.order_id, since)
        self._order = plan.order_id

    def read(self, known: frozenset[str]) -> Heard:
        """What it says by now.

        Args:
            known: request ids that are known to be the order's, as from its record.
        """
        return heard(self._log.lines(known), self._order, known)
