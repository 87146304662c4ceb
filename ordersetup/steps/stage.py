"""The deployment to the stage prod, its throttling, and whether the endpoint answers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import (
    ORDERS_PATH,
    STAGE,
    STAGE_DESCRIPTION,
    THROTTLE_BURST,
    THROTTLE_RATE,
)
from ordersetup.ownership import Tags
from ordersetup.step import Calls, Seen, Shown, State, Step
from ordersetup.steps.rest_api import CONCURRENT, NOT_KNOWN_YET, RestApi
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import MethodSettingTypeDef

MARK = "ordersetup definition "
"""How the description of a deployment of ours begins; the definition's hash follows."""

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class StageState(State):
    """The stage as wanted or found.

    `serves` is the hash of the definition its deployment was made from; a deployment somebody has
    made by hand bears none, so what it serves is unknown.
    """

    serves: Annotated[str, Shown("Deployed definition")]
    description: Annotated[str, Shown("Stage description")]
    rate: Annotated[float | None, Shown("Throttling: rate (requests per second)")]
    burst: Annotated[int | None, Shown("Throttling: burst (requests)")]
    override: Annotated[str, Shown("Throttling of POST /orders alone")]
    older: Annotated[tuple[str, ...], Shown("Older deployments of ours")]
    tags: Annotated[Tags, Shown("Tags")]
    deployment_id: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Stage(Step[StageState]):
    """API Gateway › EcommerceAPI › Deploy API › New stage: prod.

    A stage serves the last deployment, not the configuration. So each deployment of ours bears the
    hash of the definition it was made from, and another one is made exactly when the stage's bears
    another hash. CreateDeployment makes a further one each time, so it goes out once per reading.
    Older ones of ours are removed only after the stage has moved.

    Args:
        api: the API that is deployed.
        definition: the steps whose wanted states are what the stage shall serve.
        tags: tags of the user's own, for the stage too.
    """

    api: RestApi
    definition: tuple[Step[Any], ...]
    tags: Tags = ()

    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetStages", "apigateway:GetDeployments"),
        write=(
            "apigateway:CreateDeployment",
            "apigateway:UpdateStage",
            "apigateway:TagResource",
            "apigateway:DeleteDeployment",
        ),
    )
    transient: ClassVar[tuple[Transient, ...]] = (
        CONCURRENT,
        NOT_KNOWN_YET,
        Transient(
            "BadRequestException",
            "No integration defined",
            "another run is in the middle of defining the API",
            "See the integrations of /orders in the API Gateway console",
            30,
        ),
    )

    @property
    def key(self) -> str:
        return f"stage/{self.api.name}/{STAGE}"

    @property
    def title(self) -> str:
        return f"Deploy {self.api.name} to stage {STAGE}"

    @property
    def console(self) -> str:
        return f"API Gateway › {self.api.name} › Stages › {STAGE}"

    @property
    def desired(self) -> StageState:
        return StageState(
            serves=definition_hash(self.definition),
            description=STAGE_DESCRIPTION,
            rate=THROTTLE_RATE,
            burst=THROTTLE_BURST,
            override="none",
            older=(),
            tags=self.tags,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return (self.api, *self.definition)

    @property
    def parent(self) -> RestApi:
        return self.api

    @property
    def lane(self) -> str:
        return self.api.key

    def read(self, aws: Aws, seen: Seen) -> StageState | None:
        api_id = seen.of(self.api).api_id
        stages = aws.apigateway.get_stages(restApiId=api_id)["item"]
        stage = next((s for s in stages if s["stageName"] == STAGE), None)
        if stage is None:
            return None
        in_use = {s.get("deploymentId") for s in stages}
        pages = aws.apigateway.get_paginator("get_deployments").paginate(
            restApiId=api_id, PaginationConfig={"PageSize": 500}
        )
        deployments = {
            d["id"]: d.get("description", "") for page in pages for d in page.get("items", [])
        }
        settings = stage.get("methodSettings", {})
        everywhere: MethodSettingTypeDef = settings.get("*/*", {})
        wanted = dict(self.tags)
        return StageState(
            serves=_hash_of(deployments.get(stage.get("deploymentId", ""), "")),
            description=stage.get("description", ""),
            rate=everywhere.get("throttlingRateLimit"),
            burst=everywhere.get("throttlingBurstLimit"),
            override=_override(settings.get(f"{ORDERS_PATH.removeprefix('/')}/POST")),
            older=tuple(
                sorted(
                    identity
                    for identity, description in deployments.items()
                    if description.startswith(MARK) and identity not in in_use
                )
            ),
            tags=tuple(sorted((k, v) for k, v in stage.get("tags", {}).items() if k in wanted)),
            deployment_id=stage.get("deploymentId", ""),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: StageState | None, drifted: frozenset[str]
    ) -> None:
        api_id = seen.of(self.api).api_id
        older = () if actual is None else actual.older
        if actual is None or "serves" in drifted:
            self._deploy(aws, api_id)
            if actual is not None and actual.serves != UNKNOWN:
                older += (actual.deployment_id,)
        if actual is None or drifted & {"rate", "burst", "description", "override"}:
            self._update(aws, api_id, actual)
        if self.tags and (actual is None or "tags" in drifted):
            arn = f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{api_id}/stages/{STAGE}"
            aws.apigateway.tag_resource(resourceArn=arn, tags=dict(self.tags))
        for deployment in older:
            aws.apigateway.delete_deployment(restApiId=api_id, deploymentId=deployment)

    def _deploy(self, aws: Aws, api_id: str) -> None:
        aws.once.create_deployment(
            restApiId=api_id,
            stageName=STAGE,
            stageDescription=STAGE_DESCRIPTION,
            description=MARK + definition_hash(self.definition),
        )

    def _update(self, aws: Aws, api_id: str, actual: StageState | None) -> None:
        patches = {
            "/description": STAGE_DESCRIPTION,
            "/*/*/throttling/rateLimit": str(THROTTLE_RATE),
            "/*/*/throttling/burstLimit": str(THROTTLE_BURST),
        }
        if actual is None:
            del patches["/description"]  # CreateDeployment has written it
        elif actual.override != "none":
            # Removing a method's settings would take its logging and caching along.
            path = ORDERS_PATH.replace("/", "~1")
            patches[f"/{path}/POST/throttling/rateLimit"] = str(THROTTLE_RATE)
            patches[f"/{path}/POST/throttling/burstLimit"] = str(THROTTLE_BURST)
        aws.apigateway.update_stage(
            restApiId=api_id,
            stageName=STAGE,
            patchOperations=[
                {"op": "replace", "path": path, "value": value} for path, value in patches.items()
            ],
        )


def definition_hash(steps: tuple[Step[Any], ...]) -> str:
    """A hash of everything that a deployment of these steps serves."""
    states = [[step.key, asdict(step.desired)] for step in steps]
    return hashlib.sha256(json.dumps(states, sort_keys=True).encode()).hexdigest()[:16]


def _hash_of(description: str) -> str:
    return description.removeprefix(MARK) if description.startswith(MARK) else UNKNOWN


def _override(setting: MethodSettingTypeDef | None) -> str:
    """A method's own throttling, where it is other than the whole stage's shall be."""
    if setting is None:
        return "none"
    rate, burst = setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit")
    same = rate == THROTTLE_RATE and burst == THROTTLE_BURST
    return "none" if same else f"{rate} a second, {burst} at once"
