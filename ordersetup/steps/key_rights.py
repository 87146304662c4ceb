"""What the role may do with the key that somebody has given the dead-letter queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.brought_role import BroughtRole, simulated_denials
from ordersetup.steps.queue import KMS, Queue
from ordersetup.steps.role import Role

AWS_MANAGED = "alias/aws/sqs"
"""Its policy lets everybody of the account use it by way of SQS."""

NEEDED = ["kms:Decrypt", "kms:GenerateDataKey"]
"""What whoever sends to an encrypted queue needs of its key (SQS: KMS permissions)."""


@dataclass(frozen=True, kw_only=True)
class KeyRightsState(State):
    """What IAM's simulator says the role lacks, and why that may not be known."""

    lacking: Annotated[tuple[str, ...], Shown("Actions on the queue's key that it lacks")] = ()
    unjudged: Annotated[str | None, Shown("The queue's key", note=True)] = None


@dataclass(frozen=True, eq=False, kw_only=True)
class KeyRights(Step[KeyRightsState]):
    """SQS › Queues › OrderProcessingDLQ › Encryption: AWS Key Management Service key.

    Lambda sends its records as the function's role. Where that may not use the queue's key, they
    are lost without a word, but for the metric DestinationDeliveryFailures.
    """

    role: Role | BroughtRole
    queue: Queue

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(read=("iam:SimulatePrincipalPolicy",), write=())

    @property
    def key(self) -> str:
        return f"key-rights/{self.role.name}"

    @property
    def title(self) -> str:
        return f"Use of the key of {self.queue.name} by {self.role.name}"

    @property
    def console(self) -> str:
        return f"IAM › Roles › {self.role.name} › Permissions"

    def console_page(self, region: str) -> str:
        return f"{self.role.console_page(region)}?section=permissions"

    @property
    def desired(self) -> KeyRightsState:
        return KeyRightsState()

    @property
    def parent(self) -> Role | BroughtRole:
        return self.role

    @property
    def looks_at(self) -> tuple[Role | BroughtRole, Queue]:
        return (self.role, self.queue)

    def by_hand(self, attribute: str) -> str:
        allow = f"allow {' and '.join(NEEDED)} on the key of {self.queue.name}"
        return f"{self.console} › {allow}, unless the key's own policy does"

    def read(self, aws: Aws, seen: Seen) -> KeyRightsState:
        queue = seen.find(self.queue)
        if queue is None or not queue.encryption.startswith(KMS) or not self._sends:
            return KeyRightsState()
        key = queue.encryption.removeprefix(KMS).strip()
        if key == AWS_MANAGED or key.endswith(f":{AWS_MANAGED}"):
            return KeyRightsState()
        if "alias/" in key:
            return KeyRightsState(unjudged=f"{key}: an alias, so which key it is cannot be told")
        arn = key if key.startswith("arn:") else self._arn(aws, key)
        asked = {"UseKey": {"Action": NEEDED, "Resource": [arn]}}
        denied = simulated_denials(aws, self.role.arn, asked)
        if denied is None:
            return KeyRightsState(unjudged=f"{key}: IAM's simulator may not be asked about it")
        return KeyRightsState(lacking=denied.get("UseKey", ()))

    @property
    def _sends(self) -> bool:
        """Whether the functions of this role have failures that go to the queue."""
        return isinstance(self.role, Role) or "SendToDeadLetterQueue" in self.role.statements

    @staticmethod
    def _arn(aws: Aws, key: str) -> str:
        return f"arn:{aws.partition}:kms:{aws.region}:{aws.account}:key/{key}"

    def apply(
        self, aws: Aws, seen: Seen, actual: KeyRightsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: a stack of ours has SQS's own key."""
