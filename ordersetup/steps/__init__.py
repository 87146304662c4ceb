"""The console guide, step by step: `pipeline` is its table of contents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from ordersetup.blueprint import (
    API_DESCRIPTION,
    QUEUE_RETENTION_SECONDS,
    ROLE_POLICY,
    Blueprint,
    role_statements,
)
from ordersetup.ownership import remembered
from ordersetup.settings import Settings
from ordersetup.step import Step
from ordersetup.steps.alarms import alarms
from ordersetup.steps.async_invocation import AsyncInvocation
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.cors import Preflight
from ordersetup.steps.endpoint import Endpoint
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
from ordersetup.steps.unwanted_alarms import UnwantedAlarms

AnyStep = Step[Any]
K = TypeVar("K")


def only(kind: type[K], steps: Iterable[AnyStep]) -> K:
    """The one step of its kind."""
    return next(step for step in steps if isinstance(step, kind))


def pipeline(
    blueprint: Blueprint, former: Settings | None = None, dropped: Sequence[str] = ()
) -> tuple[AnyStep, ...]:
    """Every step of the guide for one stack, in the guide's order.

    Args:
        blueprint: the whole desired stack.
        former: the settings the stack has had until now, if these are others.
        dropped: alert addresses that an earlier run had yet to unsubscribe.
    """
    stored = _Stored(blueprint, former, dropped)
    runs = _Functions(blueprint, stored)
    rings = alarms(blueprint, (stored.alerts,)) if blueprint.settings.alarms else ()
    return (*stored.steps, *runs.steps, *_api(blueprint, runs.process_order), *rings)


class _Stored:
    """Tables, queue, topics: what is made first and stays longest."""

    def __init__(
        self, blueprint: Blueprint, former: Settings | None, dropped: Sequence[str]
    ) -> None:
        settings, had = blueprint.settings, former or Settings()
        leaving = {*had.alert_emails, *dropped} - {*settings.alert_emails}
        self.alerts = Topic(
            name=blueprint.names.of("OrderProcessingAlerts"),
            arn=blueprint.topic_arn("OrderProcessingAlerts"),
            owner=blueprint.owner,
            settings=remembered(settings, leaving),
            remembers=True,
            after=_unwanted(blueprint, had),
        )
        # What depends on a setting waits for the topic that remembers it: a crash in between must
        # not leave a stack that a colleague's plain run would take for a drifted one.
        self.settings_first: tuple[AnyStep, ...] = (
            () if settings == had == Settings() else (self.alerts,)
        )
        self.queue = Queue(
            name=blueprint.names.of("OrderProcessingDLQ"),
            arn=blueprint.queue_arn,
            owner=blueprint.owner,
            retention_seconds=QUEUE_RETENTION_SECONDS,
            after=self.settings_first if settings.tags or had.tags else (),
        )
        self.confirmations = Topic(
            name=blueprint.names.of("OrderConfirmationTopic"),
            arn=blueprint.topic_arn("OrderConfirmationTopic"),
            owner=blueprint.owner,
            after=self.queue.after,
        )
        self.steps: tuple[AnyStep, ...] = (
            *self.alerts.after,
            *self.queue.after,
            *_tables(blueprint, self.queue.after),
            self.queue,
            self.confirmations,
            *([] if self.queue.after else [self.alerts]),
            *self._by_settings(blueprint, tuple(sorted(leaving))),
        )

    def _by_settings(self, blueprint: Blueprint, leaving: tuple[str, ...]) -> tuple[AnyStep, ...]:
        settings = blueprint.settings
        steps: list[AnyStep] = []
        if settings.alert_emails or leaving:
            steps.append(
                Subscriptions(topic=self.alerts, addresses=settings.alert_emails, dropped=leaving)
            )
        if settings.sender:
            steps.append(
                SenderIdentity(
                    address=settings.sender, owner=blueprint.owner, after=self.settings_first
                )
            )
        return tuple(steps)


def _unwanted(blueprint: Blueprint, had: Settings) -> tuple[AnyStep, ...]:
    """What deletes the alarms that the stack has had until now."""
    if blueprint.settings.alarms or not had.alarms:
        return ()
    return (UnwantedAlarms(alarms=alarms(blueprint, ())),)


def _tables(blueprint: Blueprint, after: tuple[AnyStep, ...]) -> tuple[Table, Table]:
    inventory = Table(
        name=blueprint.names.of("Inventory"),
        arn=blueprint.table_arn("Inventory"),
        owner=blueprint.owner,
        partition_key="item_id",
        after=after,
    )
    transactions = Table(
        name=blueprint.names.of("InventoryTransactions"),
        arn=blueprint.table_arn("InventoryTransactions"),
        owner=blueprint.owner,
        partition_key="order_id",
        sort_key="item_id",
        after=after,
    )
    return inventory, transactions


class _Functions:
    """The role and the three functions with their log groups and safety nets."""

    def __init__(self, blueprint: Blueprint, stored: _Stored) -> None:
        role, permissions = self._role(blueprint, stored)
        logs = [self._log_group(blueprint, f.log_group, stored) for f in blueprint.functions]
        self.process_order, update_inventory, send_email = (
            Function(
                plan=plan,
                arn=blueprint.place.arn("lambda", f"function:{plan.name}"),
                owner=blueprint.owner,
                code=blueprint.code,
                role_arn=blueprint.role_arn,
                role=role,
                logs=group,
                reachable=(stored.queue.arn, stored.alerts.arn, stored.confirmations.arn),
            )
            for plan, group in zip(blueprint.functions, logs, strict=True)
        )
        self.steps: tuple[AnyStep, ...] = (
            role,
            *([permissions] if permissions is not role else []),
            *logs,
            self.process_order,
            update_inventory,
            send_email,
            *(
                AsyncInvocation(
                    function=function, dead_letters=stored.queue, permissions=permissions
                )
                for function in (update_inventory, send_email)
            ),
        )

    def _role(self, blueprint: Blueprint, stored: _Stored) -> tuple[AnyStep, AnyStep]:
        statements = role_statements(blueprint)
        if brought := blueprint.settings.role_arn:
            own = BroughtRole(arn=brought, statements=statements)
            return own, own
        role = Role(
            name=blueprint.names.role,
            arn=blueprint.role_arn,
            owner=blueprint.role_owner,
            boundary=blueprint.settings.permissions_boundary,
            after=stored.settings_first,
        )
        return role, RolePolicy(role=role, name=ROLE_POLICY, statements=statements)

    def _log_group(self, blueprint: Blueprint, name: str, stored: _Stored) -> LogGroup:
        return LogGroup(
            name=name,
            arn=blueprint.place.arn("logs", f"log-group:{name}"),
            owner=blueprint.owner,
            retention_days=blueprint.settings.retention_days,
            after=stored.settings_first,
        )


def _api(blueprint: Blueprint, process_order: Function) -> tuple[AnyStep, ...]:
    origin, names = blueprint.settings.cors_origin, blueprint.names
    api = RestApi(
        name=names.of("EcommerceAPI"),
        owner=blueprint.owner,
        description=API_DESCRIPTION,
        after=process_order.logs.after,
        api_id=names.api_id,
    )
    resource = Resource(api=api, path=names.path)
    post = PostMethod(resource=resource, uri=blueprint.integration_uri)
    preflight = Preflight(resource=resource, origin=origin, after=post)
    on_4xx = GatewayResponse(api=api, response_type="DEFAULT_4XX", origin=origin)
    on_5xx = GatewayResponse(api=api, response_type="DEFAULT_5XX", origin=origin)
    permission = InvokePermission(
        function=process_order, api=api, place=blueprint.place, path=names.path
    )
    stage = Stage(
        api=api,
        definition=(resource, post, preflight, on_4xx, on_5xx),
        owner=blueprint.owner,
        name=names.stage,
        path=names.path,
    )
    endpoint = Endpoint(api=api, stage=stage, origin=origin)
    return (api, resource, post, permission, preflight, on_4xx, on_5xx, stage, endpoint)
