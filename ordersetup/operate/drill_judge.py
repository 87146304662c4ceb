"""What the evidence of a drill proves: pure reasoning, expectation by expectation.

Each part of the failure path is judged by itself and from its own witness: attempts by the
function's log, alerts by a queue of the drill's own, the record by OrderProcessingDLQ. What cannot
be judged because something before it is missing says which expectation it follows.
"""

from __future__ import annotations

from collections.abc import Callable

from ordersetup.operate.drill_causes import Causes
from ordersetup.operate.drill_records import Record
from ordersetup.operate.evidence import Evidence, Expectation, Plan
from ordersetup.report import Report

RETRIES_EXHAUSTED = "RetriesExhausted"
AFTER_SECONDS = 0.2
"""Lambda and SQS each have a clock; retries are further apart than this, even on an engine."""


def judge(evidence: Evidence, plan: Plan, report: Report | None = None) -> tuple[Expectation, ...]:
    """What the evidence proves, and what it does not.

    Args:
        evidence: what was seen.
        plan: what is expected.
        report: the survey before the drill, whose findings explain what fails.
    """
    judging = _Judging(evidence, plan, Causes(evidence, plan, report))
    return (
        judging.accepted(),
        judging.attempts(),
        judging.alerts(),
        judging.record(),
        judging.condition(),
        judging.error(),
        judging.rows(),
        judging.stock(),
        judging.quiet(),
    )


