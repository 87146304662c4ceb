"""The policy on stdout, and what there is to say about it on stderr."""

from __future__ import annotations

import json as json_text
from collections.abc import Collection, Sequence
from typing import Any

from ordersetup.permissions import Right, reason_for
from ordersetup.policy import Document
from ordersetup.views.console import console
from ordersetup.views.json_lines import write


def tell_policy(
    documents: Sequence[Document],
    part: int,
    rights: Collection[Right],
    *,
    json: bool,
    quiet: bool,
) -> None:
    """Write one bare document to stdout; or all of them, for programs.

    Args:
        documents: the policy, split where it is too long.
        part: which of them, from 1 on.
        rights: what they allow.
        json: as one JSON object, else the document itself.
        quiet: say nothing beside.
    """
    if json:
        write(policy_fields(documents, rights))
        return
    console(color=False).print(
        json_text.dumps(documents[part - 1], indent=2), markup=False, soft_wrap=True
    )
    if len(documents) > 1:
        console(color=False, stderr=True, quiet=quiet).print(
            f"This is document {part} of {len(documents)}: a managed policy takes 6,144 "
            f"characters, and all of them are needed. Print another with --part.",
            markup=False,
        )


def policy_fields(documents: Sequence[Document], rights: Collection[Right]) -> dict[str, Any]:
    """The policy as documented in docs/json.md."""
    return {
        "type": "policy",
        "documents": list(documents),
        "wildcards": [
            {"action": right.action, "resource": right.resource, "because": reason}
            for right in sorted(rights)
            if (reason := reason_for(right)) is not None
        ],
    }
