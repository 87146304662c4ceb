"""Provision on the engine: once to build, then only to repair, with the fewest calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ordersetup.local import Engine
from ordersetup.web import Web
from tests.end_to_end.command_line import CommandLine, Run
from tests.end_to_end.recorder import Recorder, recording
from tests.end_to_end.shop import Shop

CONFIG = "lambda:PUT /2019-09-25/functions/UpdateInventory/event-invoke-config"


@pytest.fixture(scope="module")
def recorder(engine: Engine) -> Iterator[Recorder]:
    with recording(engine.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def recorded(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line with an endpoint that records what passes."""
    return CommandLine.at(tmp_path_factory.mktemp("home"), recorder.url)


def provision(recorded: CommandLine, recorder: Recorder, *options: str) -> tuple[Run, list[str]]:
    recorder.calls.clear()
    run = recorded("provision", "--json", *options)
    assert run.code == 0, run.out + run.talk
    return run, recorder.writes


@pytest.fixture(scope="module")
def standing(recorded: CommandLine, recorder: Recorder, engine: Engine) -> Shop:
    run, writes = provision(recorded, recorder)
    assert run.result["created"] == 23
    assert writes
    return Shop(
        engine.endpoint_url, run.result["endpoint"].replace(recorder.url, engine.endpoint_url)
    )


@pytest.mark.usefixtures("standing")
def test_a_second_run_only_reads(recorded: CommandLine, recorder: Recorder) -> None:
    run, writes = provision(recorded, recorder)
    assert writes == []
    assert len(recorder.calls) > 20
    assert (run.result["created"], run.result["changed"]) == (0, 0)


@pytest.mark.usefixtures("standing")
def test_a_second_run_says_that_nothing_was_written(recorded: CommandLine) -> None:
    assert "nothing was written" in recorded("provision").out


def test_a_hand_made_retry_setting_is_brought_back_by_one_call(
    standing: Shop, recorded: CommandLine, recorder: Recorder
) -> None:
    # moto cannot show this: it keeps the first configuration whatever is put later.
    lambda_ = standing.client("lambda")
    lambda_.put_function_event_invoke_config(FunctionName="UpdateInventory", MaximumRetryAttempts=0)
    assert recorded("plan", "--exit-code").code == 3
    _, writes = provision(recorded, recorder)
    assert writes == [CONFIG]
    found = lambda_.get_function_event_invoke_config(FunctionName="UpdateInventory")
    assert found["MaximumRetryAttempts"] == 2
    assert found["DestinationConfig"]["OnFailure"]["Destination"].endswith(":OrderProcessingDLQ")
    assert recorded("plan", "--exit-code").code == 0


def test_a_stage_that_serves_an_older_definition_is_deployed_again(
    standing: Shop, recorded: CommandLine, recorder: Recorder
) -> None:
    # Of a deployment the engine freezes the gateway responses alone, so those tell.
    apis = standing.client("apigateway")
    api_id = apis.get_rest_apis()["items"][0]["id"]
    ours = apis.get_stage(restApiId=api_id, stageName="prod")["deploymentId"]
    apis.delete_gateway_response(restApiId=api_id, responseType="DEFAULT_4XX")
    by_hand = apis.create_deployment(restApiId=api_id, stageName="prod", description="by hand")
    unknown = standing.orders_url.replace("/orders", "/unknown")
    assert "access-control-allow-origin" not in Web().ask("POST", unknown).headers
    _, writes = provision(recorded, recorder)
    assert writes == [
        f"apigateway:PUT /restapis/{api_id}/gatewayresponses/DEFAULT_4XX",
        f"apigateway:POST /restapis/{api_id}/deployments",
        f"apigateway:DELETE /restapis/{api_id}/deployments/{ours}",
    ]
    answer = Web().ask("POST", unknown)
    assert answer.status == 403
    assert answer.headers["access-control-allow-origin"] == "*"
    kept = {deployment["id"] for deployment in apis.get_deployments(restApiId=api_id)["items"]}
    assert by_hand["id"] in kept, "a person's own deployment is not ours to remove"


