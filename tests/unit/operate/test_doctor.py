"""What the doctor finds fit, worth knowing, or in the way; each with a remedy."""

from __future__ import annotations

import time
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ordersetup.aws import Aws
from ordersetup.calls import clock_ahead
from ordersetup.errors import CannotReachAws
from ordersetup.operate.doctor import Finding, Level, examine, unreached
from ordersetup.permissions import Right
from tests.conftest import Provision
from tests.stacks import ACCOUNT, REGION, stack
from tests.wire import Wire

JANE = f"arn:aws:iam::{ACCOUNT}:user/jane"
SETTINGS = "lambda:GetAccountSettings"
SENDER = "shop@example.com"


@pytest.fixture(autouse=True)
def _root(aws: Aws, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "caller", f"arn:aws:iam::{ACCOUNT}:root")
    # Asked twice: whether Lambda answers, and what it answers.
    executions(wire, 1000)


@pytest.fixture
def _unasked(wire: Wire) -> None:
    """For what asks nothing."""
    wire.forget()


def executions(wire: Wire, limit: int) -> None:
    wire.forget()
    wire.answer(SETTINGS, {"AccountLimit": {"ConcurrentExecutions": limit}}, times=2)


def found(aws: Aws, *rights: Right, **settings: Any) -> dict[str, Finding]:
    findings = examine(aws, stack(**settings).blueprint, rights)
    return {finding.check: finding for finding in findings}


def test_what_is_looked_at_comes_in_one_order(aws: Aws) -> None:
    assert list(found(aws)) == [
        *("credentials", "clock", "region", "endpoints", "permissions"),
        *("sandbox", "sender", "concurrency"),
    ]


def test_whatever_is_not_fit_has_a_remedy(aws: Aws, wire: Wire) -> None:
    executions(wire, 10)
    told = found(aws, sender=SENDER).values()
    assert {f.check for f in told if f.level is Level.WARNING} >= {"sandbox", "concurrency"}
    assert all(finding.then for finding in told if finding.level is not Level.OK)


