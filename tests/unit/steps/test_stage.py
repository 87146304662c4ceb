"""The stage: deployed anew exactly when it serves something else, and tidied up afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.ownership import CHOSEN
from ordersetup.steps.stage import MARK, Stage
from ordersetup.web import Answer
from tests.breakers import BREAKERS, TAG
from tests.conftest import Provision
from tests.stacks import AnyStep, Built, Run, drift, stack, with_needs
from tests.wire import Visitor, Wire

KEY = "stage/EcommerceAPI/prod"
BUILT = stack()
STAGE: Stage = BUILT.step(KEY)
STEPS = with_needs(BUILT.steps, STAGE)
SHOP = "https://shop.example.com"
DEPLOY, DELETE = "apigateway:CreateDeployment", "apigateway:DeleteDeployment"


def _steps(built: Built) -> tuple[AnyStep, ...]:
    return with_needs(built.steps, built.step(KEY))


@pytest.fixture
def right(provision: Provision, calls: list[str]) -> Run:
    """The API, deployed to its stage."""
    run = provision(STEPS)
    calls.clear()
    return run


@pytest.fixture
def api_id(right: Run) -> str:
    """The API's id."""
    return right.seen.of(STAGE.api).api_id


def _serving(aws: Aws, api_id: str) -> str:
    return aws.apigateway.get_stage(restApiId=api_id, stageName="prod")["deploymentId"]


def _deployments(aws: Aws, api_id: str) -> set[str]:
    return {d["id"] for d in aws.apigateway.get_deployments(restApiId=api_id)["items"]}


def _order(calls: list[str]) -> list[str]:
    return [call for call in calls if call in STAGE.calls.write]


def test_a_changed_definition_is_deployed_and_the_older_one_goes_afterwards(
    aws: Aws, provision: Provision, calls: list[str], api_id: str
) -> None:
    before = _serving(aws, api_id)
    steps = _steps(stack(cors_origin=SHOP))
    calls.clear()

    run = provision(steps)

    assert drift(run.seen, steps) == set()
    assert _order(calls) == [DEPLOY, DELETE]
    assert before not in _deployments(aws, api_id)


@pytest.mark.parametrize(
    "settings", [{}, {"tags": ((TAG, "orders"),)}, {"retention_days": 7}, {"sender": "a@b.example"}]
)
@pytest.mark.usefixtures("right")
def test_nothing_is_deployed_where_what_is_served_stays_the_same(
    provision: Provision, calls: list[str], settings: dict[str, Any]
) -> None:
    provision(_steps(stack(**settings)))
    assert DEPLOY not in calls


@pytest.mark.parametrize("check", ["Stage.rate", "Stage.burst", "Stage.override"])
def test_a_throttle_is_put_right_without_a_deployment(
    aws: Aws, provision: Provision, calls: list[str], right: Run, check: str
) -> None:
    BREAKERS[check].spoil(aws, STAGE, right.seen)
    calls.clear()
    provision(STEPS)
    assert _order(calls) == ["apigateway:UpdateStage"]


def test_an_override_is_put_right_without_losing_the_methods_other_settings(
    aws: Aws, provision: Provision, right: Run, api_id: str
) -> None:
    BREAKERS["Stage.override"].spoil(aws, STAGE, right.seen)
    stage: Any = {"restApiId": api_id, "stageName": "prod"}
    patch: Any = {"op": "replace", "path": "/~1orders/POST/metrics/enabled", "value": "true"}
    aws.apigateway.update_stage(**stage, patchOperations=[patch])

    provision(STEPS)

    setting = aws.apigateway.get_stage(**stage)["methodSettings"]["orders/POST"]
    assert setting["metricsEnabled"]
    assert (setting["throttlingRateLimit"], setting["throttlingBurstLimit"]) == (50.0, 100)


def test_a_deployment_by_hand_is_replaced_and_left_to_its_maker(
    aws: Aws, provision: Provision, right: Run, api_id: str
) -> None:
    ours = _serving(aws, api_id)
    BREAKERS["Stage.serves"].spoil(aws, STAGE, right.seen)
    theirs = _serving(aws, api_id)

    run = provision(STEPS)

    assert drift(run.seen, STEPS) == set()
    assert _serving(aws, api_id) not in {ours, theirs}
    assert theirs in _deployments(aws, api_id)
    assert ours not in _deployments(aws, api_id)


def test_a_deployment_that_another_stage_uses_stays(
    aws: Aws, provision: Provision, api_id: str
) -> None:
    ours = _serving(aws, api_id)
    aws.apigateway.create_stage(restApiId=api_id, stageName="beta", deploymentId=ours)

    run = provision(_steps(stack(cors_origin=SHOP)))

    assert run.reasons == []
    assert ours in _deployments(aws, api_id)
    assert _serving(aws, api_id) != ours


def test_a_deployment_that_a_canary_uses_stays(
    aws: Aws, provision: Provision, wire: Wire, right: Run, api_id: str
) -> None:
    BREAKERS["Stage.older"].spoil(aws, STAGE, right.seen)
    (older,) = _deployments(aws, api_id) - {_serving(aws, api_id)}
    wire.calls.clear()
    wire.bend(
        "apigateway:GetStages",
        lambda answer: answer["item"][0].update(canarySettings={"deploymentId": older}),
    )
    provision(STEPS)
    assert DELETE not in wire.calls


