"""What a report advises where one finding alone does not say it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ordersetup.report import REPAIR, Finding, Level, Report

ON_FAILURE, DEAD_LETTER = "on_failure", "dead_letter"


def near_miss(function: str, queue: str) -> str:
    """What to do about a dead-letter queue that was set in place of the destination.

    Args:
        function: the function's name.
        queue: the name of the queue that its failures should reach.
    """
    return (
        f"The function's Dead-letter queue is set (Lambda › {function} › Configuration › "
        "Asynchronous invocation › Dead-letter queue service), the older setting that sends the "
        f"bare event: the guide wants On failure › Add destination › SQS queue › {queue}."
    )


def with_near_misses(report: Report, whole: Report) -> Report:
    """The report, notes of older dead-letter queues told beside the missing destination.

    Args:
        report: of all or of some groups.
        whole: of all groups, since the note is of another one than the destination.
    """
    found = list(report.findings)
    for note in whole.of(Level.NOTE):
        step, _, attribute = note.check.rpartition(".")
        function = step.rpartition("/")[2]
        if attribute != DEAD_LETTER or not (missing := _no_destination(found, function)):
            continue
        queue = str(note.actual).rpartition(":")[2]
        told = replace(note, group=missing.group, then=near_miss(function, queue))
        if note in found:
            found.remove(note)
        found.insert(found.index(missing) + 1, told)
    return replace(report, findings=tuple(found))


def _no_destination(findings: Sequence[Finding], function: str) -> Finding | None:
    step = f"async-invocation/{function}"
    wanted = {f"{step}.{ON_FAILURE}", f"{step}.exists"}
    return next((f for f in findings if f.check in wanted and f.level is Level.FAILS), None)


def by_hand_alone(report: Report) -> Report:
    """The report of what was mapped: provision could never make what bears another name."""

    def advised(finding: Finding) -> Finding:
        if REPAIR not in finding.then:
            return finding
        return replace(finding, then=f"Put it right by hand: {finding.where}.")

    return replace(report, findings=tuple(map(advised, report.findings)))
