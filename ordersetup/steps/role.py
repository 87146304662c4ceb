"""The one role of all three functions, its policy, and a role the user brings along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from ordersetup.aws import Aws
from ordersetup.blueprint import Statement, trust_policy
from ordersetup.documents import canonical, several
from ordersetup.errors import Denied
from ordersetup.obstacle import Obstacle
from ordersetup.ownership import (
    Owner,
    Tags,
    chosen_of,
    owner_of,
    pairs,
    stale_keys,
    unpaired,
    version_of,
)
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.permissions import PERMISSIONS, PermissionsState
from ordersetup.steps.role_removal import CALLS as REMOVING
from ordersetup.steps.role_removal import NOT_YET_EMPTY, remove_role
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import RoleTypeDef

DESCRIPTION = "Lets the order pipeline's functions run (made by ordersetup)."

_CONCURRENT = Transient(
    "ConcurrentModification",
    "",
    "another change of the role is under way",
    "See whether another program changes the role",
    60,
)
_NOT_KNOWN_YET = Transient(
    "NoSuchEntity",
    "",
    "the new role is not yet known everywhere in IAM",
    "See the role in the IAM console",
    60,
)


@dataclass(frozen=True, kw_only=True)
class RoleState(State):
    """A role as wanted or found; the trust policy as one canonical text."""

    trust: Annotated[str, Shown("Trusted entities")]
    boundary: Annotated[str | None, Shown("Permissions boundary", ours=True)]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    arn: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Role(Step[RoleState]):
    """IAM › Roles › Create role.

    The role is repaired in place, never made anew: functions that survive a role of the same name
    cannot use its successor.
    """

    name: str
    arn: str
    owner: Owner
    boundary: str | None = None
    after: tuple[Step[Any], ...] = ()

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(
        read=("iam:GetRole",),
        write=(
            "iam:CreateRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary",
            "iam:TagRole",
            "iam:UntagRole",
        ),
        remove=REMOVING,
        create=("iam:CreateRole",),
    )
    steady: ClassVar[int] = 2
    transient: ClassVar[tuple[Transient, ...]] = (
        _CONCURRENT,
        _NOT_KNOWN_YET,
        Transient(
            "EntityAlreadyExists",
            "",
            "the role was made meanwhile; looking at it",
            "See the role in the IAM console",
            30,
        ),
    )

    lingering: ClassVar[tuple[Transient, ...]] = (NOT_YET_EMPTY,)

    @property
    def key(self) -> str:
        return f"role/{self.name}"

    @property
    def title(self) -> str:
        return f"Create role {self.name}"

    @property
    def console(self) -> str:
        return f"IAM › Roles › {self.name}"

    def console_page(self, region: str) -> str:
        return f"iam/home#/roles/details/{self.name}"

    @property
    def desired(self) -> RoleState:
        return RoleState(
            owner=self.owner.name,
            trust=canonical(trust_policy()),
            boundary=self.boundary,
            tags=self.owner.chosen,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    def read(self, aws: Aws, seen: Seen) -> RoleState | None:
        try:
            role = aws.iam.get_role(RoleName=self.name)["Role"]
        except aws.iam.exceptions.NoSuchEntityException:
            return None
        tags = unpaired(role.get("Tags", []))
        return RoleState(
            owner=owner_of(tags),
            version=version_of(tags),
            trust=canonical(role["AssumeRolePolicyDocument"]),
            boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            tags=chosen_of(tags, dict(self.owner.chosen)),
            arn=arn_of(aws, role),
        )

    def obstacle(self, actual: RoleState) -> Obstacle | None:
        if actual.arn == self.arn:
            return None
        return Obstacle(
            f"it stands under another path, as {actual.arn}",
            "Give that role another name, or have the functions run with it by --role-arn.",
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: RoleState | None, drifted: frozenset[str]
    ) -> None:
        if actual is None:
            boundary = {"PermissionsBoundary": self.boundary} if self.boundary else {}
            aws.iam.create_role(
                RoleName=self.name,
                AssumeRolePolicyDocument=json.dumps(trust_policy()),
                Description=DESCRIPTION,
                Tags=pairs(self.owner.tags()),
                **boundary,  # type: ignore[arg-type]  # an optional argument, typed as all at once
            )
            return
        if drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.iam.untag_role(RoleName=self.name, TagKeys=stale)
            aws.iam.tag_role(RoleName=self.name, Tags=pairs(self.owner.tags()))
        if "trust" in drifted:
            aws.iam.update_assume_role_policy(
                RoleName=self.name, PolicyDocument=json.dumps(trust_policy())
            )
        if "boundary" in drifted:
            self._bound(aws)

    def remove(self, aws: Aws, seen: Seen, state: RoleState) -> None:
        remove_role(aws, self.name)

    def _bound(self, aws: Aws) -> None:
        if self.boundary:
            aws.iam.put_role_permissions_boundary(
                RoleName=self.name, PermissionsBoundary=self.boundary
            )
            return
        try:
            aws.iam.delete_role_permissions_boundary(RoleName=self.name)
        except aws.iam.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
                raise
            raise Denied(
                f"Your credentials may not iam:DeleteRolePermissionsBoundary on {self.arn}: "
                "whoever works within a boundary may not take it away.",
                "Have whoever administers the account remove it in IAM › Roles › "
                f"{self.name} › Permissions boundary, then run: ordersetup provision --unset "
                "permissions-boundary",
            ) from error


def arn_of(aws: Aws, role: RoleTypeDef) -> str:
    """A role's ARN; of one that is seconds old IAM may tell its unique id (AROA…) in its place."""
    if role["Arn"].startswith("arn:"):
        return role["Arn"]
    path = role.get("Path", "/")
    return f"arn:{aws.partition}:iam::{aws.account}:role{path}{role['RoleName']}"


