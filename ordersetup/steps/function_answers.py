"""What Lambda answers while a function, its role or its policy is not ready."""

from __future__ import annotations

from ordersetup.transient import Transient

NOT_ASSUMABLE = Transient(
    "InvalidParameterValueException",
    "cannot be assumed by Lambda",
    "the new role is not yet known to Lambda",
    "Check that the role's trust policy names lambda.amazonaws.com",
    120,
)
POLICY_NOT_KNOWN = Transient(
    "InvalidParameterValueException",
    "does not have permissions to call",
    "the role's policy is not yet known to Lambda",
    "Check that the role may sqs:SendMessage to the queue",
    120,
)
KMS_GRANT = Transient(
    "InvalidParameterValueException",
    "KMS key is invalid for CreateGrant",
    "the new role is not yet known to AWS KMS",
    "Check that the role exists",
    120,
)
MADE_MEANWHILE = Transient(
    "ResourceConflictException",
    "Function already exist",
    "the function was made meanwhile; looking at it",
    "See the function in the Lambda console",
    30,
)
NOT_KNOWN_EVERYWHERE = Transient(
    "ResourceNotFoundException",
    "Function not found",
    "the new function is not yet known everywhere in Lambda",
    "See the function in the Lambda console",
    20,
)
UNDER_WAY = tuple(
    Transient(
        "ResourceConflictException",
        fragment,
        "Lambda is still busy with an earlier change of the function",
        "See the function's state in the Lambda console",
        120,
    )
    for fragment in (
        "An update is in progress",
        "following state: Pending",
        "following state: InProgress",
        "following state: Deleting",
        "concurrent update operation",
    )
)
