"""Where the embedded engine departs from AWS in our way, corrected on the engine alone.

Each correction names the AWS document that the engine departs from, and has a test that fails once
the engine is cured. The policy that AWS gets is never loosened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint

POLICY = "engine-corrections"

STATEMENTS = [
    # MiniStack 1.5 allows ses:SendEmail on "*" and without a condition only. AWS takes the
    # identity's ARN and ses:FromAddress (Service Authorization Reference, Amazon SES v2).
    {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
]


def correct(aws: Aws, blueprint: Blueprint) -> None:
    """Give the role, on the engine, what the engine refuses by the policy that suits AWS."""
    if blueprint.settings.sender is None or blueprint.settings.role_arn is not None:
        return
    document = {"Version": "2012-10-17", "Statement": STATEMENTS}
    try:
        aws.iam.get_role_policy(RoleName=blueprint.names.role, PolicyName=POLICY)
    except aws.iam.exceptions.NoSuchEntityException:
        aws.iam.put_role_policy(
            RoleName=blueprint.names.role,
            PolicyName=POLICY,
            PolicyDocument=json.dumps(document),
        )


def current_tags(aws: Aws, arn: str) -> Mapping[str, str] | None:
    """The tags of a REST API or a stage as they stand; None where they come with it, as on AWS.

    MiniStack 1.5 tells those of an API as they were when it was made, and those of a stage not at
    all; its GetTags is right. On AWS, GetRestApis and GetStages tell them as they stand (API
    Gateway API reference, RestApi and Stage: tags).

    Args:
        aws: where.
        arn: the API's or the stage's, which may not be there.
    """
    if aws.amazon:
        return None
    try:
        return aws.apigateway.get_tags(resourceArn=arn)["tags"]
    except aws.apigateway.exceptions.NotFoundException:
        return None


def is_count(aws: Aws, number: int) -> bool:
    """Whether a metric's number says what it counts.

    MiniStack 1.5 tells no errors of what it has run asynchronously, whatever came of it, so that
    its zeros say nothing. On AWS each failed attempt is one (Lambda developer guide, Types of
    metrics: Errors).

    Args:
        aws: where.
        number: what was told.
    """
    return aws.amazon or number != 0
