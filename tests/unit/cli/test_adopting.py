"""`provision --adopt`: asked for, shown, saved and agreed to, in this order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.cli.options import Options
from ordersetup.web import Answer
from tests.unit import by_hand
from tests.unit.cli.conftest import CommandLine, Recorder, Terminal
from tests.wire import Visitor


def untouched(aws: Aws) -> bool:
    """Whether what was made by hand stands as it was made, and nothing beside it."""
    table = aws.dynamodb.describe_table(TableName="Inventory")["Table"]
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    tagged = (
        aws.dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"],
        aws.sqs.list_queue_tags(QueueUrl=url).get("Tags"),
        *(api.get("tags") for api in aws.apigateway.get_rest_apis()["items"]),
        *(aws.lambda_.get_function(FunctionName=name).get("Tags") for name in FUNCTIONS),
    )
    roles = [role["RoleName"] for role in aws.iam.list_roles()["Roles"]]
    groups = aws.logs.describe_log_groups()["logGroups"]
    return not any(tagged) and roles == ["LambdaOrderRole"] and not groups


FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")


@pytest.fixture
def hand(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A stack made by hand, and an empty working directory."""
    by_hand.build(aws, environment=True)
    aws.lambda_.update_function_configuration(
        FunctionName="SendEmail", Environment={"Variables": {"KEY": "hush", "SENDER": "x"}}
    )
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return aws


def saved() -> Path:
    (folder,) = Path().iterdir()
    assert folder.name.startswith("ordersetup-adopted-default-")
    return folder