def test_a_stage_deleted_by_hand_is_made_again_and_its_old_deployments_go(
    aws: Aws, provision: Provision, api_id: str
) -> None:
    ours = _serving(aws, api_id)
    aws.apigateway.delete_stage(restApiId=api_id, stageName="prod")

    run = provision(STEPS)

    assert drift(run.seen, STEPS) == set()
    assert _deployments(aws, api_id) == {_serving(aws, api_id)}
    assert ours != _serving(aws, api_id)


def test_a_lost_answer_of_the_deployment_is_no_second_deployment(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    wire.lose(DEPLOY)
    run = provision(STEPS)
    assert wire.calls.count(DEPLOY) == 1
    assert len(_deployments(aws, run.seen.of(STAGE.api).api_id)) == 1
    assert drift(run.seen, STEPS) == set()


def test_the_definition_stands_in_the_deployments_description(
    aws: Aws, right: Run, api_id: str
) -> None:
    found = aws.apigateway.get_deployment(restApiId=api_id, deploymentId=_serving(aws, api_id))
    assert found["description"] == MARK + right.seen.of(STAGE).serves


def test_a_tag_that_is_unset_leaves_the_stage_and_so_does_the_list_of_them(
    aws: Aws, provision: Provision
) -> None:
    tagged = stack(tags=((TAG, "orders"),))
    api_id = provision(_steps(tagged)).seen.of(tagged.step(KEY).api).api_id

    run = provision(STEPS)

    assert drift(run.seen, STEPS) == set()
    tags = aws.apigateway.get_stage(restApiId=api_id, stageName="prod").get("tags", {})
    assert {TAG, CHOSEN}.isdisjoint(tags)


def test_a_bare_stage_can_be_read(aws: Aws, wire: Wire, right: Run) -> None:
    def bend(answer: dict[str, Any]) -> None:
        answer["item"] = [{"stageName": "prod"}, {}]

    wire.bend("apigateway:GetStages", bend)
    state = STAGE.read(aws, right.seen)
    assert state is not None
    assert (state.serves, state.rate, state.burst, state.retires) == ("unknown", None, None, None)


def test_the_endpoint_is_asked_until_three_answers_in_a_row_are_right(
    aws: Aws, provision: Provision
) -> None:
    steps = with_needs(BUILT.steps, BUILT.step("endpoint/EcommerceAPI/prod"))
    assert isinstance(aws.web, Visitor)
    aws.web.answers.append(Answer(403, {}, b'{"message":"Forbidden"}'))

    run = provision(steps)

    assert run.reasons == ["OPTIONS /orders is 403, not 200"]
    assert drift(run.seen, steps) == set()


@pytest.mark.usefixtures("right")
def test_an_endpoint_that_still_sends_the_former_origin_is_waited_for(
    aws: Aws, provision: Provision
) -> None:
    built = stack(cors_origin=SHOP)
    steps = with_needs(built.steps, built.step("endpoint/EcommerceAPI/prod"))
    former = Answer(200, {"access-control-allow-origin": "*"}, b"")
    assert isinstance(aws.web, Visitor)
    aws.web.answers += [former] * 6  # three of the survey's, three after the deployment

    run = provision(steps)

    assert run.reasons == [f"Access-Control-Allow-Origin is *, not {SHOP}"]


def test_a_deployment_that_aws_still_thinks_in_use_is_removed_a_moment_later(
    aws: Aws, provision: Provision, wire: Wire, api_id: str
) -> None:
    wire.refuse(
        DELETE,
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    )

    run = provision(_steps(stack(cors_origin=SHOP)))

    assert run.reasons == ["API Gateway has not yet heard everywhere that the stage has moved"]
    assert _order(wire.calls) == [DEPLOY, DELETE, DELETE]
    assert _deployments(aws, api_id) == {_serving(aws, api_id)}


def test_a_crash_before_the_clean_up_is_cleaned_up_by_the_next_run(
    aws: Aws, provision: Provision, wire: Wire, api_id: str
) -> None:
    steps = _steps(stack(cors_origin=SHOP))
    wire.refuse(DELETE, "AccessDeniedException", "is not authorized to perform", status=403)
    with pytest.raises(ClientError):
        provision(steps)
    serving = _serving(aws, api_id)
    assert len(_deployments(aws, api_id)) == 2
    wire.calls.clear()

    provision(steps)

    assert _order(wire.calls) == [DELETE]
    assert _deployments(aws, api_id) == {serving} == {_serving(aws, api_id)}


def test_a_redeployment_whose_answer_is_lost_serves_the_right_thing_and_leaves_nothing_twice(
    aws: Aws, provision: Provision, wire: Wire, api_id: str
) -> None:
    wire.lose(DEPLOY)
    steps = _steps(stack(cors_origin=SHOP))

    run = provision(steps)

    assert _order(wire.calls) == [DEPLOY, DELETE]
    assert drift(run.seen, steps) == set()
    assert _deployments(aws, api_id) == {_serving(aws, api_id)}


def test_a_description_changed_by_hand_is_put_right_without_a_deployment(
    aws: Aws, provision: Provision, calls: list[str], right: Run
) -> None:
    BREAKERS["Stage.description"].spoil(aws, STAGE, right.seen)
    calls.clear()
    provision(STEPS)
    assert _order(calls) == ["apigateway:UpdateStage"]