class _Judging:
    """One judgement: each method is one expectation."""

    def __init__(self, evidence: Evidence, plan: Plan, causes: Causes) -> None:
        self._seen = evidence
        self._plan = plan
        self._causes = causes
        self._runs = evidence.log.attempts
        self._records = [r for r in evidence.records if r.is_record]

    def accepted(self) -> Expectation:
        status = self._seen.answer
        holds = self._plan.accepts(status)
        actual = str(status) if holds else self._seen.answered or str(status or "no answer")
        return Expectation(
            "accepted",
            "The API accepts the order",
            holds,
            "202" if self._plan.own_intake else "2xx",
            actual,
            "" if holds else self._causes.refused(),
        )

    def attempts(self) -> Expectation:
        wanted, found = self._plan.attempts, len(self._runs)
        actual = self._seen.unread_log or str(found)
        holds = not self._seen.unread_log and found == wanted
        title = f"{self._plan.function} runs once, and again for each of {wanted - 1} retries"
        return self._told("attempts", title, holds, (str(wanted), actual), self._causes.attempts)

    def alerts(self) -> Expectation:
        found, runs, planned = len(self._seen.alerts), len(self._runs), self._plan.attempts
        # A log that lacks attempts is its own finding: the alerts are then held to the plan.
        wanted = runs if runs and found <= runs else planned
        holds = not self._seen.unheard and found == wanted
        actual = self._seen.unheard or str(found)
        title = f"One alert on {self._plan.topic} for each failed attempt"
        # What is run again or recorded has failed, whatever its log calls that.
        failed = self._seen.log.failures or runs >= planned or self._records
        nothing_failed = not failed and not found
        follows = "attempts" if nothing_failed and not self._seen.unheard else ""
        if self._causes.never_ran and not found and not self._seen.unheard:
            follows = "condition"
        return self._told(
            "alerts", title, holds, (str(wanted), actual), self._causes.alerts, follows
        )

    def record(self) -> Expectation:
        found, others = len(self._records), len(self._seen.records) - len(self._records)
        ours = [r for r in self._records if _carries(r, self._plan)]
        holds = not self._seen.unread_queue and found == len(ours) == 1 and not others
        # An engine sends the whole record to the older queue too; AWS sends the bare event.
        holds = holds and not self._causes.missed
        actual = self._seen.unread_queue or self._told_of_queue(len(ours), others)
        title = f"One record in {self._plan.queue}, with the order's own payload"
        return self._told(
            "record",
            title,
            holds,
            ("1 record", actual),
            self._causes.record,
            "attempts" if self._causes.nothing_to_record and not self._seen.records else "",
        )

    def _told_of_queue(self, ours: int, others: int) -> str:
        found = len(self._records)
        if not found and not others and self._seen.cut_short:
            return self._seen.cut_short
        told = _counted(found, found - ours, others)
        return f"{told} ({self._seen.cut_short})" if self._seen.cut_short else told

    def condition(self) -> Expectation:
        conditions = {record.condition or "none" for record in self._records}
        holds = conditions == {RETRIES_EXHAUSTED}
        return self._told(
            "condition",
            "The record's condition",
            holds,
            (RETRIES_EXHAUSTED, ", ".join(sorted(conditions)) or "no record"),
            self._causes.condition,
            "" if self._records else "record",
        )

    def error(self) -> Expectation:
        errors = {record.error or "none" for record in self._records}
        wanted = self._plan.error
        holds = errors == {wanted} if wanted else bool(errors) and "none" not in errors
        return self._told(
            "error",
            "The record names our error",
            holds,
            (wanted or "any name", ", ".join(sorted(errors)) or "no record"),
            self._causes.error,
            ("condition" if self._causes.never_ran else "") if self._records else "record",
        )

    def rows(self) -> Expectation:
        found = self._seen.rows
        return self._told(
            "rows",
            f"No row in {self._plan.transactions}",
            found == 0,
            ("0", self._seen.unread_tables if found is None else str(found)),
            self._causes.tables,
        )

    def stock(self) -> Expectation:
        before, after = self._seen.stock_before, self._seen.stock_after
        unread = self._seen.unread_tables
        actual = unread or ("no such item" if after is None else f"{before or 'none'} → {after}")
        holds = not unread and before is None and after is None
        title = f"No change in {self._plan.inventory}: the item still does not exist"
        return self._told("stock", title, holds, ("no such item", actual), self._causes.tables)

    def quiet(self) -> Expectation:
        times = [record.at for record in self._records if record.at is not None]
        late = [run for run in self._runs if times and run.at > min(times) + AFTER_SECONDS]
        follows = "record" if not times else "attempts" if not self._runs else ""
        actual = str(len(late)) if not follows else f"not known without {_WITNESS[follows]}"
        return self._told(
            "quiet",
            "No attempt after the record",
            not late and not follows,
            ("0", actual),
            self._causes.quiet,
            follows,
        )

    def _told(
        self,
        name: str,
        title: str,
        holds: bool,
        compared: tuple[str, str],
        cause: Callable[[], str],
        follows: str = "",
    ) -> Expectation:
        """An expectation; an order that was not accepted explains all that did not come of it."""
        if holds:
            return Expectation(name, title, holds, *compared)
        if not self._plan.accepts(self._seen.answer) and not self._seen.begun:
            follows = "accepted"
        why = "" if follows else cause()
        return Expectation(name, title, holds, *compared, cause=why, follows=follows)


_WITNESS = {"record": "the record", "attempts": "the attempts in the log"}


def _carries(record: Record, plan: Plan) -> bool:
    """Whether the record's payload is the order that was posted.

    Ours hands it on as it was posted; of another's, that it names the order and the items is all
    that can be known.
    """
    if not plan.own_intake:
        return all(record.names(word) for word in (plan.order_id, *plan.payload_items))
    payload = record.payload if isinstance(record.payload, dict) else {}
    wanted = [{"item_id": i, "quantity": q} for i, q in plan.payload_items.items()]
    return payload.get("order_id") == plan.order_id and payload.get("items") == wanted


def _counted(records: int, foreign: int, others: int) -> str:
    told = f"{records} record{'' if records == 1 else 's'}"
    if foreign:
        told += f", {foreign} with another payload"
    if others:
        told += f", {others} bare event{'' if others == 1 else 's'}"
    return told
