"""What an API refers to, and who lets an API in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordersetup.blueprint import STAGE
from ordersetup.permissions import ANY, Uses
from ordersetup.references import References

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import RestApiTypeDef

USES: Uses = {
    "apigateway:GetMethod": (),
    "apigateway:GetResources": (),
    "apigateway:GetRestApis": (),
    "apigateway:GetStages": (),
    "lambda:GetPolicy": (ANY,),
}
"""What following an API's references calls."""

_FUNCTION = re.compile(r":function:(?P<name>[\w-]+)")
_SOURCE = re.compile(r"arn:[\w-]+:execute-api:[\w-]*:\d*:(?P<api>[a-z0-9]+)/")


@dataclass(frozen=True)
class Integrated:
    """A resource whose POST is integrated with a function."""

    path: str
    function: str


class ApiReferences:
    """REST APIs, read through `References`.

    Args:
        look: reads, and keeps what was refused.
    """

    def __init__(self, look: References) -> None:
        self._look = look

    def name_of(self, api_id: str) -> str | None:
        """The name of an API."""
        return next((api.get("name") for api in self._apis() if api["id"] == api_id), None)

    def tags(self, api_id: str) -> Mapping[str, str]:
        """The tags of an API."""
        return next((api.get("tags", {}) for api in self._apis() if api["id"] == api_id), {})

    def id_of(self, name: str) -> str | None:
        """The id of the only API of that name, or of that id."""
        found = [api["id"] for api in self._apis() if name in (api["id"], api.get("name"))]
        return found[0] if len(found) == 1 else None

    def _apis(self) -> list[RestApiTypeDef]:
        def read() -> list[RestApiTypeDef]:
            pages = self._look.aws.apigateway.get_paginator("get_rest_apis").paginate(
                PaginationConfig={"PageSize": 500}
            )
            return [api for page in pages for api in page.get("items", [])]

        return self._look.ask("rest apis", "", read) or []

    def integrated(
        self, api_id: str, path: str | None, function: str | None = None
    ) -> Integrated | None:
        """The resource whose POST calls a function.

        Args:
            api_id: the API.
            path: the resource; any, if it is not known.
            function: the function that it must call; any, if it is not known.
        """
        apis = self._look.aws.apigateway

        def read() -> dict[str, str]:
            pages = apis.get_paginator("get_resources").paginate(
                restApiId=api_id, embed=["methods"], PaginationConfig={"PageSize": 500}
            )
            return {
                item["path"]: item["id"]
                for page in pages
                for item in page.get("items", [])
                if "POST" in item.get("resourceMethods", {})
            }

        resources = self._look.ask("resources", api_id, read) or {}
        for at, resource in sorted(resources.items()):
            if path in (None, at):
                name = self._integration(api_id, resource)
                if name is not None and function in (None, name):
                    return Integrated(at, name)
        return None

    def _integration(self, api_id: str, resource: str) -> str | None:
        apis = self._look.aws.apigateway
        method = self._look.ask(
            f"POST {api_id}",
            resource,
            lambda: apis.get_method(restApiId=api_id, resourceId=resource, httpMethod="POST"),
        )
        uri = method.get("methodIntegration", {}).get("uri", "") if method else ""
        found = _FUNCTION.search(uri)
        return found["name"] if found else None

    def allowed(self, function: str) -> str | None:
        """The id of the API that the function's own policy lets in."""
        lambda_ = self._look.aws.lambda_
        policy = self._look.ask(
            "policy", function, lambda: lambda_.get_policy(FunctionName=function)["Policy"]
        )
        known = {api["id"] for api in self._apis()}
        for statement in json.loads(policy or "{}").get("Statement", []):
            for found in _SOURCE.finditer(json.dumps(statement.get("Condition", {}))):
                if found["api"] in known:
                    return found["api"]
        return None

    def stage(self, api_id: str) -> tuple[str, str] | None:
        """The guide's stage, else the only one, and how it was found."""
        apis = self._look.aws.apigateway
        stages = self._look.ask(
            "stages", api_id, lambda: apis.get_stages(restApiId=api_id).get("item", [])
        )
        names = [stage.get("stageName", "") for stage in stages or []]
        if STAGE in names:
            return STAGE, "by name"
        return (names[0], "it is the only one") if len(names) == 1 else None
