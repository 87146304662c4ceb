"""Each call that changes something is met by some weather: none is left out unsaid."""

from __future__ import annotations

from ordersetup.aws import Aws
from ordersetup.stack import open_stack
from tests.runs import provisioned, torn_down
from tests.stacks import make_policies
from tests.unit.stories import FULL
from tests.weather.life import LATER
from tests.weather.sky import rules, touching
from tests.wire import Wire, is_read

WEATHER = {touching(rule) for rule in rules().values() if "operation" in rule}
ALIKE = "sent right before a tagging that has its rule, and refused alike"
BY_HAND = "takes what only a hand attaches, and is refused as DeleteRolePolicy is"
UNMET = {
    **dict.fromkeys(("iam:UntagRole", "sqs:UntagQueue", "sns:UntagResource"), ALIKE),
    **dict.fromkeys(
        (
            *("dynamodb:UntagResource", "logs:UntagResource", "lambda:UntagResource"),
            *("apigateway:UntagResource", "cloudwatch:UntagResource"),
        ),
        ALIKE,
    ),
    "iam:DetachRolePolicy": BY_HAND,
    "iam:RemoveRoleFromInstanceProfile": BY_HAND,
    "iam:DeleteRolePermissionsBoundary": "takes a boundary that is unset, and is refused as "
    "PutRolePermissionsBoundary is",
    "sns:Unsubscribe": "takes an address that is dropped, and is refused as Subscribe is",
    "ses:TagResource": "a right that CreateEmailIdentity asks for, and no call",
    "iam:PassRole": "a right that CreateFunction asks for, and no call",
}
"""What no rule answers, and why."""


def test_every_writing_call_of_a_whole_life_is_met_by_a_rule(aws: Aws, wire: Wire) -> None:
    make_policies(aws)
    wire.forget()
    provisioned(aws, open_stack(aws, "default", FULL).steps)
    torn_down(aws)
    written = {call.partition(" ")[0] for call in wire.writes}
    assert len(written) > 30
    assert sorted(written - WEATHER) == []


def test_every_write_that_a_step_declares_is_met_or_has_a_reason() -> None:
    declared = {
        call
        for step in LATER.steps
        for call in (*step.calls.write, *step.calls.remove)
        if not is_read(call.partition(":")[2])
    }
    unmet = declared - WEATHER
    assert sorted(unmet - UNMET.keys()) == []
    assert sorted(UNMET.keys() - unmet) == []
