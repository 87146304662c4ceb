"""What bears a stack's tag and is none of its blueprint's: an earlier setting's, a killed drill's.

Nothing here is proof. The Resource Groups Tagging API lists late, and what is gone already; so all
of it becomes steps, whose own reading tells whether it stands and whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ordersetup.aws import Aws
from ordersetup.blueprint import API_DESCRIPTION, Blueprint, FunctionPlan
from ordersetup.engine import AnyStep
from ordersetup.errors import StillDiffers
from ordersetup.operate.drill_ear import EAR_NAME
from ordersetup.ownership import SETTING, owner_of, unpaired
from ordersetup.permissions import OWN_ROLE, Uses
from ordersetup.refusals import AWS_ERRORS, message_of
from ordersetup.settings import text_of_tag
from ordersetup.steps.alarms import Alarm
from ordersetup.steps.functions import Function
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.queue import Queue
from ordersetup.steps.rest_api import RestApi, every_api
from ordersetup.steps.role import Role
from ordersetup.steps.role_removal import CALLS as REMOVING
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic
from ordersetup.steps.watched import Watched
from ordersetup.tagged import tagged

_DRILL_QUEUES = (f"{EAR_NAME}*",)
USES: Uses = {
    "tag:GetResources": (),
    "apigateway:GetRestApis": (),
    "sns:ListTopics": (),
    "sns:ListTagsForResource": ("*OrderProcessingAlerts",),
    "sqs:ListQueues": (),
    "sqs:GetQueueUrl": _DRILL_QUEUES,
    "sqs:GetQueueAttributes": _DRILL_QUEUES,
    "sqs:ListQueueTags": _DRILL_QUEUES,
    "sqs:TagQueue": _DRILL_QUEUES,
    "sqs:DeleteQueue": _DRILL_QUEUES,
    **dict.fromkeys(("iam:GetRole", *REMOVING), (OWN_ROLE,)),
}
"""What looking for strays calls, and removing those that can be named beforehand."""


@dataclass(frozen=True)
class Strays:
    """What may be left of a stack beside its blueprint.

    Args:
        steps: each of them, as the step that would have made it.
        unseen: why there may be more; empty if nothing was refused.
    """

    steps: tuple[AnyStep, ...]
    unseen: str = ""


def find_strays(aws: Aws, blueprint: Blueprint, steps: Sequence[AnyStep]) -> Strays:
    """Whatever may bear the tag of a stack and is none of its steps'.

    Args:
        aws: where.
        blueprint: the stack.
        steps: the guide's steps of it.
    """
    makes = _Maker(blueprint)
    unseen = ""

    def listed() -> list[AnyStep]:
        return [*makes.drill_queues(aws), *makes.apis(aws)]

    found = [makes.role(), *aws.ask(listed, "Looking for leftovers")]
    try:
        arns = aws.ask(lambda: [*_tagged(aws, blueprint)], "Looking for what bears the tag")
        found += filter(None, map(makes.of_arn, arns))
    except (StillDiffers, *AWS_ERRORS) as error:
        unseen = f"What else bears the stack's tag could not be asked for: {message_of(error)}."
    known = {_identity(step) for step in steps}
    # The drill's queues come first: one is also found by its tag, and is not known as such there.
    first: dict[tuple[str, str], AnyStep] = {}
    for step in found:
        first.setdefault(_identity(step), step)
    return Strays(tuple(s for key, s in first.items() if key not in known), unseen)


def shared_senders(
    aws: Aws, blueprint: Blueprint, steps: Iterable[AnyStep]
) -> tuple[tuple[AnyStep, str], ...]:
    """The SES identities that another stack of this region sends as, with the reason to keep them.

    Args:
        aws: where.
        blueprint: the stack whose identities they are.
        steps: its steps and strays.
    """
    senders = [step for step in steps if isinstance(step, SenderIdentity)]
    if not senders:
        return ()
    others = aws.ask(lambda: dict(_other_senders(aws, blueprint)), "Looking for other senders")
    return tuple(
        (step, f"the stack {others[step.address]} sends as it")
        for step in senders
        if step.address in others
    )


def _other_senders(aws: Aws, blueprint: Blueprint) -> Iterator[tuple[str, str]]:
    """Address and stack of every other stack that remembers a sender."""
    remembering = "OrderProcessingAlerts"
    for page in aws.sns.get_paginator("list_topics").paginate():
        for arn in (topic["TopicArn"] for topic in page.get("Topics", [])):
            if not arn.endswith(remembering) or arn == blueprint.topic_arn(remembering):
                continue
            try:
                tags = unpaired(aws.sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
            except aws.sns.exceptions.ResourceNotFoundException:
                continue
            owner, sender = owner_of(tags), tags.get(f"{SETTING}sender")
            if owner is not None and sender is not None:
                yield text_of_tag(sender), owner


class _Maker:
    """Makes steps of what is found, as far as that is needed to read and to remove it."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._owner = blueprint.owner

    def role(self) -> Role:
        """Ours: it is left when a role of the user's own takes its place."""
        place, name = self._blueprint.place, self._blueprint.names.role
        arn = f"arn:{place.partition}:iam::{place.account}:role/{name}"
        return Role(name=name, arn=arn, owner=self._blueprint.role_owner)

    def drill_queues(self, aws: Aws) -> Iterator[Queue]:
        """Those of drills that were killed, or that are under way."""
        prefix = self._blueprint.names.of(EAR_NAME)
        for page in aws.sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix):
            for url in page.get("QueueUrls", []):
                yield self._queue(url.rpartition("/")[2], disposable=True)

    def apis(self, aws: Aws) -> Iterator[RestApi]:
        """Those that bear the stack's tag, whatever their name."""
        for api in every_api(aws):
            if owner_of(api.get("tags", {})) == self._owner.name:
                yield RestApi(name=api["name"], owner=self._owner, description=API_DESCRIPTION)

    def of_arn(self, arn: str) -> AnyStep | None:
        """The step that would have made it; None if it is of no kind that we make."""
        service, resource = arn.split(":", 5)[2::3]
        kind, _, name = resource.partition("/" if "/" in resource.split(":")[0] else ":")
        step: AnyStep | None = None
        match service, kind:
            case "dynamodb", "table":
                step = Table(name=name, arn=arn, owner=self._owner, partition_key="")
            case "sqs", _:
                step = self._queue(resource)
            case "sns", _:
                step = Topic(name=resource, arn=arn, owner=self._owner)
            case "lambda", "function":
                step = self._function(name, arn)
            case "logs", "log-group":
                step = self._log_group(name.removesuffix(":*"))
            case "cloudwatch", "alarm":
                step = self._alarm(name, arn)
            case "ses", "identity" if "@" in name:
                step = SenderIdentity(address=name, owner=self._owner, former=True)
        return step

    def _queue(self, name: str, *, disposable: bool = False) -> Queue:
        arn = self._blueprint.place.arn("sqs", name)
        return Queue(
            name=name, arn=arn, owner=self._owner, retention_seconds=0, disposable=disposable
        )

    def _log_group(self, name: str) -> LogGroup:
        arn = self._blueprint.place.arn("logs", f"log-group:{name}")
        return LogGroup(name=name, arn=arn, owner=self._owner, retention_days=0)

    def _alarm(self, name: str, arn: str) -> Alarm:
        watched = Watched("", "", "", "", "", "")
        return Alarm(
            watched=watched, name=name, arn=arn, owner=self._owner, dimensions=(), topic_arn=""
        )

    def _function(self, name: str, arn: str) -> Function:
        plan = FunctionPlan(name=name, handler="", timeout_seconds=0, environment={})
        return Function(
            plan=plan,
            arn=arn,
            owner=self._owner,
            code=self._blueprint.code,
            role_arn=self._blueprint.role_arn,
            role=self.role(),
            logs=self._log_group(plan.log_group),
        )


def _tagged(aws: Aws, blueprint: Blueprint) -> Iterator[str]:
    """ARNs of what may bear the stack's tag in this region."""
    yield from (found["ResourceARN"] for found in tagged(aws, blueprint.owner.name))
    if not aws.amazon:
        yield from _unlisted(aws, blueprint)


def _unlisted(aws: Aws, blueprint: Blueprint) -> Iterator[str]:
    """What MiniStack 1.5 leaves out of GetResources; AWS lists it (Tagging API, services).

    On AWS the look into every one of them would cost a call each, at one a second for SES.
    """
    for page in aws.logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="/aws/lambda/"
    ):
        for group in page.get("logGroups", []):
            yield blueprint.place.arn("logs", f"log-group:{group.get('logGroupName', '')}")
    for name in aws.sesv2.list_email_identities().get("EmailIdentities", []):
        yield blueprint.place.arn("ses", f"identity/{name.get('IdentityName', '')}")


def _identity(step: AnyStep) -> tuple[str, str]:
    """What tells two things apart, whatever their steps' keys are called."""
    return type(step).__name__, step.thing_id
