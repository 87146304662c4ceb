"""A stack's whole life in memory: built, changed, verified and taken down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ordersetup.aws import Aws
from ordersetup.bundle import Bundle
from ordersetup.removal import Wishes
from ordersetup.step import Seen
from ordersetup.steps.inspections import inspections
from tests.breakers import BREAKERS
from tests.conftest import Provision, Survey, TearDown
from tests.stacks import CODE, AnyStep, drift, full_stack, stack, with_needs

FIRST = stack(
    sender="shop@example.com",
    alert_emails=("ada@example.com",),
    code=Bundle(CODE.zipped + b"of an older version"),
    alarms=True,
)
LATER = full_stack(alarms=True)
"""What differs from the first is changed by the second run: tags, boundary, code, CORS, a mail."""
DRIFTED = (
    *("Table.capacity_mode", "Queue.encryption", "Role.trust", "InvokePermission.source"),
    *("RestApi.description", "PostMethod.authorization", "PostMethod.declares_origin"),
    "Preflight.declared",
)
"""What somebody has changed by hand before that run, so that it calls all that repairs."""
VERIFIED = (*LATER.steps, *inspections(LATER.steps, LATER.blueprint))
SECONDS = 30
ASKED = "sqs:ReceiveMessage"
"""What a queue that seems to be empty is asked, for a second."""
FILLS = {"iam:DeleteRolePolicy": "iam:PutRolePolicy"}
"""What must have been called, in another step, for a removal to have something to remove."""


@dataclass(frozen=True)
class Life:
    """Lives through provision, provision with other settings, verify and teardown.

    Args:
        aws: where.
        hand: the same, of somebody who changes things by hand.
        provision: builds.
        survey: looks.
        tear_down: removes.
    """

    aws: Aws
    hand: Aws
    provision: Provision
    survey: Survey
    tear_down: TearDown

    def live(self, *touching: str, changing: bool = True) -> list[str]:
        """Live from the first call to the last; what was waited for, in order.

        Args:
            touching: the steps that call one of these operations, and what they need; else all.
            changing: whether it is another stack at first.
        """
        told = []
        if changing:
            before = _part(FIRST.steps, touching)
            first = self.provision(before, timeout=SECONDS)
            assert drift(first.seen, before) == set()
            told += first.reasons
            self._spoil(before, first.seen)
        verified_steps = _part(VERIFIED, touching)
        steps = [step for step in verified_steps if step in LATER.steps]
        later = self.provision(steps, timeout=SECONDS)
        assert drift(later.seen, steps) == set()
        self._nothing_is_there_twice()
        verified = self.survey(verified_steps)
        assert drift(verified.seen, verified_steps) == set()
        return [
            *told,
            *later.reasons,
            *verified.reasons,
            *self._end(steps, message=ASKED not in touching),
        ]

    def _end(self, steps: Sequence[AnyStep], *, message: bool) -> list[str]:
        if message and any(step.key == "queue/OrderProcessingDLQ" for step in steps):
            # With a message in it the queue is not asked for a second whether it holds one.
            url = self.aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
            self.aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
        fall = self.tear_down(steps, wishes=Wishes(delete_data=True), timeout=SECONDS)
        assert fall.kept == {}
        assert self.tear_down(steps, timeout=SECONDS).removals == ()
        return fall.reasons

    def _spoil(self, steps: Sequence[AnyStep], seen: Seen) -> None:
        for check in DRIFTED:
            name = check.partition(".")[0]
            for step in [step for step in steps if type(step).__name__ == name][:1]:
                BREAKERS[check].spoil(self.hand, step, seen)

    def _nothing_is_there_twice(self) -> None:
        """What AWS would make a second of; the rest has a name that is taken."""
        apis = self.aws.apigateway.get_rest_apis()["items"]
        deployments = [
            deployment["id"]
            for api in apis
            for deployment in self.aws.apigateway.get_deployments(restApiId=api["id"])["items"]
        ]
        assert len(apis) < 2
        assert len(deployments) < 2
        mails = [s["Endpoint"] for s in self.aws.sns.list_subscriptions()["Subscriptions"]]
        assert len(mails) == len(set(mails))


def _part(steps: Sequence[AnyStep], operations: Sequence[str]) -> Sequence[AnyStep]:
    """The steps that call one of the operations, and what they need and look at."""
    wanted = {*operations, *(FILLS[operation] for operation in operations if operation in FILLS)}
    touched = [
        step for step in steps if {*step.calls.read, *step.calls.write, *step.calls.remove} & wanted
    ]
    assert touched or not operations
    return with_needs(steps, *touched) if operations else steps
