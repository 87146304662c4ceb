"""The REST API EcommerceAPI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.content import Content
from ordersetup.corrections import current_tags
from ordersetup.obstacle import Obstacle
from ordersetup.ownership import Owner, Tags, chosen_of, owner_of, stale_keys, version_of
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.api_removal import CALLS as REMOVING
from ordersetup.steps.api_removal import ONE_AT_A_TIME, remove_api
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import RestApiTypeDef

CONCURRENT = Transient(
    "ConflictException",
    "concurrent modification",
    "another change of the API is under way",
    "See whether another program changes the API",
    30,
)
MEANWHILE = Transient(
    "ConflictException",
    "already",
    "it was made meanwhile; looking at it",
    "See the API in the API Gateway console",
    30,
)
NOT_KNOWN_YET = Transient(
    "NotFoundException",
    "Invalid",
    "what was just made is not yet known everywhere in API Gateway",
    "See whether another run has replaced the API",
    30,
)
TAG_UNHEARD = Transient(
    "AccessDeniedException",
    "because no identity-based policy allows the apigateway:",
    "API Gateway has not yet heard of the API's tag, to which your right is held",
    "See whether your policy is the one that `ordersetup policy` prints",
    30,
)


def every_api(aws: Aws) -> Iterator[RestApiTypeDef]:
    """Every REST API of the region, whosever it is."""
    pages = aws.apigateway.get_paginator("get_rest_apis").paginate(
        PaginationConfig={"PageSize": 500}
    )
    return (api for page in pages for api in page.get("items", []))


@dataclass(frozen=True, kw_only=True)
class RestApiState(State):
    """A REST API as wanted or found.

    `others` are further APIs of this very stack: what a lost answer or two runs at once leave.
    `namesakes` are all that bear the name where none is ours and none is another stack's.
    `root_id` is the resource "/"; of an older API its answer may not tell.
    """

    endpoint_type: Annotated[str, Shown("API endpoint type")]
    description: Annotated[str, Shown("Description", ours=True)]
    others: Annotated[tuple[str, ...], Shown("Further APIs of this stack")]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    api_id: str = ""
    root_id: str = ""
    namesakes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class RestApi(Step[RestApiState]):
    """API Gateway › Create API › REST API.

    Neither a name nor a token makes CreateRestApi safe to repeat, so it goes out once for each time
    that reading has found none. Of several that are ours the oldest stays, then the smallest id.
    """

    name: str
    owner: Owner
    description: str
    after: tuple[Step[Any], ...] = ()
    api_id: str | None = None
    """The one that is meant, of a stack we have not built; else it is found by name and tag."""
    further: bool = False
    """It is one beside the one of the name that stays, and is only looked at to be removed."""

    group: ClassVar[Group] = Group.API
    calls: ClassVar[Calls] = Calls(
        read=("apigateway:GetRestApis",),
        write=(
            "apigateway:CreateRestApi",
            "apigateway:UpdateRestApi",
            "apigateway:DeleteRestApi",
            "apigateway:TagResource",
            "apigateway:UntagResource",
        ),
        remove=REMOVING,
        create=("apigateway:CreateRestApi",),
    )
    remnants: ClassVar[frozenset[str]] = frozenset({"others"})
    transient: ClassVar[tuple[Transient, ...]] = (CONCURRENT, NOT_KNOWN_YET)
    unheard: ClassVar[tuple[Transient, ...]] = (TAG_UNHEARD,)
    lingering: ClassVar[tuple[Transient, ...]] = (ONE_AT_A_TIME,)

    @property
    def key(self) -> str:
        return f"rest-api/{self.name}/{self.api_id}" if self.further else f"rest-api/{self.name}"

    @property
    def title(self) -> str:
        return f"Create REST API {self.name}" + (f" ({self.api_id})" if self.further else "")

    @property
    def console(self) -> str:
        return f"API Gateway › APIs › {self.name}"

    def console_page(self, region: str) -> str:
        # The pages of one API go by its id, which only AWS knows.
        return f"apigateway/main/apis?region={region}"

    @property
    def desired(self) -> RestApiState:
        return RestApiState(
            owner=self.owner.name,
            endpoint_type="Regional",
            description=self.description,
            others=(),
            tags=self.owner.chosen,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    @property
    def lane(self) -> str:
        return self.key

    def read(self, aws: Aws, seen: Seen) -> RestApiState | None:
        every = every_api(aws)
        if self.api_id is not None and not self.further:
            pinned = next((api for api in every if api["id"] == self.api_id), None)
            return None if pinned is None else self._state(aws, pinned)
        named = sorted(
            (api for api in every if api.get("name") == self.name),
            key=lambda api: (api["createdDate"], api["id"]),
        )
        states = [self._state(aws, api) for api in named]
        ours = [state for state in states if state.owner == self.owner.name]
        if self.further:
            return next((state for state in ours[1:] if state.api_id == self.api_id), None)
        if ours:
            return replace(ours[0], others=tuple(state.api_id for state in ours[1:]))
        # An API of the name is in the way only as long as there is none of ours.
        if theirs := [state for state in states if state.owner]:
            return theirs[0]
        ids = tuple(state.api_id for state in states)
        return replace(states[0], namesakes=ids) if states else None

    def obstacle(self, actual: RestApiState) -> Obstacle | None:
        if len(actual.namesakes) < 2:
            return None
        return Obstacle(
            f"{len(actual.namesakes)} APIs bear that name ({', '.join(actual.namesakes)}), and "
            "which of them is meant cannot be told",
            "Give all but that one another name (API Gateway › APIs › Edit), then run: "
            "ordersetup provision --adopt",
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: RestApiState | None, drifted: frozenset[str]
    ) -> None:
        if actual is None:
            aws.once.create_rest_api(
                name=self.name,
                description=self.description,
                endpointConfiguration={"types": ["REGIONAL"]},
                tags=self.owner.tags(),
            )
            return
        if drifted & {"tags", "owner"}:
            arn = self._arn(aws, actual.api_id)
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.apigateway.untag_resource(resourceArn=arn, tagKeys=stale)
            aws.apigateway.tag_resource(resourceArn=arn, tags=self.owner.tags())
        self._repair(aws, actual, drifted)
        for other in actual.others:
            aws.apigateway.delete_rest_api(restApiId=other)

    def holds(self, aws: Aws, state: RestApiState) -> Content:
        return Content(len(state.others), "further API")

    def remove(self, aws: Aws, seen: Seen, state: RestApiState) -> None:
        for api_id in (*state.others, state.api_id):
            remove_api(aws, api_id, self.console)

    def gone(self, aws: Aws, seen: Seen) -> bool:
        """Somebody else's of the same name stays."""
        state = self.read(aws, seen)
        return state is None or state.owner != self.owner.name

    def _repair(self, aws: Aws, actual: RestApiState, drifted: frozenset[str]) -> None:
        wanted = {
            "description": ("/description", self.description),
            "endpoint_type": (
                f"/endpointConfiguration/types/{actual.endpoint_type.upper()}",
                "REGIONAL",
            ),
        }
        patches = [wanted[name] for name in sorted(drifted & wanted.keys())]
        if patches:
            aws.apigateway.update_rest_api(
                restApiId=actual.api_id,
                patchOperations=[
                    {"op": "replace", "path": path, "value": value} for path, value in patches
                ],
            )

    def _arn(self, aws: Aws, api_id: str) -> str:
        return f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{api_id}"

    def _state(self, aws: Aws, api: RestApiTypeDef) -> RestApiState:
        tags = current_tags(aws, self._arn(aws, api["id"]))
        tags = api.get("tags", {}) if tags is None else tags
        types = api.get("endpointConfiguration", {}).get("types") or ["EDGE"]
        return RestApiState(
            owner=owner_of(tags),
            version=version_of(tags),
            endpoint_type=types[0].capitalize(),
            description=api.get("description", ""),
            others=(),
            tags=chosen_of(tags, dict(self.owner.chosen)),
            api_id=api["id"],
            root_id=api.get("rootResourceId", ""),
        )