class TestCredentials:
    def test_a_session_s_name_is_left_out(self, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/dev/jane@example.com"
        monkeypatch.setattr(aws, "caller", arn)
        what = found(aws)["credentials"].what
        assert what == f"You are the assumed role dev in account {ACCOUNT}."

    @pytest.mark.usefixtures("_unasked")
    def test_without_any_the_rest_is_not_looked_at(self) -> None:
        problem, clock = unreached(CannotReachAws("There are none.", "Make some."), REGION)
        assert (problem.level, problem.what, problem.then) == (
            Level.PROBLEM,
            "There are none.",
            "Make some.",
        )
        assert clock.level is Level.UNKNOWN

    @pytest.mark.usefixtures("_unasked")
    def test_refused_ones_may_be_the_clock_s_fault(self) -> None:
        refusal = ClientError(answer(-900), "GetCallerIdentity")
        error = CannotReachAws("Refused.", "Renew them.")
        error.__cause__ = refusal
        assert unreached(error, REGION)[1].level is Level.PROBLEM

    @pytest.mark.usefixtures("_unasked")
    def test_no_answer_from_a_region_that_there_is_not_names_the_region(self) -> None:
        *_, region = unreached(CannotReachAws("Silence.", "Check."), "moon-north-1")
        assert (region.check, region.level) == ("region", Level.PROBLEM)
        assert "moon-north-1" in region.what


def answer(off: float) -> Any:
    """What AWS answers whose clock is `off` seconds behind this machine's."""
    date = formatdate(time.time() - off, usegmt=True)
    return {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}


class TestTheClock:
    @pytest.mark.parametrize(
        ("off", "level"),
        [
            (0, Level.OK),
            (90, Level.WARNING),
            (-90, Level.WARNING),
            (301, Level.PROBLEM),
            (-301, Level.PROBLEM),
        ],
    )
    def test_five_minutes_are_refused(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch, off: float, level: Level
    ) -> None:
        monkeypatch.setattr(aws, "clock_ahead", clock_ahead(answer(off)))
        finding = found(aws)["clock"]
        assert finding.level is level
        assert ("ahead" in finding.what) == (off > 0)

    @pytest.mark.usefixtures("_unasked")
    def test_it_is_unknown_without_a_date(self) -> None:
        assert clock_ahead({}) is None
        assert clock_ahead({"ResponseMetadata": {"HTTPHeaders": {"date": "yesterday"}}}) is None
        assert clock_ahead(ValueError()) is None


def test_a_region_that_the_sdk_does_not_know_is_worth_a_word(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "region", "moon-north-1")
    finding = found(aws)["region"]
    assert finding.level is Level.WARNING
    assert "moon-north-1" in finding.what


def test_an_engine_answers_for_every_region_and_is_no_witness(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "region", "moon-north-1")
    monkeypatch.setattr(type(aws), "amazon", False)
    finding = found(aws)["region"]
    assert finding.level is Level.PROBLEM
    assert finding.what == "AWS has no region moon-north-1, as far as its SDK knows."


class TestEndpoints:
    def test_a_refusal_is_an_answer(self, aws: Aws, wire: Wire) -> None:
        wire.refuse("sqs:GetQueueUrl", "AccessDenied", "You may not.")
        assert found(aws)["endpoints"].level is Level.OK

    def test_those_that_are_silent_are_named(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(**_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://logs.example")

        clients = {"logs": SimpleNamespace(describe_log_groups=silent)}
        real = aws.client
        monkeypatch.setattr(aws, "client", lambda s, a: clients.get(s) or real(s, a))
        finding = found(aws)["endpoints"]
        assert finding.level is Level.PROBLEM
        assert finding.what.startswith("CloudWatch Logs cannot be reached: ")
        assert "https://logs.example" in finding.what


class TestPermissions:
    RIGHT = Right("dynamodb:CreateTable", "arn:aws:dynamodb:eu-west-1:1:table/Inventory")

    @pytest.fixture(autouse=True)
    def _jane(self, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aws, "caller", JANE)

    def test_what_is_lacking_is_a_problem_and_named(self, aws: Aws) -> None:
        aws.iam.create_user(UserName="jane")
        finding = found(aws, self.RIGHT)["permissions"]
        assert finding.level is Level.PROBLEM
        assert f"{self.RIGHT.action} on {self.RIGHT.resource}" in finding.what
        assert "ordersetup policy" in finding.then

    def test_what_cannot_be_certain_is_unknown(self, aws: Aws) -> None:
        aws.iam.create_user(UserName="jane")
        finding = found(aws, Right("sns:Publish", "arn:aws:sns:eu-west-1:1:T"))["permissions"]
        assert finding.level is Level.UNKNOWN
        assert "sns:Publish" in finding.what

    def test_so_is_all_where_the_simulator_may_not_be_asked(self, aws: Aws, wire: Wire) -> None:
        wire.refuse("iam:SimulatePrincipalPolicy", "AccessDenied", "You may not.")
        finding = found(aws, self.RIGHT)["permissions"]
        assert finding.level is Level.UNKNOWN
        assert "You may not" in finding.what


class TestMail:
    def test_out_of_the_sandbox_all_is_well(self, aws: Aws, wire: Wire) -> None:
        wire.answer("ses:GetAccount", {"ProductionAccessEnabled": True}, times=2)
        assert found(aws)["sandbox"].level is Level.OK

    def test_what_may_not_be_asked_is_unknown(self, aws: Aws, wire: Wire) -> None:
        wire.refuse("ses:GetAccount", "AccessDeniedException", "You may not.", times=2)
        assert found(aws)["sandbox"].level is Level.UNKNOWN

    def test_a_sender_without_an_identity_is_told_how_it_gets_one(self, aws: Aws) -> None:
        finding = found(aws, sender=SENDER)["sender"]
        assert (finding.level, "provision" in finding.then) == (Level.WARNING, True)

    def test_an_unverified_sender_cannot_send(
        self, aws: Aws, wire: Wire, provision: Provision
    ) -> None:
        provision(stack(sender=SENDER).steps)
        executions(wire, 1000)
        finding = found(aws, sender=SENDER)["sender"]
        assert (finding.level, "link" in finding.then) == (Level.WARNING, True)

    def test_a_verified_one_is_fit(self, aws: Aws, wire: Wire) -> None:
        wire.answer("ses:GetEmailIdentity", {"VerifiedForSendingStatus": True})
        assert found(aws, sender=SENDER)["sender"].level is Level.OK


class TestConcurrency:
    @pytest.mark.parametrize(
        ("limit", "level"), [(10, Level.WARNING), (49, Level.WARNING), (50, Level.OK)]
    )
    def test_a_new_account_s_ten_are_too_few(
        self, aws: Aws, wire: Wire, limit: int, level: Level
    ) -> None:
        executions(wire, limit)
        finding = found(aws)["concurrency"]
        assert finding.level is level
        assert str(limit) in finding.what
