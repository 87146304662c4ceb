"""What a proof is of: the traits of what stands that would make it another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from ordersetup.engine import AnyStep
from ordersetup.step import Seen, State, compared
from ordersetup.steps.additions import FunctionAdditions
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.functions import Function
from ordersetup.steps.queue import Queue
from ordersetup.steps.role import Role, RolePolicy
from ordersetup.steps.stage import Stage
from ordersetup.steps.stored_additions import QueueAdditions, RoleAdditions, TopicAdditions
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic


def traits(step: AnyStep, state: Any, seen: Seen) -> Iterator[tuple[str, object]]:
    """What one step adds to a receipt."""
    match step:
        case Table() | Topic() | Queue():
            yield f"{step.key}.arn", step.arn
        case Function():
            yield f"{step.key}.arn", step.arn
            yield f"{step.key}.code_sha256", state.code_sha256
            yield f"{step.key}.role", state.role
        case AsyncInvocation():
            yield f"{step.key}.retry_attempts", state.retry_attempts
            yield f"{step.key}.maximum_age_seconds", state.maximum_age_seconds
            yield f"{step.key}.on_failure", state.on_failure
        case Stage():
            yield f"{step.key}.api", seen.of(step.api).api_id
            yield f"{step.key}.deployment", state.deployment
            definition = [seen.find(part) for part in step.definition]
            yield f"{step.key}.definition_sha256", fingerprint(definition)
        case _:
            yield from _of_roles(step, state)
            yield from _of_additions(step, state)


def _of_roles(step: AnyStep, state: Any) -> Iterator[tuple[str, object]]:
    match step:
        case Role():
            yield "role.arn", step.arn
            yield "role.trust_sha256", _hash(state.trust)
        case RolePolicy():
            yield "role.policy_sha256", fingerprint([state])
        case BroughtRole():
            yield "role.arn", state.arn
            yield "role.policy_sha256", fingerprint([state])


def _of_additions(step: AnyStep, state: Any) -> Iterator[tuple[str, object]]:
    match step:
        case RoleAdditions():
            yield f"{step.key}.policies", list(state.policies)
        case QueueAdditions() | TopicAdditions():
            yield f"{step.key}.policy_sha256", state.policy_sha256
        case FunctionAdditions():
            yield f"{step.key}.reserved", 0 if state.switched_off else state.reserved
            yield f"{step.key}.dead_letter", state.dead_letter
            yield f"{step.key}.event_sources", list(state.event_sources)


def fingerprint(states: Sequence[State | None]) -> str:
    """A hash of everything that states say, their ids apart: another stack of the same has it."""
    told = [
        None
        if state is None
        else {name: value for name, value in compared(state).items() if name != "resource_id"}
        for state in states
    ]
    return _hash(json.dumps(told, sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
