"""The embedded engine's physics: what of AWS it imitates, tried out, and what it does not.

Everything happens on an engine of its own, of the same make and with the same settings, that is
gone afterwards: no stack and no state of anybody's is touched.
"""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ordersetup import local
from ordersetup.aws import Aws
from ordersetup.operate.doctor import Finding, Level
from ordersetup.patience import Patience
from ordersetup.refusals import AWS_ERRORS, told, understood
from ordersetup.settings import Connection

NOT_IMITATED = (
    "IAM changes take effect at once; there are no control-plane quotas and no blocked "
    "queue names.",
    "It sets a destination without asking whether the role may send there, delivers to the "
    "queue and writes logs without asking the role, and does not ask a function's policy "
    "whether the API may invoke it.",
    "It serves methods undeployed; of a deployment it freezes the gateway responses alone.",
    "To a function's older dead-letter queue it sends the whole record, as to an on-failure "
    "destination; AWS sends the bare event. So the drill takes no record for a proof where "
    "`verify` has found that queue and no destination.",
    "A function with a reserved concurrency of 0 gets `RetriesExhausted` there, not "
    "`ZeroReservedConcurrency`.",
    "Each retry has a request id of its own (on AWS all attempts share one), retries come "
    "after seconds, and the record always says `RetriesExhausted` and 3.",
    "Tables and queues are gone at once, and an API is deleted without a quota; its "
    "GetResources leaves log groups and SES identities out, so there they are listed one by "
    "one.",
    "It does not ask whether a role may be passed, nor for the tags of most creating calls, "
    "and decides some actions by another name or on any resource only.",
    "SES identities are verified at once, and the sandbox does not exist.",
    "Functions run on this machine's Python, whatever runtime is set.",
    "It starts a process for each function that runs at once, and has no queue for "
    "throttled events: what it does under load says nothing of AWS's speed. On a busy "
    "machine calls time out, and orders end in both places more often.",
    "It counts invocations, and neither the failures of what runs asynchronously nor most "
    'of CloudWatch\'s other numbers: its zeros are told as "no data" by `status`. What AWS '
    "tells is proven against answers of its documented form.",
    "It looks at alarms only when somebody puts metrics of their own, and its GetResources leaves "
    "them out: what `--alarms` makes never rings there, and `prune` does not find it.",
    "It refuses `ses:SendEmail` by identity and sender, and tells the tags of an API and a "
    "stage as they once were. Both are corrected, on the engine alone.",
    "Its CloudFormation loses an API's endpoint type, a stage's tags and a role's "
    "permissions boundary.",
)
"""Where MiniStack is kinder than AWS, a sentence or two each; docs/proven.md says the same."""

NAME = "ordersetup-doctor"
SECONDS = 25
ATTEMPTS = 3
"""The first, and two retries."""

_FORBIDDEN = "forbidden"
"""What the function may not send."""

_HANDLER = f"""
import os

import boto3


def handler(event, context):
    queues, queue = boto3.client("sqs"), os.environ["QUEUE"]
    queues.get_queue_attributes(QueueUrl=queue)
    print("ALLOWED")
    queues.send_message(QueueUrl=queue, MessageBody="{_FORBIDDEN}")
    print("NOT DENIED")
"""
_LISTENING = "0A"
_LOOPBACKS = {"0100007F", "00000000000000000000000001000000"}
"""127.0.0.1 and ::1 as /proc/net writes them."""


def examine_engine(region: str) -> tuple[Finding, ...]:
    """Try an engine out; it takes some seconds.

    Args:
        region: the region of calls that name none.

    Raises:
        EngineFailed: it could not be started or ended.
    """
    with local.throwaway(region=region) as engine:
        aws = _connected(engine, region)
        try:
            with understood():
                found = [*_failure(aws), _ports(engine.pid)]
                aws.sqs.send_message(QueueUrl=_queue(aws), MessageBody="kept")
            local.stop(engine.home)
            again = local.start_or_join(engine.home, region=region)
            with understood():
                found.append(_kept(_connected(again, region)))
        except AWS_ERRORS as error:
            return (Finding("engine", Level.PROBLEM, told(error).happened, told(error).then),)
    return tuple(found)


def _connected(engine: local.Engine, region: str) -> Aws:
    keys = local.ROOT_CREDENTIALS
    return Aws.connect(Connection(region=region, endpoint_url=engine.endpoint_url, keys=keys))


