"""The resource /orders of the REST API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.rest_api import CONCURRENT, MEANWHILE, NOT_KNOWN_YET, TAG_UNHEARD, RestApi
from ordersetup.transient import Transient


@dataclass(frozen=True, kw_only=True)
class ResourceState(State):
    """A resource of the API as wanted or found."""

    path: Annotated[str, Shown("Resource path")]
    resource_id: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource(Step[ResourceState]):
    """API Gateway › EcommerceAPI › Resources › Create resource."""

    api: RestApi
    path: str

    group: ClassVar[Group] = Group.API
    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetResources",),
        write=("apigateway:CreateResource",),
        create=("apigateway:CreateResource",),
    )
    transient: ClassVar[tuple[Transient, ...]] = (CONCURRENT, MEANWHILE, NOT_KNOWN_YET)
    unheard: ClassVar[tuple[Transient, ...]] = (TAG_UNHEARD,)

    @property
    def key(self) -> str:
        return f"resource/{self.api.name}{self.path}"

    @property
    def title(self) -> str:
        return f"Create resource {self.path}"

    @property
    def console(self) -> str:
        return f"API Gateway › {self.api.name} › Resources › {self.path}"

    def console_page(self, region: str) -> str:
        return self.api.console_page(region)

    @property
    def desired(self) -> ResourceState:
        return ResourceState(path=self.path)

    @property
    def needs(self) -> tuple[RestApi, ...]:
        return (self.api,)

    @property
    def parent(self) -> RestApi:
        return self.api

    @property
    def lane(self) -> str:
        return self.api.key

    def read(self, aws: Aws, seen: Seen) -> ResourceState | None:
        resources = self._resources(aws, seen)
        if self.path not in resources:
            return None
        return ResourceState(path=self.path, resource_id=resources[self.path])

    def apply(
        self, aws: Aws, seen: Seen, actual: ResourceState | None, drifted: frozenset[str]
    ) -> ResourceState | None:
        api = seen.of(self.api)
        made = aws.apigateway.create_resource(
            restApiId=api.api_id,
            parentId=api.root_id or self._resources(aws, seen)["/"],
            pathPart=self.path.removeprefix("/"),
        )
        if "id" not in made:
            return None
        return ResourceState(path=made.get("path", ""), resource_id=made["id"])

    def _resources(self, aws: Aws, seen: Seen) -> dict[str, str]:
        pages = aws.apigateway.get_paginator("get_resources").paginate(
            restApiId=seen.of(self.api).api_id, PaginationConfig={"PageSize": 500}
        )
        return {item["path"]: item["id"] for page in pages for item in page.get("items", [])}
