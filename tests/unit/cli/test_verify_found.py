"""`verify` from an invoke URL or a function's name on, and of what is not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordersetup.aws import Aws
from tests.conftest import Provision
from tests.end_to_end.by_hand import OTHER, ByHand
from tests.stacks import ACCOUNT, REGION, stack
from tests.unit.cli.conftest import CommandLine

SHOP2 = stack("shop2", sender="shop@example.com", tags=(("team", "shop"),))


@pytest.fixture
def url(aws: Aws, provision: Provision) -> str:
    """Of a stack of ours with settings of its own."""
    provision(SHOP2.steps)
    (api,) = aws.apigateway.get_rest_apis()["items"]
    return f"https://{api['id']}.execute-api.{REGION}.amazonaws.com/prod/orders"


@pytest.fixture
def theirs(aws: Aws) -> str:
    """The URL of a stack that others have built under names of their own."""
    built = ByHand(
        lambda service: aws.client(service, 1),
        OTHER,
        environment=True,
        region=REGION,
        account=ACCOUNT,
    ).build()
    return f"https://{built.api_id}.execute-api.{REGION}.amazonaws.com/live/checkout"


class TestOurs:
    @pytest.mark.parametrize("by", ["--url", "--function"])
    def test_a_stack_of_ours_is_held_to_its_own_settings(
        self, ordersetup: CommandLine, url: str, by: str
    ) -> None:
        run = ordersetup("verify", "--json", by, url if by == "--url" else "shop2-ProcessOrder")
        (report,) = run.lines
        assert [f for f in report["findings"] if f["level"] != "holds"] == []
        assert (run.code, report["stack"]) == (0, "shop2")
        assert report["tally"]["mail"]["holds"] > 0, "its sender was recalled"

    def test_a_hint_names_the_stack_that_was_found(
        self, aws: Aws, ordersetup: CommandLine, url: str
    ) -> None:
        aws.sqs.set_queue_attributes(
            QueueUrl=aws.sqs.get_queue_url(QueueName="shop2-OrderProcessingDLQ")["QueueUrl"],
            Attributes={"MessageRetentionPeriod": "60"},
        )
        run = ordersetup("verify", "--url", url)
        assert run.code == 1
        assert "then      Put it right with: ordersetup provision --stack shop2\n" in run.out
        assert f"Found from {url}: the stack shop2, built by ordersetup" in run.talk

    def test_a_function_that_refers_elsewhere_is_drift_and_no_other_name(
        self, aws: Aws, ordersetup: CommandLine, url: str
    ) -> None:
        aws.lambda_.update_function_configuration(
            FunctionName="shop2-ProcessOrder",
            Environment={"Variables": {"UPDATE_INVENTORY_FUNCTION": "shop2-SendEmail"}},
        )
        (report,) = ordersetup("verify", "--json", "--url", url).lines
        failing = {f["check"] for f in report["findings"] if f["level"] == "fails"}
        assert failing == {"function/shop2-ProcessOrder.environment"}

    def test_a_part_that_is_mapped_is_looked_at_in_the_place_of_its_own(
        self, aws: Aws, ordersetup: CommandLine, url: str
    ) -> None:
        aws.sqs.create_queue(QueueName="elsewhere")
        run = ordersetup("verify", "--json", "--url", url, "--map", "OrderProcessingDLQ=elsewhere")
        taken, report = run.lines
        assert taken["type"] == "taken"
        failing = {f["check"] for f in report["findings"] if f["level"] == "fails"}
        assert "async-invocation/shop2-UpdateInventory.on_failure" in failing
        assert report["by_hand"] == ["Create queue elsewhere"]
        remedies = [f["then"] for f in report["findings"] if f["level"] == "fails"]
        assert all(then.startswith("Put it right by hand: ") for then in remedies)


class TestTheirs:
    def test_a_report_says_what_it_was_found_from(
        self, ordersetup: CommandLine, theirs: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "report.md"
        run = ordersetup("verify", "--json", "--url", f"{theirs}/", "--report", str(path))
        assert run.lines[-1]["stack"] == f"found from {theirs}"
        text = path.read_text(encoding="utf-8")
        assert theirs in text.replace("\\", "")
        assert "default" not in text

    def test_nothing_secret_of_a_url_is_told(self, ordersetup: CommandLine, theirs: str) -> None:
        url = theirs.replace("https://", "https://ada:hush@") + "?token=hush"
        run = ordersetup("verify", "--url", url)
        assert f"Verifying the pipeline found from {theirs} in" in run.talk
        assert "hush" not in run.out + run.talk


class TestNotThere:
    @pytest.mark.usefixtures("url")
    def test_a_function_that_is_not_there_is_said_not_to_be(self, ordersetup: CommandLine) -> None:
        run = ordersetup("verify", "--function", "Nope")
        assert (run.code, run.out) == (1, "")
        assert f"Error: There is no function Nope in {REGION} of account {ACCOUNT}." in run.talk

    @pytest.mark.usefixtures("url")
    def test_an_api_that_is_not_there_is_said_not_to_be(self, ordersetup: CommandLine) -> None:
        url = f"https://a1b2c3.execute-api.{REGION}.amazonaws.com/prod/orders"
        run = ordersetup("verify", "--url", url)
        assert (run.code, run.out) == (1, "")
        assert f"Error: There is no API a1b2c3 in {REGION} of account {ACCOUNT}." in run.talk

    @pytest.mark.usefixtures("aws")
    def test_a_stack_that_does_not_exist_is_one_sentence(self, ordersetup: CommandLine) -> None:
        run = ordersetup("verify", "--stack", "shop3")
        assert run.code == 1
        assert run.out.splitlines() == [
            f"The stack shop3 does not exist in {REGION}.",
            "Make it with: ordersetup provision --stack shop3",
        ]

    @pytest.mark.usefixtures("aws")
    def test_a_program_is_told_so_in_a_field(self, ordersetup: CommandLine) -> None:
        (report,) = ordersetup("verify", "--json", "--stack", "shop3", "--drill", "--yes").lines
        assert (report["exists"], report["proven"]) == (False, False)
        assert report["then"] == "Make it with: ordersetup provision --stack shop3"
        assert report["findings"][0]["actual"] == "is missing"

    @pytest.mark.usefixtures("url")
    def test_a_part_with_nothing_to_check_says_so(
        self, ordersetup: CommandLine, provision: Provision
    ) -> None:
        provision(stack().steps)
        run = ordersetup("verify", "--only", "mail", "--only", "queue")
        assert run.code == 0
        assert "  • Mail                      nothing to check\n" in run.out
        alone = ordersetup("verify", "--only", "mail")
        assert alone.out.splitlines()[-1] == "There was nothing to check."

    def test_a_part_of_what_is_missing_is_not_right(
        self, aws: Aws, ordersetup: CommandLine, url: str
    ) -> None:
        aws.apigateway.delete_rest_api(restApiId=url.partition("//")[2].partition(".")[0])
        run = ordersetup("verify", "--only", "cors", "--stack", "shop2", "--json")
        assert run.code == 1
        (finding,) = run.lines[0]["findings"]
        assert finding["check"] == "rest-api/shop2-EcommerceAPI.exists"
