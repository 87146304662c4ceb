"""What the handlers' tests share: an AWS in memory and the functions as Lambda starts them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from handlers.order import Line, Order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all tests: it keeps the service models, which are slow to read."""
    return boto3.Session("testing", "testing", region_name=REGION)


@pytest.fixture
def aws(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An empty AWS in memory."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():  # forgets the default session, so ours becomes it inside
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        yield session


@pytest.fixture
def dynamodb(aws: boto3.Session) -> DynamoDBClient:
    """A client to the two tables, which are empty."""
    client = aws.client("dynamodb")
    client.create_table(
        TableName="Inventory",
        KeySchema=[{"AttributeName": "item_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "item_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.create_table(
        TableName="Transactions",
        KeySchema=[
            {"AttributeName": "order_id", "KeyType": "HASH"},
            {"AttributeName": "item_id", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "order_id", "AttributeType": "S"},
            {"AttributeName": "item_id", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture
def topic(aws: boto3.Session) -> Callable[[str], str]:
    """Makes a topic with a queue that hears all of it; returns its ARN."""

    def made(name: str) -> str:
        sns, sqs = aws.client("sns"), aws.client("sqs")
        arn = sns.create_topic(Name=name)["TopicArn"]
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
        return arn

    return made


@pytest.fixture
def heard(aws: boto3.Session) -> Callable[[str], list[dict[str, Any]]]:
    """Takes what was published to a topic since the last look."""

    def taken(name: str) -> list[dict[str, Any]]:
        sqs = aws.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answered = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answered.get("Messages", [])]

    return taken


@pytest.fixture
def start(aws: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Starts a function as Lambda does: the environment first, then a fresh import."""

    def started(module: str, **environment: str) -> ModuleType:
        for name, value in {"AWS_REGION": aws.region_name, **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, f"handlers.{module}", raising=False)
        return importlib.import_module(f"handlers.{module}")

    return started


@pytest.fixture
def context() -> SimpleNamespace:
    """Lambda's context object, as far as the functions use it."""
    return SimpleNamespace(aws_request_id="request-1", function_name="UpdateInventory")


@pytest.fixture
def order() -> Callable[..., Order]:
    """Builds an order from quantities by item."""

    def built(order_id: str = "A-1", /, **quantities: int) -> Order:
        lines = tuple(Line(item_id, quantity) for item_id, quantity in quantities.items())
        return Order(order_id, lines, accepted_at="2026-11-23T10:00:00+00:00")

    return built
