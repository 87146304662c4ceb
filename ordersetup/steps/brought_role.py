"""A role of the user's own: checked, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, cast

from ordersetup.aws import Aws
from ordersetup.blueprint import Statement
from ordersetup.step import Calls, Seen, Shown, State, Step


@dataclass(frozen=True, kw_only=True)
class BroughtRoleState(State):
    """A brought role as far as it matters here."""

    trusts_lambda: Annotated[bool, Shown("Trusted entity is lambda.amazonaws.com")]
    denied: Annotated[tuple[str, ...], Shown("Actions the functions need and it lacks")]
    simulated: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class BroughtRole(Step[BroughtRoleState]):
    """IAM › Roles › your own role.

    What it may do is asked of IAM's policy simulator (SimulatePrincipalPolicy), which sees inline
    and attached policies alike; a caller who may not simulate is told so and goes on.
    """

    arn: str
    statements: Mapping[str, Statement]

    calls: ClassVar[Calls] = Calls(read=("iam:GetRole", "iam:SimulatePrincipalPolicy"), write=())
    fixed: ClassVar[frozenset[str]] = frozenset({"trusts_lambda", "denied"})

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

    @property
    def desired(self) -> BroughtRoleState:
        return BroughtRoleState(trusts_lambda=True, denied=())

    def read(self, aws: Aws, seen: Seen) -> BroughtRoleState | None:
        try:
            role = aws.iam.get_role(RoleName=self.name)["Role"]
        except aws.iam.exceptions.NoSuchEntityException:
            return None
        if role["Arn"] != self.arn:
            return None
        denied = self._denied(aws)
        return BroughtRoleState(
            trusts_lambda=_trusts_lambda(cast("dict[str, Any]", role["AssumeRolePolicyDocument"])),
            denied=denied or (),
            simulated=denied is not None,
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: BroughtRoleState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: a role that is missing or lacks something is refused before any write."""

    def _denied(self, aws: Aws) -> tuple[str, ...] | None:
        """The needed actions the role lacks; None if the caller may not ask."""
        denied = set()
        for statement in self.statements.values():
            try:
                answer = aws.iam.simulate_principal_policy(
                    PolicySourceArn=self.arn,
                    ActionNames=statement["Action"],
                    ResourceArns=[arn.replace("*", "ordersetup") for arn in statement["Resource"]],
                    ContextEntries=[
                        {
                            "ContextKeyName": key,
                            "ContextKeyValues": [value],
                            "ContextKeyType": "string",
                        }
                        for key, value in statement.get("Condition", {})
                        .get("StringEquals", {})
                        .items()
                    ],
                )
            except aws.iam.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
                    raise
                return None
            denied |= {
                result["EvalActionName"]
                for result in answer["EvaluationResults"]
                if result["EvalDecision"] != "allowed"
            }
        return tuple(sorted(denied))


def _trusts_lambda(document: Mapping[str, Any]) -> bool:
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        services = statement.get("Principal", {}).get("Service", [])
        actions = statement.get("Action", [])
        if (
            statement.get("Effect") == "Allow"
            and "lambda.amazonaws.com" in ([services] if isinstance(services, str) else services)
            and "sts:AssumeRole" in ([actions] if isinstance(actions, str) else actions)
        ):
            return True
    return False
