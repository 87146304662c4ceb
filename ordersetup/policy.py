"""The IAM policy of whoever runs ordersetup, summed up from the calls that the steps declare.

Pure: nothing is called. Each command is the sum of its steps' calls and of what it calls beside
them; `ordersetup.permissions` says what IAM asks for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ordersetup import (
    adoption,
    api_references,
    foreign,
    pruning,
    references,
    stack,
    stacks,
    strays,
)
from ordersetup.blueprint import Blueprint
from ordersetup.operate import (
    audit_read,
    doctor,
    drill_ear,
    drill_queue,
    drill_reader,
    drill_tables,
    foresight,
    inventory,
    load,
    load_check,
    log_reader,
    observer,
    orders,
    outputs,
    redrive,
    stock,
    tracer,
)
from ordersetup.permissions import (
    Conditions,
    Right,
    Uses,
    of_any_name,
    rights_of_steps,
    rights_of_use,
)
from ordersetup.step import Calls
from ordersetup.steps import AnyStep, pipeline
from ordersetup.steps.inspections import inspections

Document: TypeAlias = dict[str, Any]

MOST_CHARACTERS = 6_144
"""Of a managed policy; IAM does not count white space."""

_VERSION = "2012-10-17"


def read(calls: Calls) -> tuple[str, ...]:
    """What looking at a step calls."""
    return calls.read


def written(calls: Calls) -> tuple[str, ...]:
    """What looking at a step and bringing it right calls."""
    return (*calls.read, *calls.write)


def removed(calls: Calls) -> tuple[str, ...]:
    """What looking at a step and taking its thing away calls."""
    return (*calls.read, *calls.remove)


def rights(command: str, blueprint: Blueprint) -> frozenset[Right]:
    """What a command asks for.

    Args:
        command: one of COMMANDS.
        blueprint: the stack, whose settings decide which steps it has.
    """
    if command == DISCOVER:
        # What verify reads of a stack of ours, it reads of that of others, whatever its names.
        known = rights("verify", blueprint)
        return _beside(command, blueprint) | frozenset(map(of_any_name, known))
    beside = _beside(command, blueprint)
    if command not in _SURVEYS:
        return beside
    return beside | rights_of_steps(_steps(command, blueprint), _SURVEYS[command], blueprint)


def _beside(command: str, blueprint: Blueprint) -> frozenset[Right]:
    return frozenset(
        right
        for operation, parts in _uses(command, blueprint)
        for right in rights_of_use(operation, parts, blueprint)
    )


def operations(command: str, blueprint: Blueprint) -> frozenset[str]:
    """What a command may call, as "service:Operation"."""
    beside = frozenset(operation for operation, _ in _uses(command, blueprint))
    if command == DISCOVER:
        return beside | operations("verify", blueprint)
    if command not in _SURVEYS:
        return beside
    steps = _steps(command, blueprint)
    return beside.union(*(_SURVEYS[command](step.calls) for step in steps))


def documents(wanted: Iterable[Right]) -> tuple[Document, ...]:
    """The rights as policy documents, each of which fits into a managed policy.

    Rights on the same resources under the same conditions make one statement.
    """
    parts: list[list[Document]] = [[]]
    for statement in _statements(wanted):
        if parts[-1] and size(_document([*parts[-1], statement])) > MOST_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    return tuple(_document(part) for part in parts)


def size(document: Mapping[str, Any]) -> int:
    """How many characters of a document IAM counts."""
    return len(json.dumps(document, separators=(",", ":")))


def _uses(command: str, blueprint: Blueprint) -> Iterator[tuple[str, tuple[str, ...]]]:
    for uses in _BESIDE[command]:
        if uses is not outputs.USES or blueprint.settings.sender is not None:
            yield from uses.items()


def _steps(command: str, blueprint: Blueprint) -> tuple[AnyStep, ...]:
    steps = pipeline(blueprint)
    if command in ("verify", "drill"):
        return (*steps, *inspections(steps, blueprint))
    if command in ("list", "teardown"):  # What lives in something else goes with it.
        return tuple(step for step in steps if step.calls.remove)
    return steps


def _document(statements: Sequence[Document]) -> Document:
    return {"Version": _VERSION, "Statement": list(statements)}


def _statements(wanted: Iterable[Right]) -> Iterator[Document]:
    resources: dict[tuple[str, Conditions], list[str]] = {}
    for right in sorted(wanted):
        resources.setdefault((right.action, right.conditions), []).append(right.resource)
    actions: dict[tuple[tuple[str, ...], Conditions], list[str]] = {}
    for (action, conditions), on in resources.items():
        actions.setdefault((tuple(on), conditions), []).append(action)
    for (things, conditions), doing in actions.items():
        statement: Document = {"Effect": "Allow", "Action": doing, "Resource": list(things)}
        if conditions:
            statement["Condition"] = {"StringEquals": dict(conditions)}
        yield statement


DISCOVER = "discover"
"""`verify --url` or `--function`, which look at what others have built."""

_SURVEYS: Mapping[str, Callable[[Calls], tuple[str, ...]]] = {
    "provision": written,
    "adopt": written,
    "plan": read,
    "outputs": read,
    "export": read,
    "verify": read,
    "drill": read,
    "list": read,
    "teardown": removed,
}
"""The commands that go through the steps, and what each does to them."""

_BESIDE: Mapping[str, tuple[Uses, ...]] = {
    "provision": (stack.USES, foresight.USES, outputs.USES),
    "adopt": (stack.USES, foresight.USES, outputs.USES, adoption.USES),
    "plan": (stack.USES,),
    "outputs": (stack.USES, outputs.USES),
    "export": (stack.USES,),
    "verify": (stack.USES, foreign.USES),
    DISCOVER: (references.USES, api_references.USES),
    "drill": (
        *(stack.USES, foreign.USES),
        *(drill_ear.USES, drill_queue.USES, drill_tables.USES, drill_reader.USES),
    ),
    "send-test-order": (stack.USES, inventory.USES, orders.USES),
    "load": (stack.USES, inventory.USES, load.USES, load_check.USES),
    "stock": (stack.USES, stock.USES),
    "redrive": (stack.USES, redrive.USES),
    "audit": (stack.USES, audit_read.USES),
    "list": (stack.USES, stacks.USES),
    "status": (observer.USES,),
    "trace": (tracer.USES,),
    "logs": (log_reader.USES,),
    "prune": (stack.USES, pruning.USES),
    "teardown": (stack.USES, strays.USES),
    "doctor": (stack.USES, foresight.USES, doctor.USES),
}
"""What the commands call beside their steps."""

COMMANDS = tuple(_BESIDE)
"""What a policy can be for: `drill` is `verify --drill`, `load` is `send-test-order --count`,
`adopt` is `provision --adopt`, and `discover` is `verify` with --url or --function."""

USUAL = tuple(name for name in COMMANDS if name not in ("adopt", DISCOVER))
"""Without a choice; who adopts or discovers may read things of any name, and asks for that once."""
