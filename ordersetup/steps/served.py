"""Whether the stage serves what is configured, asked of the deployment itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.cors import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    Preflight,
    as_the_console,
)
from ordersetup.steps.gateway_responses import HEADER, GatewayResponse, body_of
from ordersetup.steps.post_method import TIMEOUT_MS, PostMethod
from ordersetup.steps.stage import Stage

_HEADERS = {
    "allow_headers": ALLOW_HEADERS,
    "allow_methods": ALLOW_METHODS,
    "allow_origin": ALLOW_ORIGIN,
}
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authtype"
_REFUSALS = "x-amazon-apigateway-gateway-responses"
_ASKED = "DEFAULT_4XX"
"""The one gateway response that can be provoked from outside."""


@dataclass(frozen=True, kw_only=True)
class ServedState(State):
    """What the stage serves otherwise than the API is configured."""

    otherwise: Annotated[tuple[str, ...], Shown("Served otherwise than configured")]


@dataclass(frozen=True, eq=False, kw_only=True)
class Served(Step[ServedState]):
    """API Gateway › EcommerceAPI › Stages › prod › Export (OpenAPI 3 with extensions).

    The console's Test button uses the configuration, the URL uses the deployment: a change that was
    never deployed works there and nowhere else. GetExport tells of the stage what it was deployed
    with, and is compared with the methods and gateway responses as they are configured now. That of
    refusals is asked for over HTTP besides, by a path that does not exist: not every export tells
    gateway responses.
    """

    stage: Stage
    path: str
    post: PostMethod
    preflight: Preflight
    refusals: tuple[GatewayResponse, ...]

    group: ClassVar[Group] = Group.STAGE
    calls: ClassVar[Calls] = Calls(read=("apigateway:GetExport",), write=())

    @property
    def key(self) -> str:
        return f"served/{self.stage.api.name}/{self.stage.name}"

    @property
    def title(self) -> str:
        return f"What stage {self.stage.name} serves"

    @property
    def console(self) -> str:
        return f"{self.stage.console} › Deployment history"

    def console_page(self, region: str) -> str:
        return self.stage.console_page(region)

    @property
    def desired(self) -> ServedState:
        return ServedState(otherwise=())

    @property
    def parent(self) -> Stage:
        return self.stage

    @property
    def looks_at(self) -> tuple[Step[Any], ...]:
        return (self.stage, self.stage.api, self.post, self.preflight, *self.refusals)

    def read(self, aws: Aws, seen: Seen) -> ServedState:
        exported = aws.apigateway.get_export(
            restApiId=seen.of(self.stage.api).api_id,
            stageName=self.stage.name,
            exportType="oas30",
            parameters={"extensions": "apigateway"},
            accepts="application/json",
        )
        document = json.loads(exported["body"].read())
        served, configured = self._served(document), self._configured(seen)
        for refusal in self.refusals:
            if _REFUSALS in document:
                _add_told(refusal, document[_REFUSALS], seen, served, configured)
        self._ask(aws, seen, served, configured)
        names = sorted(served.keys() | configured.keys())
        return ServedState(otherwise=tuple(n for n in names if served.get(n) != configured.get(n)))

    def apply(
        self, aws: Aws, seen: Seen, actual: ServedState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: a deployment is made where the stage is."""

    def _ask(
        self, aws: Aws, seen: Seen, served: dict[str, object], configured: dict[str, object]
    ) -> None:
        """Add the origin that API Gateway itself allows when it refuses a path nobody has made."""
        refusal = next(one for one in self.refusals if one.response_type == _ASKED)
        state, label = seen.find(refusal), f"{refusal.label}: {ALLOW_ORIGIN}"
        url = aws.orders_url(
            seen.of(self.stage.api).api_id, self.stage.name, f"{self.path}-unknown"
        )
        # GET, since this API may be anybody's, and have a method that catches every path.
        answer = aws.web.ask("GET", url, timeout=aws.seconds(35))
        served[label] = answer.headers.get("access-control-allow-origin")
        configured[label] = ((state and state.allow_origin) or "").strip("'") or None

    def _served(self, document: Mapping[str, Any]) -> dict[str, object]:
        methods = document.get("paths", {}).get(self.path, {})
        post = methods.get("post", {}).get(_INTEGRATION, {})
        options = methods.get("options", {}).get(_INTEGRATION, {})
        headers = _answered(options.get("responses", {}))
        told: dict[str, object] = {
            "POST: integration type": _upper(post.get("type")),
            "POST: Lambda function": post.get("uri"),
            # An export leaves out what is at its default.
            "POST: timeout": post.get("timeoutInMillis", TIMEOUT_MS) if post else None,
            **_access(methods.get("post"), document),
            "OPTIONS: integration type": _upper(options.get("type")),
        }
        for header in _HEADERS.values():
            value = headers.get(f"method.response.header.{header}")
            # The configuration is read in the console's spelling too.
            told[f"OPTIONS: {header}"] = as_the_console(header, value)
        return {name: value for name, value in told.items() if value is not None}

    def _configured(self, seen: Seen) -> dict[str, object]:
        told: dict[str, object] = {}
        if post := seen.find(self.post):
            told["POST: integration type"] = post.integration_type
            told["POST: Lambda function"] = post.target
            told["POST: timeout"] = post.timeout_ms
            told["POST: open to all"] = post.authorization == "NONE"
            told["POST: API key required"] = post.api_key_required
        if preflight := seen.find(self.preflight):
            told["OPTIONS: integration type"] = preflight.integration_type
            for field, header in _HEADERS.items():
                told[f"OPTIONS: {header}"] = getattr(preflight, field)
        return {name: value for name, value in told.items() if value is not None}


