"""Enable CORS, second part: the headers of what API Gateway answers by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.cors import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    as_the_console,
    cors_values,
)
from ordersetup.steps.rest_api import CONCURRENT, NOT_KNOWN_YET, TAG_UNHEARD, RestApi
from ordersetup.transient import Transient

HEADER = "gatewayresponse.header."
BODY = '{"message":$context.error.messageString}'
"""AWS's own body, kept: PutGatewayResponse without it would answer with an empty one."""


@dataclass(frozen=True, kw_only=True)
class GatewayResponseState(State):
    """What API Gateway answers by itself: its CORS headers, and AWS's own status and body.

    A browser shows an answer to the page by Allow-Origin alone; the other two are the preflight's.
    """

    allow_headers: Annotated[str | None, Shown("Access-Control-Allow-Headers", ours=True)]
    allow_methods: Annotated[str | None, Shown("Access-Control-Allow-Methods", ours=True)]
    allow_origin: Annotated[str | None, Shown("Access-Control-Allow-Origin")]
    status: Annotated[str | None, Shown("Status code", ours=True)]
    body: Annotated[str | None, Shown("Response template", ours=True)]


@dataclass(frozen=True, eq=False, kw_only=True)
class GatewayResponse(Step[GatewayResponseState]):
    """API Gateway › /orders › Enable CORS › Gateway responses: Default 4XX, Default 5XX.

    Without them a browser hides a throttle's or a fault's answer from the page. An untouched type
    is answered with AWS's default by GetGatewayResponse. PutGatewayResponse replaces all of it.
    """

    api: RestApi
    response_type: Literal["DEFAULT_4XX", "DEFAULT_5XX"]
    origin: str

    group: ClassVar[Group] = Group.CORS
    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetGatewayResponse",), write=("apigateway:PutGatewayResponse",)
    )
    transient: ClassVar[tuple[Transient, ...]] = (CONCURRENT, NOT_KNOWN_YET)
    unheard: ClassVar[tuple[Transient, ...]] = (TAG_UNHEARD,)

    @property
    def key(self) -> str:
        return f"cors/{self.api.name}/{self.response_type}"

    @property
    def title(self) -> str:
        return f"Enable CORS: {self.label}"

    @property
    def label(self) -> str:
        """The console's name of the type."""
        return self.response_type.replace("_", " ").capitalize().replace("xx", "XX")

    @property
    def console(self) -> str:
        return f"API Gateway › {self.api.name} › Gateway responses › {self.label}"

    def console_page(self, region: str) -> str:
        return self.api.console_page(region)

    @property
    def desired(self) -> GatewayResponseState:
        values = cors_values(self.origin)
        return GatewayResponseState(
            allow_headers=values[ALLOW_HEADERS],
            allow_methods=values[ALLOW_METHODS],
            allow_origin=values[ALLOW_ORIGIN],
            status=None,
            body=BODY,
        )

    @property
    def needs(self) -> tuple[RestApi, ...]:
        return (self.api,)

    @property
    def parent(self) -> RestApi:
        return self.api

    @property
    def lane(self) -> str:
        return self.api.key

    def read(self, aws: Aws, seen: Seen) -> GatewayResponseState | None:
        try:
            return _state(
                aws.apigateway.get_gateway_response(
                    restApiId=seen.of(self.api).api_id, responseType=self.response_type
                )
            )
        except aws.apigateway.exceptions.NotFoundException:
            return None

    def apply(
        self, aws: Aws, seen: Seen, actual: GatewayResponseState | None, drifted: frozenset[str]
    ) -> GatewayResponseState:
        return _state(
            aws.apigateway.put_gateway_response(
                restApiId=seen.of(self.api).api_id,
                responseType=self.response_type,
                responseParameters={
                    HEADER + header: value for header, value in cors_values(self.origin).items()
                },
                responseTemplates={"application/json": BODY},
            )
        )


def _state(found: Mapping[str, Any]) -> GatewayResponseState:
    """The state of a GatewayResponse, which Get and Put answer alike."""
    values = found.get("responseParameters", {})
    return GatewayResponseState(
        allow_headers=as_the_console(ALLOW_HEADERS, values.get(HEADER + ALLOW_HEADERS)),
        allow_methods=as_the_console(ALLOW_METHODS, values.get(HEADER + ALLOW_METHODS)),
        allow_origin=values.get(HEADER + ALLOW_ORIGIN),
        status=found.get("statusCode"),
        body=body_of(found.get("responseTemplates", {})),
    )


def body_of(templates: Mapping[str, str]) -> str | None:
    """The template of the JSON answer, with those of other types if somebody has added any."""
    text = templates.get("application/json")
    if not templates.keys() - {"application/json"}:
        return None if text is None else text.strip()
    return json.dumps(dict(templates), sort_keys=True)
