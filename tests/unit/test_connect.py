"""Reaching AWS: whose credentials, which profile, and what an error may repeat."""

from __future__ import annotations

import threading
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ordersetup import __version__
from ordersetup.aws import Aws
from ordersetup.errand import on_behalf_of
from ordersetup.errors import BadInput
from ordersetup.refusals import without_password
from ordersetup.settings import Connection
from ordersetup.stack import SERVICES


def test_a_profile_named_by_the_environment_is_named_when_it_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonsense")
    with pytest.raises(BadInput, match="no profile 'nonsense'"):
        Aws.connect(Connection())


@mock_aws
def test_keys_of_our_own_need_no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonsense")
    aws = Aws.connect(Connection(region="eu-west-1", keys=("test", "test")))
    assert (aws.region, aws.partition) == ("eu-west-1", "aws")


def test_the_clients_that_come_next_are_made_while_sts_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    everything = threading.Event()
    client = boto3.Session.client

    def watched(self: boto3.Session, service: str, **more: Any) -> Any:
        made.append(service)
        if service == "sqs":
            everything.set()
        return client(self, service, **more)  # type: ignore[call-overload]  # wants a literal

    monkeypatch.setattr(boto3.Session, "client", watched)
    with mock_aws():
        aws = Aws.connect(Connection(region="eu-west-1", keys=("test", "test")), soon=SERVICES)
        assert everything.wait(10)
        assert made == ["sts", *SERVICES]
        assert aws.sns is aws.sns
        assert made == ["sts", *SERVICES], "and each of them once"


def test_a_password_in_an_endpoint_is_refused() -> None:
    with pytest.raises(BadInput):
        Connection(endpoint_url="http://joe:s3cret@127.0.0.1:4566")


def test_an_endpoint_is_told_without_its_password() -> None:
    assert without_password("http://joe:s3cret@127.0.0.1:4566/x") == "http://127.0.0.1:4566/x"


def test_who_we_are_is_not_waited_for_long() -> None:
    with mock_aws():
        aws = Aws.connect(Connection(region="eu-west-1", keys=("test", "test")))
        who: Any = aws.sts.meta.config
        queues: Any = aws.sqs.meta.config
        assert who.read_timeout == 5
        assert queues.read_timeout > 20, "longer than the longest poll of a queue"


def test_a_call_bears_the_name_of_the_step_that_it_is_made_for() -> None:
    told: list[str] = []

    def listen(request: Any, **_: object) -> None:
        told.append(request.headers["User-Agent"].decode())

    with mock_aws():
        aws = Aws.connect(Connection(region="eu-west-1", keys=("test", "test")))
        aws.sqs.meta.events.register("before-send", listen)
        with on_behalf_of("log-group//aws/lambda/Process Order"):
            aws.sqs.list_queues()
        aws.sqs.list_queues()
    assert told[0].endswith(f"ordersetup/{__version__} step/log-group.aws.lambda.Process.Order")
    assert told[1].endswith(f"ordersetup/{__version__}")
