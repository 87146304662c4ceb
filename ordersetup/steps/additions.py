"""What somebody has added to the guide's pipeline: told, and not held against it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.functions import Function
from ordersetup.steps.permission import API_GATEWAY, InvokePermission, source_arn
from ordersetup.steps.rest_api import RestApi


@dataclass(frozen=True, kw_only=True)
class FunctionAdditionsState(State):
    """What a function has beyond the guide."""

    dead_letter: Annotated[str | None, Shown("Dead-letter queue (the older setting)", note=True)]
    switched_off: Annotated[bool, Shown("Switched off: reserved concurrency is 0")]
    reserved: Annotated[int | None, Shown("Reserved concurrency", note=True)]
    event_sources: Annotated[tuple[str, ...], Shown("Triggers: event sources", note=True)]
    permissions: Annotated[tuple[str, ...], Shown("Who else may invoke it", note=True)]


@dataclass(frozen=True, eq=False, kw_only=True)
class FunctionAdditions(Step[FunctionAdditionsState]):
    """Lambda › function › Configuration: Triggers, Permissions, Concurrency, Dead-letter queue.

    The dead-letter queue of the same page is the near miss of the on-failure destination: it gets
    the event alone, without the error and the number of attempts. A reserved concurrency of 0
    stops the function, and sends every event to the destination at once.
    """

    function: Function
    permission: InvokePermission | None = None
    """The API's, which is the guide's own, where the function has it."""

    group: ClassVar[Group] = Group.FUNCTIONS
    calls: ClassVar[Calls] = Calls(
        read=(
            "lambda:GetFunction",
            "lambda:ListEventSourceMappings",
            "lambda:GetPolicy",
        ),
        write=(),
    )

    @property
    def key(self) -> str:
        return f"additions/{self.function.name}"

    @property
    def title(self) -> str:
        return f"Additions to {self.function.name}"

    @property
    def console(self) -> str:
        return f"Lambda › {self.function.name} › Configuration"

    def console_page(self, region: str) -> str:
        return f"{self.function.console_page(region)}?tab=configure"

    @property
    def desired(self) -> FunctionAdditionsState:
        return FunctionAdditionsState(
            dead_letter=None,
            switched_off=False,
            reserved=None,
            event_sources=(),
            permissions=(),
        )

    @property
    def parent(self) -> Function:
        return self.function

    @property
    def looks_at(self) -> tuple[Step[Any], ...]:
        return (self.function, *((self.permission.api,) if self.permission else ()))

    def read(self, aws: Aws, seen: Seen) -> FunctionAdditionsState:
        name = self.function.name
        found = aws.lambda_.get_function(FunctionName=name)
        pages = aws.lambda_.get_paginator("list_event_source_mappings").paginate(FunctionName=name)
        sources = [m for page in pages for m in page.get("EventSourceMappings", [])]
        reserved = found.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        return FunctionAdditionsState(
            dead_letter=found["Configuration"].get("DeadLetterConfig", {}).get("TargetArn") or None,
            switched_off=reserved == 0,
            reserved=reserved or None,
            event_sources=tuple(sorted(m.get("EventSourceArn", m["UUID"]) for m in sources)),
            permissions=_other_callers(aws, name, self._api_of_ours(aws, seen)),
        )

    def by_hand(self, attribute: str) -> str:
        if attribute != "switched_off":
            return self.console
        return f"{self.console} › Concurrency › Edit › Use unreserved account concurrency"

    def _api_of_ours(self, aws: Aws, seen: Seen) -> str | None:
        """What the sources of the pipeline's own API begin with; any API's here, if it is gone."""
        if self.permission is None:
            return None
        api = seen.find(self.permission.api)
        return self.permission.place.arn("execute-api", f"{api.api_id}/" if api else "")

    def apply(
        self,
        aws: Aws,
        seen: Seen,
        actual: FunctionAdditionsState | None,
        drifted: frozenset[str],
    ) -> None:
        """Nothing: what others have added is theirs."""


@dataclass(frozen=True, kw_only=True)
class ApiAdditionsState(State):
    """What the API has beyond POST and OPTIONS of /orders."""

    methods: Annotated[tuple[str, ...], Shown("Further methods", note=True)]


@dataclass(frozen=True, eq=False, kw_only=True)
class ApiAdditions(Step[ApiAdditionsState]):
    """API Gateway › EcommerceAPI › Resources: methods that are not the guide's."""

    api: RestApi
    path: str

    group: ClassVar[Group] = Group.API
    calls: ClassVar[Calls] = Calls(read=("apigateway:GetResources",), write=())

    @property
    def key(self) -> str:
        return f"additions/{self.api.name}"

    @property
    def title(self) -> str:
        return f"Additions to {self.api.name}"

    @property
    def console(self) -> str:
        return f"API Gateway › {self.api.name} › Resources"

    def console_page(self, region: str) -> str:
        return self.api.console_page(region)

    @property
    def desired(self) -> ApiAdditionsState:
        return ApiAdditionsState(methods=())

    @property
    def parent(self) -> RestApi:
        return self.api

    def read(self, aws: Aws, seen: Seen) -> ApiAdditionsState:
        pages = aws.apigateway.get_paginator("get_resources").paginate(
            restApiId=seen.of(self.api).api_id,
            embed=["methods"],
            PaginationConfig={"PageSize": 500},
        )
        found = {
            f"{method} {item['path']}"
            for page in pages
            for item in page.get("items", [])
            for method in item.get("resourceMethods", {})
        }
        guide = {f"POST {self.path}", f"OPTIONS {self.path}"}
        return ApiAdditionsState(methods=tuple(sorted(found - guide)))

    def apply(
        self, aws: Aws, seen: Seen, actual: ApiAdditionsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: what others have added is theirs."""


def _other_callers(aws: Aws, function: str, api: str | None) -> tuple[str, ...]:
    """Who else than the pipeline's own API is let in by the function's own policy."""
    try:
        policy = json.loads(aws.lambda_.get_policy(FunctionName=function)["Policy"])
    except aws.lambda_.exceptions.ResourceNotFoundException:
        return ()
    return tuple(
        sorted(
            {
                _caller(statement)
                for statement in policy.get("Statement", [])
                if statement.get("Effect", "Allow") == "Allow"
                and not (api and _source_of(statement, API_GATEWAY).startswith(api))
            }
        )
    )


def _caller(statement: dict[str, Any]) -> str:
    principal = statement.get("Principal", "*")
    if isinstance(principal, dict):
        principal = ", ".join(str(value) for value in principal.values())
    if principal != API_GATEWAY:
        return str(principal)
    return f"{principal} for {_source_of(statement, API_GATEWAY) or 'any API of any account'}"


def _source_of(statement: dict[str, Any], service: str) -> str:
    """The source that a statement for a service names; empty, if it is for another service."""
    if statement.get("Principal") not in ({"Service": service}, service):
        return ""
    return source_arn(statement) or ""
