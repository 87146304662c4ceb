"""Which stacks there are, found by their tag, and how they are at a glance.

What bears the tag is told by the Resource Groups Tagging API, which lists late and also what is
gone, by the REST APIs and by the roles. All of it is a hint: a stack is listed once a part of it
has been read. IAM is global, so the roles name the stacks of other regions as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TypeAlias

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.engine import AnyStep
from ordersetup.errors import OrdersetupError, StillDiffers
from ordersetup.events import Failed, Found
from ordersetup.lifecycle import Lifecycle, Outcomes
from ordersetup.ownership import owner_of, unpaired
from ordersetup.permissions import Uses
from ordersetup.refusals import AWS_ERRORS, told, understood
from ordersetup.settings import is_stack
from ordersetup.stack import Stack, open_stack
from ordersetup.standing import missing
from ordersetup.step import Group, Seen
from ordersetup.steps.rest_api import RestApi, every_api
from ordersetup.steps.tables import TableState
from ordersetup.tagged import tagged

USES: Uses = {
    "tag:GetResources": (),
    "apigateway:GetRestApis": (),
    "ec2:DescribeRegions": (),
    "iam:ListRoles": (),
    "iam:ListRoleTags": ("*OrderProcessingRole-*",),
}
"""What looking for stacks calls, beside what their steps read."""

_AT_ONCE = 8
"""How many regions and stacks are looked at side by side; each stack reads with threads of its own.
"""

_Hint: TypeAlias = tuple[str, datetime | None]
"""A stack's name, and when something of it was made."""

_Place: TypeAlias = tuple[str, str]
"""A region and a stack's name."""


