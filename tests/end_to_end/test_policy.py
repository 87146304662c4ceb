"""A person who holds what `ordersetup policy` prints, and nothing else, can do all there is to do.

IAM is enforced by the engine; `engine_iam` is the one table of what it decides otherwise than AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from ordersetup import adoption
from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.cli import group
from ordersetup.corrections import correct
from ordersetup.local import ROOT_CREDENTIALS, Engine, throwaway
from ordersetup.ownership import STACK
from ordersetup.policy import USUAL, operations
from ordersetup.settings import Connection
from ordersetup.stack import Stack, open_stack
from ordersetup.steps.role_removal import CALLS as REMOVING
from tests.end_to_end.by_hand import GUIDE, ByHand
from tests.end_to_end.caller import Caller, Run, client, hired, hold, root, without
from tests.end_to_end.command_line import REGION
from tests.end_to_end.engine_iam import FURTHER

SETTINGS = ("--sender", "shop@example.com", "--alert-email", "ops@example.com", "--alarms")
FOLDER = "(a folder)"
STOCK = "(a file)"
STORY = {
    "first plan": ("plan", *SETTINGS),
    "provision": ("provision", *SETTINGS),
    "plan": ("plan",),
    "outputs": ("outputs",),
    "export": ("export", "--format", "terraform", "--output", FOLDER),
    "verify": ("verify",),
    "send-test-order": ("send-test-order", "--order-id", "T-1"),
    "load": ("send-test-order", "--count", "5", "--yes"),
    "stock set": ("stock", "set", "lamp-1", "5"),
    "stock add": ("stock", "add", "lamp-1", "5"),
    "stock import": ("stock", "import", STOCK),
    "stock list": ("stock", "list"),
    "status": ("status",),
    "trace": ("trace", "T-1"),
    "logs": ("logs",),
    "doctor": ("doctor",),
    "drill": ("verify", "--drill", "--yes"),
    "redrive what-if": ("redrive", "--what-if"),
    "audit": ("audit",),
    "redrive": ("redrive", "--yes"),
    "list": ("list", "--all-regions"),
    "prune": ("prune", "--yes"),
    "teardown": ("teardown", "--yes", "--delete-data"),
}
"""What is done, in this order, as far as there is such a command."""

BESIDE = {"sts:GetCallerIdentity", "apigateway:GetTags", "ses:ListEmailIdentities"}
"""What needs no permission on AWS, and what is asked of an engine alone."""

IN_TROUBLE = {
    "cloudwatch:GetMetricStatistics": "a drill's record has not come",
    "lambda:GetFunctionConcurrency": "a drill's record has not come",
    "sqs:ChangeMessageVisibilityBatch": "the queue holds other people's messages",
    "sqs:DeleteMessageBatch": "orders of a load run have failed",
    "apigateway:GetBasePathMappings": "a custom domain leads to the API",
    "apigateway:GetDomainNames": "a custom domain leads to the API",
    "iam:DetachRolePolicy": "somebody has attached a policy to the role",
    "iam:RemoveRoleFromInstanceProfile": "somebody has put the role into an instance profile",
}
"""What is called only where something is amiss, and what."""

NOTHING_LEFT_OVER = {"sns:ListTopics", "iam:GetRole", *REMOVING}
"""What pruning calls only for a former sender, or where a role of the user's own replaced ours."""


@pytest.fixture(scope="module")
def guarded() -> Iterator[Engine]:
    with throwaway(region=REGION) as engine:
        yield engine


@pytest.fixture(scope="module")
def documents(guarded: Engine) -> list[dict[str, Any]]:
    (line,) = root(guarded)("policy", *SETTINGS, "--json").out.splitlines()
    found: list[dict[str, Any]] = json.loads(line)["documents"]
    return found


@pytest.fixture(scope="module")
def jane(guarded: Engine) -> Caller:
    return hired(guarded)


@pytest.fixture(scope="module")
def blueprint(guarded: Engine) -> Blueprint:
    """Of the stack, with its settings."""
    flags = {"sender": "shop@example.com", "alert_emails": ("ops@example.com",), "alarms": True}
    return opened(guarded, **flags).blueprint


def opened(engine: Engine, **flags: object) -> Stack:
    """The stack, as root."""
    connection = Connection(region=REGION, endpoint_url=engine.endpoint_url, keys=ROOT_CREDENTIALS)
    return open_stack(Aws.connect(connection), "default", flags)


def leave_a_record(engine: Engine) -> None:
    """A failed order's, in the dead-letter queue; by now it can be filled."""
    queues = client(engine, "sqs")
    url = queues.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    event = {"order_id": "A-1", "items": [{"item_id": "lamp-1", "quantity": 1}]}
    arn = f"arn:aws:lambda:{REGION}:000000000000:function:UpdateInventory"
    record = {"requestContext": {"functionArn": arn}, "requestPayload": event}
    queues.send_message(QueueUrl=url, MessageBody=json.dumps(record))