def _add_told(
    refusal: GatewayResponse,
    told: Mapping[str, Any],
    seen: Seen,
    served: dict[str, object],
    configured: dict[str, object],
) -> None:
    """Add a gateway response as an export tells it, and as it is configured."""
    state = seen.find(refusal)
    if state is None:
        return
    answer = told.get(refusal.response_type, {})
    for field, header in _HEADERS.items():
        label = f"{refusal.label}: {header}"
        value = answer.get("responseParameters", {}).get(HEADER + header)
        served[label], configured[label] = as_the_console(header, value), getattr(state, field)
    status, label = answer.get("statusCode"), f"{refusal.label}: status code"
    served[label], configured[label] = (None if status is None else str(status)), state.status
    # An export leaves out what is AWS's own, and so cannot tell it from what is not there.
    if "responseTemplates" in answer:
        label = f"{refusal.label}: response template"
        served[label], configured[label] = body_of(answer["responseTemplates"]), state.body


def _access(method: Mapping[str, Any] | None, document: Mapping[str, Any]) -> dict[str, object]:
    """Whom a method lets in; an API key is told from an authorizer by the lack of a mark."""
    if method is None:
        return {}
    schemes = document.get("components", {}).get("securitySchemes", {})
    asked = [schemes.get(name, {}) for demand in method.get("security", []) for name in demand]
    keys = [s for s in asked if s.get("type") == "apiKey" and _AUTHORIZER not in s]
    signed = "x-amazon-apigateway-auth" in method and (
        method["x-amazon-apigateway-auth"].get("type", "NONE").upper() != "NONE"
    )
    return {
        "POST: open to all": not signed and len(asked) == len(keys),
        "POST: API key required": bool(keys),
    }


def _answered(responses: Mapping[str, Any]) -> Mapping[str, str]:
    """The headers of the 200 answer; an export names it by its pattern, "default" mostly."""
    for response in responses.values():
        if response.get("statusCode") == "200":
            parameters: Mapping[str, str] = response.get("responseParameters", {})
            return parameters
    return {}


def _upper(kind: str | None) -> str | None:
    return None if kind is None else kind.upper()
