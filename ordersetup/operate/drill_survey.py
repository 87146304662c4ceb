"""The survey before a drill, as far as it explains the drill's own function; pure."""

from __future__ import annotations

from dataclasses import dataclass

from ordersetup.operate.evidence import Plan
from ordersetup.report import Finding, Level, Report
from ordersetup.values import value


@dataclass(frozen=True)
class Hopes:
    """What can come of a drill at all, by what the survey before it has found.

    Args:
        attempts: how often the function will be run at most.
        alerts: whether its alerts can arrive.
        record: whether a record can come.
        against: what was found that rules the rest out, with what to do about it; a sentence each.
    """

    attempts: int
    alerts: bool = True
    record: bool = True
    against: tuple[str, ...] = ()


class Survey:
    """Looks findings up.

    Args:
        plan: what the drill expects.
        report: the survey before it, if there was one.
    """

    def __init__(self, plan: Plan, report: Report | None) -> None:
        self._plan = plan
        self._report = report

    @property
    def missed(self) -> bool:
        """Whether only the older dead-letter queue leads to the queue, and no destination does."""
        note, found = self.note("dead_letter"), self._against("on_failure")
        aims = note is not None and str(note.actual).rpartition(":")[2] == self._plan.queue
        unset = found is not None and found.actual is None
        step = f"async-invocation/{self._plan.function}"
        return aims and (unset or self._against(f"{step}.exists") is not None)

    def cause(self, *parts: str) -> str:
        """The first finding against one of these, as a cause; empty if there is none."""
        return _said(next((f for part in parts if (f := self._against(part))), None))

    def hopes(self) -> Hopes:
        """What can come at all: nobody should wait for what the settings rule out."""
        retries = self._failing("retry_attempts")
        attempts = self._plan.attempts
        if retries is not None and isinstance(retries.actual, int):
            attempts = min(attempts, 1 + retries.actual)
        if self._failing("switched_off") is not None:
            attempts = 0
        against = tuple(
            found
            for parts in (("switched_off", "retry_attempts"), self._alerting(), self._recording())
            if (found := self._failing(*parts)) is not None
        )
        return Hopes(
            attempts,
            alerts=self._failing(*self._alerting()) is None,
            record=self._failing(*self._recording()) is None,
            against=tuple(dict.fromkeys(map(_said, against))),
        )

    def _alerting(self) -> tuple[str, ...]:
        """The checks without which no alert arrives."""
        topic = self._plan.topic
        return (f"topic/{topic}.exists", f"{topic}.denials", ".publish")

    def _recording(self) -> tuple[str, ...]:
        """The checks without which no record comes."""
        function, queue = self._plan.function, self._plan.queue
        settings = ("on_failure", f"async-invocation/{function}.exists", f"queue/{queue}.exists")
        return (*settings, f"{queue}.denials", "send_to_queue", "key-rights/")

    def _failing(self, *parts: str) -> Finding | None:
        """The first of these that is known not to hold; what could not be read may well do."""
        return next((f for part in parts if (f := self._first(part, Level.FAILS))), None)

    def note(self, part: str) -> Finding | None:
        """The first note whose check bears the part."""
        return self._first(part, Level.NOTE)

    def _against(self, part: str) -> Finding | None:
        return self._first(part, Level.FAILS, Level.UNKNOWN)

    def _first(self, part: str, *levels: Level) -> Finding | None:
        found = self._report.of(*levels) if self._report else ()
        return next((f for f in found if part in f.check and self._concerns(f)), None)

    def _concerns(self, finding: Finding) -> bool:
        """Whether a finding may explain this function: not one about another's settings."""
        per_thing = finding.check.startswith(("async-invocation/", "additions/", "function/"))
        ours = (self._plan.function, self._plan.queue, self._plan.topic)
        return not per_thing or any(f"/{name}." in finding.check for name in ours)


def _said(finding: Finding | None) -> str:
    if finding is None:
        return ""
    said = f"{finding.where}: {value(finding.actual)}, not {value(finding.expected)}."
    return f"{said} {finding.then}".strip()
