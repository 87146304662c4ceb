"""A key of KMS on the dead-letter queue: what the functions' role may do with it."""

from __future__ import annotations

import json

import pytest

from ordersetup.aws import Aws
from ordersetup.steps.inspections import inspections
from ordersetup.steps.key_rights import NEEDED, KeyRights, KeyRightsState
from tests.conftest import Provision, Survey
from tests.stacks import ACCOUNT, REGION, stack
from tests.wire import Wire

BUILT = stack()
QUEUE, ROLE = (
    BUILT.step(key) for key in ("queue/OrderProcessingDLQ", f"role/OrderProcessingRole-{REGION}")
)
(RIGHTS,) = (
    step for step in inspections(BUILT.steps, BUILT.blueprint) if isinstance(step, KeyRights)
)
KEY = "0a1b2c3d-1234"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}"
STEPS = (QUEUE, ROLE, RIGHTS)


@pytest.fixture(autouse=True)
def _stands(provision: Provision) -> None:
    provision([QUEUE, ROLE])


def encrypt(aws: Aws, key: str) -> None:
    url = aws.sqs.get_queue_url(QueueName=QUEUE.name)["QueueUrl"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})


def allow(aws: Aws, *actions: str) -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": ARN}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    aws.iam.put_role_policy(RoleName=ROLE.name, PolicyName="key", PolicyDocument=document)


@pytest.mark.parametrize("key", [KEY, ARN], ids=["id", "arn"])
def test_a_role_that_may_not_use_the_queue_s_key_is_found(
    aws: Aws, survey: Survey, key: str
) -> None:
    encrypt(aws, key)
    assert survey(STEPS).seen.of(RIGHTS).lacking == tuple(NEEDED)
    allow(aws, "kms:Decrypt")
    assert survey(STEPS).seen.of(RIGHTS).lacking == ("kms:GenerateDataKey",)
    allow(aws, *NEEDED)
    assert survey(STEPS).seen.of(RIGHTS) == KeyRightsState()


@pytest.mark.parametrize("key", ["", "alias/aws/sqs"], ids=["SQS's own", "AWS's for SQS"])
def test_a_key_that_everybody_may_use_asks_for_nothing(
    aws: Aws, survey: Survey, wire: Wire, key: str
) -> None:
    if key:
        encrypt(aws, key)
    wire.calls.clear()
    assert survey(STEPS).seen.of(RIGHTS) == KeyRightsState()
    assert "iam:SimulatePrincipalPolicy" not in wire.calls


def test_what_cannot_be_judged_is_a_note_that_says_why(
    aws: Aws, survey: Survey, wire: Wire
) -> None:
    encrypt(aws, "alias/orders")
    told = survey(STEPS).seen.of(RIGHTS)
    assert (told.lacking, told.unjudged) == (
        (),
        "alias/orders: an alias, so which key it is cannot be told",
    )
    encrypt(aws, KEY)
    wire.refuse("iam:SimulatePrincipalPolicy", "AccessDenied", "You may not.", status=403)
    told = survey(STEPS).seen.of(RIGHTS)
    assert (told.lacking, told.unjudged) == (
        (),
        f"{KEY}: IAM's simulator may not be asked about it",
    )
