"""`ordersetup explain`: for anybody, anywhere, with no AWS at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordersetup.views.json_lines import TYPES
from tests.unit.cli.conftest import CommandLine, Recorder


def test_it_tells_every_step_without_credentials_or_network(
    process: CommandLine, recorder: Recorder
) -> None:
    run = process("explain", AWS_ENDPOINT_URL=recorder.url)
    assert run.code == 0
    assert run.talk == ""
    assert recorder.requests == []
    assert "Create table Inventory  table/Inventory\n" in run.out
    assert "  click   DynamoDB › Tables › Inventory\n" in run.out
    assert "region=ap-south-1#table?name=Inventory\n" in run.out


def test_one_step_is_told_whole(ordersetup: CommandLine) -> None:
    run = ordersetup("explain", "edit", "asynchronous", "UpdateInventory", "--region", "us-east-1")
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[:5] == [
        "Edit asynchronous invocation of UpdateInventory  async-invocation/UpdateInventory",
        "  click   Lambda › UpdateInventory › Configuration › Asynchronous invocation",
        "  link    https://console.aws.amazon.com/lambda/home?region=us-east-1"
        "#/functions/UpdateInventory?tab=configure",
        "  read    lambda:GetFunctionEventInvokeConfig",
        "  write   lambda:PutFunctionEventInvokeConfig",
    ]
    assert "  check   Retry attempts: 2" in lines
    assert "  wait    up to 120 s: the role's policy is not yet known to Lambda" in lines


def test_a_program_gets_one_line(ordersetup: CommandLine) -> None:
    run = ordersetup("explain", "queue/", "--json")
    (line,) = run.lines
    assert line["type"] in TYPES
    (step,) = line["steps"]
    assert step["step"] == "queue/OrderProcessingDLQ"
    assert step["link"].startswith("https://console.aws.amazon.com/sqs/")


def test_a_near_miss_is_suggested_with_the_code_of_bad_input(ordersetup: CommandLine) -> None:
    run = ordersetup("explain", "stage/EcommerceApi/prd")
    assert run.code == 2
    assert run.out == ""
    assert "Did you mean stage/EcommerceAPI/prod?" in run.talk


def test_links_lead_to_the_profiles_region(
    ordersetup: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    config = tmp_path / "config"
    config.write_text("[profile shop]\nregion = eu-central-1\n")
    run = ordersetup("explain", "queue/", "--profile", "shop", AWS_CONFIG_FILE=str(config))
    assert "region=eu-central-1" in run.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--region", "mars"), "--region 'mars' is not accepted"),
        (("--stack", "Shop"), "--stack 'Shop' is not accepted"),
        (("--profile", "nobody"), "There is no profile 'nobody'"),
    ],
)
def test_bad_input_is_refused(ordersetup: CommandLine, args: tuple[str, ...], said: str) -> None:
    run = ordersetup("explain", *args)
    assert run.code == 2
    assert said in run.talk
