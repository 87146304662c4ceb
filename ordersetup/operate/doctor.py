"""What the pipeline needs of a machine, an account and a region before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.calls import clock_ahead
from ordersetup.errors import ASK_FOR_IT, CannotReachAws
from ordersetup.operate.foresight import Foreseen, Foresight, listed
from ordersetup.permissions import Right, Uses
from ordersetup.refusals import AWS_ERRORS, told, understood
from ordersetup.sdk import is_known
from ordersetup.step import Seen
from ordersetup.steps.sender import SenderIdentity

USES: Uses = {
    "apigateway:GetRestApis": (),
    "dynamodb:DescribeTable": ("Inventory",),
    "iam:GetRole": ("Role",),
    "lambda:GetAccountSettings": (),
    "logs:DescribeLogGroups": (),
    "ses:GetAccount": (),
    "ses:GetEmailIdentity": (),
    "sns:GetTopicAttributes": ("OrderProcessingAlerts",),
    "sqs:GetQueueUrl": ("OrderProcessingDLQ",),
}
"""What a look at the account calls."""

AT_ONCE = 16
CLOCK_REFUSED_SECONDS = 300
"""From here on AWS refuses signatures."""

CLOCK_SUSPECT_SECONDS = 60
FEW_EXECUTIONS = 50
"""Fewer concurrent executions than this, and a busy hour of a shop uses them up."""

_CHECK_REGION = "Check the region's name, or update with: pip install --upgrade boto3"
CHECK_CLOCK = "Set this machine's clock, best by its own time service, then run it again."


class Level(StrEnum):
    """How good what was found is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        check: its stable name.
        level: how good it is.
        what: what was found, one sentence.
        then: what to do about it; empty where nothing is to be done.
    """

    check: str
    level: Level
    what: str
    then: str = ""


def examine(aws: Aws, blueprint: Blueprint, wanted: Iterable[Right]) -> tuple[Finding, ...]:
    """Look at everything at once.

    Args:
        aws: the account and region.
        blueprint: the stack that is, or shall be, there.
        wanted: what the caller shall be able to do.
    """
    looks: tuple[Callable[[], Finding], ...] = (
        lambda: _endpoints(aws, blueprint),
        lambda: _permissions(Foresight(aws, wanted, blueprint).told()),
        lambda: _asked("sandbox", lambda: _sandbox(aws)),
        lambda: _asked("sender", lambda: _sender(aws, blueprint)),
        lambda: _asked("concurrency", lambda: _concurrency(aws)),
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [pool.submit(look) for look in looks]
        return (
            Finding("credentials", Level.OK, f"You are {_who(aws)} in account {aws.account}."),
            _clock(aws.clock_ahead),
            _region(aws),
            *(finding.result() for finding in found),
        )


def unreached(error: CannotReachAws, region: str) -> tuple[Finding, ...]:
    """What there is to say where not even the caller's identity could be asked.

    Args:
        error: why.
        region: where it was to be asked.
    """
    cause = error.__cause__
    ahead = None if cause is None else clock_ahead(cause)
    return (
        Finding("credentials", Level.PROBLEM, error.happened, error.then),
        _clock(ahead),
        *(() if is_known(region) else (unknown_region(region),)),
    )


def _who(aws: Aws) -> str:
    """The caller, without the session's name, which is often a mail address."""
    kind, _, name = aws.caller.rpartition(":")[2].partition("/")
    return f"the {kind.replace('-', ' ')} {name.partition('/')[0]}".rstrip()


def _clock(ahead: float | None) -> Finding:
    if ahead is None:
        return Finding("clock", Level.UNKNOWN, "AWS's clock could not be read.")
    off = abs(ahead)
    told = f"This machine's clock is {off:.0f} s {'ahead of' if ahead > 0 else 'behind'} AWS's."
    if off >= CLOCK_REFUSED_SECONDS:
        return Finding(
            "clock", Level.PROBLEM, f"{told} AWS refuses more than 5 minutes.", CHECK_CLOCK
        )
    if off >= CLOCK_SUSPECT_SECONDS:
        return Finding("clock", Level.WARNING, told, CHECK_CLOCK)
    return Finding("clock", Level.OK, "This machine's clock agrees with AWS's.")


def _region(aws: Aws) -> Finding:
    if is_known(aws.region):
        return Finding("region", Level.OK, f"{aws.region} is enabled for this account.")
    if aws.amazon:
        # It has answered, so there is such a region: SDKs learn of new ones with their updates.
        told = f"{aws.region} accepts your credentials, and this AWS SDK does not know it."
        return Finding("region", Level.WARNING, told, _CHECK_REGION)
    return unknown_region(aws.region)


def unknown_region(region: str) -> Finding:
    """What there is to say of a region that neither AWS nor its SDK is known to have."""
    told = f"AWS has no region {region}, as far as its SDK knows."
    return Finding("region", Level.PROBLEM, told, _CHECK_REGION)


