"""The live failure drill on stacks that others have built, with functions of another make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ordersetup.local import Engine
from tests.end_to_end.by_hand import GUIDE, OTHER, ByHand
from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.drills import counts, drill_queues, hold, subscribed
from tests.end_to_end.shop import Shop
from tests.end_to_end.theirs import written_by_others


def build(engine: Engine, names: Mapping[str, str], **how: Any) -> ByHand:
    stack = ByHand(Shop(engine.endpoint_url, "").client, names, **how)
    return replace(stack, code=written_by_others(stack)).build()


@pytest.fixture(scope="module")
def guide(engine: Engine) -> Shop:
    """The guide's stack under the guide's names, without a tag."""
    stack = build(engine, GUIDE)
    return Shop(engine.endpoint_url, f"{engine.endpoint_url}{stack.url}")


@pytest.fixture(scope="module")
def other(engine: Engine) -> ByHand:
    """The same under names of its own."""
    return build(engine, OTHER, environment=True)


def test_a_sound_pipeline_of_another_make_is_proven(guide: Shop) -> None:
    held = hold(guide)
    assert held.result.passed, held.result.failing
    assert [m.event for m in held.moments].count("attempt") == 3
    assert [m.event for m in held.moments].count("alert") == 3
    accepted = next(e for e in held.result.expectations if e.name == "accepted")
    assert (accepted.expected, accepted.actual) == ("2xx", "200")
    assert counts(guide) == (0, 0)
    assert (drill_queues(guide), subscribed(guide)) == ([], [])


def test_a_stack_under_other_names_is_proven_from_its_url_on(
    engine: Engine, other: ByHand, ordersetup: CommandLine
) -> None:
    url = f"{engine.endpoint_url}{other.url}"
    run = ordersetup("verify", "--url", url, "--drill", "--yes", "--json")
    assert run.code == 0, run.out + run.talk
    told = {line["type"]: line for line in map(json.loads, run.out.splitlines())}
    assert {a["topic"] for a in told["announcement"]["messages"]} == {
        *("shop-failures", "shop-thanks")
    }
    assert told["drill"]["proven"]
    record = next(e for e in told["drill"]["expectations"] if e["name"] == "record")
    assert record["title"] == "One record in shop-dead-letters, with the order's own payload"


def test_retries_that_are_off_are_found_by_the_drill_as_well(guide: Shop, engine: Engine) -> None:
    stack = ByHand(Shop(engine.endpoint_url, "").client, GUIDE)
    stack.configure("UpdateInventory", MaximumRetryAttempts=0)
    held = hold(guide)
    stack.configure("UpdateInventory")
    assert held.roots == {"attempts"}, held.result.failing
    assert "Retry attempts: 0" in held.cause("attempts")


def test_a_person_is_told_how_messages_of_another_make_are_known(
    guide: Shop, ordersetup: CommandLine
) -> None:
    assert guide
    run = ordersetup("verify", "--drill", "--yes")
    assert run.code == 0, run.out + run.talk
    assert "up to 3 messages each, which bear the order's id" in run.talk
    assert "@" not in run.out + run.talk
