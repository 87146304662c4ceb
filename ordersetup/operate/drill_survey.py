"""The survey before a drill, as far as it explains the drill's own function; pure."""

from __future__ import annotations

from ordersetup.operate.evidence import Plan
from ordersetup.report import Finding, Level, Report
from ordersetup.values import value


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
        finding = next((f for part in parts if (f := self._against(part))), None)
        if finding is None:
            return ""
        said = f"{finding.where}: {value(finding.actual)}, not {value(finding.expected)}."
        return f"{said} {finding.then}".strip()

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
