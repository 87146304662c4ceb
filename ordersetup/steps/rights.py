"""What the role may really do: every policy of it taken together, as IAM itself decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import Statement
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.brought_role import simulated_denials
from ordersetup.steps.role import Role


@dataclass(frozen=True, kw_only=True)
class RightsState(State):
    """What IAM's simulator says the role lacks, and whether it could be asked."""

    denied: Annotated[tuple[str, ...], Shown("Actions the functions need and it lacks")]
    simulator: Annotated[str, Shown("IAM policy simulator", note=True)]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rights(Step[RightsState]):
    """IAM › Roles › the role › Permissions › Simulate.

    The inline policy can stand as written and be void all the same, by a permissions boundary or by
    a Deny in another policy. SimulatePrincipalPolicy sees those; organisation-wide policies it does
    not see.
    """

    role: Role
    statements: Mapping[str, Statement]

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(read=("iam:SimulatePrincipalPolicy",), write=())

    @property
    def key(self) -> str:
        return f"rights/{self.role.name}"

    @property
    def title(self) -> str:
        return f"Permissions of {self.role.name} taken together"

    @property
    def console(self) -> str:
        return f"IAM › Roles › {self.role.name} › Permissions › Simulate"

    @property
    def desired(self) -> RightsState:
        return RightsState(denied=(), simulator="asked")

    @property
    def parent(self) -> Role:
        return self.role

    def read(self, aws: Aws, seen: Seen) -> RightsState:
        denied = simulated_denials(aws, self.role.arn, self.statements)
        return RightsState(
            denied=denied or (),
            simulator="asked" if denied is not None else "may not be asked with these credentials",
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: RightsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: what voids the policy is somebody else's decision."""
