"""IAM's policy documents, however they were written; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def several(value: Any) -> list[Any]:
    """One or several, as IAM writes either."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def canonical(document: object) -> str:
    """A policy, or a part of one, as one text that does not depend on how it was written.

    IAM reorders keys and turns lists of one into strings, so both forms must compare equal.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            inner = sorted((plain(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
            return inner[0] if len(inner) == 1 else inner
        return value

    return json.dumps(plain(document), sort_keys=True, separators=(",", ":"))