def _failure(aws: Aws) -> Sequence[Finding]:
    """What becomes of an event whose function may not do what it tries."""
    _build(aws)
    aws.lambda_.invoke(FunctionName=NAME, InvocationType="Event", Payload=b"{}")
    patience = Patience(threading.Event(), lambda *_: None, time.monotonic() + SECONDS)

    def received() -> list[str]:
        got = aws.sqs.receive_message(QueueUrl=_queue(aws), WaitTimeSeconds=1)
        bodies = (message["Body"] for message in got.get("Messages", []))
        return [body for body in bodies if body != _FORBIDDEN]

    records = patience.until(received, bool, within=SECONDS, reason=lambda _: "no record yet")
    said = _logged(aws)
    attempts = sum("START RequestId" in line for line in said)
    denied = any("AccessDenied" in line for line in said)
    allowed = any("ALLOWED" in line for line in said) and not any("NOT DENIED" in s for s in said)
    return (
        _finding(
            "retry",
            attempts == ATTEMPTS,
            f"A function that fails is tried {ATTEMPTS} times.",
            f"A function that fails was tried {attempts} of {ATTEMPTS} times.",
        ),
        _finding(
            "destination",
            bool(records),
            "The event that failed reached the queue by its destination.",
            f"The event that failed did not reach the queue within {SECONDS} s.",
        ),
        _finding(
            "denial",
            denied and allowed,
            "IAM lets a function do what its role's policy allows, and nothing else.",
            "IAM does not hold a function to its role's policy.",
        ),
    )


def _build(aws: Aws) -> None:
    queue = aws.sqs.create_queue(QueueName=NAME)["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    trust = _policy("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = aws.iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    may = _policy("sqs:GetQueueAttributes", Resource=arn["QueueArn"])
    aws.iam.put_role_policy(RoleName=NAME, PolicyName=NAME, PolicyDocument=may)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("fails.py", _HANDLER)
    aws.lambda_.create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Role=role,
        Handler="fails.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"QUEUE": queue}},
        Timeout=20,
    )
    aws.lambda_.get_waiter("function_active_v2").wait(FunctionName=NAME)
    aws.lambda_.put_function_event_invoke_config(
        FunctionName=NAME,
        MaximumRetryAttempts=ATTEMPTS - 1,
        DestinationConfig={"OnFailure": {"Destination": arn["QueueArn"]}},
    )


def _policy(action: str, **more: object) -> str:
    statement = {"Effect": "Allow", "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _queue(aws: Aws) -> str:
    return aws.sqs.get_queue_url(QueueName=NAME)["QueueUrl"]


def _logged(aws: Aws) -> list[str]:
    pages = aws.logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{NAME}")
    return [event["message"] for page in pages for event in page.get("events", [])]


def _kept(aws: Aws) -> Finding:
    got = aws.sqs.receive_message(QueueUrl=_queue(aws), MaxNumberOfMessages=10, WaitTimeSeconds=1)
    kept = any(message["Body"] == "kept" for message in got.get("Messages", []))
    return _finding(
        "state",
        kept,
        "What it holds is there again after it was ended and started.",
        "What it held was gone after it was ended and started.",
    )


def _ports(leader: int) -> Finding:
    """Whether the engine and its functions listen on this machine's own address alone."""
    if not Path("/proc/net/tcp").exists():
        return Finding("ports", Level.UNKNOWN, "This system does not show who listens where.")
    open_to_all = sorted(_listening(leader) - _LOOPBACKS)
    return _finding(
        "ports",
        not open_to_all,
        "It can be reached from this machine only.",
        "It can be reached from other machines.",
    )


def _listening(leader: int) -> set[str]:
    """Addresses on which the processes of a session listen, as Linux writes them."""
    sockets = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == leader:
                sockets |= {str(link.readlink()) for link in (process / "fd").iterdir()}
        except OSError:
            continue  # It has ended meanwhile.
    found = set()
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == _LISTENING and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def _finding(check: str, holds: bool, good: str, bad: str) -> Finding:
    then = "" if holds else "Install the version that fits: pip install 'ordersetup[local]'"
    return Finding(check, Level.OK if holds else Level.PROBLEM, good if holds else bad, then)
