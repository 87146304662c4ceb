"""`verify` and its files against an AWS in memory: report, receipt, and an earlier receipt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.cli.verify import progress
from ordersetup.events import Failed, Skipped, Started, Waiting
from ordersetup.views.json_lines import TYPES
from ordersetup.views.plain import Plain
from ordersetup.web import Answer
from tests.conftest import Provision
from tests.stacks import ACCOUNT, REGION, stack
from tests.unit.cli.conftest import CommandLine
from tests.wire import Visitor

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
        assert SENDER not in text, "nor is the shop's own sent around"


@pytest.mark.usefixtures("standing")
def test_a_receipt_shows_no_address_at_all(ordersetup: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    assert ordersetup("verify", "--receipt", str(path)).code == 0
    assert "@" not in path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("standing")
def test_every_report_that_is_asked_for_is_written_and_said_to_be(
    ordersetup: CommandLine, tmp_path: Path
) -> None:
    html, text, proof = (tmp_path / name for name in ("r.html", "r.md", "proof.json"))
    files = ("--report", str(html), "--report", str(text), "--receipt", str(proof))
    run = ordersetup("verify", *files)
    assert html.exists()
    assert text.exists()
    assert run.talk.splitlines()[-3:] == [
        f"The report is written: {html}",
        f"The report is written: {text}",
        f"The receipt is written: {proof}",
    ]
    assert ordersetup("verify", "--quiet", *files).talk == ""


@pytest.mark.usefixtures("standing")
def test_the_first_of_two_reports_is_looked_at_as_well(
    ordersetup: CommandLine, tmp_path: Path
) -> None:
    run = ordersetup("verify", "--report", "r.pdf", "--report", str(tmp_path / "r.md"))
    assert run.code == 2
    assert not (tmp_path / "r.md").exists()


def test_what_others_have_put_into_the_environment_is_named_and_not_told(
    standing: Aws, ordersetup: CommandLine
) -> None:
    configuration = standing.lambda_.get_function_configuration(FunctionName="SendEmail")
    variables = {**configuration["Environment"]["Variables"], "API_KEY": "hush-hush"}
    standing.lambda_.update_function_configuration(
        FunctionName="SendEmail", Environment={"Variables": variables}
    )
    for command in (("verify",), ("verify", "--json"), ("plan",), ("plan", "--json")):
        run = ordersetup(*command)
        assert "API_KEY" in run.out
        assert "hush-hush" not in run.out + run.talk
    assert ordersetup("provision", "--json").code == 0
    assert ordersetup("plan", "--exit-code").code == 0


class Failing(Visitor):
    """An API that takes no order."""

    def ask(self, method: str, url: str, **more: Any) -> Answer:
        if method == "POST":
            return self.answered()
        return super().ask(method, url, **more)

    def answered(self) -> Answer:
        return Answer(502, {}, b"bad gateway")


class Interrupted(Failing):
    """Somebody presses Ctrl-C while the order is on its way."""

    def answered(self) -> Answer:
        raise KeyboardInterrupt


@pytest.mark.usefixtures("standing")
class TestDrill:
    def drill(self, ordersetup: CommandLine, folder: Path, web: Visitor) -> Any:
        files = ("--report", str(folder / "r.md"), "--receipt", str(folder / "r.json"))
        return ordersetup("verify", "--drill", "--yes", *files, web=web)

    def test_one_that_fails_is_reported_and_gives_no_receipt(
        self, ordersetup: CommandLine, tmp_path: Path
    ) -> None:
        run = self.drill(ordersetup, tmp_path, Failing())
        assert run.code == 1
        text = (tmp_path / "r.md").read_text(encoding="utf-8")
        assert "**✗ The failure path is not proven" in text
        assert "## Live failure drill" in text
        assert "| The API accepts the order | 202 | 502" in text
        assert "No receipt was written: the drill has failed." in run.talk
        assert not (tmp_path / "r.json").exists()

    def test_one_that_is_cut_off_leaves_the_report_of_the_survey_and_no_receipt(
        self, ordersetup: CommandLine, tmp_path: Path
    ) -> None:
        run = self.drill(ordersetup, tmp_path, Interrupted())
        assert run.code == 130
        text = (tmp_path / "r.md").read_text(encoding="utf-8")
        assert "checks hold." in text
        assert "drill" not in text
        assert "No receipt was written: the drill did not come to its end." in run.talk
        assert not (tmp_path / "r.json").exists()


def test_what_could_not_be_read_is_told_in_the_report_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = Plain(color=False, verbose=True)
    failed, skipped = Failed("sender", ValueError(SENDER)), Skipped("x", because="sender")
    for event in (Started("sender"), failed, skipped):
        progress(view)(event)
    progress(view)(Waiting("sender", "AWS is slow", 1))
    assert capsys.readouterr() == ("", "  … sender: AWS is slow, 1 s\n")
