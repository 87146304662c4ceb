"""The guide told without AWS: complete, findable, and the same as the page that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordersetup.errors import BadInput
from ordersetup.explain import ACCOUNT, find, guide
from ordersetup.steps.inspections import inspections
from ordersetup.views.explained import explained_fields, markdown
from tests.stacks import brought_stack, full_stack

GUIDE = guide("default", "ap-south-1")
PAGE = Path(__file__).parents[2] / "docs" / "console-steps.md"


def keys(wanted: str) -> list[str]:
    return [step.step for step in find(GUIDE, wanted)]


def test_the_kept_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(GUIDE), "run: make docs"


def test_every_kind_of_step_is_told_each_step_once() -> None:
    kinds = {
        type(step)
        for built in (full_stack(), brought_stack())
        for step in (*built.steps, *inspections(built.steps, built.blueprint))
    }
    names = [step.step for step in GUIDE]
    assert len(names) == len(set(names))
    assert {name.partition("/")[0] for name in names} >= {"sender", "subscriptions", "rows"}
    assert len(names) >= len(kinds)


def test_every_step_says_where_to_click_and_what_is_called() -> None:
    for step in GUIDE:
        assert " › " in step.console
        assert step.title
        assert step.link.startswith("https://console.aws.amazon.com/")
        assert "console/home" not in step.link, f"{step.step} has no page of its own"
        assert all(call.count(":") == 1 for call in (*step.reads, *step.writes))


def test_waits_say_their_reason_and_end() -> None:
    waits = [wait for step in GUIDE for wait in step.waits]
    assert waits
    assert all(wait.reason and wait.remedy and 0 < wait.within <= 300 for wait in waits)


def test_a_wait_that_aws_words_in_several_ways_is_told_once() -> None:
    for step in GUIDE:
        reasons = [wait.reason for wait in step.waits]
        assert len(reasons) == len(set(reasons))


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_to_the_regions_own_console(region: str, host: str) -> None:
    steps = guide("default", region)
    (table,) = find(steps, "table/Inventory")
    assert table.link == f"https://{host}/dynamodbv2/home?region={region}#table?name=Inventory"
    assert all(step.link.startswith(f"https://{host}/") for step in steps)


def test_arns_are_of_the_regions_partition() -> None:
    (step,) = find(guide("default", "cn-north-1"), "async-invocation/UpdateInventory")
    destination = next(c.expected for c in step.checks if c.label == "On failure")
    assert destination == f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:OrderProcessingDLQ"


def test_another_stack_is_told_by_its_own_names() -> None:
    assert find(guide("shop2", "eu-west-1"), "queue/shop2-OrderProcessingDLQ")


@pytest.mark.parametrize(
    "wanted",
    [
        "async-invocation/UpdateInventory",
        "async-invocation/update",
        "edit asynchronous UpdateInventory",
        "  Asynchronous   invocation of updateinventory ",
    ],
)
def test_a_step_is_found_by_key_beginning_and_words(wanted: str) -> None:
    assert keys(wanted) == ["async-invocation/UpdateInventory"]


def test_a_key_that_begins_another_key_is_that_step_alone() -> None:
    assert keys("table/Inventory") == ["table/Inventory"]
    assert keys("table/inv") == ["table/Inventory", "table/InventoryTransactions"]


def test_a_word_of_a_check_finds_the_steps_that_have_it() -> None:
    assert keys("retry attempts") == [
        "async-invocation/UpdateInventory",
        "async-invocation/SendEmail",
    ]


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(BadInput) as refused:
        find(GUIDE, "queue/OrderProcesingDLQ")
    assert refused.value.then == "Did you mean queue/OrderProcessingDLQ?"


def test_what_is_like_nothing_is_told_where_to_look() -> None:
    with pytest.raises(BadInput) as refused:
        find(GUIDE, "zzzzqqqq")
    assert refused.value.then == "See all of them with: ordersetup explain"


def test_a_program_gets_everything_of_a_step() -> None:
    (step,) = find(GUIDE, "async-invocation/UpdateInventory")
    fields = explained_fields(step)
    assert fields["writes"] == ["lambda:PutFunctionEventInvokeConfig"]
    assert fields["checks"][0] == {
        "check": "async-invocation/UpdateInventory.retry_attempts",
        "label": "Retry attempts",
        "expected": 2,
        "ours": False,
        "note": False,
    }
    assert {"reason", "within", "remedy"} == fields["waits"][0].keys()


def test_the_page_keeps_no_hash_that_a_handler_would_make_stale() -> None:
    assert "hash of this version's handlers" in PAGE.read_text(encoding="utf-8")


def test_what_is_like_nothing_much_is_suggested_nothing() -> None:
    with pytest.raises(BadInput) as refused:
        find(GUIDE, "nonsense")
    assert refused.value.then == "See all of them with: ordersetup explain"
