"""The report of `verify`: every documented attribute as a finding, told from a survey alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ordersetup.aws import Aws
from ordersetup.engine import AnyStep
from ordersetup.events import Failed, Found, Outcome, Skipped
from ordersetup.masked import masked
from ordersetup.refusals import told
from ordersetup.step import Check, Group
from ordersetup.values import value

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
    """All findings of one stack; no address can be read in it.

    Args:
        stack: its name, or what it was found from.
        account: where it stands.
        region: where it stands.
        findings: each attribute that was looked at.
        by_hand: titles of resources that stand without our tag.
        remarks: what is true of every such pipeline and easily misunderstood.
        exists: whether any part of it stands.
        then: what to do about the whole; empty where each finding says it.
        asked: the groups that were asked for; none for all.
    """

    stack: str
    account: str
    region: str
    findings: tuple[Finding, ...]
    by_hand: tuple[str, ...]
    remarks: tuple[str, ...]
    exists: bool = True
    then: str = ""
    asked: tuple[Group, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether every check holds: nothing fails and nothing is unknown."""
        return not any(f.level in (Level.FAILS, Level.UNKNOWN) for f in self.findings)

    def of(self, *levels: Level) -> tuple[Finding, ...]:
        """The findings of these levels, in the guide's order."""
        return tuple(f for f in self.findings if f.level in levels)

    def tally(self) -> Mapping[Group, Counter[Level]]:
        """How many findings of each level every group has, in the guide's order.

        A group without any is left out, unless it was asked for.
        """
        counts: dict[Group, Counter[Level]] = {}
        for group in Group:
            of_group = [f.level for f in self.findings if f.group is group]
            if of_group or group in self.asked:
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
    return tuple(_unreadable(finding) for finding in found)


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
    exists = _something_stands(outcomes)
    return Report(
        stack=stack,
        account=aws.account,
        region=aws.region,
        findings=grade(_of_groups(steps, outcomes, groups), outcomes),
        by_hand=by_hand(outcomes),
        remarks=(SYNCHRONOUS,),
        exists=exists,
        then="" if exists else f"Make it with: {REPAIR}",
        asked=tuple(group for group in Group if group in {*groups}),
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


def _of_groups(
    steps: Sequence[AnyStep], outcomes: Mapping[AnyStep, Outcome], groups: Iterable[str]
) -> tuple[AnyStep, ...]:
    """The steps of some groups, of all if none is named; and what is missing that they live in.

    Without it a part that has nothing to live in would have no finding, and so would seem right.
    """
    named = {Group(group) for group in groups}
    wanted = {step for step in steps if not named or step.group in named}
    for step in tuple(wanted):
        at = step
        while at.parent is not None and _absent_above(at, outcomes):
            at = at.parent
        wanted.add(at)
    return tuple(step for step in steps if step in wanted)


def _something_stands(outcomes: Mapping[AnyStep, Outcome]) -> bool:
    """Whether any part of the stack stands, or could not be looked at.

    What is adopted wherever it is found, such as a log group, may well outlive its stack.
    """
    parts = [o for step, o in outcomes.items() if step.desired.owner and not step.adoptable]
    return not parts or any(not isinstance(o, Found) or o.stands for o in parts)


def _unreadable(finding: Finding) -> Finding:
    """The finding, its addresses masked, and what differs in an address alone said to differ."""
    expected, actual = masked(finding.expected), masked(finding.actual)
    if finding.level is Level.FAILS and expected == actual:
        actual = f"{value(actual)} (another address)"
    return replace(
        finding,
        what=masked(finding.what),
        expected=expected,
        actual=actual,
        where=masked(finding.where),
        then=masked(finding.then),
    )


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
        return f"Put it right by hand: {step.by_hand(check.attribute)}."
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
