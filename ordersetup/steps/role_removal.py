"""Removing a role: IAM deletes only an empty one."""

from __future__ import annotations

from contextlib import suppress

from ordersetup.aws import Aws
from ordersetup.transient import Transient

CALLS = (
    "iam:ListRolePolicies",
    "iam:DeleteRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:DetachRolePolicy",
    "iam:ListInstanceProfilesForRole",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:DeleteRole",
)
NOT_YET_EMPTY = Transient(
    "DeleteConflict",
    "",
    "IAM has not yet heard everywhere that the role was emptied",
    "See what is attached to the role in the IAM console",
    120,
)


def remove_role(aws: Aws, name: str) -> None:
    """Empty a role, whoever has filled it, and delete it (IAM DeleteRole)."""
    with suppress(aws.iam.exceptions.NoSuchEntityException):
        _empty(aws, name)
        aws.iam.delete_role(RoleName=name)


def _empty(aws: Aws, name: str) -> None:
    # A part that is gone was taken out by a call whose answer was lost, or by another run; the role
    # may well stand.
    gone = aws.iam.exceptions.NoSuchEntityException
    for inline in aws.iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for policy in inline["PolicyNames"]:
            with suppress(gone):
                aws.iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for attached in aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for managed in attached["AttachedPolicies"]:
            with suppress(gone):
                aws.iam.detach_role_policy(RoleName=name, PolicyArn=managed["PolicyArn"])
    profiles = aws.iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=name)
    for page in profiles:
        for profile in page["InstanceProfiles"]:
            with suppress(gone):
                aws.iam.remove_role_from_instance_profile(
                    InstanceProfileName=profile["InstanceProfileName"], RoleName=name
                )
