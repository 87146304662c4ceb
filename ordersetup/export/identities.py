"""What a standing stack's things are called by AWS alone: ids that no blueprint can know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ordersetup.step import Seen, State, Step
from ordersetup.steps.permission import PermissionState
from ordersetup.steps.queue import QueueState
from ordersetup.steps.resource import ResourceState
from ordersetup.steps.rest_api import RestApiState
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.stage import StageState
from ordersetup.steps.subscriptions import SubscriptionsState
from ordersetup.steps.topics import PENDING

S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class Identities:
    """The ids of a stack that stands.

    Args:
        api_id: the REST API.
        resource_id: its resource /orders.
        deployment_id: what the stage serves.
        queue_url: OrderProcessingDLQ's URL.
        statement_id: the statement that lets the API invoke ProcessOrder.
        subscriptions: the ARNs of confirmed subscriptions, by address.
    """

    api_id: str
    resource_id: str
    deployment_id: str
    queue_url: str
    statement_id: str
    subscriptions: Mapping[str, str] = field(default_factory=dict)


def identities(steps: Sequence[Step[Any]], seen: Seen) -> Identities:
    """Gather the ids of a stack that has been surveyed and stands.

    Raises:
        LookupError: it does not stand; a bug of the caller's.
    """
    subscribed = _find(SubscriptionsState, steps, seen)
    arns = subscribed.arns if subscribed else {}
    stage = _of(StageState, steps, seen)
    permission = _of(PermissionState, steps, seen)
    return Identities(
        api_id=_of(RestApiState, steps, seen).api_id,
        resource_id=_of(ResourceState, steps, seen).resource_id,
        deployment_id=stage.deployment,
        queue_url=_of(QueueState, steps, seen).url,
        statement_id=permission.statement_id,
        subscriptions={address: arn for address, arn in arns.items() if arn != PENDING},
    )


def sender_is_ours(steps: Sequence[Step[Any]], seen: Seen) -> bool:
    """Whether the sender's SES identity is the stack's own, or is yet to be made."""
    sender = next((step for step in steps if isinstance(step, SenderIdentity)), None)
    found = seen.find(sender) if sender else None
    return found is None or sender is None or found.owner == sender.owner.name


def _find(kind: type[S], steps: Sequence[Step[Any]], seen: Seen) -> S | None:
    states = (seen.find(step) for step in steps)
    return next((state for state in states if isinstance(state, kind)), None)


def _of(kind: type[S], steps: Sequence[Step[Any]], seen: Seen) -> S:
    state = _find(kind, steps, seen)
    if state is None:
        raise LookupError(f"{kind.__name__} was asked for of a stack that does not stand")
    return state