@dataclass(frozen=True, kw_only=True)
class RolePolicyState(PermissionsState):
    """What the role may do: each statement as one canonical text, None where it is missing."""

    others: Annotated[tuple[str, ...], Shown("Other statements")] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class RolePolicy(Step[RolePolicyState]):
    """IAM › Roles › the role › Add permissions › Create inline policy.

    PutRolePolicy replaces the whole document, so all of it is always sent.
    """

    role: Role
    name: str
    statements: Mapping[str, Statement]

    group: ClassVar[Group] = Group.ROLE
    calls: ClassVar[Calls] = Calls(
        read=("iam:GetRolePolicy",),
        write=("iam:PutRolePolicy",),
        create=("iam:PutRolePolicy",),
    )
    steady: ClassVar[int] = 2
    transient: ClassVar[tuple[Transient, ...]] = (_CONCURRENT, _NOT_KNOWN_YET)

    @property
    def key(self) -> str:
        return f"role-policy/{self.role.name}"

    @property
    def title(self) -> str:
        return f"Add inline policy {self.name}"

    @property
    def console(self) -> str:
        return f"IAM › Roles › {self.role.name} › Permissions › {self.name}"

    def console_page(self, region: str) -> str:
        return f"{self.role.console_page(region)}?section=permissions"

    @property
    def desired(self) -> RolePolicyState:
        return _policy_state(self.document)

    @property
    def document(self) -> dict[str, Any]:
        """The policy as IAM takes it."""
        statements = [{"Sid": sid, **body} for sid, body in self.statements.items()]
        return {"Version": "2012-10-17", "Statement": statements}

    @property
    def needs(self) -> tuple[Role, ...]:
        return (self.role,)

    @property
    def parent(self) -> Role:
        return self.role

    def read(self, aws: Aws, seen: Seen) -> RolePolicyState | None:
        try:
            found = aws.iam.get_role_policy(RoleName=self.role.name, PolicyName=self.name)
        except aws.iam.exceptions.NoSuchEntityException:
            return None
        # botocore decodes the document, whatever the stubs say.
        return _policy_state(cast("dict[str, Any]", found["PolicyDocument"]))

    def apply(
        self, aws: Aws, seen: Seen, actual: RolePolicyState | None, drifted: frozenset[str]
    ) -> None:
        aws.iam.put_role_policy(
            RoleName=self.role.name,
            PolicyName=self.name,
            PolicyDocument=json.dumps(self.document, separators=(",", ":")),
        )


def _policy_state(document: Mapping[str, Any]) -> RolePolicyState:
    found: dict[str, Any] = dict.fromkeys(PERMISSIONS.values())
    others = []
    for statement in several(document.get("Statement")):
        field = PERMISSIONS.get(statement.get("Sid", ""))
        text = canonical({k: v for k, v in statement.items() if k != "Sid"})
        if field is None or found[field] is not None:
            others.append(text)
        else:
            found[field] = text
    return RolePolicyState(**found, others=tuple(sorted(others)))
