"""What `verify` looks at beyond the guide's steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ordersetup.blueprint import Blueprint, role_statements
from ordersetup.step import Step
from ordersetup.steps import only
from ordersetup.steps.additions import ApiAdditions, FunctionAdditions
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.cors import Preflight
from ordersetup.steps.functions import Function
from ordersetup.steps.gateway_responses import GatewayResponse
from ordersetup.steps.key_rights import KeyRights
from ordersetup.steps.permission import InvokePermission
from ordersetup.steps.post_method import PostMethod
from ordersetup.steps.queue import Queue
from ordersetup.steps.rights import Rights, Simulation
from ordersetup.steps.role import Role
from ordersetup.steps.rows import Rows
from ordersetup.steps.served import Served
from ordersetup.steps.stage import Stage
from ordersetup.steps.stored_additions import QueueAdditions, RoleAdditions, TopicAdditions
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic

AnyStep = Step[Any]
K = TypeVar("K")


def inspections(steps: Sequence[AnyStep], blueprint: Blueprint) -> tuple[AnyStep, ...]:
    """What `verify` looks at beyond the guide's steps; none of it is ever written.

    Args:
        steps: the pipeline's own steps, whose states these look at.
        blueprint: the stack.
    """
    tables = [step for step in steps if isinstance(step, Table)]
    functions = [step for step in steps if isinstance(step, Function)]
    roles = [step for step in steps if isinstance(step, Role | BroughtRole)]
    stage = only(Stage, steps)
    permission = only(InvokePermission, steps)
    return (
        *(Rows(table=table) for table in tables),
        *(
            Rights(role=role, statements=role_statements(blueprint))
            for role in steps
            if isinstance(role, Role)
        ),
        *(Simulation(role=role) for role in steps if isinstance(role, BroughtRole)),
        *(KeyRights(role=role, queue=only(Queue, steps)) for role in roles),
        *(RoleAdditions(role=role) for role in roles),
        *(QueueAdditions(queue=queue) for queue in steps if isinstance(queue, Queue)),
        *(TopicAdditions(topic=topic) for topic in steps if isinstance(topic, Topic)),
        *(
            FunctionAdditions(
                function=function,
                permission=permission if function is permission.function else None,
            )
            for function in functions
        ),
        ApiAdditions(api=stage.api, path=stage.path),
        Served(
            stage=stage,
            path=stage.path,
            post=only(PostMethod, steps),
            preflight=only(Preflight, steps),
            refusals=tuple(step for step in steps if isinstance(step, GatewayResponse)),
        ),
    )
