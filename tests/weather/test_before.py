"""What is called before and beside the steps lives through the weather, too, and says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.dismantling import prune_of, teardown_of
from ordersetup.errors import NotProvisioned
from ordersetup.operate.owned import check_owned
from ordersetup.references import References
from ordersetup.removal import Wishes
from ordersetup.stack import Stack, open_stack
from ordersetup.stacks import find_stacks
from ordersetup.transient import SERVER_FAULT, THROTTLED
from tests.stacks import REGION
from tests.weather.endpoint import Endpoint
from tests.weather.sky import BEFORE_ALL, Sky, rules
from tests.wire import Visitor, Wire


@pytest.mark.parametrize("about", sorted(BEFORE_ALL))
def test_who_we_are_is_asked_again(about: str, wire: Wire) -> None:
    waited: list[str] = []
    session = boto3.Session("testing", "testing", region_name=REGION)
    wire.watch(session)
    wire.weather = sky = Sky([rules()[about]], wire.lose)
    with mock_aws():
        aws = Aws(session, endpoint_url=None, web=Visitor(), wait=lambda r, _: waited.append(r))
    wire.forget()
    assert aws.account == "123456789012"
    assert sky.unmet == []
    assert waited == [THROTTLED.reason if "often" in about else SERVER_FAULT.reason]


def opened(aws: Aws) -> Stack:
    return open_stack(aws, "default", {"sender": "shop@example.com"})


def owned(aws: Aws) -> None:
    with suppress(NotProvisioned):
        check_owned(aws, opened(aws).steps, "default", ["table/Inventory"])


DEEDS: dict[str, tuple[str, Callable[[Aws], object]]] = {
    "the settings are read": ("sns:ListTagsForResource", opened),
    "the endpoint is looked up": (
        "apigateway:GetRestApis",
        lambda aws: opened(aws).orders_url(),
    ),
    "a table's tag is read": ("dynamodb:DescribeTable", owned),
    "left queues are looked for": (
        "sqs:ListQueues",
        lambda aws: teardown_of(opened(aws), Wishes(), lambda _: None, timeout=9),
    ),
    "what bears the tag is looked for": (
        "tagging:GetResources",
        lambda aws: prune_of(opened(aws), Wishes(), lambda _: None, timeout=9),
    ),
    "other senders are looked for": (
        "sns:ListTopics",
        lambda aws: teardown_of(opened(aws), Wishes(), lambda _: None, timeout=9),
    ),
    "roles are listed": ("iam:ListRoles", lambda aws: find_stacks(aws, timeout=9)),
    "stacks are listed": ("tagging:GetResources", lambda aws: find_stacks(aws, timeout=9)),
    "a reference is followed": ("lambda:GetFunction", lambda aws: References(aws).function("f")),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_it_is_waited_for(deed: str, aws: Aws, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    monkeypatch.setattr(aws, "_wait", lambda reason, _: waited.append(reason))
    operation, do = DEEDS[deed]
    wire.refuse(operation, "ThrottlingException", "Rate exceeded")
    do(aws)
    assert waited == [THROTTLED.reason]


def test_a_person_is_told_of_the_wait(endpoint: Endpoint) -> None:
    endpoint.rule = {
        "service": "sns",
        "error": {"code": "InternalError", "status": 500, "message": "Internal Error"},
    }
    options = ["--endpoint-url", endpoint.url, "--timeout", "8"]
    run = CliRunner().invoke(group, [*options, "plan"], prog_name="ordersetup")
    assert run.exit_code == 1
    assert f"Waiting: {SERVER_FAULT.reason}" in run.stderr
    assert "Reading the settings was refused for" in run.stderr
    assert "The command's time is up: give it more with --timeout SECONDS" in run.stderr
