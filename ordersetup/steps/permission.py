"""API Gateway's permission to invoke ProcessOrder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import ORDERS_PATH, STAGE, Place
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.function_answers import UNDER_WAY
from ordersetup.steps.functions import Function
from ordersetup.steps.rest_api import RestApi
from ordersetup.transient import Transient

SID = "ordersetup-post-orders-"
API_GATEWAY = "apigateway.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class PermissionState(State):
    """Whether the API may invoke the function, and what we once allowed to another one.

    `statement_id` is that of the statement that allows it, whatever it is.
    """

    principal: Annotated[str, Shown("Principal")]
    source: Annotated[str, Shown("Source ARN")]
    outdated: Annotated[tuple[str, ...], Shown("Outdated statements of ours")]
    statement_id: str = field(default="", compare=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class InvokePermission(Step[PermissionState]):
    """Lambda › ProcessOrder › Configuration › Permissions › Resource-based policy statements.

    The console writes this statement by itself when the integration is saved: any stage of this
    API, POST /orders. Narrowed to one stage it would break the console's Test button. AddPermission
    cannot change a statement, so a new one is added, under an id that is free, before an old one of
    ours goes.
    """

    function: Function
    api: RestApi
    place: Place
    path: str = ORDERS_PATH

    group: ClassVar[Group] = Group.API
    calls: ClassVar[Calls] = Calls(
        read=("lambda:GetPolicy",),
        write=("lambda:AddPermission", "lambda:RemovePermission"),
        create=("lambda:AddPermission",),
    )
    remnants: ClassVar[frozenset[str]] = frozenset({"outdated"})
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

    def console_page(self, region: str) -> str:
        return f"{self.function.console_page(region)}?subtab=permissions&tab=configure"

    @property
    def desired(self) -> PermissionState:
        return PermissionState(
            principal=API_GATEWAY,
            source=f"{self.api.name}/*/POST{self.path}",
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
        by_hand = seen.of(self.function).owner is None and not seen.adopting
        right, ours = [], []
        for statement in policy.get("Statement", []):
            if wanted and (_allows(statement, wanted) or (by_hand and _reaches(statement, wanted))):
                right.append(statement)
            elif statement.get("Sid", "").startswith(SID):
                ours.append(statement)
        outdated = tuple(sorted(statement["Sid"] for statement in ours))
        if right:
            return replace(self.desired, outdated=outdated, statement_id=right[0].get("Sid", ""))
        if not ours:
            return None
        source = source_arn(ours[0]) or "any"
        return PermissionState(
            principal=_service(ours[0]),
            source=self.desired.source if _invokes(ours[0]) and source == wanted else source,
            outdated=outdated,
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: PermissionState | None, drifted: frozenset[str]
    ) -> None:
        api_id = seen.of(self.api).api_id
        outdated = actual.outdated if actual else ()
        if actual is None or drifted & {"principal", "source"}:
            aws.lambda_.add_permission(
                FunctionName=self.function.name,
                StatementId=_free(f"{SID}{api_id}", outdated),
                Action="lambda:InvokeFunction",
                Principal=API_GATEWAY,
                SourceArn=self._source_arn(api_id),
            )
        for sid in outdated:
            try:
                aws.lambda_.remove_permission(FunctionName=self.function.name, StatementId=sid)
            except aws.lambda_.exceptions.ResourceNotFoundException:
                continue

    def _source_arn(self, api_id: str) -> str:
        return self.place.arn("execute-api", f"{api_id}/*/POST{self.path}")


def _allows(statement: dict[str, Any], source: str) -> bool:
    return (
        _invokes(statement)
        and _service(statement) == API_GATEWAY
        and source_arn(statement) == source
    )


def _reaches(statement: dict[str, Any], source: str) -> bool:
    """Whether a statement is as wide as the console's, or lets in POST of the one stage."""
    pattern = source_arn(statement)
    if not (_invokes(statement) and _service(statement) == API_GATEWAY and pattern):
        return False
    return any(fnmatchcase(source.replace("*", stage, 1), pattern) for stage in ("*", STAGE))


def _invokes(statement: dict[str, Any]) -> bool:
    return statement.get("Effect") == "Allow" and statement.get("Action") == "lambda:InvokeFunction"


def _service(statement: dict[str, Any]) -> str:
    principal = statement.get("Principal", {})
    return str(principal.get("Service") if isinstance(principal, dict) else principal)


def source_arn(statement: dict[str, Any]) -> str | None:
    """The statement's source; condition keys are spelt in any case, under any of the operators."""
    for operator in statement.get("Condition", {}).values():
        for key, value in operator.items():
            if key.lower() == "aws:sourcearn":
                return str(value)
    return None


def _free(sid: str, taken: tuple[str, ...]) -> str:
    """The first statement id that is free: `sid`, else one that says it is another try."""
    while sid in taken:
        sid += "-anew"
    return sid
