"""Enable CORS, as the console's button makes it: the OPTIONS method of /orders.

The button does two things more: the header on POST's own answer is declared where POST is made, and
the gateway responses have a file of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import CORS_HEADERS
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.post_method import model_of, open_method, reopen_method
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import CONCURRENT, MEANWHILE, NOT_KNOWN_YET, TAG_UNHEARD
from ordersetup.transient import Transient

METHODS = "OPTIONS,POST"
MOCK_TEMPLATE = {"statusCode": 200}
ALLOW_HEADERS = "Access-Control-Allow-Headers"
ALLOW_METHODS = "Access-Control-Allow-Methods"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ANSWER = "method.response.header."


def cors_values(origin: str) -> dict[str, str]:
    """The three headers and what the console puts into them, in API Gateway's mapping language."""
    values = {ALLOW_HEADERS: CORS_HEADERS, ALLOW_METHODS: METHODS, ALLOW_ORIGIN: origin}
    return {header: f"'{value}'" for header, value in values.items()}


def listed_alike(found: str | None, wanted: str | None, *, fold: bool = False) -> str | None:
    """What was found; as it is wanted, if a browser takes both lists for the same.

    It reads Allow-Headers and Allow-Methods as sets, and the console's button has written them in
    several orders over the years.

    Args:
        found: the value as it stands.
        wanted: the console's spelling.
        fold: the case of letters does not matter: of names of headers, not of methods.
    """
    if found is None or wanted is None:
        return found
    return wanted if _members(found, fold=fold) == _members(wanted, fold=fold) else found


def _members(value: str, *, fold: bool) -> set[str]:
    text = value.lower() if fold else value
    return {member.strip() for member in text.strip("'").split(",")}


def as_the_console(header: str, found: str | None) -> str | None:
    """A header's value in the console's spelling, if it says the same; else as it stands."""
    return listed_alike(found, _LISTS.get(header), fold=header == ALLOW_HEADERS)


_LISTS = {ALLOW_HEADERS: f"'{CORS_HEADERS}'", ALLOW_METHODS: f"'{METHODS}'"}


@dataclass(frozen=True, kw_only=True)
class PreflightState(State):
    """OPTIONS as wanted or found; what is missing reads as None."""

    authorization: Annotated[str, Shown("Authorization")]
    api_key_required: Annotated[bool, Shown("API key required")]
    integration_type: Annotated[str | None, Shown("Integration type")]
    template: Annotated[str | None, Shown("Mapping template")]
    passthrough: Annotated[str | None, Shown("Request body passthrough")]
    answers_with: Annotated[str | None, Shown("Method response 200: model")]
    declared: Annotated[tuple[str, ...], Shown("Method response 200: headers")]
    allow_headers: Annotated[str | None, Shown("Access-Control-Allow-Headers")]
    allow_methods: Annotated[str | None, Shown("Access-Control-Allow-Methods")]
    allow_origin: Annotated[str | None, Shown("Access-Control-Allow-Origin")]


