"""Errors that no waiting cures: met once, told at once, with what to do about them."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionError
from click.testing import CliRunner

from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.events import Event, Failed, Waiting
from ordersetup.lifecycle import Lifecycle
from ordersetup.refusals import Unreached, told
from ordersetup.transient import UNREACHED, weather
from ordersetup.web import Web
from tests.stacks import REGION, full_stack, make_policies, with_needs
from tests.weather.endpoint import Endpoint, listening
from tests.weather.sky import LASTING, Sky, rules, touching
from tests.wire import Wire

FULL = full_stack()
REFUSALS = rules(LASTING)
SOON = 1
"""Seconds; on a machine whose every processor is wanted by others, too."""


@pytest.mark.parametrize("about", REFUSALS)
def test_it_fails_within_a_second_and_names_the_remedy(about: str, aws: Aws, wire: Wire) -> None:
    rule = REFUSALS[about]
    call = touching(rule)
    make_policies(aws)
    makers = [step for step in FULL.steps if call in step.calls.write]
    steps = with_needs(FULL.steps, *makers)
    wire.weather = Sky([rule], wire.lose)
    events: list[tuple[float, Event]] = []
    lifecycle = Lifecycle(aws, steps, lambda e: events.append((time.monotonic(), e)), timeout=30)
    lifecycle.survey()
    wire.calls.clear()
    outcomes = lifecycle.provision()

    failed = {step.key: o for step, o in outcomes.items() if isinstance(o, Failed)}
    assert failed
    assert failed.keys() <= {step.key for step in makers}
    assert wire.calls.count(call) == len(failed)
    assert not [e for _, e in events if isinstance(e, Waiting) and e.step in failed]
    for key, outcome in failed.items():
        assert rule["remedy"] in told(outcome.error).then
        *_, began, ended = [moment for moment, event in events if event.step == key]
        assert ended - began < SOON


QUOTAS = [about for about in REFUSALS if "quota" in about]


@pytest.mark.parametrize("about", QUOTAS)
def test_botocore_does_not_repeat_what_a_quota_refuses(about: str, endpoint: Endpoint) -> None:
    endpoint.rule = rule = REFUSALS[about]
    session = boto3.Session("testing", "testing", region_name=REGION)
    aws = Aws(session, endpoint_url=endpoint.url, web=Web())
    client = aws.client(rule["service"], 3)
    began = time.monotonic()
    with pytest.raises(ClientError) as refused:
        _call(client, rule["operation"])
    assert refused.value.response["Error"]["Code"] == rule["error"]["code"]
    assert endpoint.calls == 1
    assert time.monotonic() - began < SOON


def _call(client: Any, operation: str) -> None:
    calls = {
        "CreateTable": lambda: client.create_table(
            TableName="Inventory", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}]
        ),
        "CreateTopic": lambda: client.create_topic(Name="a"),
        "CreateRole": lambda: client.create_role(RoleName="a", AssumeRolePolicyDocument="{}"),
        "CreateLogGroup": lambda: client.create_log_group(logGroupName="a"),
        "CreateFunction": lambda: client.create_function(
            FunctionName="a", Role="arn:aws:iam::123456789012:role/a", Code={"ZipFile": b""}
        ),
        "CreateRestApi": lambda: client.create_rest_api(name="a"),
        "CreateEmailIdentity": lambda: client.create_email_identity(EmailIdentity="a@example.com"),
    }
    calls[operation]()


STARTED = 6
"""Seconds; a command's own imports and clients, on such a machine."""
NOBODY = "http://127.0.0.1:1"


class TestWhereNobodyListens:
    """Once is enough: neither botocore nor we send it again."""

    @pytest.fixture
    def sent(self) -> list[str]:
        return []

    @pytest.fixture
    def session(self, sent: list[str]) -> boto3.Session:
        session = boto3.Session("testing", "testing", region_name=REGION)
        session.events.register("before-send", lambda event_name, **_: sent.append(event_name))
        return session

    @pytest.mark.parametrize("command", ["provision", "verify", "list", "teardown --yes"])
    def test_a_command_ends_without_waiting_with_a_sentence_and_a_remedy(
        self, command: str
    ) -> None:
        options = ["--endpoint-url", NOBODY]
        began = time.monotonic()
        run = CliRunner().invoke(group, [*options, *command.split()], prog_name="ordersetup")
        assert time.monotonic() - began < STARTED
        assert run.exit_code == 1
        assert f"AWS cannot be reached at {NOBODY}." in run.stderr
        assert "Check your network, any endpoint you have set" in run.stderr
        assert "Traceback" not in run.output

    def test_who_we_are_is_asked_once(self, session: boto3.Session, sent: list[str]) -> None:
        with pytest.raises(Unreached, match="region's name"):
            Aws(session, endpoint_url=NOBODY, web=Web())
        assert len(sent) == 1

    def test_a_service_that_the_region_lacks_is_named_though_the_others_answer(
        self,
        endpoint: Endpoint,
        monkeypatch: pytest.MonkeyPatch,
        session: boto3.Session,
        sent: list[str],
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", NOBODY)
        client = Aws(session, endpoint_url=None, web=Web()).sesv2
        sent.clear()
        began = time.monotonic()
        with pytest.raises(Unreached) as refused:
            client.get_account()
        assert time.monotonic() - began < SOON
        assert len(sent) == 1
        assert NOBODY in refused.value.happened
        assert "that the region has this service" in refused.value.then
        assert weather(refused.value) is None

    def test_whoever_is_not_trusted_is_asked_once(
        self, endpoint: Endpoint, session: boto3.Session, sent: list[str]
    ) -> None:
        with pytest.raises(Unreached, match="AWS_CA_BUNDLE"):
            Aws(session, endpoint_url=endpoint.url.replace("http:", "https:"), web=Web())
        assert len(sent) == 1

    def test_so_is_a_proxy_that_is_not_there_and_its_password_is_not_told(
        self, monkeypatch: pytest.MonkeyPatch, session: boto3.Session, sent: list[str]
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://joe:s3cret@127.0.0.1:1")
        with pytest.raises(Unreached, match="HTTP_PROXY") as refused:
            Aws(session, endpoint_url="http://aws.example", web=Web())
        assert len(sent) == 1
        assert "127.0.0.1:1" in refused.value.happened
        assert "s3cret" not in str(refused.value)

    def test_an_endpoint_that_has_answered_in_this_run_is_waited_for(
        self, session: boto3.Session, sent: list[str]
    ) -> None:
        with listening() as running:
            aws = Aws(session, endpoint_url=running.url, web=Web())
        sent.clear()
        with pytest.raises(ConnectionError) as lost:
            aws.sts.get_caller_identity()
        assert len(sent) > 1
        assert weather(lost.value) is UNREACHED