@pytest.mark.usefixtures("standing")
def test_a_setting_is_remembered_by_the_stack(recorded: CommandLine, recorder: Recorder) -> None:
    _, writes = provision(recorded, recorder, "--retention-days", "90")
    assert writes[0] == "sns:TagResource"
    assert writes[1:] == ["logs:PutRetentionPolicy"] * 3
    assert recorded("plan", "--exit-code").code == 0, "a plain plan expects the same stack"
    assert recorded("plan", "--exit-code", "--unset", "retention-days").code == 3
    provision(recorded, recorder, "--unset", "retention-days")
    assert recorded("plan", "--exit-code", "--retention-days", "30").code == 0


def test_two_stacks_stand_side_by_side(
    standing: Shop, recorded: CommandLine, recorder: Recorder
) -> None:
    run, _ = provision(recorded, recorder, "--stack", "shop2")
    assert run.result["created"] == 23
    tables = standing.client("dynamodb").list_tables()["TableNames"]
    assert sorted(tables) == [
        "Inventory",
        "InventoryTransactions",
        "shop2-Inventory",
        "shop2-InventoryTransactions",
    ]
    assert recorded("plan", "--exit-code").code == 0
    assert recorded("plan", "--exit-code", "--stack", "shop2").code == 0


@pytest.mark.usefixtures("standing")
def test_tags_of_the_users_own_come_and_go(recorded: CommandLine, recorder: Recorder) -> None:
    tagged = ("--stack", "tagged")
    provision(recorded, recorder, *tagged, "--tag", "Team=orders", "--tag", "Cost=1")
    assert recorded("plan", "--exit-code", *tagged).code == 0
    provision(recorded, recorder, *tagged, "--tag", "Team=orders")
    assert recorded("plan", "--exit-code", *tagged).code == 0
    provision(recorded, recorder, *tagged, "--unset", "tag")
    assert recorded("plan", "--exit-code", *tagged).code == 0


def test_a_foreign_queue_of_our_name_stops_everything_before_the_first_write(
    recorded: CommandLine, recorder: Recorder, standing: Shop
) -> None:
    standing.client("sqs").create_queue(QueueName="shop3-OrderProcessingDLQ")
    recorder.calls.clear()
    run = recorded("provision", "--stack", "shop3")
    assert run.code == 1
    assert "shop3-OrderProcessingDLQ" in run.talk
    assert "was not made by ordersetup" in run.talk
    assert recorder.writes == []


def test_ctrl_c_leaves_what_the_next_run_completes(engine: Engine, tmp_path: Path) -> None:
    with recording(engine.endpoint_url, delay=0.1) as slow:
        at = CommandLine.at(tmp_path, slow.url)
        stopped = at.interrupted(
            "provision", "--stack", "cut", when=lambda: slow.wait_for("iam:CreateRole")
        )
        assert stopped.code == 130
        assert "Interrupted: " in stopped.talk
        assert "ordersetup provision" in stopped.talk
        assert "Traceback" not in stopped.talk
    at = CommandLine.at(tmp_path, engine.endpoint_url)
    assert at("plan", "--exit-code", "--stack", "cut").code == 3
    assert at("provision", "--stack", "cut").code == 0
    assert at("plan", "--exit-code", "--stack", "cut").code == 0
    apis = Shop(engine.endpoint_url, "").client("apigateway").get_rest_apis()["items"]
    assert [api["name"] for api in apis].count("cut-EcommerceAPI") == 1


def test_the_engine_tells_an_apis_tags_as_they_once_were(
    recorded: CommandLine, standing: Shop
) -> None:
    """What `corrections.current_tags` corrects, until the engine is cured of it."""
    assert recorded("provision", "--stack", "told").code == 0
    apis = standing.client("apigateway")
    told = {api["name"]: api for api in apis.get_rest_apis()["items"]}["told-EcommerceAPI"]
    arn = f"arn:aws:apigateway:ap-south-1::/restapis/{told['id']}"
    apis.tag_resource(resourceArn=arn, tags={"Late": "yes"})
    assert apis.get_tags(resourceArn=arn)["tags"]["Late"] == "yes"
    assert "Late" not in apis.get_rest_api(restApiId=told["id"])["tags"], "cured: drop it"
    apis.tag_resource(resourceArn=f"{arn}/stages/prod", tags={"Late": "yes"})
    stage = apis.get_stages(restApiId=told["id"])["item"][0]
    assert "Late" not in stage.get("tags", {}), "cured: drop it"
