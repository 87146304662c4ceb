"""Taking over a stack that was built by the guide's own calls, on the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from ordersetup.local import Engine
from tests.end_to_end.by_hand import CODE, GUIDE, ByHand
from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.recorder import Recorder, recording
from tests.end_to_end.shop import Shop

TABLES = ("Inventory", "InventoryTransactions")
LETTERS = [json.dumps({"requestPayload": {"order_id": f"O-{n}"}}, indent=n) for n in range(3)]
SECRET = "hush-hush"


@pytest.fixture(scope="module")
def shop(engine: Engine) -> Shop:
    return Shop(engine.endpoint_url, "")


@pytest.fixture(scope="module")
def hand(shop: Shop) -> ByHand:
    """The guide's stack, with stock, an order's rows and letters, and a person's own additions."""
    hand = ByHand(shop.client, GUIDE, environment=True).build()
    for n in range(30):
        shop.put_stock(f"item-{n}", n)
    tables = shop.client("dynamodb")
    for item in ("item-1", "item-2"):
        tables.put_item(
            TableName="InventoryTransactions",
            Item={
                "order_id": {"S": "O-9"},
                "item_id": {"S": item},
                "quantity": {"N": "2"},
                "note": {"S": "a person's own attribute"},
            },
        )
    queues = shop.client("sqs")
    url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    for body in LETTERS:
        queues.send_message(QueueUrl=url, MessageBody=body)
    shop.client("lambda").update_function_configuration(
        FunctionName="SendEmail", Environment={"Variables": {"API_KEY": SECRET}}
    )
    return hand


@pytest.fixture(scope="module")
def recorder(engine: Engine) -> Iterator[Recorder]:
    with recording(engine.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def recorded(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine.at(tmp_path_factory.mktemp("home"), recorder.url)


def rows(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    """Every row of both tables, in an order of its own."""
    tables = shop.client("dynamodb")
    return {name: sorted(tables.scan(TableName=name)["Items"], key=json.dumps) for name in TABLES}


def letters(shop: Shop) -> list[str]:
    """The queue's messages, which stay in it."""
    queues = shop.client("sqs")
    url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    got = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return sorted(message["Body"] for message in got["Messages"])


def made(shop: Shop) -> dict[str, str]:
    """When tables and API were made: what is made anew has another date."""
    tables, apis = shop.client("dynamodb"), shop.client("apigateway")
    dates = {
        name: str(tables.describe_table(TableName=name)["Table"]["CreationDateTime"])
        for name in TABLES
    }
    return dates | {api["id"]: str(api["createdDate"]) for api in apis.get_rest_apis()["items"]}


@pytest.mark.usefixtures("hand")
def test_it_is_refused_with_all_that_differs_and_the_two_ways_on(
    recorded: CommandLine, recorder: Recorder
) -> None:
    recorder.calls.clear()
    run = recorded("provision")
    assert run.code == 1
    for name in (*TABLES, "OrderProcessingDLQ", "SendEmail", "EcommerceAPI"):
        assert name in run.talk
    assert "Capacity mode: Provisioned → On-demand" in run.talk
    assert "ordersetup provision --adopt" in run.talk
    assert "ordersetup provision --stack NAME" in run.talk
    assert SECRET not in run.talk
    planned = recorded("plan", "--adopt")
    assert planned.code == 0
    assert SECRET not in planned.out
    assert recorder.writes == []


def test_it_is_taken_over_without_a_loss_and_verified(
    hand: ByHand, shop: Shop, recorded: CommandLine, recorder: Recorder, tmp_path: Path
) -> None:
    rows_before, letters_before, made_before = rows(shop), letters(shop), made(shop)
    assert len(rows_before["Inventory"]) == 31
    assert letters_before == sorted(LETTERS)
    role_before = shop.client("iam").get_role_policy(
        RoleName=hand.names["Role"], PolicyName="orders"
    )["PolicyDocument"]
    recorder.calls.clear()

    run = recorded("provision", "--adopt", "--yes", "--save-to", str(tmp_path / "old"))

    assert run.code == 0, run.talk
    writes = recorder.writes
    assert not [call for call in writes if "DELETE" in call or "Delete" in call]
    assert rows(shop) == rows_before
    assert letters(shop) == letters_before
    assert made(shop) == made_before
    assert list(made_before)[-1] == hand.api_id
    with ZipFile(tmp_path / "old" / "SendEmail.zip") as old:
        assert old.read("lambda_function.py").decode() == CODE
    assert SECRET in (tmp_path / "old" / "SendEmail.configuration.json").read_text()
    assert SECRET not in run.out + run.talk
    left = shop.client("iam").get_role_policy(RoleName=hand.names["Role"], PolicyName="orders")
    assert left["PolicyDocument"] == role_before
    assert f"The role {hand.names['Role']}, with which" in run.out

    verified = recorded("verify", "--json")
    assert verified.code == 0, verified.out
    assert verified.result["proven"]

    for options in ((), ("--adopt", "--yes")):
        recorder.calls.clear()
        again = recorded("provision", *options)
        assert again.out.startswith("Nothing to do")
        assert recorder.writes == []


def test_an_order_goes_through_what_was_taken_over(recorded: CommandLine) -> None:
    run = recorded("send-test-order", "--json")
    assert run.code == 0, run.out