@dataclass(frozen=True, eq=False, kw_only=True)
class Preflight(Step[PreflightState]):
    """API Gateway › /orders › Enable CORS: the OPTIONS method that answers a browser's preflight.

    A header can be mapped in the integration response only once the method response declares it,
    so the method response goes first.
    """

    resource: Resource
    origin: str
    after: Step[Any]

    group: ClassVar[Group] = Group.CORS
    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetMethod",),
        write=(
            "apigateway:PutMethod",
            "apigateway:UpdateMethod",
            "apigateway:PutMethodResponse",
            "apigateway:DeleteMethodResponse",
            "apigateway:PutIntegration",
            "apigateway:PutIntegrationResponse",
        ),
        create=(
            "apigateway:PutMethod",
            "apigateway:PutMethodResponse",
            "apigateway:PutIntegration",
            "apigateway:PutIntegrationResponse",
        ),
    )
    transient: ClassVar[tuple[Transient, ...]] = (CONCURRENT, MEANWHILE, NOT_KNOWN_YET)
    unheard: ClassVar[tuple[Transient, ...]] = (TAG_UNHEARD,)

    @property
    def key(self) -> str:
        return f"cors/{self.resource.api.name}{self.resource.path}/OPTIONS"

    @property
    def title(self) -> str:
        return f"Enable CORS on {self.resource.path}: OPTIONS"

    @property
    def console(self) -> str:
        return f"{self.resource.console} › Enable CORS"

    def console_page(self, region: str) -> str:
        return self.resource.console_page(region)

    @property
    def desired(self) -> PreflightState:
        values = cors_values(self.origin)
        return PreflightState(
            authorization="NONE",
            api_key_required=False,
            integration_type="MOCK",
            template=json.dumps(MOCK_TEMPLATE),
            passthrough="WHEN_NO_MATCH",
            answers_with="Empty",
            declared=tuple(values),
            allow_headers=values[ALLOW_HEADERS],
            allow_methods=values[ALLOW_METHODS],
            allow_origin=values[ALLOW_ORIGIN],
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return (self.resource, self.after)

    @property
    def parent(self) -> Resource:
        return self.resource

    @property
    def lane(self) -> str:
        return self.resource.lane

    def read(self, aws: Aws, seen: Seen) -> PreflightState | None:
        try:
            return self._state(aws.apigateway.get_method(**self._address(seen)))
        except aws.apigateway.exceptions.NotFoundException:
            return None

    def _state(self, found: Mapping[str, Any]) -> PreflightState:
        """The state of a Method, as GetMethod answers, or as the writes have told it in parts."""
        integration = found.get("methodIntegration", {})
        mapped = integration.get("integrationResponses", {}).get("200", {})
        values = mapped.get("responseParameters", {})
        answer = found.get("methodResponses", {}).get("200")
        declared = answer.get("responseParameters", {}) if answer else {}
        return PreflightState(
            authorization=found.get("authorizationType", ""),
            api_key_required=found.get("apiKeyRequired", False),
            integration_type=integration.get("type"),
            template=_template(integration.get("requestTemplates")),
            passthrough=integration.get("passthroughBehavior"),
            answers_with=model_of(answer),
            declared=tuple(sorted(name.rpartition(".")[2] for name in declared)),
            allow_headers=as_the_console(ALLOW_HEADERS, values.get(ANSWER + ALLOW_HEADERS)),
            allow_methods=as_the_console(ALLOW_METHODS, values.get(ANSWER + ALLOW_METHODS)),
            allow_origin=values.get(ANSWER + ALLOW_ORIGIN),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: PreflightState | None, drifted: frozenset[str]
    ) -> PreflightState | None:
        address = self._address(seen)
        if actual is None:
            return self._state(self._created(aws, address))
        if drifted & {"authorization", "api_key_required"}:
            reopen_method(aws, address)
        if drifted & {"answers_with", "declared"}:
            if actual.answers_with is not None:
                aws.apigateway.delete_method_response(**address, statusCode="200")
            self._declare_answer(aws, address)
        integration = drifted & {"integration_type", "template", "passthrough"}
        if integration:
            self._integrate(aws, address)
        # A new integration begins without responses.
        if integration or drifted & {"allow_headers", "allow_methods", "allow_origin"}:
            self._map_answer(aws, address)
        return None

    def _created(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        """The Method; each answer is the part of it that was put."""
        return {
            **open_method(aws, address),
            "methodResponses": {"200": self._declare_answer(aws, address)},
            "methodIntegration": {
                **self._integrate(aws, address),
                "integrationResponses": {"200": self._map_answer(aws, address)},
            },
        }

    def _integrate(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        return aws.apigateway.put_integration(
            **address,
            type="MOCK",
            requestTemplates={"application/json": json.dumps(MOCK_TEMPLATE)},
            passthroughBehavior="WHEN_NO_MATCH",
        )

    def _declare_answer(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        return aws.apigateway.put_method_response(
            **address,
            statusCode="200",
            responseModels={"application/json": "Empty"},
            responseParameters={ANSWER + header: False for header in cors_values(self.origin)},
        )

    def _map_answer(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        return aws.apigateway.put_integration_response(
            **address,
            statusCode="200",
            responseParameters={
                ANSWER + header: value for header, value in cors_values(self.origin).items()
            },
            responseTemplates={"application/json": ""},
        )

    def _address(self, seen: Seen) -> dict[str, Any]:
        return {
            "restApiId": seen.of(self.resource.api).api_id,
            "resourceId": seen.of(self.resource).resource_id,
            "httpMethod": "OPTIONS",
        }


def _template(templates: dict[str, str] | None) -> str | None:
    """The JSON template in one spelling; the console and AWS's tools write its spaces variously."""
    text = (templates or {}).get("application/json")
    if text is None:
        return None
    try:
        return json.dumps(json.loads(text))
    except json.JSONDecodeError:
        return text
