"""The receipt of a proof: what was proven, of what, and whether that is still what runs.

Pure: a receipt is told from a report and the states that the same survey has seen. Its JSON is
spelt out here and in docs/json.md; names and meanings are kept as long as its `receipt` number is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ordersetup.engine import AnyStep
from ordersetup.errors import BadInput, Incompatible, OrdersetupError
from ordersetup.masked import masked
from ordersetup.report import Level, Report
from ordersetup.step import Seen
from ordersetup.traits import traits

SCHEMA = 1


class NotProven(OrdersetupError):
    """A receipt was asked for, and there is nothing to give one for."""


@dataclass(frozen=True)
class Receipt:
    """A proof, written down.

    Args:
        stack: the stack's name.
        account: where it stands.
        region: where it stands.
        tool: the version that proved it.
        at: when, in UTC, as ISO 8601.
        proven: what was proven: counts of checks, and the drill's result if there was one.
        of: of what: what runs, by dotted name, in the guide's order.
    """

    stack: str
    account: str
    region: str
    tool: str
    at: str
    proven: Mapping[str, Any]
    of: Mapping[str, object]


@dataclass(frozen=True)
class Moved:
    """What is another than it was when it was proven.

    Args:
        attribute: its name in the receipt.
        then: what was proven; None if it was not there.
        now: what runs; None if it is not there, or could not be read.
    """

    attribute: str
    then: object
    now: object


def receipt(
    report: Report,
    running: Mapping[str, object],
    *,
    at: str,
    tool: str,
    drill: Mapping[str, Any] | None = None,
) -> Receipt:
    """The receipt of a report that proves everything.

    Args:
        report: the whole report.
        running: what it was a report of, from the same survey.
        at: when, in UTC, as ISO 8601.
        tool: our version.
        drill: the result of a drill that was made as well.

    Raises:
        NotProven: a check fails or could not be made, or the drill has failed.
    """
    _check_proven(report, drill)
    return Receipt(
        stack=report.stack,
        account=report.account,
        region=report.region,
        tool=tool,
        at=at,
        proven={
            "checks": len(report.of(Level.HOLDS)),
            "notes": len(report.of(Level.NOTE)),
            "drill": None if drill is None else masked(drill),
        },
        of=running,
    )


def _check_proven(report: Report, drill: Mapping[str, Any] | None) -> None:
    failing = len(report.of(Level.FAILS, Level.UNKNOWN))
    if failing or not report.findings:
        verb = "does" if failing == 1 else "do"
        raise NotProven(
            f"No receipt was written: {failing} of {len(report.findings)} checks {verb} not hold.",
            "Put right what the report names, and verify again.",
        )
    if drill is not None and not drill.get("proven"):
        raise NotProven(
            "No receipt was written: the drill has failed.",
            "Put right what it names, and verify again.",
        )


def what_runs(steps: Sequence[AnyStep], seen: Seen) -> dict[str, object]:
    """What a proof is of: codes, retries, deployment, role and addresses, by dotted name."""
    found: dict[str, object] = {}
    for step in steps:
        state = seen.find(step)
        if state is not None:
            found |= dict(traits(step, state, seen))
    return found


def moved(then: Receipt, running: Mapping[str, object]) -> tuple[Moved, ...]:
    """What is another now than when it was proven; nothing, if the proof still covers it."""
    return _moved(then.of, running)


def _moved(then: Mapping[str, object], now: Mapping[str, object]) -> tuple[Moved, ...]:
    names = [*then, *(name for name in now if name not in then)]
    return tuple(
        Moved(name, then.get(name), now.get(name))
        for name in names
        if then.get(name) != now.get(name)
    )


def check_unmoved(before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Refuse a receipt of what was not the same throughout its proof.

    Args:
        before: what ran before the drill.
        after: what runs after it.

    Raises:
        NotProven: names what moved in between.
    """
    if names := [one.attribute for one in _moved(before, after)]:
        raise NotProven(
            f"No receipt was written: {', '.join(names)} moved while the drill was held.",
            "Find out who changes the stack meanwhile, and verify again.",
        )


def check_same(then: Receipt, *, stack: str, account: str, region: str) -> None:
    """Refuse to compare a receipt with another stack than its own.

    Raises:
        Incompatible: says whose it is.
    """
    theirs = (then.stack, then.account, then.region)
    if theirs != (stack, account, region):
        raise Incompatible(
            f"The receipt is of the stack {then.stack} in account {then.account}, "
            f"{then.region}; this is the stack {stack} in account {account}, {region}.",
            "Choose the receipt's own stack with --profile, --region and --stack, or begin with "
            "the same --url or --function as it did.",
        )


def as_json(of: Receipt) -> str:
    """A receipt as text; the same receipt is the same text."""
    document = {
        "receipt": SCHEMA,
        "stack": of.stack,
        "account": of.account,
        "region": of.region,
        "tool": of.tool,
        "at": of.at,
        "proven": {
            "checks": of.proven["checks"],
            "notes": of.proven["notes"],
            "drill": of.proven["drill"],
        },
        "of": dict(of.of),
    }
    return json.dumps(document, indent=2) + "\n"


def parse(text: str, name: str) -> Receipt:
    """The receipt that a text is.

    Args:
        text: what `as_json` has written.
        name: what the user calls it, for errors.

    Raises:
        BadInput: it is none, or one of a later version.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _no_receipt(name, "it is not JSON") from error
    if not isinstance(found, dict) or "receipt" not in found:
        raise _no_receipt(name, "it has no field receipt")
    if found["receipt"] != SCHEMA:
        raise BadInput(
            f"{name} is a receipt of form {found['receipt']!r}, and this version reads {SCHEMA}.",
            "Verify again with this version, and keep the new receipt.",
        )
    _check_fields(found, name)
    return Receipt(**{field.name: found[field.name] for field in fields(Receipt)})


def _check_fields(found: Mapping[str, Any], name: str) -> None:
    for key in ("stack", "account", "region", "tool", "at"):
        if not isinstance(found.get(key), str):
            raise _no_receipt(name, f"its field {key} is no text")
    for key in ("proven", "of"):
        if not isinstance(found.get(key), dict):
            raise _no_receipt(name, f"its field {key} is no object")
    if not {"checks", "notes", "drill"} <= found["proven"].keys() or not found["of"]:
        raise _no_receipt(name, "it does not say what was proven, and of what")


def _no_receipt(name: str, why: str) -> BadInput:
    return BadInput(
        f"{name} is no receipt of ordersetup: {why}.",
        f"Write one with: ordersetup verify --receipt {name}",
    )
