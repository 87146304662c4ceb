"""What the access policy of a queue or a topic says beyond AWS's own default; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ordersetup.steps.role import canonical

_DEFAULTS = frozenset({"__default_statement_ID", "__owner_statement"})
"""The ids of the statements that AWS writes: SNS for every topic, the SQS console for a queue."""


@dataclass(frozen=True)
class AccessPolicy:
    """An access policy, read for one action.

    Args:
        denials: statements that deny the action whatever the circumstances.
        further: other statements that are not AWS's own.
        sha256: the hash of all of it; empty if there is none.
    """

    denials: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    sha256: str = ""


def access_policy(text: str | None, action: str) -> AccessPolicy:
    """Read an access policy.

    A denial under a condition, such as the usual one of requests without TLS, may never meet the
    pipeline, so it is told and not held against it.

    Args:
        text: the policy, or nothing.
        action: what the pipeline needs, such as "sqs:SendMessage".
    """
    if not text:
        return AccessPolicy()
    policy = json.loads(text)
    denials, further = [], []
    for statement in _listed(policy.get("Statement")):
        if _denies(statement, action):
            denials.append(_named(statement))
        elif statement.get("Sid") not in _DEFAULTS:
            further.append(_named(statement))
    told = canonical(policy).encode()
    return AccessPolicy(
        tuple(sorted(denials)), tuple(sorted(further)), hashlib.sha256(told).hexdigest()
    )


def _denies(statement: Mapping[str, Any], action: str) -> bool:
    if statement.get("Effect") != "Deny" or statement.get("Condition"):
        return False
    if "NotAction" in statement:
        return not any(_matches(action, of) for of in _listed(statement["NotAction"]))
    return any(_matches(action, of) for of in _listed(statement.get("Action")))


def _matches(action: str, pattern: str) -> bool:
    return fnmatchcase(action.lower(), str(pattern).lower())


def _named(statement: Mapping[str, Any]) -> str:
    """A statement in a few words: effect, actions, whom it is about."""
    actions = ", ".join(map(str, _listed(statement.get("Action", statement.get("NotAction")))))
    beside = "all but " if "NotAction" in statement else ""
    whom = ", ".join(_principals(statement.get("Principal", statement.get("NotPrincipal", "*"))))
    where = " under a condition" if statement.get("Condition") else ""
    return f"{statement.get('Effect')} {beside}{actions} for {whom}{where}"


def _principals(principal: Any) -> Iterator[str]:
    for values in principal.values() if isinstance(principal, Mapping) else [principal]:
        yield from map(str, _listed(values))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