class TestRefused:
    @pytest.mark.parametrize(
        ("args", "happened"),
        [
            (
                ("--adopt",),
                "--adopt asks before it changes what others have made, and there is nobody to ask.",
            ),
            (("--save-to", "there"), "--save-to is for what --adopt replaces."),
            (
                ("--adopt", "--yes", "--save-to", "."),
                "--save-to . is no empty folder, and nothing in it is overwritten.",
            ),
        ],
        ids=["nobody to ask", "nothing to save", "a full folder"],
    )
    def test_bad_input_is_refused_before_any_call(
        self,
        ordersetup: CommandLine,
        recorder: Recorder,
        monkeypatch: pytest.MonkeyPatch,
        args: tuple[str, ...],
        happened: str,
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", recorder.url)
        run = ordersetup("provision", *args)
        assert run.code == 2
        assert run.talk.splitlines()[0] == f"Error: {happened}"
        assert recorder.requests == []


@pytest.mark.usefixtures("hand")
class TestWithYes:
    def test_it_is_shown_saved_taken_over_and_reported(self, ordersetup: CommandLine) -> None:
        run = ordersetup("provision", "--adopt", "--yes")
        assert run.code == 0, run.talk
        shown = run.talk.index("What is taken over")
        assert shown < run.talk.index("Provisioning (")
        assert "    Capacity mode: Provisioned → On-demand\n" in run.talk
        assert "KEY=(not shown)" in run.talk
        assert "  SendEmail: lambda_function.py (81 bytes)\n" in run.talk
        assert f"saved in ./{saved()}, and may hold secrets." in run.talk
        assert f"  • What was replaced is saved in ./{saved()}." in run.out
        assert "  • The role LambdaOrderRole, with which" in run.out
        assert "hush" not in run.out + run.talk
        assert "hush" in (saved() / "SendEmail.configuration.json").read_text()

        again = ordersetup("provision", "--adopt", "--yes")
        assert again.out.startswith("Nothing to do")
        assert "taken over" not in again.talk
        assert saved()

    def test_a_program_is_told_in_json(self, ordersetup: CommandLine) -> None:
        run = ordersetup("provision", "--adopt", "--yes", "--json", "--save-to", "there")
        (line,) = [line for line in run.lines if line["type"] == "adoption"]
        assert line["folder"] == "./there"
        assert [resource["step"] for resource in line["resources"]][:2] == [
            "table/Inventory",
            "table/InventoryTransactions",
        ]
        assert line["resources"][0]["changes"] == [
            {
                "step": "table/Inventory",
                "attribute": "capacity_mode",
                "label": "Capacity mode",
                "expected": "On-demand",
                "actual": "Provisioned",
                "holds": False,
            }
        ]
        assert line["code"][0] == {
            "function": "ProcessOrder",
            "files": [{"name": "lambda_function.py", "bytes": 81}],
        }
        assert any("LambdaOrderRole" in sentence for sentence in line["left"])
        assert "hush" not in run.out
        assert run.talk == ""
        assert (Path("there") / "ProcessOrder.zip").exists()

    def test_a_failed_download_changes_nothing_and_saves_nothing(
        self, ordersetup: CommandLine, aws: Aws
    ) -> None:
        class NoCode(Visitor):
            def ask(self, method: str, url: str, **more: Any) -> Answer:
                gone = Answer(404, {}, b"")
                return gone if "awslambda" in url else super().ask(method, url, **more)

        run = ordersetup("provision", "--adopt", "--yes", web=NoCode())
        assert run.code == 1
        assert "could not be saved before it is replaced: it was answered 404" in run.talk
        assert "awslambda" not in run.talk
        assert untouched(aws)
        assert list(Path().iterdir()) == []


@pytest.mark.usefixtures("hand")
class TestPlan:
    def test_it_tells_and_writes_nothing(self, ordersetup: CommandLine, aws: Aws) -> None:
        run = ordersetup("plan", "--adopt", "--exit-code")
        assert run.code == 3
        assert "~ Create table Inventory (taken over)\n    Owner: none → default\n" in run.out
        assert "hush" not in run.out
        (plan,) = ordersetup("plan", "--adopt", "--json").lines
        adopted = {step["step"]: step["adopt"] for step in plan["steps"]}
        assert adopted["table/Inventory"]
        assert not adopted["log-group//aws/lambda/SendEmail"]
        assert sum(adopted.values()) == 9
        assert "hush" not in json.dumps(plan)
        assert untouched(aws)
        assert list(Path().iterdir()) == []

    def test_without_adopt_it_is_refused_as_a_provision_is(self, ordersetup: CommandLine) -> None:
        run = ordersetup("plan", "--json")
        (error,) = run.lines
        assert error["error"] == "NotOurs"
        assert "DynamoDB › Tables › Inventory" in error["details"]
        assert "ordersetup provision --adopt" in error["then"]


class TestAsked:
    def run(self, terminal: Terminal, *args: str) -> Result:
        options = Options(web=Visitor())
        return CliRunner().invoke(group, ["provision", "--adopt", *args], terminal, obj=options)

    @pytest.mark.usefixtures("hand")
    def test_a_no_leaves_everything_as_it_was_here_as_well(self, aws: Aws) -> None:
        run = self.run(Terminal(b"n\n"))
        assert run.exit_code == 1
        assert "Take all of this over? [y/N]" in run.stderr
        assert run.stderr.endswith("Nothing was changed, and nothing was saved.\n")
        assert list(Path().iterdir()) == []
        assert untouched(aws)

    @pytest.mark.usefixtures("hand")
    def test_a_yes_takes_it_over(self) -> None:
        run = self.run(Terminal(b"y\n"), "--save-to", "there")
        assert run.exit_code == 0, run.stderr
        assert run.stdout.startswith("The pipeline stands: ")
        assert (Path("there") / "ProcessOrder.zip").exists()

    def test_a_yes_is_to_what_was_shown(self, hand: Aws) -> None:
        def change() -> None:
            name = "ProcessOrder"
            hand.lambda_.update_function_configuration(FunctionName=name, MemorySize=512)

        run = self.run(Terminal(b"y\n", change))
        assert run.exit_code == 1
        assert "has changed since it was shown" in run.stderr
        assert list(Path().iterdir()) == []
        assert untouched(hand)

    @pytest.mark.usefixtures("hand")
    def test_nobody_is_asked_about_what_is_ours(self) -> None:
        first = self.run(Terminal(b"y\n"))
        assert first.exit_code == 0, first.stderr
        again = self.run(Terminal(b""))
        assert again.exit_code == 0
        assert "Take all" not in again.stderr
