"""`verify` and its files against an AWS in memory: report, receipt, and an earlier receipt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.views.json_lines import TYPES
from tests.conftest import Provision
from tests.stacks import ACCOUNT, REGION, stack
from tests.unit.cli.conftest import CommandLine

CUSTOMER = "jane.doe@customers.example"
SENDER = "shop@example.com"


@pytest.fixture
def standing(aws: Aws, provision: Provision) -> Aws:
    provision(stack(sender=SENDER).steps)
    return aws


@pytest.fixture
def customers(standing: Aws) -> Aws:
    """Rows and a record that bear a customer's address, as real ones may."""
    key = {"order_id": {"S": "o-1"}, "item_id": {"S": "lamp"}}
    row = {**key, "quantity": {"S": "2"}, "customer_email": {"S": CUSTOMER}}
    standing.dynamodb.put_item(TableName="InventoryTransactions", Item=row)
    url = standing.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    body = json.dumps({"requestPayload": {"customer_email": CUSTOMER}})
    standing.sqs.send_message(QueueUrl=url, MessageBody=body)
    return standing


def spoil_retries(aws: Aws) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:OrderProcessingDLQ"
    aws.lambda_.put_function_event_invoke_config(
        FunctionName="UpdateInventory",
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=21_600,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )


@pytest.mark.usefixtures("standing")
def test_a_sound_stack_is_proven(ordersetup: CommandLine) -> None:
    run = ordersetup("verify", "--json")
    (report,) = run.lines
    assert run.code == 0
    assert report["type"] in TYPES
    assert report["proven"] is True
    assert {finding["level"] for finding in report["findings"]} == {"holds"}
    assert (report["stack"], report["account"], report["region"]) == ("default", ACCOUNT, REGION)


def test_a_failing_check_is_told_first_with_where_and_what_to_do(
    standing: Aws, ordersetup: CommandLine
) -> None:
    spoil_retries(standing)
    run = ordersetup("verify")
    assert run.code == 1
    assert run.out.splitlines()[:4] == [
        "✗ Lambda › UpdateInventory › Configuration › Asynchronous invocation › Retry attempts",
        "    expected  2",
        "    found     0",
        "    then      Put it right with: ordersetup provision",
    ]


def test_only_one_part_is_reported_and_decides(standing: Aws, ordersetup: CommandLine) -> None:
    spoil_retries(standing)
    sound = ordersetup("verify", "--only", "cors", "--only", "queue", "--json")
    assert sound.code == 0
    assert {f["group"] for f in sound.lines[0]["findings"]} == {"cors", "queue"}
    broken = ordersetup("verify", "--only", "async", "--json")
    assert broken.code == 1
    failing = [f["check"] for f in broken.lines[0]["findings"] if f["level"] == "fails"]
    assert failing == ["async-invocation/UpdateInventory.retry_attempts"]


@pytest.mark.parametrize("name", ["report.html", "report.svg", "report.md"])
def test_a_report_is_written_whether_proven_or_not(
    standing: Aws, ordersetup: CommandLine, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    assert ordersetup("verify", "--report", str(path)).code == 0
    sound = path.read_text(encoding="utf-8")
    spoil_retries(standing)
    assert ordersetup("verify", "--report", str(path)).code == 1
    assert path.read_text(encoding="utf-8") != sound


def test_a_receipt_covers_what_has_not_moved(
    standing: Aws, ordersetup: CommandLine, tmp_path: Path
) -> None:
    path = str(tmp_path / "proof.json")
    assert ordersetup("verify", "--receipt", path).code == 0
    same = ordersetup("verify", "--against", path)
    assert same.code == 0
    assert "still covers what runs." in same.out.splitlines()[-1]
    spoil_retries(standing)
    moved = ordersetup("verify", "--against", path, "--json")
    assert moved.code == 1
    coverage = moved.lines[-1]
    assert coverage["type"] in TYPES
    assert coverage["covers"] is False
    assert coverage["moved"] == [
        {"attribute": "async-invocation/UpdateInventory.retry_attempts", "then": 2, "now": 0}
    ]


def test_what_moved_fails_the_gate_though_every_check_holds(
    standing: Aws, ordersetup: CommandLine, tmp_path: Path
) -> None:
    path = str(tmp_path / "proof.json")
    ordersetup("verify", "--receipt", path)
    api_id = standing.apigateway.get_rest_apis()["items"][0]["id"]
    stage: Any = {"restApiId": api_id, "stageName": "prod"}
    serving = standing.apigateway.get_stage(**stage)["deploymentId"]
    words = standing.apigateway.get_deployment(restApiId=api_id, deploymentId=serving)
    standing.apigateway.create_deployment(**stage, description=words["description"])
    standing.apigateway.delete_deployment(restApiId=api_id, deploymentId=serving)
    run = ordersetup("verify", "--against", path)
    assert run.code == 1
    assert "✗ stage/EcommerceAPI/prod.deployment" in run.out
    assert "1 thing has moved since." in run.out.splitlines()[-1]


def test_no_receipt_is_written_for_what_is_not_proven(
    standing: Aws, ordersetup: CommandLine, tmp_path: Path
) -> None:
    spoil_retries(standing)
    path = tmp_path / "proof.json"
    run = ordersetup("verify", "--receipt", str(path))
    assert run.code == 1
    assert "No receipt was written: 1 of" in run.talk
    assert not path.exists()


@pytest.mark.usefixtures("standing")
def test_another_stacks_receipt_is_not_compared(ordersetup: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    ordersetup("verify", "--receipt", str(path))
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "account": "210987654321"}), encoding="utf-8")
    run = ordersetup("verify", "--against", str(path))
    assert run.code == 1
    assert "in account 210987654321" in run.talk


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--report", "report.pdf"), "ends in none of .html"),
        (("--report", "no/such/report.md"), "there is no folder"),
        (("--receipt", "no/such/proof.json"), "there is no folder"),
        (("--receipt", "proof.json", "--only", "async"), "Leave out --only"),
        (("--against", "missing.json"), "cannot be read: No such file"),
        (("--against", "/dev/null"), "is no receipt of ordersetup: it is not JSON"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_call(
    aws: Aws, calls: list[str], ordersetup: CommandLine, args: tuple[str, ...], said: str
) -> None:
    calls.clear()
    run = ordersetup("verify", *args)
    assert run.code == 2
    assert said in run.talk
    assert calls == []
    assert aws.region == REGION


@pytest.mark.usefixtures("customers")
def test_no_output_shows_a_customers_address(ordersetup: CommandLine, tmp_path: Path) -> None:
    told = []
    for name in ("report.html", "report.svg", "report.md"):
        run = ordersetup("verify", "--verbose", "--report", str(tmp_path / name))
        assert run.code == 1, "the row's quantity is a String"
        told += [run.out, run.talk, (tmp_path / name).read_text(encoding="utf-8")]
    run = ordersetup("verify", "--json")
    told += [run.out, run.talk]
    for text in told:
        assert "jane" not in text
        assert "customers.example" not in text
    assert all(SENDER not in text for text in told[2:9:3]), "nor is the shop's own sent around"


@pytest.mark.usefixtures("standing")
def test_a_receipt_shows_no_address_at_all(ordersetup: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    assert ordersetup("verify", "--receipt", str(path)).code == 0
    assert "@" not in path.read_text(encoding="utf-8")
