"""What the role may really do: every policy of it taken together, as IAM itself decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import Statement
from ordersetup.errors import ASK_FOR_IT, Denied
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.brought_role import BroughtRole, simulated_denials
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

    def console_page(self, region: str) -> str:
        return f"{self.role.console_page(region)}?section=permissions"

    @property
    def desired(self) -> RightsState:
        return RightsState(denied=(), simulator="asked")

    @property
    def parent(self) -> Role:
        return self.role

    def read(self, aws: Aws, seen: Seen) -> RightsState:
        denied = simulated_denials(aws, self.role.arn, self.statements)
        return RightsState(
            denied=tuple(
                sorted(action for actions in (denied or {}).values() for action in actions)
            ),
            simulator="asked" if denied is not None else "may not be asked with these credentials",
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: RightsState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: what voids the policy is somebody else's decision."""


@dataclass(frozen=True, kw_only=True)
class SimulationState(State):
    """That IAM's simulator could be asked."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation(Step[SimulationState]):
    """IAM › Roles › your own role › Permissions › Simulate.

    The policies of a role of the user's own are not ours to read by their text: what it may do is
    proven by the simulator alone. A caller who may not ask it has proven nothing.
    """

    role: BroughtRole

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(read=(), write=())

    @property
    def key(self) -> str:
        return f"simulation/{self.role.name}"

    @property
    def title(self) -> str:
        return f"Permissions of {self.role.name}"

    @property
    def console(self) -> str:
        return f"IAM › Roles › {self.role.name} › Permissions › Simulate"

    def console_page(self, region: str) -> str:
        return f"{self.role.console_page(region)}?section=permissions"

    @property
    def desired(self) -> SimulationState:
        return SimulationState()

    @property
    def parent(self) -> BroughtRole:
        return self.role

    def read(self, aws: Aws, seen: Seen) -> SimulationState:
        if not seen.of(self.role).simulated:
            raise Denied(
                f"Whether {self.role.name} may do what the functions need could not be asked: "
                "your credentials may not iam:SimulatePrincipalPolicy.",
                ASK_FOR_IT,
            )
        return SimulationState()

    def apply(
        self, aws: Aws, seen: Seen, actual: SimulationState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: the role is the user's."""
