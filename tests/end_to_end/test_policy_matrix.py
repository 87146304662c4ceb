"""What breaks without each action of the policy: shown one by one, on an engine that enforces IAM.

A user begins with nothing. Whatever a command is refused by name is noted and granted, and the
command is run again until it is done: so each action has a run of its own that fails for want of it
alone, or of others that other steps want at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.corrections import correct
from ordersetup.lifecycle import Lifecycle
from ordersetup.local import ROOT_CREDENTIALS, Engine, throwaway
from ordersetup.policy import USUAL, documents, rights
from ordersetup.settings import Connection
from ordersetup.stack import Stack, open_stack
from ordersetup.steps.rest_api import RestApi
from tests.breakers import BREAKERS
from tests.end_to_end.caller import Caller, Run, client, hired, hold, without
from tests.end_to_end.command_line import REGION
from tests.stacks import stack

pytestmark = pytest.mark.slow

SENDER, ALERTS = "shop@example.com", "ops@example.com"
BLUEPRINT = stack(sender=SENDER, alert_emails=(ALERTS,)).blueprint
ACTIONS = sorted({right.action for name in USUAL for right in rights(name, BLUEPRINT)})

UNCHECKED = {
    "ec2:DescribeRegions": "an engine is not asked which regions it has",
    "iam:PassRole": "the engine does not ask whether a role may be passed",
    "lambda:GetAccountSettings": "the engine tells everybody",
    "lambda:GetFunctionEventInvokeConfig": "the engine asks for lambda:GetFunction",
    "lambda:ListTags": "the engine tells a function's tags to whoever may see the function",
    "lambda:PutFunctionEventInvokeConfig": "the engine asks for lambda:UpdateFunctionCode",
    "ses:TagResource": "the engine does not ask for the tags of an identity that is made",
    "sns:GetSubscriptionAttributes": "the engine tells everybody",
}
"""Actions that the engine never asks for; one that it is found to ask for fails its test."""

SILENT: dict[str, Callable[[tuple[str, str], Engine], Any]] = {
    "cloudwatch:GetMetricStatistics": lambda key, engine: client(
        engine, "cloudwatch", key
    ).get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        StartTime=0,
        EndTime=60,
        Period=60,
        Statistics=["Sum"],
    ),
    "lambda:GetFunctionConcurrency": lambda key, engine: client(
        engine, "lambda", key
    ).get_function_concurrency(FunctionName="UpdateInventory"),
}
"""Actions that only explain why something is missing: without them a drill explains less."""

BROKEN = (
    *("Table.capacity_mode", "Table.tags", "Queue.retention_seconds", "Queue.tags", "Topic.tags"),
    *("Role.trust", "Role.tags", "RolePolicy.publish", "LogGroup.retention_days", "LogGroup.tags"),
    *("Function.timeout_seconds", "Function.code_sha256", "Function.tags"),
    *("AsyncInvocation.retry_attempts", "InvokePermission.outdated", "RestApi.description"),
    *("RestApi.others", "GatewayResponse.allow_origin", "Stage.rate"),
)
"""What is spoilt by hand, so that every repairing call is made."""


class Peeling:
    """A user who is granted what is asked for, once it was asked for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.jane: Caller = hired(engine)
        connection = Connection(
            region=REGION, endpoint_url=engine.endpoint_url, keys=ROOT_CREDENTIALS
        )
        self.root = Aws.connect(connection)
        self.shown: dict[str, str] = {}
        self.refused: dict[str, bool] = {}
        self.runs: list[str] = []

    @property
    def stack(self) -> Stack:
        return open_stack(self.root, "default", {})

    def peel(self, *args: str, of: Iterable[str] = ACTIONS) -> Run:
        """Run a command until none of these actions is refused any more."""
        for _ in range(len(ACTIONS)):
            found = {r for name in USUAL for r in rights(name, self._blueprint())}
            held = without(documents(found), set(ACTIONS) - self.shown.keys())
            hold(self.engine, [d for d in held if d["Statement"]])
            run = self.jane(*args)
            self.runs.append(f"{' '.join(args)}: {run.code} {sorted(run.denied)}")
            new = run.denied & set(of) - self.shown.keys()
            if not new:
                return run
            self.shown |= dict.fromkeys(new, " ".join(args))
        raise AssertionError("there is no end to it")

    def done(self, *args: str, of: Iterable[str] = ACTIONS) -> None:
        """Run a command until it is done."""
        run = self.peel(*args, of=of)
        if of is ACTIONS:
            assert run.code == 0, run.said

    def make_boundary(self) -> str:
        """A policy that bounds nothing."""
        anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        made = self.root.iam.create_policy(
            PolicyName="boundary",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [anything]}),
        )
        return made["Policy"]["Arn"]

    def leave_a_message(self) -> None:
        """Somebody else's, in the dead-letter queue."""
        url = self.root.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
        self.root.sqs.send_message(QueueUrl=url, MessageBody="somebody else's")

    def leave_a_record(self) -> None:
        """A failed order's, in the dead-letter queue."""
        url = self.root.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
        event = {"order_id": "A-1", "items": [{"item_id": "lamp-1", "quantity": 1}]}
        function = BLUEPRINT.function_arn("UpdateInventory")
        record = {"requestContext": {"functionArn": function}, "requestPayload": event}
        self.root.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record))

    def fill_the_role(self, policy: str) -> None:
        """What others have put around the role."""
        role, iam = BLUEPRINT.names.role.replace(BLUEPRINT.place.region, REGION), self.root.iam
        iam.attach_role_policy(RoleName=role, PolicyArn=policy)
        iam.create_instance_profile(InstanceProfileName="profile")
        iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName=role)

    def silently(self) -> None:
        """Make the calls whose refusal a command keeps to itself."""
        for action, call in SILENT.items():
            with pytest.raises(ClientError) as caught:
                call(self.jane.key, self.engine)
            self.refused[action] = "AccessDenied" in caught.value.response["Error"]["Code"]

    def _blueprint(self) -> Blueprint:
        return open_stack(
            self.root, "default", {"sender": SENDER, "alert_emails": (ALERTS,)}
        ).blueprint

    def spoil(self) -> None:
        """Let everything drift by hand."""
        steps = self.stack.steps
        lifecycle = Lifecycle(self.root, steps, lambda _: None, timeout=60)
        lifecycle.survey()
        api = next(lifecycle.seen.of(step).api_id for step in steps if isinstance(step, RestApi))
        # The breaker reads tags back where the engine does not tell them rightly.
        arn = f"arn:aws:apigateway:{REGION}::/restapis/{api}"
        self.root.apigateway.untag_resource(resourceArn=arn, tagKeys=["Team"])
        for check in BROKEN:
            name = check.partition(".")[0]
            step = next(step for step in reversed(steps) if type(step).__name__ == name)
            BREAKERS[check].spoil(self.root, step, lifecycle.seen)


