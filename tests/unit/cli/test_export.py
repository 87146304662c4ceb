"""`ordersetup export`: of a stack that stands, in part, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ordersetup.aws import Aws
from tests.unit.cli.conftest import CommandLine, Recorder

pytestmark = pytest.mark.usefixtures("aws")


def options(form: str, folder: Path) -> tuple[str, ...]:
    return ("export", "--format", form, "--output", str(folder))


def provisioned(ordersetup: CommandLine, *settings: str) -> None:
    run = ordersetup("provision", *settings)
    assert run.code == 0, run.talk


def test_a_stack_that_stands_is_taken_over(ordersetup: CommandLine, tmp_path: Path) -> None:
    provisioned(ordersetup)
    run = ordersetup(*options("cloudformation", tmp_path))
    assert run.code == 0
    assert "23 resources that stand are taken over as they are." in run.out
    assert "--change-set-type IMPORT" in run.out
    told = json.loads((tmp_path / "resources-to-import.json").read_text())
    assert len(told) == 23
    order = ["s3 cp", "create-change-set", "execute-change-set", "update-stack"]
    assert [run.out.index(word) for word in order] == sorted(run.out.index(w) for w in order)


def test_terraform_is_told_to_plan(ordersetup: CommandLine, tmp_path: Path) -> None:
    provisioned(ordersetup)
    run = ordersetup(*options("terraform", tmp_path / "my infra"))
    assert f"terraform -chdir='{tmp_path}/my infra' plan" in run.out
    assert (
        'id = "ProcessOrder/ordersetup-post-orders-'
        in (tmp_path / "my infra" / "imports.tf").read_text()
    )


def test_a_program_is_told_the_same(ordersetup: CommandLine, tmp_path: Path) -> None:
    provisioned(ordersetup)
    (told,) = ordersetup(*options("terraform", tmp_path), "--json").lines
    assert (told["type"], told["stands"], told["drifted"]) == ("exported", True, 0)
    assert told["files"] == ["main.tf", "handlers.zip", "imports.tf"]
    assert told["imports"] == 30
    assert told["later"] == []


def test_nothing_is_written_to_aws(
    ordersetup: CommandLine, tmp_path: Path, calls: list[str]
) -> None:
    provisioned(ordersetup)
    calls.clear()
    ordersetup(*options("cloudformation", tmp_path))
    assert {call.partition(":")[2][:3] for call in calls} <= {"Get", "Lis", "Des"}


def test_a_stack_that_does_not_stand_is_a_template_alone(
    ordersetup: CommandLine, tmp_path: Path
) -> None:
    run = ordersetup(*options("cloudformation", tmp_path), "--stack", "shop2")
    assert run.code == 0
    assert "The stack does not stand, so that there is nothing to import yet." in run.out
    assert "ordersetup provision --stack shop2" in run.out
    assert "create-stack" in run.out
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["handlers.zip", "template.json"]


def test_a_stack_that_stands_in_part_is_not_taken_over(
    ordersetup: CommandLine, aws: Aws, tmp_path: Path
) -> None:
    provisioned(ordersetup)
    ordersetup(*options("cloudformation", tmp_path))
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"])
    run = ordersetup(*options("cloudformation", tmp_path))
    assert "The stack stands in part" in run.out
    assert not (tmp_path / "resources-to-import.json").exists()


def test_drift_is_told_since_an_update_would_change_it(
    ordersetup: CommandLine, aws: Aws, tmp_path: Path
) -> None:
    provisioned(ordersetup)
    aws.logs.put_retention_policy(logGroupName="/aws/lambda/SendEmail", retentionInDays=7)
    run = ordersetup(*options("terraform", tmp_path))
    assert "1 steps differ" not in run.out
    assert "1 step differs from what was exported, and would be changed." in run.out


def test_remembered_settings_are_exported(ordersetup: CommandLine, tmp_path: Path) -> None:
    provisioned(ordersetup, "--retention-days", "90", "--tag", "team=orders")
    ordersetup(*options("terraform", tmp_path))
    text = (tmp_path / "main.tf").read_text()
    assert text.count("retention_in_days = 90") == 3
    assert text.count('team                 = "orders"') > 5


@pytest.mark.parametrize("ours", [True, False], ids=["ours", "somebody_else_s"])
def test_a_sender_s_identity_is_exported_only_if_it_is_the_stack_s(
    ordersetup: CommandLine, aws: Aws, tmp_path: Path, ours: bool
) -> None:
    if not ours:
        aws.sesv2.create_email_identity(EmailIdentity="shop@example.com")
    provisioned(ordersetup, "--sender", "shop@example.com")
    ordersetup(*options("cloudformation", tmp_path))
    resources = json.loads((tmp_path / "template.json").read_text())["Resources"]
    assert ("Sender" in resources) is ours


@pytest.mark.parametrize(
    "other", [("--stack", "shop2"), ("--region", "eu-north-1")], ids=["stack", "region"]
)
def test_another_stack_s_export_in_the_folder_is_refused_before_any_call(
    ordersetup: CommandLine,
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    other: tuple[str, str],
) -> None:
    assert ordersetup(*options("terraform", tmp_path)).code == 0
    before = (tmp_path / "main.tf").read_text()
    monkeypatch.setenv("AWS_ENDPOINT_URL", recorder.url)
    run = ordersetup(*options("terraform", tmp_path), *other)
    assert run.code == 2
    assert "holds the export of the stack default in eu-west-1" in run.talk
    assert recorder.requests == []
    assert (tmp_path / "main.tf").read_text() == before


def test_a_file_of_somebody_else_s_is_refused_before_any_call(
    ordersetup: CommandLine, tmp_path: Path, calls: list[str]
) -> None:
    (tmp_path / "main.tf").write_text("mine")
    run = ordersetup(*options("terraform", tmp_path))
    assert run.code == 2
    assert calls == []
    assert (tmp_path / "main.tf").read_text() == "mine"
    assert ordersetup(*options("terraform", tmp_path), "--force").code == 0
    assert "aws_dynamodb_table" in (tmp_path / "main.tf").read_text()
