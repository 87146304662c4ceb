"""The REST API: one, whatever becomes of an answer, and never somebody else's."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.errors import NotOurs
from ordersetup.step import Seen
from ordersetup.steps.resource import Resource
from ordersetup.steps.rest_api import TAG_UNHEARD, RestApi
from tests.breakers import BREAKERS
from tests.conftest import Provision
from tests.stacks import drift, stack
from tests.wire import Wire

BUILT = stack()
API: RestApi = BUILT.step("rest-api/EcommerceAPI")
RESOURCE: Resource = BUILT.step("resource/EcommerceAPI/orders")
CREATE = "apigateway:CreateRestApi"
LOST = "the answer was lost on its way; looking at what became of the call"


def _ids(aws: Aws) -> set[str]:
    return {api["id"] for api in aws.apigateway.get_rest_apis()["items"]}


def test_a_lost_answer_leaves_one_api_and_not_two(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    wire.lose("apigateway:CreateRestApi")
    run = provision([API])
    assert run.reasons == [LOST]
    assert len(_ids(aws)) == 1
    assert wire.calls.count("apigateway:CreateRestApi") == 1


def test_of_two_that_are_ours_the_first_stays(aws: Aws, provision: Provision) -> None:
    right = provision([API])
    BREAKERS["RestApi.others"].spoil(aws, API, right.seen)
    assert len(_ids(aws)) == 2

    run = provision([API])

    assert drift(run.seen, [API]) == set()
    assert _ids(aws) == {right.seen.of(API).api_id}


def test_the_older_one_stays_whatever_its_id(aws: Aws, provision: Provision, wire: Wire) -> None:
    for _ in range(2):
        aws.apigateway.create_rest_api(name=API.name, tags=API.owner.tags())
    younger, older = sorted(_ids(aws))

    def dated(answer: dict[str, Any]) -> None:
        answer["items"].sort(key=lambda api: api["id"], reverse=True)
        for number, api in enumerate(answer["items"]):
            api["createdDate"] = number

    wire.bend("apigateway:GetRestApis", dated)

    provision([API])

    assert _ids(aws) == {older}
    assert older > younger


def test_an_untagged_api_of_the_name_is_in_the_way_while_there_is_none_of_ours(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.apigateway.create_rest_api(name=API.name)
    calls.clear()
    with pytest.raises(NotOurs):
        provision([API])
    assert set(calls) <= set(API.calls.read)


def test_beside_ours_an_untagged_api_of_the_name_is_left_alone(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    ours = provision([API]).seen.of(API).api_id
    theirs = aws.apigateway.create_rest_api(name=API.name)["id"]
    calls.clear()

    run = provision([API])

    assert set(calls) <= set(API.calls.read)
    assert run.seen.of(API).api_id == ours
    assert theirs in _ids(aws)


@pytest.mark.parametrize("config", [None, {}, {"types": []}])
def test_an_api_without_its_optional_fields_can_be_read(
    aws: Aws, provision: Provision, wire: Wire, config: dict[str, Any] | None
) -> None:
    provision([API])

    def bend(answer: dict[str, Any]) -> None:
        for name in ("tags", "description", "endpointConfiguration"):
            answer["items"][0].pop(name, None)
        if config is not None:
            answer["items"][0]["endpointConfiguration"] = config
        answer["items"].append({"id": "nameless"})

    wire.bend("apigateway:GetRestApis", bend)
    state = API.read(aws, Seen())
    assert state is not None
    assert (state.owner, state.description, state.endpoint_type) == (None, "", "Edge")


def test_a_lost_answer_of_a_create_that_may_be_repeated_is_survived(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    built = stack()
    keys = ("table/Inventory", "queue/OrderProcessingDLQ", "topic/OrderConfirmationTopic")
    steps = [built.step(key) for key in keys]
    for operation in ("dynamodb:CreateTable", "sqs:CreateQueue", "sns:CreateTopic"):
        wire.lose(operation)

    run = provision(steps)

    assert drift(run.seen, steps) == set()
    assert len(aws.dynamodb.list_tables()["TableNames"]) == 1


def test_of_two_made_in_the_same_second_the_smaller_id_stays(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    ids = {provision([API]).seen.of(API).api_id}
    ids.add(aws.apigateway.create_rest_api(name=API.name, tags=API.owner.tags())["id"])

    def at_once(answer: dict[str, Any]) -> None:
        for api in answer["items"]:
            api["createdDate"] = 0

    wire.bend("apigateway:GetRestApis", at_once)

    provision([API])

    assert _ids(aws) == {min(ids)}


def test_another_stacks_api_is_not_ours(aws: Aws, provision: Provision, calls: list[str]) -> None:
    other: RestApi = stack("shop2").step("rest-api/shop2-EcommerceAPI")
    aws.apigateway.create_rest_api(name=API.name, tags=other.owner.tags())
    calls.clear()
    with pytest.raises(NotOurs, match="belongs to the stack shop2"):
        provision([API])
    assert set(calls) <= set(API.calls.read)


def test_two_stacks_have_an_api_each(aws: Aws, provision: Provision) -> None:
    other: RestApi = stack("shop2").step("rest-api/shop2-EcommerceAPI")
    provision([API])
    provision([other])
    run = provision([API])
    assert run.seen.of(API).others == ()
    assert len(_ids(aws)) == 2


def test_the_rate_limit_is_waited_for_with_its_reason(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    wire.refuse(CREATE, "TooManyRequestsException", "Too Many Requests", times=2, status=429)
    run = provision([API])
    assert set(run.reasons) == {"AWS limits the rate of this call for the whole account"}
    assert wire.calls.count(CREATE) == 3
    assert len(_ids(aws)) == 1


def test_ours_is_found_on_a_later_page(provision: Provision, wire: Wire) -> None:
    ours = provision([API]).seen.of(API).api_id
    wire.calls.clear()

    def first_page(answer: dict[str, Any]) -> None:
        answer["items"] = [{"id": f"other{n}", "name": f"other {n}"} for n in range(500)]
        answer["position"] = "next"

    wire.bend("apigateway:GetRestApis", first_page)

    run = provision([API])

    assert wire.calls == ["apigateway:GetRestApis"] * 2
    assert wire.requests["apigateway:GetRestApis"]["position"] == "next"
    assert run.seen.of(API).api_id == ours


def test_a_page_is_larger_than_the_25_apis_that_aws_tells_by_default(
    provision: Provision, wire: Wire
) -> None:
    provision([API])
    assert wire.requests["apigateway:GetRestApis"]["limit"] == 500


def test_description_and_endpoint_are_repaired_by_one_call(
    provision: Provision, wire: Wire, aws: Aws
) -> None:
    right = provision([API])
    for check in ("RestApi.description", "RestApi.endpoint_type"):
        BREAKERS[check].spoil(aws, API, right.seen)
    wire.calls.clear()

    run = provision([API])

    assert drift(run.seen, [API]) == set()
    assert [call for call in wire.calls if call in API.calls.write] == ["apigateway:UpdateRestApi"]
    patches = wire.requests["apigateway:UpdateRestApi"]["patchOperations"]
    assert {patch["path"] for patch in patches} == {
        "/description",
        "/endpointConfiguration/types/EDGE",
    }


def test_a_resource_that_is_made_meanwhile_is_looked_at_and_used(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    api_id = provision([API]).seen.of(API).api_id
    (root,) = aws.apigateway.get_resources(restApiId=api_id)["items"]
    wire.calls.clear()

    def make(_: object) -> None:
        aws.apigateway.create_resource(restApiId=api_id, parentId=root["id"], pathPart="orders")
        wire.refuse(
            "apigateway:CreateResource",
            "ConflictException",
            "Another resource with the same parent already has this name: orders",
            status=409,
        )

    wire.bend("apigateway:GetResources", make)

    run = provision([API, RESOURCE])

    assert run.reasons == ["it was made meanwhile; looking at it"]
    assert drift(run.seen, [API, RESOURCE]) == set()
    paths = [one["path"] for one in aws.apigateway.get_resources(restApiId=api_id)["items"]]
    assert sorted(paths) == ["/", "/orders"]


def unheard(wire: Wire, operation: str, verb: str, times: int = 1) -> None:
    """IAM's answer while API Gateway has not heard of the API's tag; and to who has no right."""
    wire.refuse(
        operation,
        "AccessDeniedException",
        f"User: arn:aws:iam::123456789012:user/jane is not authorized to perform: {verb} on "
        "resource: arn:aws:apigateway:eu-west-1::/restapis/abc/resources because no "
        f"identity-based policy allows the {verb} action",
        times=times,
        status=403,
    )


def test_the_tag_of_an_api_that_this_run_has_made_may_still_be_unheard_of(
    provision: Provision, wire: Wire
) -> None:
    unheard(wire, "apigateway:CreateResource", "apigateway:POST", times=2)
    run = provision([API, RESOURCE])
    assert run.reasons == [TAG_UNHEARD.reason] * 2


def test_so_may_that_of_one_that_it_has_taken_over(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    aws.apigateway.create_rest_api(
        name=API.name, description="theirs", endpointConfiguration={"types": ["REGIONAL"]}
    )
    unheard(wire, "apigateway:UpdateRestApi", "apigateway:PATCH")
    run = provision([API], adopt=True)
    assert run.reasons == [TAG_UNHEARD.reason]
    assert drift(run.seen, [API]) == set()


def test_but_of_one_that_was_ours_before_it_is_a_lack_of_rights(
    provision: Provision, wire: Wire
) -> None:
    provision([API])
    unheard(wire, "apigateway:CreateResource", "apigateway:POST")
    with pytest.raises(ClientError, match="no identity-based policy allows"):
        provision([API, RESOURCE])


def test_whatever_is_held_to_the_tag_knows_that_it_may_be_unheard_of() -> None:
    inside = [s for s in BUILT.steps if any(c.startswith("apigateway:") for c in s.calls.write)]
    assert len(inside) > 4
    assert [s.key for s in inside if TAG_UNHEARD not in s.unheard] == []
