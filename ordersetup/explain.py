"""The guide, told from the steps alone: clicks, links, API calls, checks, waits. No AWS call."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from ordersetup.blueprint import Blueprint, Names, Place
from ordersetup.bundle import bundle
from ordersetup.errors import BadInput
from ordersetup.settings import Settings
from ordersetup.step import Group
from ordersetup.steps import AnyStep, pipeline
from ordersetup.steps.inspections import inspections

ACCOUNT = "123456789012"
"""Stands for the user's account: what is explained needs no credentials."""

_EVERYTHING = Settings(sender="shop@example.com", alert_emails=("alerts@example.com",), alarms=True)
"""With every setting that adds a step; AWS keeps example.com for such addresses."""

_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True)
class Attribute:
    """A check of a step, before anything was read.

    Args:
        check: its stable name, as in a report.
        label: the console's word.
        expected: what the guide, or this tool where the guide is silent, wants.
        ours: this tool's choice, so only a stack of ours is held to it.
        note: told and not held against anybody.
    """

    check: str
    label: str
    expected: object
    ours: bool
    note: bool


@dataclass(frozen=True)
class Wait:
    """An answer that means "not yet".

    Args:
        reason: what is waited for.
        within: seconds, after which it is taken for a fault.
        remedy: what to check then.
    """

    reason: str
    within: float
    remedy: str


@dataclass(frozen=True)
class Explained:
    """One step of the guide.

    Args:
        step: the step's key.
        group: the part of the pipeline.
        title: the guide's words.
        console: where a person clicks.
        link: the console page in the stack's region.
        reads: API operations that look, as "service:Operation".
        writes: API operations that make or repair; empty where the step only looks.
        removes: API operations that take it away; empty where it goes with what it lives in.
        checks: its attributes.
        waits: what it may have to wait for.
    """

    step: str
    group: Group
    title: str
    console: str
    link: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    removes: tuple[str, ...]
    checks: tuple[Attribute, ...]
    waits: tuple[Wait, ...]


def guide(stack: str, region: str) -> tuple[Explained, ...]:
    """Every step of the guide, those that a setting adds included, and what `verify` looks at.

    Args:
        stack: the stack's name.
        region: where it stands, or would stand.
    """
    place = Place(ACCOUNT, region, partition_of(region))
    steps = _steps(stack, place, _EVERYTHING)
    kinds = {type(step) for step in steps}
    own_role = f"arn:{place.partition}:iam::{ACCOUNT}:role/your-own-role"
    more = _steps(stack, place, Settings(role_arn=own_role))
    steps += tuple(step for step in more if type(step) not in kinds)
    return tuple(explained(step, place) for step in steps)


def explained(step: AnyStep, place: Place) -> Explained:
    """What a step is, without looking at anything."""
    return Explained(
        step=step.key,
        group=step.group,
        title=step.title,
        console=step.console,
        link=link(step, place),
        reads=step.calls.read,
        writes=step.calls.write,
        removes=step.calls.remove,
        checks=tuple(
            Attribute(
                check=f"{step.key}.{check.attribute}",
                label=check.label,
                expected=check.expected,
                ours=check.ours or check.attribute == "owner",
                note=check.note,
            )
            for check in step.checks(None)
        ),
        waits=_waits(step),
    )


def link(step: AnyStep, place: Place) -> str:
    """The console page of a step, in the place's partition and region."""
    host = _HOSTS.get(place.partition, _HOSTS["aws"])
    return f"https://{host}/{step.console_page(place.region)}"


def partition_of(region: str) -> str:
    """The partition that a region belongs to, by its name."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def find(steps: Sequence[Explained], wanted: str) -> tuple[Explained, ...]:
    """The steps a person means: a key, the beginning of one, or words of a title or a check.

    Raises:
        BadInput: none is meant so; the nearest is suggested.
    """
    text = " ".join(wanted.lower().split())
    for means in (_is_key, _begins_key, _in_title, _in_checks):
        if found := tuple(step for step in steps if means(step, text)):
            return found
    names = {name.lower(): step.step for step in steps for name in (step.step, step.title)}
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    raise BadInput(
        f"No step is called {wanted!r}.",
        f"Did you mean {names[near[0]]}?" if near else "See all of them with: ordersetup explain",
    )


def _is_key(step: Explained, text: str) -> bool:
    return step.step.lower() == text


def _begins_key(step: Explained, text: str) -> bool:
    return step.step.lower().startswith(text)


def _in_title(step: Explained, text: str) -> bool:
    title = step.title.lower()
    return all(word in title for word in text.split())


def _in_checks(step: Explained, text: str) -> bool:
    labels = " ".join(check.label.lower() for check in step.checks)
    return all(word in labels for word in text.split())


def _steps(stack: str, place: Place, settings: Settings) -> tuple[AnyStep, ...]:
    blueprint = Blueprint(Names(stack, place.region), place, settings, bundle())
    steps = pipeline(blueprint)
    return (*steps, *inspections(steps, blueprint))


def _waits(step: AnyStep) -> tuple[Wait, ...]:
    """The waits of a step, those that differ in AWS's wording alone told once."""
    waits = {
        t.reason: Wait(t.reason, t.within, t.remedy)
        for t in (*step.transient, *step.unheard, *step.lingering)
    }
    return tuple(waits.values())
