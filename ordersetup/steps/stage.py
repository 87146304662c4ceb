"""The deployment to the stage prod, its throttling, and whether the endpoint answers."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import (
    ORDERS_PATH,
    STAGE,
    STAGE_DESCRIPTION,
    THROTTLE_BURST,
    THROTTLE_RATE,
)
from ordersetup.corrections import current_tags
from ordersetup.ownership import Owner, Tags, chosen_of, stale_keys
from ordersetup.refusals import understood
from ordersetup.step import Calls, Group, Seen, Shown, State, Step, compared
from ordersetup.steps.rest_api import CONCURRENT, NOT_KNOWN_YET, TAG_UNHEARD, RestApi
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import MethodSettingTypeDef, StageTypeDef

MARK = "ordersetup definition "
"""How the description of a deployment of ours begins; the definition's hash follows."""

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class StageState(State):
    """The stage as wanted or found.

    `serves` is the hash of the definition its deployment was made from; a deployment somebody has
    made by hand bears none, so what it serves is unknown. `retires` is the deployment that can go
    once the stage has moved: it is ours, and no other stage uses it.
    """

    serves: Annotated[str, Shown("Deployed definition", ours=True)]
    description: Annotated[str, Shown("Stage description", ours=True)]
    rate: Annotated[float | None, Shown("Throttling: rate (requests per second)", ours=True)]
    burst: Annotated[int | None, Shown("Throttling: burst (requests)", ours=True)]
    override: Annotated[str, Shown("Throttling of POST /orders alone", ours=True)]
    older: Annotated[tuple[str, ...], Shown("Older deployments of ours", ours=True)]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    retires: str | None = None
    deployment: str = ""


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
        owner: its own tags are for the stage too, which CreateDeployment cannot tag.
        name: the stage's name.
        path: the resource that takes orders.
    """

    api: RestApi
    definition: tuple[Step[Any], ...]
    owner: Owner
    name: str = STAGE
    path: str = ORDERS_PATH

    group: ClassVar[Group] = Group.STAGE
    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetStages", "apigateway:GetDeployments"),
        write=(
            "apigateway:CreateDeployment",
            "apigateway:UpdateStage",
            "apigateway:TagResource",
            "apigateway:UntagResource",
            "apigateway:DeleteDeployment",
        ),
        create=(
            "apigateway:CreateDeployment",
            "apigateway:UpdateStage",
        ),
    )
    # Two runs at once may each have deployed: what the other has left is nobody's to wait for.
    remnants: ClassVar[frozenset[str]] = frozenset({"older"})
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
        Transient(
            "BadRequestException",
            "Active stages pointing to this deployment",
            "API Gateway has not yet heard everywhere that the stage has moved",
            "See which stages use the older deployments in the API Gateway console",
            30,
        ),
    )
    unheard: ClassVar[tuple[Transient, ...]] = (TAG_UNHEARD,)

    @property
    def key(self) -> str:
        return f"stage/{self.api.name}/{self.name}"

    @property
    def title(self) -> str:
        return f"Deploy {self.api.name} to stage {self.name}"

    @property
    def console(self) -> str:
        return f"API Gateway › {self.api.name} › Stages › {self.name}"

    def console_page(self, region: str) -> str:
        return self.api.console_page(region)

    @property
    def desired(self) -> StageState:
        return StageState(
            serves=definition_hash(self.definition),
            description=STAGE_DESCRIPTION,
            rate=THROTTLE_RATE,
            burst=THROTTLE_BURST,
            override="none",
            older=(),
            tags=self.owner.chosen,
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
        # Three answers that do not need each other, at the end of the longest chain there is.
        with ThreadPoolExecutor(2) as pool:
            deployments = pool.submit(copy_context().run, understood()(_ours), aws, api_id)
            current = pool.submit(
                copy_context().run, understood()(current_tags), aws, self._arn(aws, api_id)
            )
            stages = aws.apigateway.get_stages(restApiId=api_id).get("item", [])
        stage = next((s for s in stages if s.get("stageName") == self.name), None)
        if stage is None:
            return None
        ours, tags = deployments.result(), current.result()
        serving = stage.get("deploymentId", "")
        used = {d for s in stages for d in _deployments_of(s)}
        elsewhere = {d for s in stages if s is not stage for d in _deployments_of(s)}
        settings = stage.get("methodSettings", {})
        everywhere: MethodSettingTypeDef = settings.get("*/*", {})
        tags = stage.get("tags", {}) if tags is None else tags
        return StageState(
            serves=ours.get(serving, UNKNOWN),
            description=stage.get("description", ""),
            rate=everywhere.get("throttlingRateLimit"),
            burst=everywhere.get("throttlingBurstLimit"),
            override=_override(settings.get(f"{self.path.removeprefix('/')}/POST")),
            older=tuple(sorted(ours.keys() - used)),
            tags=chosen_of(tags, dict(self.owner.chosen)),
            retires=serving if serving in ours and serving not in elsewhere else None,
            deployment=serving,
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: StageState | None, drifted: frozenset[str]
    ) -> None:
        api_id = seen.of(self.api).api_id
        # Those that a stage removed by hand has left behind are seen once there is a stage.
        older = [] if actual is None else list(actual.older)
        if actual is None or "serves" in drifted:
            self._deploy(aws, api_id)
            older += [actual.retires] if actual and actual.retires else []
        if actual is None or drifted & {"rate", "burst", "description", "override"}:
            self._update(aws, api_id, actual)
        if "tags" in drifted:
            self._tag(aws, api_id, () if actual is None else actual.tags)
        for deployment in older:
            aws.apigateway.delete_deployment(restApiId=api_id, deploymentId=deployment)

    def _deploy(self, aws: Aws, api_id: str) -> None:
        aws.once.create_deployment(
            restApiId=api_id,
            stageName=self.name,
            stageDescription=STAGE_DESCRIPTION,
            description=MARK + definition_hash(self.definition),
        )

    def _tag(self, aws: Aws, api_id: str, actual: Tags) -> None:
        arn = self._arn(aws, api_id)
        if stale := stale_keys(actual, self.owner.chosen):
            aws.apigateway.untag_resource(resourceArn=arn, tagKeys=stale)
        if self.owner.chosen:
            aws.apigateway.tag_resource(resourceArn=arn, tags=self.owner.tags())

    def _arn(self, aws: Aws, api_id: str) -> str:
        return f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{api_id}/stages/{self.name}"

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
            path = self.path.replace("/", "~1")
            patches[f"/{path}/POST/throttling/rateLimit"] = str(THROTTLE_RATE)
            patches[f"/{path}/POST/throttling/burstLimit"] = str(THROTTLE_BURST)
        aws.apigateway.update_stage(
            restApiId=api_id,
            stageName=self.name,
            patchOperations=[
                {"op": "replace", "path": path, "value": value} for path, value in patches.items()
            ],
        )


def definition_hash(steps: tuple[Step[Any], ...]) -> str:
    """A hash of everything that a deployment of these steps serves."""
    states = [[step.key, compared(step.desired)] for step in steps]
    return hashlib.sha256(json.dumps(states, sort_keys=True).encode()).hexdigest()[:16]


def _ours(aws: Aws, api_id: str) -> dict[str, str]:
    """Our deployments of an API: by id, the hash of the definition that each was made from."""
    pages = aws.apigateway.get_paginator("get_deployments").paginate(
        restApiId=api_id, PaginationConfig={"PageSize": 500}
    )
    return {
        deployment["id"]: deployment["description"].removeprefix(MARK)
        for page in pages
        for deployment in page.get("items", [])
        if deployment.get("description", "").startswith(MARK)
    }


def _deployments_of(stage: StageTypeDef) -> set[str]:
    """What a stage serves, to its canary's share of the requests too."""
    serving = {stage.get("deploymentId"), stage.get("canarySettings", {}).get("deploymentId")}
    return {deployment for deployment in serving if deployment}


def _override(setting: MethodSettingTypeDef | None) -> str:
    """A method's own throttling, where it is other than the whole stage's shall be."""
    if setting is None:
        return "none"
    rate, burst = setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit")
    same = rate == THROTTLE_RATE and burst == THROTTLE_BURST
    return "none" if same else f"{rate} a second, {burst} at once"