@pytest.fixture(scope="module")
def story(
    guarded: Engine,
    jane: Caller,
    documents: list[dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Run]:
    """Everything, once, by a user who holds the policy."""
    hold(guarded, documents)
    runs = {}
    for name, args in STORY.items():
        if args[0] in group.commands:
            folder = tmp_path_factory.mktemp("export")
            file = folder.with_name("stock.csv")
            file.write_text("item_id,quantity\nlamp-1,7\n")
            if name == "redrive what-if":
                leave_a_record(guarded)
            given = {FOLDER: str(folder), STOCK: str(file)}
            if name == "prune":
                made_twice(guarded)
            runs[name] = jane(*(given.get(arg, arg) for arg in args))
            if name == "provision":
                stack = opened(guarded)
                correct(stack.aws, stack.blueprint)
    return runs


def made_twice(engine: Engine) -> None:
    """Make another API of the stack's name and tag, as two runs at once may."""
    client(engine, "apigateway").create_rest_api(name="EcommerceAPI", tags={STACK: "default"})


@pytest.fixture(scope="module")
def adopted(
    guarded: Engine,
    jane: Caller,
    story: Mapping[str, Run],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """What others have built, taken over by a user who holds the policy for that alone."""
    assert story["teardown"].code == 0
    ByHand(partial(client, guarded), GUIDE, environment=True).build()
    (line,) = root(guarded)("policy", "--for", "adopt", "--json").out.splitlines()
    hold(guarded, json.loads(line)["documents"])
    folder = tmp_path_factory.mktemp("adopted") / "saved"
    return jane("provision", "--adopt", "--yes", "--save-to", str(folder))


def test_the_policy_of_the_user_fits_and_is_what_is_printed(
    guarded: Engine, jane: Caller, documents: list[dict[str, Any]]
) -> None:
    hold(guarded, [])
    printed = jane("policy", *SETTINGS)
    assert printed.code == 0
    assert json.loads(printed.out) == documents[0]
    assert "You may not read which settings the stack remembers" in printed.said


def test_a_missing_right_is_told_before_anything_exists(
    guarded: Engine, jane: Caller, documents: list[dict[str, Any]]
) -> None:
    hold(guarded, without(documents, ["iam:CreateRole", "dynamodb:CreateTable"]))
    run = jane("provision", *SETTINGS)
    assert run.code == 1
    assert run.denied >= {"iam:CreateRole", "dynamodb:CreateTable"}
    assert "Nothing was changed." in run.said
    assert "ordersetup policy" in run.said
    assert client(guarded, "dynamodb").list_tables()["TableNames"] == []
    assert client(guarded, "sqs").list_queues().get("QueueUrls", []) == []


@pytest.mark.parametrize("name", STORY)
def test_it_is_enough(story: Mapping[str, Run], name: str) -> None:
    if name not in story:
        pytest.skip("there is no such command yet")
    assert story[name].code == 0, story[name].said
    assert not story[name].denied


def test_it_takes_no_more_to_prune_what_there_is(story: Mapping[str, Run]) -> None:
    assert "apigateway:DeleteRestApi" in story["prune"].calls


def test_whoever_adopts_can_with_the_policy_for_it(guarded: Engine, adopted: Run) -> None:
    assert adopted.code == 0, adopted.said
    assert not adopted.denied
    assert adopted.calls - BESIDE <= operations("adopt", opened(guarded).blueprint)
    assert adoption.USES.keys() - {"lambda:ListTags"} <= adopted.calls


def test_what_an_engine_alone_is_asked_for_is_asked(story: Mapping[str, Run]) -> None:
    """Each entry of FURTHER is there for one of these, and goes with it."""
    asked = BESIDE - {"sts:GetCallerIdentity"}
    assert asked <= frozenset[str]().union(*(run.calls for run in story.values()))
    assert len(FURTHER) == len(asked)


def called(story: Mapping[str, Run], name: str) -> frozenset[str]:
    """What a command has called, in all the forms it has."""
    runs = (run for of, run in story.items() if of == name or of.startswith(f"{name} "))
    return frozenset[str]().union(*(run.calls for run in runs))


@pytest.mark.parametrize("name", USUAL)
def test_a_command_calls_what_it_declares_and_nothing_else(
    story: Mapping[str, Run], blueprint: Blueprint, name: str
) -> None:
    declared = operations(name, blueprint)
    calls = called(story, name)
    # An engine is asked for what its Tagging API leaves out; teardown declares that call anyway.
    unlisted = {"logs:DescribeLogGroups"} if name == "prune" else set()
    assert calls - BESIDE - unlisted <= declared
    if name == "provision":  # which mends, too: that each step calls what it says is tested there
        return
    implied = {"iam:PassRole", "lambda:ListTags"}
    # The queue is looked through only once it has become longer.
    spared = {
        "load": {"sqs:ReceiveMessage"},
        "status": {"dynamodb:DescribeTable"},  # Of a table that is too large to count.
        "list": {"ec2:DescribeRegions"},  # An engine is not asked which regions it has.
        "prune": NOTHING_LEFT_OVER,
    }.get(name, set())
    # For these there is a record to look at, to give back, and to replay.
    trouble = set() if name in ("audit", "redrive") else IN_TROUBLE.keys()
    assert declared - calls - implied == (trouble | spared) & declared
