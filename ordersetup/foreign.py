"""A stack that was built by other hands, opened for `verify` alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint, Names, Place, Statement, role_statements
from ordersetup.bundle import bundle
from ordersetup.discovery import FUNCTIONS, GIVEN, Taken, roles_of
from ordersetup.engine import AnyStep
from ordersetup.permissions import Uses
from ordersetup.settings import Settings
from ordersetup.stack import Stack, open_stack
from ordersetup.steps import pipeline
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.role import Role, RolePolicy

USES: Uses = {"lambda:GetFunction": FUNCTIONS}
"""What it takes to know a stack by its functions."""

_NEEDS = {
    "ProcessOrder": {"InvokeFunctions"},
    "UpdateInventory": {
        *("TakeFromStock", "RecordTransactions", "SendToDeadLetterQueue", "PublishToTopics"),
    },
    "SendEmail": {"SendToDeadLetterQueue", "PublishToTopics", "SendMail"},
}
_PUBLISHES = {"UpdateInventory": "OrderProcessingAlerts", "SendEmail": "OrderConfirmationTopic"}


def open_taken(aws: Aws, taken: Taken, found_from: str) -> Stack:
    """The stack that was discovered, held to the guide alone: none of its settings is known.

    Args:
        aws: the account and region.
        taken: what was discovered.
        found_from: what the search began with, as a person would say it.
    """
    place = Place(aws.account, aws.region, aws.partition)
    blueprint = Blueprint(taken.names, place, Settings(), bundle())
    steps = with_roles(pipeline(blueprint), blueprint, taken)
    return Stack(aws, blueprint, None, steps, found_from)


def open_ours(aws: Aws, taken: Taken, owner: str) -> Stack:
    """A stack of ours that was discovered: its own names and settings, but for what was given.

    What its functions refer to instead of its own parts is a drift, and so no name of the stack's.

    Args:
        aws: the account and region.
        taken: what was discovered.
        owner: the stack whose tag was found.
    """
    given = {piece.guide for piece in taken.pieces if piece.how == GIVEN}
    found, own = taken.names, Names(owner, aws.region)
    names = replace(
        own,
        given={guide: name for guide, name in found.given.items() if guide in given},
        api_id=found.api_id if "EcommerceAPI" in given else None,
        stage=found.stage if "stage" in given else own.stage,
        path=found.path if "path" in given else own.path,
    )
    stack = open_stack(aws, owner, {}, seen_as=names)
    if "Role" not in given:
        return stack
    return replace(stack, steps=with_roles(stack.steps, stack.blueprint, taken))


def with_found_roles(stack: Stack) -> tuple[Stack, Taken | None]:
    """A stack none of whose tags stand, with the roles that its functions run with.

    The guide has no name for the role. A stack of ours is returned as it is.
    """
    if stack.former is not None or stack.blueprint.settings.role_arn is not None:
        return stack, None
    taken = roles_of(stack.aws, stack.blueprint.names)
    if set(taken.roles.values()) <= {stack.blueprint.role_arn} and not taken.denied:
        return stack, None
    steps = with_roles(stack.steps, stack.blueprint, taken)
    return Stack(stack.aws, stack.blueprint, None, steps), taken


def with_roles(steps: Iterable[AnyStep], blueprint: Blueprint, taken: Taken) -> tuple[AnyStep, ...]:
    """The steps, with the functions' own roles in the place of the one we would make.

    Where no role is known and something was refused, there is none to speak of; where the functions
    are not there at all, the role that we would make is as missing as they are.
    """
    if not taken.roles and not taken.denied:
        return tuple(steps)
    found: list[AnyStep] = []
    for step in steps:
        if isinstance(step, Role):
            found += _brought(blueprint, taken.roles)
        elif not isinstance(step, RolePolicy):
            found.append(step)
    return tuple(found)


def _brought(blueprint: Blueprint, roles: Mapping[str, str]) -> list[BroughtRole]:
    users: dict[str, list[str]] = {}
    for function, arn in roles.items():
        users.setdefault(arn, []).append(function)
    return [BroughtRole(arn=arn, statements=needed(blueprint, f)) for arn, f in users.items()]


def needed(blueprint: Blueprint, functions: Iterable[str]) -> dict[str, Statement]:
    """What the guide has a role allow that runs these functions, by statement id.

    One function, one role is how other tools build; and what only our handlers do, such as looking
    an order up before it is booked, is asked of nobody else's.
    """
    users = [function for function in FUNCTIONS if function in set(functions)]
    wanted = {"WriteLogs"}.union(*(_NEEDS[function] for function in users))
    statements: dict[str, Statement] = {
        sid: body for sid, body in role_statements(blueprint).items() if sid in wanted
    }
    topics = [blueprint.topic_arn(_PUBLISHES[f]) for f in users if f in _PUBLISHES]
    names = {blueprint.names.of(function) for function in users}
    logs = sorted(
        blueprint.place.arn("logs", f"log-group:{plan.log_group}:*")
        for plan in blueprint.functions
        if plan.name in names
    )
    narrowed = {
        "PublishToTopics": {"Resource": sorted(topics)},
        "WriteLogs": {"Resource": logs},
        "RecordTransactions": {"Action": ["dynamodb:PutItem"]},
    }
    return {sid: {**body, **narrowed.get(sid, {})} for sid, body in statements.items()}
