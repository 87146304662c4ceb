"""What bears a stack's tag while the stack lives on, and is no part of it any more.

A step that a newer version has dropped, a setting's former sender or role, an API made twice. It is
read and removed by the same code as at a teardown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.engine import AnyStep
from ordersetup.operate.drill_ear import EAR_NAME
from ordersetup.permissions import OWN_ROLE, Uses
from ordersetup.step import Seen
from ordersetup.steps.api_removal import CALLS as API_REMOVING
from ordersetup.steps.queue import Queue
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.role import Role
from ordersetup.steps.role_removal import CALLS as REMOVING
from ordersetup.steps.sender import SenderIdentity
from ordersetup.strays import Strays, find_strays

USES: Uses = {
    "tag:GetResources": (),
    "apigateway:GetRestApis": (),
    "sns:ListTopics": (),
    "sns:ListTagsForResource": ("*OrderProcessingAlerts",),
    "sqs:ListQueues": (),
    **dict.fromkeys(API_REMOVING, ()),
    **dict.fromkeys(("iam:GetRole", *REMOVING), (OWN_ROLE,)),
}
"""What looking for it calls, and removing what can be named beforehand: by its tag an API that was
made twice, and a role of ours.
"""

_UNKNOWN = "the topic OrderProcessingAlerts does not stand, so the stack's settings are not known"


def find_prunable(aws: Aws, blueprint: Blueprint, steps: Sequence[AnyStep]) -> Strays:
    """Whatever may bear the tag of a stack and is no part of it.

    Without the drills' queues: one may be in use, and the next drill removes what is left.

    Args:
        aws: where.
        blueprint: the stack.
        steps: the guide's steps of it.
    """
    strays = find_strays(aws, blueprint, steps)
    drills = blueprint.names.of(EAR_NAME)
    found = [s for s in strays.steps if not (isinstance(s, Queue) and s.name.startswith(drills))]
    further = aws.ask(lambda: [*_further_apis(aws, steps)], "Looking for further APIs")
    return Strays((*found, *further), strays.unseen)


def undecided(steps: Iterable[AnyStep]) -> tuple[tuple[AnyStep, str], ...]:
    """Of a stack whose settings are not remembered, what they may well call for; with the reason.

    Args:
        steps: what was found.
    """
    return tuple((step, _UNKNOWN) for step in steps if isinstance(step, Role | SenderIdentity))


def _further_apis(aws: Aws, steps: Sequence[AnyStep]) -> Iterator[RestApi]:
    """The stack's APIs of the right name beside the one that stays."""
    for step in (step for step in steps if isinstance(step, RestApi)):
        state = step.read(aws, Seen())
        if state is not None and state.owner == step.owner.name:
            for api_id in state.others:
                yield RestApi(
                    name=step.name,
                    owner=step.owner,
                    description=step.description,
                    api_id=api_id,
                    further=True,
                )
