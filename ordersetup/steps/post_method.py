"""POST /orders: the method, its Lambda proxy integration, and its declared answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import CONCURRENT, MEANWHILE, NOT_KNOWN_YET, TAG_UNHEARD
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import MethodResponseTypeDef, PatchOperationTypeDef

ALLOW_ORIGIN = "method.response.header.Access-Control-Allow-Origin"
TIMEOUT_MS = 29_000
NO_MODEL = "no model"


@dataclass(frozen=True, kw_only=True)
class PostMethodState(State):
    """POST as wanted or found; what the integration lacks reads as None."""

    authorization: Annotated[str, Shown("Authorization")]
    api_key_required: Annotated[bool, Shown("API key required")]
    integration_type: Annotated[str | None, Shown("Integration type")]
    integration_method: Annotated[str | None, Shown("Integration HTTP method")]
    target: Annotated[str | None, Shown("Lambda function")]
    timeout_ms: Annotated[int | None, Shown("Integration timeout (ms)")]
    answers_with: Annotated[str | None, Shown("Method response 200: model")]
    declares_origin: Annotated[
        bool, Shown("Method response 200: header Access-Control-Allow-Origin")
    ]


@dataclass(frozen=True, eq=False, kw_only=True)
class PostMethod(Step[PostMethodState]):
    """API Gateway › /orders › Create method: POST, Lambda function, Lambda proxy integration.

    The 200 answer with its Access-Control-Allow-Origin header is what the console's Enable CORS
    adds to a chosen method; with a proxy integration the function sends the header's value. The
    integration calls Lambda by POST whatever the method is.
    """

    resource: Resource
    uri: str

    group: ClassVar[Group] = Group.API
    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetMethod",),
        write=(
            "apigateway:PutMethod",
            "apigateway:UpdateMethod",
            "apigateway:PutMethodResponse",
            "apigateway:UpdateMethodResponse",
            "apigateway:PutIntegration",
        ),
        create=(
            "apigateway:PutMethod",
            "apigateway:PutMethodResponse",
            "apigateway:PutIntegration",
        ),
    )
    transient: ClassVar[tuple[Transient, ...]] = (CONCURRENT, MEANWHILE, NOT_KNOWN_YET)
    unheard: ClassVar[tuple[Transient, ...]] = (TAG_UNHEARD,)

    @property
    def key(self) -> str:
        return f"method/{self.resource.api.name}{self.resource.path}/POST"

    @property
    def title(self) -> str:
        return f"Create method POST {self.resource.path}"

    @property
    def console(self) -> str:
        return f"{self.resource.console} › POST › Integration request"

    def console_page(self, region: str) -> str:
        return self.resource.console_page(region)

    @property
    def desired(self) -> PostMethodState:
        return PostMethodState(
            authorization="NONE",
            api_key_required=False,
            integration_type="AWS_PROXY",
            integration_method="POST",
            target=self.uri,
            timeout_ms=TIMEOUT_MS,
            answers_with="Empty",
            declares_origin=True,
        )

    @property
    def needs(self) -> tuple[Resource, ...]:
        return (self.resource,)

    @property
    def parent(self) -> Resource:
        return self.resource

    @property
    def lane(self) -> str:
        return self.resource.lane

    def read(self, aws: Aws, seen: Seen) -> PostMethodState | None:
        try:
            return self._state(aws.apigateway.get_method(**self._address(seen)))
        except aws.apigateway.exceptions.NotFoundException:
            return None

    def _state(self, found: Mapping[str, Any]) -> PostMethodState:
        """The state of a Method, as GetMethod answers, or as the writes have told it in parts."""
        integration = found.get("methodIntegration", {})
        answer = found.get("methodResponses", {}).get("200")
        return PostMethodState(
            authorization=found.get("authorizationType", ""),
            api_key_required=found.get("apiKeyRequired", False),
            integration_type=integration.get("type"),
            integration_method=integration.get("httpMethod"),
            target=integration.get("uri"),
            timeout_ms=integration.get("timeoutInMillis"),
            answers_with=model_of(answer),
            declares_origin=answer is not None
            and ALLOW_ORIGIN in answer.get("responseParameters", {}),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: PostMethodState | None, drifted: frozenset[str]
    ) -> PostMethodState | None:
        address = self._address(seen)
        if actual is None:
            return self._state(self._created(aws, address))
        if drifted & {"authorization", "api_key_required"}:
            reopen_method(aws, address)
        if drifted & {"answers_with", "declares_origin"}:
            self._declare_answer(aws, address, actual, drifted)
        if drifted & _INTEGRATION:
            self._integrate(aws, address)
        return None

    def _created(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        """The Method; each answer is the part of it that was put."""
        return {
            **open_method(aws, address),
            "methodResponses": {"200": self._declared(aws, address)},
            "methodIntegration": self._integrate(aws, address),
        }

    def _integrate(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        return aws.apigateway.put_integration(
            **address,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=self.uri,
            timeoutInMillis=TIMEOUT_MS,
        )

    def _declared(self, aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
        return aws.apigateway.put_method_response(
            **address,
            statusCode="200",
            responseModels={"application/json": "Empty"},
            responseParameters={ALLOW_ORIGIN: False},
        )

    def _declare_answer(
        self,
        aws: Aws,
        address: dict[str, Any],
        actual: PostMethodState,
        drifted: frozenset[str],
    ) -> None:
        if actual.answers_with is None:
            self._declared(aws, address)
            return
        patches: dict[str, PatchOperationTypeDef] = {
            "answers_with": {
                "op": "add" if actual.answers_with == NO_MODEL else "replace",
                "path": "/responseModels/application~1json",
                "value": "Empty",
            },
            "declares_origin": {
                "op": "add",
                "path": f"/responseParameters/{ALLOW_ORIGIN}",
                "value": "false",
            },
        }
        aws.apigateway.update_method_response(
            **address,
            statusCode="200",
            patchOperations=[patches[name] for name in sorted(drifted & patches.keys())],
        )

    def _address(self, seen: Seen) -> dict[str, Any]:
        return {
            "restApiId": seen.of(self.resource.api).api_id,
            "resourceId": seen.of(self.resource).resource_id,
            "httpMethod": "POST",
        }


def open_method(aws: Aws, address: dict[str, Any]) -> Mapping[str, Any]:
    """Make a method that everybody may call; PutMethod refuses one that exists."""
    return aws.apigateway.put_method(**address, authorizationType="NONE", apiKeyRequired=False)


def reopen_method(aws: Aws, address: dict[str, Any]) -> None:
    """Have everybody call a method that stands."""
    aws.apigateway.update_method(
        **address,
        patchOperations=[
            {"op": "replace", "path": "/authorizationType", "value": "NONE"},
            {"op": "replace", "path": "/apiKeyRequired", "value": "false"},
        ],
    )


def model_of(answer: MethodResponseTypeDef | None) -> str | None:
    """The model of a method response; None where there is no such response at all."""
    if answer is None:
        return None
    return answer.get("responseModels", {}).get("application/json", NO_MODEL)


_INTEGRATION = frozenset({"integration_type", "integration_method", "target", "timeout_ms"})
