"""A role of the user's own: checked, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from ordersetup.aws import Aws
from ordersetup.blueprint import Statement
from ordersetup.documents import several
from ordersetup.step import Calls, Check, Group, Seen, Shown, State, Step
from ordersetup.steps.permissions import PERMISSIONS, PermissionsState
from ordersetup.steps.role import arn_of

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import EvaluationResultTypeDef


ALLOWED = "allowed"
_ALL_ALLOWED: dict[str, Any] = dict.fromkeys(PERMISSIONS.values(), ALLOWED)


@dataclass(frozen=True, kw_only=True)
class _Identity(State):
    """Which role it is; one that does not exist has the ARN "none"."""

    arn: Annotated[str, Shown("Role ARN")]
    trusts_lambda: Annotated[bool, Shown("Trusted entity is lambda.amazonaws.com")]


@dataclass(frozen=True, kw_only=True)
class BroughtRoleState(PermissionsState, _Identity):
    """A brought role as far as it matters here, and whether its permissions could be asked for.

    Of each permission: that it is allowed, or which actions are not.
    """

    simulated: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class BroughtRole(Step[BroughtRoleState]):
    """IAM › Roles › your own role.

    What it may do is asked of IAM's policy simulator (SimulatePrincipalPolicy), which sees inline
    and attached policies alike; a caller who may not simulate is told so and goes on.
    """

    arn: str
    statements: Mapping[str, Statement]

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(read=("iam:GetRole", "iam:SimulatePrincipalPolicy"), write=())
    fixed: ClassVar[frozenset[str]] = frozenset({"arn", "trusts_lambda", *PERMISSIONS.values()})

    @property
    def name(self) -> str:
        """The role's name, without its path."""
        return self.arn.rpartition("/")[2]

    @property
    def key(self) -> str:
        return f"role/{self.name}"

    @property
    def title(self) -> str:
        return f"Check your role {self.name}"

    @property
    def console(self) -> str:
        return f"IAM › Roles › {self.name}"

    def console_page(self, region: str) -> str:
        return f"iam/home#/roles/details/{self.name}"

    @property
    def desired(self) -> BroughtRoleState:
        return BroughtRoleState(arn=self.arn, trusts_lambda=True, **_ALL_ALLOWED)

    def read(self, aws: Aws, seen: Seen) -> BroughtRoleState:
        try:
            role = aws.iam.get_role(RoleName=self.name)["Role"]
        except aws.iam.exceptions.NoSuchEntityException:
            # A state, not None: what is absent would be taken for something to make.
            return BroughtRoleState(arn="none", trusts_lambda=False, **_ALL_ALLOWED)
        # A role of that name under another path is another role, and nothing to simulate.
        arn = arn_of(aws, role)
        denied = simulated_denials(aws, self.arn, self.statements) if arn == self.arn else {}
        lacks = {
            PERMISSIONS[sid]: f"lacks {', '.join(actions)}"
            for sid, actions in (denied or {}).items()
        }
        return BroughtRoleState(
            arn=arn,
            trusts_lambda=_trusts_lambda(cast("dict[str, Any]", role["AssumeRolePolicyDocument"])),
            simulated=denied is not None,
            **{**_ALL_ALLOWED, **lacks},
        )

    def checks(self, actual: BroughtRoleState | None) -> tuple[Check, ...]:
        """The permissions that the functions need, as far as they could be asked for."""
        asked = {PERMISSIONS[sid] for sid in self.statements}
        if actual is not None and not actual.simulated:
            asked = set()
        left_out = set(PERMISSIONS.values()) - asked
        return tuple(c for c in super().checks(actual) if c.attribute not in left_out)

    def apply(
        self, aws: Aws, seen: Seen, actual: BroughtRoleState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: a role that is missing or lacks something is refused before any write."""


def simulated_denials(
    aws: Aws, role_arn: str, statements: Mapping[str, Statement]
) -> dict[str, tuple[str, ...]] | None:
    """Ask IAM's simulator which of the statements' actions a role lacks.

    Returns:
        The actions it lacks, by statement id; None if the caller may not ask.
    """
    denied = {}
    for sid, statement in statements.items():
        conditions = statement.get("Condition", {}).get("StringEquals", {})
        try:
            answer = aws.iam.simulate_principal_policy(
                PolicySourceArn=role_arn,
                ActionNames=statement["Action"],
                ResourceArns=[arn.replace("*", "ordersetup") for arn in statement["Resource"]],
                ContextEntries=[
                    {
                        "ContextKeyName": key,
                        "ContextKeyValues": [value],
                        "ContextKeyType": "string",
                    }
                    for key, value in conditions.items()
                ],
            )
        except aws.iam.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
                raise
            return None
        lacking = {
            result["EvalActionName"]
            for result in answer.get("EvaluationResults", [])
            if not _allowed(result)
        }
        if lacking:
            denied[sid] = tuple(sorted(lacking))
    return denied


def _allowed(result: EvaluationResultTypeDef) -> bool:
    """Whether the action is allowed on every one of the resources that were asked about."""
    decisions = [result["EvalDecision"]] + [
        of_one["EvalResourceDecision"] for of_one in result.get("ResourceSpecificResults", [])
    ]
    return set(decisions) == {"allowed"}


def _trusts_lambda(document: Mapping[str, Any]) -> bool:
    for statement in several(document.get("Statement")):
        if (
            statement.get("Effect") == "Allow"
            and "lambda.amazonaws.com" in _services(statement.get("Principal"))
            and "sts:AssumeRole" in several(statement.get("Action"))
        ):
            return True
    return False


def _services(principal: object) -> list[str]:
    """The services a principal names; it is a text where it is everyone."""
    return several(principal.get("Service")) if isinstance(principal, Mapping) else []
