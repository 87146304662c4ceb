"""What the access policy of a queue or a topic says beyond AWS's own default; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ordersetup.documents import canonical, several

_DEFAULTS = frozenset({"__default_statement_ID", "__owner_statement"})
"""The ids of the statements that AWS writes: SNS for every topic, the SQS console for a queue."""


def _tls(spoken: str) -> tuple[dict[str, Any], ...]:
    """A condition on TLS in the forms that it is written in."""
    return tuple(
        {test: {"aws:SecureTransport": value}}
        for test in ("Bool", "BoolIfExists")
        for value in (spoken, [spoken], spoken == "true")
    )


_WITHOUT_TLS, _OVER_TLS = _tls("false"), _tls("true")
"""Conditions that no call of the pipeline meets, and that each of them does."""


@dataclass(frozen=True)
class AccessPolicy:
    """An access policy, read for one action.

    Args:
        denials: statements that deny the pipeline the action.
        further: other statements that are not AWS's own.
        sha256: the hash of all of it; empty if there is none.
    """

    denials: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    sha256: str = ""


def access_policy(text: str | None, action: str) -> AccessPolicy:
    """Read an access policy.

    A denial under a condition may or may not meet the pipeline. The usual one, of requests without
    TLS, never does, since Lambda's own go by TLS; what any other comes to cannot be judged by its
    text, which is said.

    Args:
        text: the policy, or nothing.
        action: what the pipeline needs, such as "sqs:SendMessage".
    """
    if not text:
        return AccessPolicy()
    policy = json.loads(text)
    denials, further = [], []
    for statement in several(policy.get("Statement")):
        if _denies(statement, action):
            denials.append(_named(statement))
        elif statement.get("Sid") not in _DEFAULTS:
            doubt = _doubt(statement) if _forbids(statement, action) else ""
            further.append(f"{_named(statement)}{doubt}")
    told = canonical(policy).encode()
    return AccessPolicy(
        tuple(sorted(denials)), tuple(sorted(further)), hashlib.sha256(told).hexdigest()
    )


def _denies(statement: Mapping[str, Any], action: str) -> bool:
    return _forbids(statement, action) and statement.get("Condition") in (None, {}, *_OVER_TLS)


def _forbids(statement: Mapping[str, Any], action: str) -> bool:
    """Whether it denies the action, under a condition or without one."""
    if statement.get("Effect") != "Deny":
        return False
    if "NotAction" in statement:
        return not any(_matches(action, of) for of in several(statement["NotAction"]))
    return any(_matches(action, of) for of in several(statement.get("Action")))


def _doubt(statement: Mapping[str, Any]) -> str:
    """What to add to a denial whose condition decides whether it meets the pipeline."""
    condition = statement.get("Condition", {})
    if condition in _WITHOUT_TLS:
        return ""
    keys = sorted({key for tests in condition.values() for key in tests})
    return (
        f" ({', '.join(keys)}): whether that meets the pipeline cannot be judged by its text; "
        "verify --drill shows it"
    )


def _matches(action: str, pattern: str) -> bool:
    return fnmatchcase(action.lower(), str(pattern).lower())


def _named(statement: Mapping[str, Any]) -> str:
    """A statement in a few words: effect, actions, whom it is about."""
    actions = ", ".join(map(str, several(statement.get("Action", statement.get("NotAction")))))
    beside = "all but " if "NotAction" in statement else ""
    whom = ", ".join(_principals(statement.get("Principal", statement.get("NotPrincipal", "*"))))
    where = " under a condition" if statement.get("Condition") else ""
    return f"{statement.get('Effect')} {beside}{actions} for {whom}{where}"


def _principals(principal: Any) -> Iterator[str]:
    for values in principal.values() if isinstance(principal, Mapping) else [principal]:
        yield from map(str, several(values))
