"""The live failure drill on stacks that somebody has spoilt: each time the right finding."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator

import pytest

from ordersetup.blueprint import ROLE_POLICY
from ordersetup.bundle import bundle
from tests.end_to_end.command_line import REGION, CommandLine
from tests.end_to_end.drills import drill_queues, hold, meanwhile, subscribed
from tests.end_to_end.shop import Shop

FUNCTION = "UpdateInventory"
ACCOUNT = "000000000000"
ROLE = f"OrderProcessingRole-{REGION}"
HERE = f"{REGION}:{ACCOUNT}"

SWALLOWS = """

_honest = handler


def handler(event, context):
    try:
        return _honest(event, context)
    except Exception:
        return {"status": "applied"}
"""
TELLS_NOTHING = """
from contextlib import contextmanager


@contextmanager
def _silent(**facts):
    log.write("attempt", **facts)
    yield


def handler(event, context):
    with _silent(order_id=event["order_id"], request_id=context.aws_request_id):
        return {"status": "applied"}
"""

Sabotage = Callable[[Shop], None]


def destined(*, retries: int, queue: str | None) -> Sabotage:
    """Another asynchronous invocation."""

    def spoil(shop: Shop) -> None:
        where = {"OnFailure": {"Destination": f"arn:aws:sqs:{HERE}:{queue}"}} if queue else {}
        if queue:
            shop.client("sqs").create_queue(QueueName=queue)
        shop.client("lambda").put_function_event_invoke_config(
            FunctionName=FUNCTION, MaximumRetryAttempts=retries, DestinationConfig=where
        )

    return spoil


def without_queue(shop: Shop) -> None:
    queues = shop.client("sqs")
    queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"])


def without_topic(shop: Shop) -> None:
    shop.client("sns").delete_topic(TopicArn=f"arn:aws:sns:{HERE}:OrderProcessingAlerts")


def without_publish(shop: Shop) -> None:
    iam = shop.client("iam")
    document = iam.get_role_policy(RoleName=ROLE, PolicyName=ROLE_POLICY)["PolicyDocument"]
    rest = [s for s in document["Statement"] if s["Sid"] != "PublishToTopics"]
    assert len(rest) == len(document["Statement"]) - 1
    iam.put_role_policy(
        RoleName=ROLE,
        PolicyName=ROLE_POLICY,
        PolicyDocument=json.dumps({**document, "Statement": rest}),
    )


def handled_by(added: str) -> Sabotage:
    """Another handler, in the zip of ours."""

    def spoil(shop: Shop) -> None:
        spoilt = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(bundle().zipped)) as ours,
            zipfile.ZipFile(spoilt, "w") as theirs,
        ):
            for entry in ours.infolist():
                code = ours.read(entry)
                if entry.filename == "handlers/update_inventory.py":
                    code += added.encode()
                theirs.writestr(entry, code)
        functions = shop.client("lambda")
        functions.update_function_code(FunctionName=FUNCTION, ZipFile=spoilt.getvalue())
        functions.get_waiter("function_active_v2").wait(FunctionName=FUNCTION)

    return spoil


@pytest.fixture
def repaired(shop: Shop, ordersetup: CommandLine) -> Iterator[None]:
    """The stack is as it was, and the drill has left nothing."""
    yield
    assert drill_queues(shop) == []
    run = ordersetup("provision", "--sender", "shop@example.com", "--json")
    assert run.code == 0, run.out + run.talk
    assert subscribed(shop) == []


@pytest.mark.usefixtures("repaired")
@pytest.mark.parametrize(
    ("spoil", "roots", "part", "cause"),
    [
        (
            destined(retries=0, queue="OrderProcessingDLQ"),
            {"attempts"},
            "attempts",
            "Retry attempts: 0",
        ),
        (
            destined(retries=1, queue="OrderProcessingDLQ"),
            {"attempts"},
            "attempts",
            "Retry attempts: 1",
        ),
        (destined(retries=2, queue=None), {"record"}, "record", "On failure: none"),
        (destined(retries=2, queue="Elsewhere"), {"record"}, "record", ":Elsewhere"),
        (without_queue, {"record"}, "record", "SQS › Queues › OrderProcessingDLQ: is missing"),
        (without_publish, {"alerts"}, "alerts", "sns:Publish"),
        (without_topic, {"alerts"}, "alerts", "SNS › Topics › OrderProcessingAlerts: is missing"),
        (handled_by(SWALLOWS), {"attempts"}, "attempts", "catches the exception"),
        (handled_by(TELLS_NOTHING), {"attempts"}, "attempts", "catches the exception"),
    ],
    ids=[
        *("no-retries", "one-retry", "no-destination", "wrong-queue", "no-queue"),
        *("may-not-publish", "no-topic", "swallows-the-exception", "fails-silently"),
    ],
)
def test_the_drill_finds_what_was_spoilt(
    shop: Shop, spoil: Sabotage, roots: set[str], part: str, cause: str
) -> None:
    spoil(shop)
    held = hold(shop)
    assert not held.result.proven
    assert held.roots == roots, held.result.failing
    assert cause in held.cause(part)


@pytest.mark.usefixtures("repaired")
def test_alerts_that_the_queues_policy_refuses_are_told_from_alerts_that_were_not_sent(
    shop: Shop,
) -> None:
    queues = shop.client("sqs")

    def refuse() -> None:
        for url in drill_queues(shop):
            try:
                queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
            except queues.exceptions.QueueDoesNotExist:
                continue

    with meanwhile(refuse):
        held = hold(shop)
    assert held.roots == {"alerts"}
    actual = next(e.actual for e in held.result.expectations if e.name == "alerts")
    assert "access policy" in actual
