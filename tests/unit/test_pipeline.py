"""The list of steps as a whole: its names, its order and its edges."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from ordersetup.settings import Settings
from ordersetup.step import shown_fields
from ordersetup.steps.stage import Stage
from tests.stacks import AnyStep, Built, brought_stack, full_stack, stack

STACKS = {
    "plain": stack(),
    "full": full_stack(),
    "with a role of one's own": brought_stack(),
    "after all is unset": stack(former=full_stack().blueprint.settings),
    "with alarms": stack(alarms=True),
    "after alarms are unset": stack(former=Settings(alarms=True)),
    "another name": stack("shop2"),
}
every_stack = pytest.mark.parametrize("built", STACKS.values(), ids=STACKS)


@every_stack
def test_keys_are_unique(built: Built) -> None:
    keys = [step.key for step in built.steps]
    assert len(set(keys)) == len(keys)


@every_stack
def test_every_edge_leads_to_a_step_of_the_list(built: Built) -> None:
    for step in built.steps:
        edges = {*step.needs, *step.looks_at, *([step.parent] if step.parent else [])}
        assert edges <= set(built.steps), step.key


@every_stack
def test_each_step_stands_after_what_it_needs_and_looks_at(built: Built) -> None:
    place = {step: number for number, step in enumerate(built.steps)}
    for step in built.steps:
        before = [*step.needs, *step.looks_at]
        assert all(place[other] < place[step] for other in before), step.key


@every_stack
def test_no_step_waits_for_itself(built: Built) -> None:
    TopologicalSorter({s: {*s.needs, *s.looks_at} for s in built.steps}).prepare()


@every_stack
def test_what_a_step_lives_in_has_been_read_before_it(built: Built) -> None:
    for step in built.steps:
        assert step.parent is None or step.parent in step.looks_at, step.key


@every_stack
def test_what_a_step_lives_in_is_made_before_it(built: Built) -> None:
    for step in built.steps:
        assert step.parent is None or step.parent in _all_needed(step), step.key


@every_stack
def test_a_survey_is_four_reads_deep_at_most(built: Built) -> None:
    def depth(step: AnyStep) -> int:
        return 1 + max((depth(other) for other in step.looks_at), default=0)

    assert max(depth(step) for step in built.steps) <= 4


@every_stack
def test_all_of_one_api_take_turns(built: Built) -> None:
    on_the_api = [s for s in built.steps if any(c.startswith("apigateway:") for c in s.calls.write)]
    assert len({step.lane for step in on_the_api}) == 1
    assert all(step.lane for step in on_the_api)


@every_stack
def test_every_step_says_what_it_is_and_where_a_person_clicks_it(built: Built) -> None:
    titles = [step.title for step in built.steps]
    assert len(set(titles)) == len(titles)
    assert all(" › " in step.console for step in built.steps)


@every_stack
def test_labels_of_one_step_are_distinct(built: Built) -> None:
    for step in built.steps:
        labels = [check.label for check in step.checks(None)]
        assert len(set(labels)) == len(labels), step.key


@every_stack
def test_what_is_declared_exists(built: Built) -> None:
    for step in built.steps:
        assert step.fixed <= shown_fields(type(step.desired)).keys(), step.key
        assert not set(step.calls.read) & set(step.calls.write), step.key
        assert len(set(step.transient)) == len(step.transient), step.key


def test_two_stacks_of_a_region_share_no_name() -> None:
    keys = [{step.key for step in stack(name).steps} for name in ("default", "shop2")]
    assert keys[0].isdisjoint(keys[1])


def test_the_stack_called_default_bears_the_guides_names() -> None:
    assert {step.key for step in stack("default").steps} >= {
        "table/Inventory",
        "table/InventoryTransactions",
        "queue/OrderProcessingDLQ",
        "topic/OrderConfirmationTopic",
        "topic/OrderProcessingAlerts",
        "function/ProcessOrder",
        "function/UpdateInventory",
        "function/SendEmail",
        "rest-api/EcommerceAPI",
        "resource/EcommerceAPI/orders",
    }


@pytest.mark.parametrize(
    "former", [Settings(retention_days=7), Settings(alert_emails=("ada@example.com",))]
)
def test_what_depends_on_a_changed_setting_waits_for_what_remembers_it(former: Settings) -> None:
    built = stack(former=former)
    alerts = built.step("topic/OrderProcessingAlerts")
    for key in ("log-group//aws/lambda/SendEmail", "role/OrderProcessingRole-eu-west-1"):
        assert alerts in _all_needed(built.step(key)), key


def test_a_stack_of_defaults_waits_for_no_topic() -> None:
    assert built_needs(stack(), "log-group//aws/lambda/SendEmail") == set()


def built_needs(built: Built, key: str) -> set[AnyStep]:
    return _all_needed(built.step(key))


def _all_needed(step: AnyStep) -> set[AnyStep]:
    found: set[AnyStep] = set()
    for other in step.needs:
        found |= {other} | _all_needed(other)
    return found


# A change of this value makes every user's next run deploy to the stage anew. That is right where
# what the stage serves has changed, and only there: a renamed key or attribute must not do it.
DEFINITION = "59e228d753bea71c"


def test_what_the_stage_serves_is_known_by_this_hash() -> None:
    (stage,) = (step for step in stack().steps if isinstance(step, Stage))
    assert stage.desired.serves == DEFINITION


def test_only_what_the_stage_serves_is_in_the_hash() -> None:
    def serves(built: Built) -> str:
        (stage,) = (step for step in built.steps if isinstance(step, Stage))
        return stage.desired.serves

    plain = serves(stack())
    assert serves(stack(retention_days=7, tags=(("Team", "orders"),))) == plain
    assert serves(stack(sender="shop@example.com")) == plain
    assert serves(stack(cors_origin="https://shop.example.com")) != plain
