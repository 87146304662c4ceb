"""Receipts: given for a proof alone, the same text for the same proof, and told what has moved."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import BadInput, Incompatible
from ordersetup.lifecycle import Lifecycle
from ordersetup.receipt import (
    Moved,
    NotProven,
    Receipt,
    as_json,
    check_same,
    check_unmoved,
    moved,
    parse,
    receipt,
    what_runs,
)
from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group
from tests.conftest import Provision
from tests.stacks import AnyStep, full_stack, make_policies

HOLDS = Finding(Group.QUEUE, "queue/q.x", "Queue: X", Level.HOLDS, 1, 1, "SQS", "")
REPORT = Report("default", "123456789012", "eu-west-1", (HOLDS,), (), ())
RUNNING: dict[str, object] = {
    "async-invocation/F.retry_attempts": 2,
    "function/F.code_sha256": "abc=",
}
WHEN: Any = {"at": "2026-01-02T03:04:05Z", "tool": "1.2.3"}
DRILL = {"order_id": "drill-1", "proven": True, "timeline": [{"told": "to jane@example.com"}]}


def given(**changes: Any) -> Receipt:
    return replace(receipt(REPORT, RUNNING, **WHEN), **changes)


def test_a_receipt_comes_back_as_it_was_written() -> None:
    made = receipt(REPORT, RUNNING, **WHEN, drill=DRILL)
    assert parse(as_json(made), "r.json") == replace(
        made, proven=json.loads(json.dumps(made.proven))
    )


def test_the_same_proof_is_the_same_text_in_the_documented_order() -> None:
    text = as_json(given())
    assert text == as_json(given())
    document = json.loads(text)
    assert list(document) == [
        *("receipt", "stack", "account", "region", "tool", "at", "proven", "of"),
    ]
    assert document["receipt"] == 1
    assert document["proven"] == {"checks": 1, "notes": 0, "drill": None}
    assert list(document["of"]) == list(RUNNING)


@pytest.mark.parametrize("level", [Level.FAILS, Level.UNKNOWN])
def test_there_is_none_for_what_is_not_proven(level: Level) -> None:
    report = replace(REPORT, findings=(HOLDS, replace(HOLDS, level=level)))
    with pytest.raises(NotProven, match="1 of 2 checks does not hold"):
        receipt(report, RUNNING, **WHEN)


def test_there_is_none_for_nothing() -> None:
    with pytest.raises(NotProven):
        receipt(replace(REPORT, findings=()), RUNNING, **WHEN)


def test_there_is_none_for_a_drill_that_failed() -> None:
    with pytest.raises(NotProven, match="the drill has failed"):
        receipt(REPORT, RUNNING, **WHEN, drill={**DRILL, "proven": False})


def test_there_is_none_for_what_has_moved_during_its_proof() -> None:
    check_unmoved(RUNNING, dict(RUNNING))
    now = {**RUNNING, "function/F.code_sha256": "xyz="}
    with pytest.raises(NotProven, match=r"function/F.code_sha256 moved while the drill was held"):
        check_unmoved(RUNNING, now)


def test_a_note_does_not_hinder_one_and_is_counted() -> None:
    report = replace(REPORT, findings=(HOLDS, replace(HOLDS, level=Level.NOTE)))
    assert receipt(report, RUNNING, **WHEN).proven == {"checks": 1, "notes": 1, "drill": None}


def test_no_address_gets_into_one_not_even_by_the_drill() -> None:
    text = as_json(receipt(REPORT, RUNNING, **WHEN, drill=DRILL))
    assert "jane@" not in text
    assert json.loads(text)["proven"]["drill"]["order_id"] == "drill-1"


def test_what_has_not_moved_is_covered() -> None:
    assert moved(given(), RUNNING) == ()


def test_what_has_moved_is_told_then_and_now() -> None:
    now = {"async-invocation/F.retry_attempts": 0, "table/New.arn": "arn:new"}
    assert moved(given(), now) == (
        Moved("async-invocation/F.retry_attempts", 2, 0),
        Moved("function/F.code_sha256", "abc=", None),
        Moved("table/New.arn", None, "arn:new"),
    )


@pytest.mark.parametrize(
    "other", [{"stack": "shop2"}, {"account": "210987654321"}, {"region": "us-east-1"}]
)
def test_another_stacks_receipt_is_not_compared(other: dict[str, str]) -> None:
    here = {"stack": "default", "account": "123456789012", "region": "eu-west-1"}
    check_same(given(), **here)
    with pytest.raises(Incompatible) as refused:
        check_same(given(), **{**here, **other})
    assert next(iter(other.values())) in refused.value.happened
    assert "default" in refused.value.happened


def spoilt(**changes: Any) -> str:
    document = {**json.loads(as_json(given())), **changes}
    return json.dumps({key: value for key, value in document.items() if value is not None})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "no field receipt"),
        ('{"type": "report"}', "no field receipt"),
        (spoilt(receipt=2), "of form 2"),
        (spoilt(account=123456789012), "field account is no text"),
        (spoilt(at=None), "field at is no text"),
        (spoilt(of=[]), "field of is no object"),
        (spoilt(of={}), "does not say what was proven"),
        (spoilt(proven={"checks": 3}), "does not say what was proven"),
    ],
)
def test_what_is_no_receipt_is_refused_and_named(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        parse(text, "proof.json")
    assert "proof.json" in refused.value.happened


class TestWhatRuns:
    def seen(self, aws: Aws, steps: tuple[AnyStep, ...]) -> dict[str, object]:
        lifecycle = Lifecycle(aws, steps, lambda _: None, timeout=10)
        lifecycle.survey()
        return what_runs(steps, lifecycle.seen)

    def test_it_names_all_that_a_proof_depends_on(self, aws: Aws, provision: Provision) -> None:
        make_policies(aws)
        built = full_stack()
        provision(built.steps)
        found = self.seen(aws, built.steps)
        assert found["function/UpdateInventory.code_sha256"] == built.blueprint.code.sha256
        assert found["async-invocation/UpdateInventory.retry_attempts"] == 2
        queue = found["async-invocation/UpdateInventory.on_failure"]
        assert queue == found["queue/OrderProcessingDLQ.arn"]
        deployment = found["stage/EcommerceAPI/prod.deployment"]
        (api,) = aws.apigateway.get_rest_apis()["items"]
        stage = aws.apigateway.get_stage(restApiId=api["id"], stageName="prod")
        assert deployment == stage["deploymentId"]
        assert {"role.policy_sha256", "role.trust_sha256", "table/Inventory.arn"} <= found.keys()
        assert json.loads(json.dumps(found)) == found, "JSON keeps it as it is"
        assert "@example.com" not in json.dumps(found)

    def test_a_change_by_hand_moves_what_it_touches_and_nothing_else(
        self, aws: Aws, provision: Provision
    ) -> None:
        make_policies(aws)
        built = full_stack()
        provision(built.steps)
        then = given(of=self.seen(aws, built.steps))
        aws.lambda_.put_function_event_invoke_config(
            FunctionName="SendEmail", MaximumRetryAttempts=0
        )
        api_id = aws.apigateway.get_rest_apis()["items"][0]["id"]
        aws.apigateway.create_deployment(restApiId=api_id, stageName="prod")
        allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        aws.iam.put_role_policy(
            RoleName=built.blueprint.names.role,
            PolicyName="orders-runtime",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow}),
        )
        assert [one.attribute for one in moved(then, self.seen(aws, built.steps))] == [
            "role.policy_sha256",
            "async-invocation/SendEmail.retry_attempts",
            "async-invocation/SendEmail.on_failure",
            "stage/EcommerceAPI/prod.deployment",
        ]
