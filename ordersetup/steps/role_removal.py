"""Removing a role: IAM deletes only an empty one."""

from __future__ import annotations

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
    try:
        _empty(aws, name)
        aws.iam.delete_role(RoleName=name)
    except aws.iam.exceptions.NoSuchEntityException:
        # The role, or a part of it that another run has just removed: the next reading tells.
        return


def _empty(aws: Aws, name: str) -> None:
    for inline in aws.iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for policy in inline["PolicyNames"]:
            aws.iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for attached in aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for managed in attached["AttachedPolicies"]:
            aws.iam.detach_role_policy(RoleName=name, PolicyArn=managed["PolicyArn"])
    profiles = aws.iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=name)
    for page in profiles:
        for profile in page["InstanceProfiles"]:
            aws.iam.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=name
            )
