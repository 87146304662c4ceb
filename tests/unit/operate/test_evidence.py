"""What evidence proves: each part of the failure path can fail on its own, and is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ordersetup.operate.drill_judge import judge
from ordersetup.operate.drill_log import Attempt, Heard
from ordersetup.operate.drill_records import Record
from ordersetup.operate.evidence import DrillResult, Evidence, Expectation, Plan
from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group

ORDER = "DRILL-0123456789ab"
ITEM = "ordersetup-drill-0123456789ab"
PLAN = Plan(ORDER, {ITEM: 1})
PAYLOAD = {"order_id": ORDER, "items": [{"item_id": ITEM, "quantity": 1}]}
RECORD = Record(
    is_record=True,
    payload=PAYLOAD,
    condition="RetriesExhausted",
    error="UnknownItem",
    at=181,
)
BARE = Record(is_record=False, payload=PAYLOAD, at=181)


def log(*times: float, failures: int | None = None) -> Heard:
    runs = tuple(Attempt(at, "r") for at in times)
    return Heard(runs, len(runs), len(runs) if failures is None else failures)


GOOD = Evidence(
    answer=202,
    answered="202",
    log=log(0, 60, 180),
    alerts=(0.5, 60.5, 180.5),
    records=(RECORD,),
)


def judged(evidence: Evidence, report: Report | None = None) -> dict[str, Expectation]:
    return {e.name: e for e in judge(evidence, PLAN, report)}


def failing(evidence: Evidence, report: Report | None = None) -> set[str]:
    """What does not hold and follows from nothing else."""
    return {name for name, e in judged(evidence, report).items() if not e.holds and not e.follows}


def found(check: str, *, level: Level = Level.FAILS, group: Group = Group.ASYNC) -> Report:
    """A survey with one finding."""
    finding = Finding(group, check, "it", level, "as documented", "otherwise", "Console › page")
    return Report("default", "1", "eu-west-1", (finding,), (), ())


def test_a_sound_path_holds_in_every_part() -> None:
    assert all(e.holds and not e.cause and not e.follows for e in judge(GOOD, PLAN))


def test_every_failing_expectation_names_a_cause_or_what_it_follows() -> None:
    for e in judge(Evidence(), PLAN):
        assert e.holds or e.cause or e.follows
    for e in judge(Evidence(answer=202), PLAN):
        assert e.holds or e.cause or e.follows


@pytest.mark.parametrize(
    ("changes", "roots"),
    [
        ({"answer": 500, "answered": "500 x"}, "accepted"),
        ({"answer": None}, "accepted"),
        ({"log": log(0, 60)}, "attempts"),
        ({"log": log(0), "alerts": (0.5,)}, "attempts"),
        ({"log": Heard()}, "attempts"),
        ({"log": Heard(), "unread_log": "no such group"}, "attempts"),
        ({"log": log(0, 60, 180, 180.1), "alerts": (1, 2, 3, 4)}, "attempts"),
        ({"alerts": (0.5, 60.5)}, "alerts"),
        ({"alerts": ()}, "alerts"),
        ({"alerts": (1, 2, 3, 4)}, "alerts"),
        ({"unheard": "no such topic", "alerts": ()}, "alerts"),
        ({"records": ()}, "record"),
        ({"records": (RECORD, RECORD)}, "record"),
        ({"records": (BARE,)}, "record"),
        ({"records": (RECORD, BARE)}, "record"),
        ({"records": (replace(RECORD, payload={"order_id": ORDER}),)}, "record"),
        ({"records": (), "unread_queue": "no such queue"}, "record"),
        ({"records": (replace(RECORD, condition="EventAgeExceeded"),)}, "condition"),
        ({"records": (replace(RECORD, condition="SomethingNew"),)}, "condition"),
        ({"records": (replace(RECORD, condition=""),)}, "condition"),
        ({"records": (replace(RECORD, error="Sandbox.Timedout"),)}, "error"),
        ({"records": (replace(RECORD, error=""),)}, "error"),
        ({"rows": 1}, "rows"),
        ({"stock_after": "5"}, "stock"),
        ({"stock_before": "5", "stock_after": "4"}, "stock"),
        ({"rows": None, "unread_tables": "denied"}, "rows stock"),
        ({"records": (replace(RECORD, at=100),)}, "quiet"),
    ],
    ids=str,
)
def test_each_part_fails_on_its_own(changes: dict[str, Any], roots: str) -> None:
    evidence = replace(GOOD, **changes)
    assert failing(evidence) == set(roots.split())
    assert all(judged(evidence)[name].cause for name in roots.split())


def test_what_cannot_be_judged_without_the_record_follows_from_it() -> None:
    told = judged(replace(GOOD, records=()))
    assert {n for n, e in told.items() if e.follows == "record"} == {"condition", "error", "quiet"}


def test_everything_that_fails_follows_from_an_order_that_was_refused() -> None:
    told = judged(Evidence(answer=403, answered="403 Forbidden"))
    assert told["accepted"].actual == "403 Forbidden"
    assert {e.follows for e in told.values() if not e.holds} == {"", "accepted"}
    assert not told["accepted"].follows


def test_an_order_that_ran_thrice_is_not_proven_by_the_records_own_count() -> None:
    """The engine writes a count of 3 whatever happened; the record here knows of no count."""
    assert not judged(replace(GOOD, log=log(0)))["attempts"].holds


def test_a_record_with_fewer_attempts_in_the_log_is_told_as_a_late_log() -> None:
    cause = judged(replace(GOOD, log=log(0)))["attempts"].cause
    assert "lacks" in cause
    assert "late" in cause
    assert "/aws/lambda/UpdateInventory" in cause


def test_alerts_are_held_to_the_plan_where_the_log_lacks_attempts() -> None:
    assert judged(replace(GOOD, log=log(0)))["alerts"].holds
    assert judged(replace(GOOD, log=log(0), alerts=(1,)))["alerts"].holds
    assert not judged(replace(GOOD, log=log(0), alerts=(1, 2)))["alerts"].holds


@pytest.mark.parametrize("changes", [{"reserved": 0}, {"throttles": 4}])
def test_throttling_is_told_from_a_broken_path(changes: dict[str, int]) -> None:
    told = judged(Evidence(answer=202, **changes))  # type: ignore[arg-type]
    assert "Throttled, which is not broken" in told["attempts"].cause
    assert told["record"].follows == "attempts"


def test_throttles_explain_nothing_where_the_function_ran() -> None:
    told = judged(replace(GOOD, records=(), throttles=4))
    assert "Throttled" not in told["record"].cause


def test_zero_concurrency_with_a_record_is_named() -> None:
    record = replace(RECORD, condition="ZeroReservedConcurrency", error="")
    told = judged(Evidence(answer=202, records=(record,)))
    assert "reserved concurrency is 0" in told["attempts"].cause
    assert "reserved concurrency is 0" in told["condition"].cause


UNRUN: dict[str, Any] = {"log": Heard(), "alerts": ()}


@pytest.mark.parametrize("condition", ["ZeroReservedConcurrency", "EventAgeExceeded"])
def test_what_never_ran_sends_no_alert_and_names_no_error_for_no_other_reason(
    condition: str,
) -> None:
    record = replace(RECORD, condition=condition, error="")
    evidence = replace(GOOD, **UNRUN, records=(record,))
    told = judged(evidence)
    assert failing(evidence) == {"attempts", "condition"}
    assert (told["alerts"].follows, told["error"].follows) == ("condition", "condition")
    assert not told["alerts"].cause
    assert not told["error"].cause


@pytest.mark.parametrize("condition", ["ZeroReservedConcurrency", "EventAgeExceeded"])
def test_what_ran_before_it_was_given_up_has_its_alerts_judged(condition: str) -> None:
    record = replace(RECORD, condition=condition)
    evidence = replace(GOOD, log=log(0), alerts=(), records=(record,))
    assert failing(evidence) == {"attempts", "alerts", "condition"}


def test_a_function_found_switched_off_is_the_cause_of_no_attempt() -> None:
    """The engine writes RetriesExhausted for it, which looks like logs that are late."""
    report = found("additions/UpdateInventory.switched_off")
    for records in ((RECORD,), ()):
        evidence = replace(GOOD, **UNRUN, records=records, reserved=0)
        cause = judged(evidence, report)["attempts"].cause
        assert cause.startswith("Console › page: otherwise")


def test_another_function_that_is_switched_off_is_no_cause() -> None:
    report = found("additions/SendEmail.switched_off")
    cause = judged(replace(GOOD, **UNRUN), report)["attempts"].cause
    assert "Console › page" not in cause


def near_missed(queue: str, level: Level = Level.FAILS) -> Report:
    """A survey of a function with a dead-letter queue, and a finding of no destination."""
    (note,) = found("additions/UpdateInventory.dead_letter", level=Level.NOTE).findings
    (missing,) = found("async-invocation/UpdateInventory.on_failure", level=level).findings
    note = replace(note, actual=f"arn:aws:sqs:eu-west-1:1:{queue}")
    return replace(found(""), findings=(note, replace(missing, actual=None)))


def test_a_whole_record_proves_nothing_where_only_the_older_queue_is_set() -> None:
    """The engine sends the whole record there too; AWS would send the bare event."""
    report = near_missed("OrderProcessingDLQ")
    assert failing(GOOD, report) == {"record"}
    assert "Dead-letter queue is set" in judged(GOOD, report)["record"].cause


@pytest.mark.parametrize(
    "report",
    [near_missed("another"), near_missed("OrderProcessingDLQ", Level.HOLDS)],
    ids=["another-queue", "a-destination-too"],
)
def test_an_older_queue_beside_it_does_not_spoil_a_record(report: Report) -> None:
    assert failing(GOOD, report) == set()


def test_a_function_that_swallows_the_exception_is_named() -> None:
    told = judged(Evidence(answer=202, log=log(0, failures=0)))
    assert "catches the exception" in told["attempts"].cause
    assert told["record"].follows == "attempts"
    assert told["alerts"].follows == "attempts"


def test_a_function_that_logs_its_failure_and_swallows_it_is_named_too() -> None:
    told = judged(Evidence(answer=202, log=log(0), alerts=(0.5,)))
    assert "catches the exception" in told["attempts"].cause
    assert told["alerts"].holds


def test_a_run_that_the_platform_saw_fail_is_not_said_to_be_swallowed() -> None:
    raised = replace(log(0), raised=1)
    told = judged(Evidence(answer=202, log=raised, alerts=(0.5,)))
    assert "catches" not in told["attempts"].cause
    assert "--timeout" in told["attempts"].cause


def test_retries_that_are_switched_off_are_not_taken_for_a_swallowed_exception() -> None:
    report = found("async-invocation/UpdateInventory.retry_attempts")
    told = judged(Evidence(answer=202, log=log(0), alerts=(0.5,)), report)
    assert "catches" not in told["attempts"].cause


def test_a_bare_event_is_the_near_miss_of_the_destination() -> None:
    cause = judged(replace(GOOD, records=(BARE,)))["record"].cause
    assert "Dead-letter queue" in cause
    assert "On failure" in cause


def test_records_that_lambda_could_not_deliver_point_to_the_role() -> None:
    """The engine never asks the role for sqs:SendMessage: this is where that case is proven."""
    cause = judged(replace(GOOD, records=(), undelivered=1))["record"].cause
    assert "sqs:SendMessage" in cause


def test_a_record_that_vanished_points_to_who_else_reads_the_queue() -> None:
    assert "another program may have taken it" in judged(replace(GOOD, records=()))["record"].cause


@pytest.mark.parametrize(
    ("check", "changes", "name"),
    [
        ("async-invocation/UpdateInventory.retry_attempts", {"log": log(0)}, "attempts"),
        ("async-invocation/UpdateInventory.on_failure", {"records": ()}, "record"),
        ("async-invocation/UpdateInventory.exists", {"records": ()}, "record"),
        ("queue/OrderProcessingDLQ.exists", {"records": ()}, "record"),
        ("role-policy/orders-runtime.send_to_queue", {"records": ()}, "record"),
        ("additions/OrderProcessingDLQ.denials", {"records": ()}, "record"),
        ("additions/OrderProcessingAlerts.denials", {"alerts": ()}, "alerts"),
        ("rights/OrderProcessingRole.denied", {"records": ()}, "record"),
        ("topic/OrderProcessingAlerts.exists", {"alerts": ()}, "alerts"),
        ("role-policy/orders-runtime.publish", {"alerts": ()}, "alerts"),
        (
            "role-policy/orders-runtime.take_from_stock",
            {"records": (replace(RECORD, error="ClientError"),)},
            "error",
        ),
    ],
)
def test_what_the_survey_found_is_the_cause(check: str, changes: dict[str, Any], name: str) -> None:
    told = judged(replace(GOOD, **changes), found(check))[name]
    assert told.cause.startswith("Console › page: otherwise, not as documented.")


def test_the_near_miss_is_told_beside_the_missing_destination() -> None:
    base = found("async-invocation/UpdateInventory.on_failure")
    note = found("additions/UpdateInventory.dead_letter", level=Level.NOTE)
    report = replace(base, findings=(*note.findings, *base.findings))
    cause = judged(replace(GOOD, records=()), report)["record"].cause
    assert "Dead-letter queue is set" in cause
    assert "Console › page" in cause


def test_a_finding_about_another_function_is_no_cause() -> None:
    report = found("async-invocation/SendEmail.on_failure")
    assert "Console › page" not in judged(replace(GOOD, records=()), report)["record"].cause


def test_others_may_name_their_errors_as_they_like() -> None:
    evidence = replace(GOOD, records=(replace(RECORD, error="NoSuchItem"),))
    told = {e.name: e for e in judge(evidence, replace(PLAN, error=""))}
    assert told["error"].holds
    unnamed = replace(GOOD, records=(replace(RECORD, error=""),))
    assert not {e.name: e for e in judge(unnamed, replace(PLAN, error=""))}["error"].holds


def test_a_result_is_proven_only_if_everything_holds_and_something_was_expected() -> None:
    good, bad = judge(GOOD, PLAN), judge(replace(GOOD, records=()), PLAN)
    assert DrillResult(ORDER, "", 1, (), good).proven
    assert not DrillResult(ORDER, "", 1, (), bad).proven
    assert not DrillResult(ORDER, "", 1, (), ()).proven


def test_what_fails_by_itself_is_told_before_what_follows_from_it() -> None:
    result = DrillResult(ORDER, "", 1, (), judge(replace(GOOD, records=(), rows=1), PLAN))
    assert [e.name for e in result.failing] == ["record", "rows", "condition", "error", "quiet"]


# Functions that somebody else has written

THEIRS = replace(PLAN, own_intake=False, error="")


def judged_theirs(**changes: Any) -> dict[str, Expectation]:
    return {e.name: e for e in judge(replace(GOOD, **changes), THEIRS)}


@pytest.mark.parametrize("answer", [200, 201, 202, 204])
def test_others_accept_with_any_2xx(answer: int) -> None:
    told = judged_theirs(answer=answer)["accepted"]
    assert (told.holds, told.expected, told.actual) == (True, "2xx", str(answer))


@pytest.mark.parametrize("answer", [303, 400, 500, None])
def test_nothing_else_is_an_acceptance(answer: int | None) -> None:
    assert not judged_theirs(answer=answer, answered="")["accepted"].holds


@pytest.mark.parametrize("answer", [200, 201])
def test_ours_has_to_answer_202(answer: int) -> None:
    assert failing(replace(GOOD, answer=answer, answered="200 OK")) == {"accepted"}


@pytest.mark.parametrize(
    ("payload", "ours"),
    [
        ({"order": {"id": ORDER, "basket": {ITEM: 1}}}, True),
        ({"body": f'{{"order_id": "{ORDER}", "items": [{{"item_id": "{ITEM}"}}]}}'}, True),
        ({"order_id": ORDER}, False),
        ({"order_id": ORDER, "items": [{"item_id": f"{ITEM}-2"}]}, False),
        ({"order_id": f"{ORDER}9", "items": [{"item_id": ITEM}]}, False),
        (None, False),
    ],
    ids=["nested", "in-a-body", "no-item", "another-item", "another-order", "nothing"],
)
def test_the_payload_of_others_has_to_name_the_order_and_its_item(
    payload: object, ours: bool
) -> None:
    told = judged_theirs(records=(replace(RECORD, payload=payload),))["record"]
    assert told.holds is ours
    assert ("with another payload" in told.actual) is not ours


def test_ours_has_to_hand_the_order_on_as_it_was_posted() -> None:
    wrapped = {"body": f'{{"order_id": "{ORDER}", "items": [{{"item_id": "{ITEM}"}}]}}'}
    assert failing(replace(GOOD, records=(replace(RECORD, payload=wrapped),))) == {"record"}


def test_an_order_that_was_begun_in_spite_of_its_answer_is_judged_in_every_part() -> None:
    told = judged(replace(GOOD, answer=500, answered="500 x", records=()))
    assert "begun all the same" in told["accepted"].cause
    assert not told["record"].follows
    assert told["record"].cause
    assert told["attempts"].holds


def test_a_handler_that_fails_without_a_word_and_sends_no_alert_is_missed_the_alerts() -> None:
    """Its log tells of no failure; that it was run again does."""
    silent = replace(GOOD, log=log(0, 60, 180, failures=0), alerts=())
    assert failing(silent) == {"alerts"}


# Looks that were cut short, and aliases

CUT = "only 3000 of 12000 messages were looked through"


def test_a_record_that_may_be_among_what_was_not_looked_through_is_told_as_that() -> None:
    told = judged(replace(GOOD, records=(), cut_short=CUT))["record"]
    assert (told.holds, told.actual) == (False, CUT)
    assert ORDER in told.cause
    assert "another program" not in told.cause


def test_a_record_that_was_found_holds_though_not_all_was_looked_through() -> None:
    told = judged(replace(GOOD, cut_short=CUT))["record"]
    assert (told.holds, told.actual) == (True, f"1 record ({CUT})")


def test_an_alias_has_an_asynchronous_invocation_of_its_own() -> None:
    aliased = replace(GOOD, log=log(0), records=(replace(RECORD, qualifier="live"),))
    assert "UpdateInventory:live" in judged(aliased)["attempts"].cause
    assert not judged(replace(GOOD, records=(replace(RECORD, qualifier="live"),)))["attempts"].cause
