"""The report of `verify`: every documented attribute as a finding, told from a survey alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ordersetup.aws import Aws
from ordersetup.engine import AnyStep
from ordersetup.events import Failed, Found, Outcome, Skipped
from ordersetup.refusals import told
from ordersetup.step import Check, Group

REPAIR = "ordersetup provision"


class Level(StrEnum):
    """How a finding stands."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """It could not be read, so it is not proven."""
    NOTE = "note"
    """Worth telling, and no fault."""


@dataclass(frozen=True)
class Finding:
    """One attribute of the guide, or one thing that was found beside it.

    Args:
        group: the part of the pipeline.
        check: its stable name, "step/….attribute".
        what: the step of the guide, and the attribute in the console's words.
        level: how it stands.
        expected: what the guide has.
        actual: what was found.
        where: where to look in the console.
        then: what to do about it; empty where there is nothing to do.
    """

    group: Group
    check: str
    what: str
    level: Level
    expected: object
    actual: object
    where: str
    then: str = ""


@dataclass(frozen=True)
class Report:
    """All findings of one stack.

    Args:
        by_hand: titles of resources that stand without our tag.
        remarks: what is true of every such pipeline and easily misunderstood.
    """

    stack: str
    account: str
    region: str
    findings: tuple[Finding, ...]
    by_hand: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Whether every check holds: nothing fails and nothing is unknown."""
        return not any(f.level in (Level.FAILS, Level.UNKNOWN) for f in self.findings)

    def of(self, *levels: Level) -> tuple[Finding, ...]:
        """The findings of these levels, in the guide's order."""
        return tuple(f for f in self.findings if f.level in levels)

    def tally(self) -> Mapping[Group, Counter[Level]]:
        """How many findings of each level every group has, in the guide's order."""
        counts: dict[Group, Counter[Level]] = {}
        for group in Group:
            of_group = [f.level for f in self.findings if f.group is group]
            if of_group:
                counts[group] = Counter(of_group)
        return counts


SYNCHRONOUS = (
    "Retries and destinations never apply to ProcessOrder: API Gateway calls it synchronously, and "
    "what fails there comes back to the caller as a 5xx."
)


def grade(steps: Sequence[AnyStep], outcomes: Mapping[AnyStep, Outcome]) -> tuple[Finding, ...]:
    """Turn a survey into findings, in the order of the steps.

    A stack that was built by hand is held to the guide alone; what is this tool's own choice is
    checked only where its tag stands.
    """
    found: list[Finding] = []
    ours = not _all_by_hand(outcomes)
    for step in steps:
        match outcomes[step]:
            case Found() as outcome if outcome.stands:
                graded = (_graded(step, check, outcomes) for check in outcome.checks)
                found += [finding for finding in graded if finding is not None]
            case Found():
                if not _absent_above(step, outcomes):
                    found.append(_missing(step, ours=ours))
            case Failed(_, error):
                found.append(_unknown(step, told(error).happened, told(error).then))
            case Skipped(_, because):
                why = f"{because} could not be read, on which this depends."
                found.append(_unknown(step, why, "See the finding about it."))
    return tuple(found)


def report_on(
    aws: Aws,
    stack: str,
    steps: Sequence[AnyStep],
    outcomes: Mapping[AnyStep, Outcome],
    groups: Iterable[str] = (),
) -> Report:
    """The report of a survey.

    Args:
        aws: where.
        stack: the stack's name.
        steps: what was surveyed, in the order it is told in.
        outcomes: the survey.
        groups: the groups to report; all, if none is named.
    """
    return Report(
        stack=stack,
        account=aws.account,
        region=aws.region,
        findings=only(grade(steps, outcomes), groups),
        by_hand=by_hand(outcomes),
        remarks=(SYNCHRONOUS,),
    )


def by_hand(outcomes: Mapping[AnyStep, Outcome]) -> tuple[str, ...]:
    """Titles of the resources that stand and bear no tag of any stack of ours."""
    return tuple(
        step.title
        for step, outcome in outcomes.items()
        if isinstance(outcome, Found)
        and outcome.stands
        and step.desired.owner is not None
        and outcome.owner is None
    )


def only(findings: Iterable[Finding], groups: Iterable[str]) -> tuple[Finding, ...]:
    """The findings of some groups; of all, if none is named."""
    wanted = {Group(group) for group in groups}
    return tuple(f for f in findings if not wanted or f.group in wanted)


def _graded(step: AnyStep, check: Check, outcomes: Mapping[AnyStep, Outcome]) -> Finding | None:
    if check.attribute == "owner" or (check.ours and not _is_ours(step, outcomes)):
        return None
    level = Level.HOLDS if check.holds else Level.NOTE if check.note else Level.FAILS
    ours = _is_ours(step, outcomes)
    then = "" if check.holds or check.note else _remedy(step, check, ours=ours)
    return Finding(
        group=step.group,
        check=f"{step.key}.{check.attribute}",
        what=f"{step.title}: {check.label}",
        level=level,
        expected=check.expected,
        actual=check.actual,
        where=f"{step.console} › {check.label}",
        then=then,
    )


def _missing(step: AnyStep, *, ours: bool) -> Finding:
    # What AWS makes by itself when it is needed is missed only where we have made it.
    level = Level.NOTE if step.adoptable and not ours else Level.FAILS
    then = f"Make it with: {REPAIR}" if step.calls.write and ours else f"See {step.console}."
    return Finding(
        group=step.group,
        check=f"{step.key}.exists",
        what=step.title,
        level=level,
        expected="exists",
        actual="is missing"
        if level is Level.FAILS
        else "is not there yet; AWS makes it when needed",
        where=step.console,
        then="" if level is Level.NOTE else then,
    )


def _unknown(step: AnyStep, why: str, then: str) -> Finding:
    return Finding(
        group=step.group,
        check=f"{step.key}.readable",
        what=step.title,
        level=Level.UNKNOWN,
        expected="can be read",
        actual=why,
        where=step.console,
        then=then,
    )


def _remedy(step: AnyStep, check: Check, *, ours: bool) -> str:
    if check.attribute in step.fixed or not step.calls.write or not (ours or check.waited):
        return f"Put it right by hand: {step.console}."
    if check.waited:
        return "Wait a little and look again; if it stays, see the console."
    return f"Put it right with: {REPAIR}"


def _is_ours(step: AnyStep, outcomes: Mapping[AnyStep, Outcome]) -> bool:
    """Whether the resource a step speaks of bears the stack's tag, itself or by its parent."""
    at: AnyStep | None = step
    while at is not None and at.desired.owner is None:
        at = at.parent
    if at is None:
        return True
    outcome = outcomes.get(at)
    return isinstance(outcome, Found) and outcome.owner == at.desired.owner


def _all_by_hand(outcomes: Mapping[AnyStep, Outcome]) -> bool:
    """Whether something stands, and nothing that does bears the stack's tag."""
    standing = [
        outcome.owner == step.desired.owner
        for step, outcome in outcomes.items()
        if isinstance(outcome, Found) and outcome.stands and step.desired.owner is not None
    ]
    return bool(standing) and not any(standing)


def _absent_above(step: AnyStep, outcomes: Mapping[AnyStep, Outcome]) -> bool:
    """Whether what the step lives in is missing already, which says it all."""
    outcome = None if step.parent is None else outcomes.get(step.parent)
    return isinstance(outcome, Found) and not outcome.stands
