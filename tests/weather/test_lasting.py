"""Errors that no waiting cures: met once, told at once, with what to do about them."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.events import Event, Failed, Waiting
from ordersetup.lifecycle import Lifecycle
from ordersetup.refusals import told
from ordersetup.web import Web
from tests.stacks import REGION, full_stack, make_policies, with_needs
from tests.weather.endpoint import Endpoint
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