def _endpoints(aws: Aws, blueprint: Blueprint) -> Finding:
    names = blueprint.names
    calls: dict[str, Callable[[], object]] = {
        "API Gateway": lambda: aws.apigateway.get_rest_apis(limit=1),
        "CloudWatch Logs": lambda: aws.logs.describe_log_groups(limit=1),
        "DynamoDB": lambda: aws.dynamodb.describe_table(TableName=names.of("Inventory")),
        "IAM": lambda: aws.iam.get_role(RoleName=names.role),
        "Lambda": aws.lambda_.get_account_settings,
        "SES": aws.sesv2.get_account,
        "SNS": lambda: aws.sns.get_topic_attributes(
            TopicArn=blueprint.topic_arn("OrderProcessingAlerts")
        ),
        "SQS": lambda: aws.sqs.get_queue_url(QueueName=names.of("OrderProcessingDLQ")),
    }
    with ThreadPoolExecutor(len(calls)) as pool:
        silent = dict(zip(calls, pool.map(_silent, calls.values()), strict=True))
    unreached = {name: why for name, why in silent.items() if why}
    if not unreached:
        return Finding("endpoints", Level.OK, f"All {len(calls)} services answer.")
    return Finding(
        "endpoints",
        Level.PROBLEM,
        f"{', '.join(unreached)} cannot be reached: {next(iter(unreached.values()))}",
        "Let this machine reach these services in the region, through your proxy or firewall, "
        "and check any AWS_ENDPOINT_URL variables.",
    )


def _silent(call: Callable[[], object]) -> str:
    """Why a service did not answer; a refusal is an answer."""
    try:
        with understood():
            call()
    except AWS_ERRORS as error:
        refused = told(error)
        return refused.happened if isinstance(refused, CannotReachAws) else ""
    return ""


def _permissions(foreseen: Foreseen) -> Finding:
    if foreseen.untold:
        return Finding(
            "permissions",
            Level.UNKNOWN,
            f"Whether you may do all that is needed could not be asked: {foreseen.untold}",
            "Compare your policies with what this prints: ordersetup policy",
        )
    if foreseen.lacking:
        return Finding(
            "permissions",
            Level.PROBLEM,
            f"You may not {listed(foreseen.lacking)}.",
            ASK_FOR_IT,
        )
    if foreseen.unsure:
        return Finding(
            "permissions",
            Level.UNKNOWN,
            f"IAM's policy simulator does not see all that decides on: {listed(foreseen.unsure)}.",
            "Compare your policies with what this prints: ordersetup policy",
        )
    return Finding("permissions", Level.OK, "You may do all that is needed.")


def _asked(check: str, look: Callable[[], Finding]) -> Finding:
    """What a look finds, or why it could not be made."""
    try:
        with understood():
            return look()
    except AWS_ERRORS as error:
        refused = told(error)
        return Finding(check, Level.UNKNOWN, refused.happened, refused.then)


def _sandbox(aws: Aws) -> Finding:
    if aws.sesv2.get_account().get("ProductionAccessEnabled", False):
        return Finding("sandbox", Level.OK, "SES sends to everybody from here.")
    return Finding(
        "sandbox",
        Level.WARNING,
        f"SES is in the sandbox in {aws.region}: only verified addresses get mail, 200 a day.",
        "Ask for production access in SES › Account dashboard, once customers shall be mailed.",
    )


def _sender(aws: Aws, blueprint: Blueprint) -> Finding:
    sender = blueprint.settings.sender
    if sender is None:
        return Finding("sender", Level.OK, "No --sender is set, so no customer is mailed.")
    state = SenderIdentity(address=sender, owner=blueprint.owner).read(aws, Seen())
    if state is None:
        return Finding(
            "sender",
            Level.WARNING,
            f"SES knows no identity for {sender} yet.",
            "Make it with: ordersetup provision; then click the link in SES's mail.",
        )
    if not state.verified:
        return Finding(
            "sender",
            Level.WARNING,
            f"{sender} is not verified, so it cannot send.",
            "Click the link in SES's mail to it (good for 24 hours).",
        )
    return Finding("sender", Level.OK, f"{sender} is verified.")


def _concurrency(aws: Aws) -> Finding:
    limit = aws.lambda_.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit >= FEW_EXECUTIONS:
        return Finding("concurrency", Level.OK, f"Lambda runs up to {limit} invocations at once.")
    return Finding(
        "concurrency",
        Level.WARNING,
        f"Lambda runs {limit} invocations at once in this account, and an order needs three. "
        "Without a free one an event is held back for up to 6 hours: these tries are no retry "
        "attempts, and no record reaches the queue meanwhile.",
        "Ask for 1000 concurrent executions in Service Quotas › AWS Lambda.",
    )
