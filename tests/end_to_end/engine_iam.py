"""Where the embedded engine evaluates IAM otherwise than AWS: the one table that bends a policy.

The policy that `ordersetup policy` prints is for AWS and is never loosened; on MiniStack 1.5 it is
given to its user as this table turns it. `test_engine_iam` holds each entry to the engine: what it
has learnt meanwhile fails there, and the entry goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

ON_ANY_RESOURCE = frozenset(
    {
        *("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:TagResource"),
        *("cloudwatch:ListTagsForResource", "cloudwatch:UntagResource"),
        *("dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UntagResource"),
        *("iam:RemoveRoleFromInstanceProfile", "iam:SimulatePrincipalPolicy"),
        *("lambda:CreateFunction", "ses:TagResource"),
        *("sns:ListTagsForResource", "sns:TagResource", "sns:UntagResource"),
    }
)
"""Refused by the ARN that the Service Authorization Reference names for them."""

CALLED_OTHERWISE = {
    "lambda:GetFunctionConcurrency": "lambda:PutFunctionConcurrency",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
}
"""Another action is asked for than by AWS, one that the policy has no other use for."""

HELD_INSTEAD = {
    "lambda:GetFunctionEventInvokeConfig": "lambda:GetFunction",
    "lambda:PutFunctionEventInvokeConfig": "lambda:UpdateFunctionCode",
}
"""Another action is asked for than by AWS, one that the policy has anyway."""

UNKNOWN_KEYS = (
    *("aws:RequestTag/", "aws:ResourceTag/", "iam:PermissionsBoundary"),
    # Asked for by the engine's simulator alone, which does not look at the context it is given.
    "iam:PassedToService",
)
"""Condition keys that no request of ours carries there, so that a condition on one never holds."""

FURTHER = {
    # ordersetup.corrections asks an engine for the tags of an API, which it tells wrongly.
    "apigateway:GET": ("apigateway:GET", "arn:aws:apigateway:{region}::/tags/*"),
    # ordersetup.strays asks an engine for what its Tagging API leaves out.
    "tag:GetResources": ("ses:ListEmailIdentities", "*"),
}
"""What our own corrections of the engine call beside."""


def bent(document: Document, region: str) -> dict[str, Any]:
    """The policy document as the engine must be given it to decide as AWS would."""
    return {
        "Version": document["Version"],
        "Statement": [turned for s in document["Statement"] for turned in _turned(s, region)],
    }


def _turned(statement: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
    actions = list(statement["Action"])
    plain = {
        key: value
        for key, value in statement.get("Condition", {}).get("StringEquals", {}).items()
        if not key.startswith(UNKNOWN_KEYS)
    }
    condition = {"Condition": {"StringEquals": plain}} if plain else {}
    # Beside the action itself, which the engine's simulator does know by its name.
    instead = CALLED_OTHERWISE | HELD_INSTEAD
    asked = [instead[action] for action in actions if action in instead]
    yield {
        "Effect": "Allow",
        "Action": [*actions, *asked],
        "Resource": statement["Resource"],
        **condition,
    }
    if anywhere := sorted(ON_ANY_RESOURCE & set(actions)):
        yield {"Effect": "Allow", "Action": anywhere, "Resource": "*"}
    for further, on in (FURTHER[action] for action in actions if action in FURTHER):
        yield {"Effect": "Allow", "Action": further, "Resource": on.format(region=region)}
