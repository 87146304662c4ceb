"""What each step's thing is called in a template: the guide's name, whatever the stack's is."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from ordersetup.step import Step
from ordersetup.steps.alarms import Alarm
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.cors import Preflight
from ordersetup.steps.functions import Function
from ordersetup.steps.gateway_responses import GatewayResponse
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.permission import InvokePermission
from ordersetup.steps.post_method import PostMethod
from ordersetup.steps.queue import Queue
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.role import Role, RolePolicy
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.stage import Stage
from ordersetup.steps.subscriptions import Subscriptions
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic

K = TypeVar("K", bound=Step[Any])

_FIXED: dict[type[Step[Any]], str] = {
    Role: "Role",
    RolePolicy: "RolePolicy",
    Subscriptions: "AlertEmail",
    SenderIdentity: "Sender",
    RestApi: "EcommerceAPI",
    Resource: "Orders",
    PostMethod: "PostOrders",
    Preflight: "OptionsOrders",
    InvokePermission: "ProcessOrderPermission",
    Stage: "Stage",
}


def called(step: Step[Any], stack: str) -> str:
    """The step's logical name, in capitals and small letters: "UpdateInventoryLogs".

    Args:
        step: one of the guide's.
        stack: the stack's name, which is no part of a logical name.
    """
    match step:
        case Table() | Queue() | Topic() | Function():
            return step.name.removeprefix(f"{stack}-")
        case LogGroup():
            return f"{step.name.rpartition('/')[2].removeprefix(f'{stack}-')}Logs"
        case Alarm():
            words = step.watched.name.split("-")
            return step.watched.thing + "".join(word.capitalize() for word in words)
        case AsyncInvocation():
            return f"{called(step.function, stack)}AsyncInvocation"
        case GatewayResponse():
            return step.response_type.replace("DEFAULT_", "Default")
        case _:
            return _FIXED[type(step)]


def snake(name: str) -> str:
    """A logical name as Terraform writes names: "update_inventory_logs"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
