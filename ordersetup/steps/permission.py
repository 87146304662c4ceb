"""API Gateway's permission to invoke ProcessOrder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import ORDERS_PATH, Place
from ordersetup.step import Calls, Seen, Shown, State, Step
from ordersetup.steps.functions import UNDER_WAY, Function
from ordersetup.steps.rest_api import RestApi
from ordersetup.transient import Transient

SID = "ordersetup-post-orders-"


@dataclass(frozen=True, kw_only=True)
class PermissionState(State):
    """Whether the API may invoke the function, and what we once allowed to an API now gone."""

    principal: Annotated[str, Shown("Principal")]
    source: Annotated[str, Shown("Source ARN")]
    outdated: Annotated[tuple[str, ...], Shown("Statements for an API that is gone")]


@dataclass(frozen=True, eq=False, kw_only=True)
class InvokePermission(Step[PermissionState]):
    """Lambda › ProcessOrder › Configuration › Permissions › Resource-based policy statements.

    The console writes this statement by itself when the integration is saved: any stage of this
    API, POST /orders. Narrowed to one stage it would break the console's Test button. AddPermission
    cannot change a statement, so the id of ours carries the API's: a new one is added before an old
    one goes.
    """

    function: Function
    api: RestApi
    place: Place

    calls: ClassVar[Calls] = Calls(
        read=("lambda:GetPolicy",), write=("lambda:AddPermission", "lambda:RemovePermission")
    )
    transient: ClassVar[tuple[Transient, ...]] = (
        *UNDER_WAY,
        Transient(
            "ResourceConflictException",
            "already exists",
            "the permission was given meanwhile; looking at it",
            "See the function's resource-based policy in the Lambda console",
            30,
        ),
        Transient(
            "ResourceNotFoundException",
            "",
            "the new function is not yet known everywhere in Lambda",
            "See the function in the Lambda console",
            20,
        ),
    )

    @property
    def key(self) -> str:
        return f"permission/{self.function.name}"

    @property
    def title(self) -> str:
        return f"Let {self.api.name} invoke {self.function.name}"

    @property
    def console(self) -> str:
        return f"Lambda › {self.function.name} › Configuration › Permissions"

    @property
    def desired(self) -> PermissionState:
        return PermissionState(
            principal="apigateway.amazonaws.com",
            source=f"{self.api.name}/*/POST{ORDERS_PATH}",
            outdated=(),
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return (self.function, self.api)

    @property
    def parent(self) -> Function:
        return self.function

    @property
    def looks_at(self) -> tuple[Step[Any], ...]:
        return (self.function, self.api)

    def read(self, aws: Aws, seen: Seen) -> PermissionState | None:
        try:
            policy = json.loads(aws.lambda_.get_policy(FunctionName=self.function.name)["Policy"])
        except aws.lambda_.exceptions.ResourceNotFoundException:
            return None
        api = seen.find(self.api)
        wanted = self._source_arn(api.api_id) if api else None
        statements = policy.get("Statement", [])
        outdated = tuple(
            sorted(
                s["Sid"]
                for s in statements
                if s.get("Sid", "").startswith(SID) and _source_arn(s) != wanted
            )
        )
        if any(_allows_api_gateway(s) and _source_arn(s) == wanted for s in statements):
            return PermissionState(
                principal="apigateway.amazonaws.com",
                source=self.desired.source,
                outdated=outdated,
            )
        if outdated:
            return PermissionState(principal="", source="", outdated=outdated)
        return None

    def apply(
        self, aws: Aws, seen: Seen, actual: PermissionState | None, drifted: frozenset[str]
    ) -> None:
        api_id = seen.of(self.api).api_id
        if actual is None or "source" in drifted:
            aws.lambda_.add_permission(
                FunctionName=self.function.name,
                StatementId=f"{SID}{api_id}",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=self._source_arn(api_id),
            )
        for sid in actual.outdated if actual else ():
            try:
                aws.lambda_.remove_permission(FunctionName=self.function.name, StatementId=sid)
            except aws.lambda_.exceptions.ResourceNotFoundException:
                continue

    def _source_arn(self, api_id: str) -> str:
        return self.place.arn("execute-api", f"{api_id}/*/POST{ORDERS_PATH}")


def _allows_api_gateway(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    service = principal.get("Service") if isinstance(principal, dict) else principal
    return (
        statement.get("Effect") == "Allow"
        and service == "apigateway.amazonaws.com"
        and statement.get("Action") == "lambda:InvokeFunction"
    )


def _source_arn(statement: dict[str, Any]) -> str | None:
    """The statement's source; condition keys are spelt in any case, under any of the operators."""
    for operator in statement.get("Condition", {}).values():
        for key, value in operator.items():
            if key.lower() == "aws:sourcearn":
                return str(value)
    return None