@pytest.fixture(scope="module")
def peeled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peeling]:
    """A user's whole life with a stack; the engine outlives it."""
    csv = tmp_path_factory.mktemp("stock") / "stock.csv"
    csv.write_text("item_id,quantity\nlamp-1,7\n")
    with throwaway(region=REGION) as engine:
        user = Peeling(engine)
        settings = ("--sender", SENDER, "--alert-email", ALERTS, "--tag", "Team=orders")
        user.done("plan", *settings)
        user.done("provision", *settings)
        correct(user.root, user.stack.blueprint)
        user.spoil()
        user.done("provision")
        user.done("provision", "--unset", "tag")
        boundary = user.make_boundary()
        user.done("provision", "--permissions-boundary", boundary)
        user.done("provision", "--unset", "permissions-boundary")
        user.done("verify")
        user.done("send-test-order", "--order-id", "T-1")
        user.done("stock", "set", "lamp-1", "5")
        user.done("stock", "add", "lamp-1", "5")
        user.done("stock", "import", str(csv))
        user.done("stock", "list")
        user.done("list")
        user.done("status")
        user.done("trace", "T-1")
        user.leave_a_message()
        user.leave_a_record()
        user.done("redrive", "--what-if")
        user.done("audit")
        user.done("redrive", "--yes")
        user.done("verify", "--drill", "--yes")
        user.silently()
        user.fill_the_role(boundary)
        user.done("teardown", "--yes", "--delete-data")
        user.done("doctor", of=("iam:SimulatePrincipalPolicy", "ses:GetAccount"))
        yield user


@pytest.mark.parametrize("action", ACTIONS)
def test_without_it_something_breaks_or_the_engine_does_not_ask(
    peeled: Peeling, action: str
) -> None:
    if action in SILENT:
        assert peeled.refused[action]
        assert action not in peeled.shown
    else:
        assert (action in peeled.shown) != (action in UNCHECKED), peeled.runs


def test_what_is_not_asked_for_is_in_the_policy() -> None:
    assert UNCHECKED.keys() | SILENT.keys() <= set(ACTIONS)