class Health(StrEnum):
    """How a stack is, by which of its parts stand; `verify` looks into them."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DATA = "data"
    """What a teardown can keep alone: tables and the queue that held something, and logs."""
    UNREAD = "unread"
    ELSEWHERE = "elsewhere"
    """Its role names it; its region was not looked into."""


@dataclass(frozen=True)
class Listed:
    """A stack that was found.

    Args:
        name: its name.
        region: where it stands.
        health: how it is.
        created: when the oldest part was made, of those that tell it; None if none does.
        endpoint: where it takes orders; None without an API.
        missing: the parts that do not stand, as nouns.
        because: why it could not be read; empty if it could.
    """

    name: str
    region: str
    health: Health
    created: datetime | None = None
    endpoint: str | None = None
    missing: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class Listing:
    """What was found, and what could not be looked at.

    Args:
        account: whose stacks these are.
        regions: those that were looked into.
        stacks: the stacks, those of the run's own region first.
        remarks: what was refused, a sentence each.
    """

    account: str
    regions: tuple[str, ...]
    stacks: tuple[Listed, ...]
    remarks: tuple[str, ...] = ()


@dataclass
class _Hints:
    """Which stacks there may be, and since when."""

    found: dict[_Place, datetime | None] = field(default_factory=dict)
    looked_into: list[Aws] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, region: str, hint: _Hint) -> None:
        name, created = hint
        dates = [date for date in (self.found.get((region, name)), created) if date is not None]
        self.found[region, name] = min(dates, default=None)


def find_stacks(aws: Aws, *, timeout: float, all_regions: bool = False) -> Listing:
    """The stacks of this region, and of others as far as their roles tell; reads only.

    Args:
        aws: where.
        timeout: seconds for reading one stack.
        all_regions: whether to look into every region that the account has enabled.
    """
    hints = _Hints()
    _note_roles(aws, hints)
    regions = _regions(aws, hints) if all_regions else []
    places = [aws, *(aws.elsewhere(region) for region in regions if region != aws.region)]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="list") as pool, aws.giving_up():
        for place, (found, refusals) in zip(places, pool.map(_hints_in, places), strict=True):
            _note(hints, place, found, refusals)
        looked = {place.region: place for place in hints.looked_into}
        jobs = [
            (looked.get(region), region, name, created)
            for (region, name), created in sorted(hints.found.items(), key=lambda hint: hint[0])
        ]
        stacks = pool.map(lambda job: _look_at(*job, timeout=timeout), jobs)
        listed = [stack for stack in stacks if stack is not None]
    listed.sort(key=lambda stack: (stack.region != aws.region, stack.region, stack.name))
    return Listing(aws.account, tuple(looked), tuple(listed), tuple(hints.remarks))


def _regions(aws: Aws, hints: _Hints) -> list[str]:
    """Every region, or those that roles name where no others can be asked for."""
    named = sorted({region for region, _ in hints.found})
    if not aws.amazon:
        return named  # An emulator has every region, and need not serve EC2.
    try:
        return aws.ask(aws.enabled_regions, "Asking for the regions")
    except (StillDiffers, *AWS_ERRORS) as error:
        hints.remarks.append(
            f"Which regions the account has enabled could not be asked: {told(error).happened} "
            f"Looked into: {', '.join(sorted({aws.region, *named}))}. What it takes is in: "
            "ordersetup policy --for list"
        )
        return named


def _note(hints: _Hints, place: Aws, found: Sequence[_Hint], refusals: Sequence[str]) -> None:
    if len(refusals) < len(_SOURCES):
        hints.looked_into.append(place)
        hints.remarks += refusals
    else:
        hints.remarks.append(f"{place.region} was skipped: {refusals[0]}")
    for hint in found:
        hints.add(place.region, hint)


def _note_roles(aws: Aws, hints: _Hints) -> None:
    try:
        for region, name, created in aws.ask(lambda: [*_roles(aws)], "Listing the roles"):
            hints.add(region, (name, created))
    except (StillDiffers, *AWS_ERRORS) as error:
        hints.remarks.append(f"Roles could not be listed: {told(error).happened}")


def _roles(aws: Aws) -> Iterator[tuple[str, str, datetime]]:
    """Region, stack and date of every role of ours; IAM lists them without their tags."""
    for page in aws.iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if "OrderProcessingRole-" not in role["RoleName"]:
                continue
            try:
                tags = unpaired(aws.iam.list_role_tags(RoleName=role["RoleName"])["Tags"])
            except aws.iam.exceptions.NoSuchEntityException:
                continue
            name, _, region = (owner_of(tags) or "").partition("@")
            if is_stack(name) and Names(name, region).role == role["RoleName"]:
                yield region, name, role["CreateDate"]


def _hints_in(aws: Aws) -> tuple[list[_Hint], list[str]]:
    """What may stand in a region, and what was refused."""
    found: list[_Hint] = []
    refusals = []
    for what, source in _SOURCES:
        try:
            found += aws.ask(partial(source, aws), f"Listing in {aws.region}")
        except (StillDiffers, *AWS_ERRORS) as error:
            refusals.append(f"{what} of {aws.region} could not be listed: {told(error).happened}")
    return [hint for hint in found if is_stack(hint[0])], refusals


def _tagged(aws: Aws) -> list[_Hint]:
    return [(owner_of(unpaired(thing.get("Tags", []))) or "", None) for thing in tagged(aws)]


def _apis(aws: Aws) -> list[_Hint]:
    return [(owner_of(api.get("tags", {})) or "", api.get("createdDate")) for api in every_api(aws)]


_SOURCES: tuple[tuple[str, Callable[[Aws], list[_Hint]]], ...] = (
    ("What bears our tag", _tagged),
    ("The REST APIs", _apis),
)


def _look_at(
    aws: Aws | None, region: str, name: str, created: datetime | None, *, timeout: float
) -> Listed | None:
    """A stack as it stands; None if it was a hint and nothing more."""
    if aws is None:
        return Listed(name, region, Health.ELSEWHERE, created)
    try:
        with understood():
            stack = open_stack(aws, name, {})
    except (OrdersetupError, *AWS_ERRORS) as error:
        return Listed(name, region, Health.UNREAD, created, because=told(error).happened)
    # What lives in something else goes with it and bears no tag.
    parts = [step for step in stack.steps if step.calls.remove]
    lifecycle = Lifecycle(aws, parts, lambda _: None, timeout=timeout)
    outcomes = lifecycle.survey()
    ours = [step for step, outcome in outcomes.items() if _is_ours(step, outcome)]
    failed = [outcome for outcome in outcomes.values() if isinstance(outcome, Failed)]
    if not ours and not failed:
        return None
    because = told(failed[0].error).happened if failed else ""
    gone = tuple(step.thing for step in missing(outcomes))
    return Listed(
        name,
        region,
        Health.UNREAD if failed else _health(ours, outcomes),
        _oldest(created, [lifecycle.seen.find(step) for step in ours]),
        _endpoint(stack, ours, lifecycle.seen),
        () if failed else gone,
        because,
    )


def _is_ours(step: AnyStep, outcome: object) -> bool:
    return isinstance(outcome, Found) and outcome.stands and outcome.owner == step.tagged


def _health(ours: Sequence[AnyStep], outcomes: Outcomes) -> Health:
    if not missing(outcomes):
        return Health.COMPLETE
    kept = all(step.precious or step.group is Group.LOGS for step in ours)
    return Health.DATA if kept else Health.PARTIAL


def _oldest(created: datetime | None, states: Sequence[object]) -> datetime | None:
    tables = [state.created for state in states if isinstance(state, TableState)]
    return min((date for date in (created, *tables) if date is not None), default=None)


def _endpoint(stack: Stack, ours: Sequence[AnyStep], seen: Seen) -> str | None:
    names = stack.blueprint.names
    for api in (step for step in ours if isinstance(step, RestApi)):
        return stack.aws.orders_url(seen.of(api).api_id, names.stage, names.path)
    return None
