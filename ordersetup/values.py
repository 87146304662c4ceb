"""A check's value as a person reads it: in views, and in errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ordersetup.documents import several


def value(found: object) -> str:
    """A value of a check as a person reads it."""
    if found is None or found in ((), [], ""):
        return "none"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, tuple | list):  # A list is a tuple that was read from JSON.
        return ", ".join(
            f"{item[0]}={item[1]}" if isinstance(item, tuple) else value(item) for item in found
        )
    text = str(found)
    return _policy(text) if text.startswith("{") else text


def change(old: object, new: object) -> str:
    """Old and new, as far as they differ: of a list only what goes and what comes."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        gone = tuple(item for item in old if item not in new)
        come = tuple(item for item in new if item not in old)
        if gone or come:
            old, new = gone, come
    before, after = value(old), value(new)
    if before == after:
        # What makes the difference is what was left out for brevity.
        before, after = str(old), str(new)
    return f"{before} → {after}"


def _policy(text: str) -> str:
    """A policy, or one statement of it, in words."""
    try:
        document = json.loads(text)
        statements = document.get("Statement", document)
        told = [_statement(statement) for statement in several(statements)]
    except (AttributeError, TypeError, ValueError):
        # What only looks like a policy is told as it stands.
        return text
    return "; ".join(told) if all(told) else text


def _statement(statement: Mapping[str, Any]) -> str:
    """Who may do what on which resources, shortened to what is at the end of their ARNs."""
    words = [*several(statement.get("Action"))]
    if not words:
        return ""
    if statement.get("Effect") == "Deny":
        words.insert(0, "never")
    if resources := several(statement.get("Resource")):
        words += ["on", *(arn.split(":", 5)[-1] for arn in resources)]
    if principal := statement.get("Principal"):
        named = principal.values() if isinstance(principal, Mapping) else [principal]
        words += ["by", *(name for names in named for name in several(names))]
    for tests in statement.get("Condition", {}).values():
        words += [f"if {key} is {' or '.join(several(wanted))}" for key, wanted in tests.items()]
    return " ".join(words)
