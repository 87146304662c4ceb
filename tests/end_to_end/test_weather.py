"""A bad day on the engine, by microburst: the commands as a person runs them, over HTTP."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence

import pytest

from ordersetup.local import Engine
from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.microburst import Storm, storm
from tests.weather.sky import Rule, played_on_an_engine, rules

OUTSIDE = {about: rule for about, rule in rules().items() if played_on_an_engine(rule)}


def groups() -> list[list[Rule]]:
    """The rules, such that no two of a group answer the same call."""
    found: list[dict[object, Rule]] = []
    for rule in OUTSIDE.values():
        call = (rule.get("service"), rule.get("operation"))
        group = next((g for g in found if call not in g), None)
        if group is None:
            found.append(group := {})
        group[call] = rule
    return [list(group.values()) for group in found]


GROUPS = [
    pytest.param(group, id=str(number), marks=[pytest.mark.slow] if number else [])
    for number, group in enumerate(groups())
]


@pytest.fixture(scope="module")
def sky(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    folder = tmp_path_factory.mktemp("microburst")
    with storm(engine.endpoint_url, folder / "log") as running:
        yield running


@pytest.fixture(scope="module")
def ordersetup(sky: Storm, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine.at(tmp_path_factory.mktemp("home"), sky.url)


@pytest.fixture(autouse=True)
def _nothing_stands_and_the_sun_shines(sky: Storm, ordersetup: CommandLine) -> Iterator[None]:
    yield
    sky.begin([])
    run = ordersetup("teardown", "--yes", "--delete-data", "--json")
    assert run.code == 0, run.out + run.talk


def told(out: str) -> set[str]:
    """What was waited for."""
    lines = [json.loads(line) for line in out.splitlines()]
    return {line["reason"] for line in lines if line["type"] == "waiting"}


def well(ordersetup: CommandLine, *args: str) -> str:
    run = ordersetup(*args, "--json")
    assert run.code == 0, run.out + run.talk
    return run.out


@pytest.mark.parametrize("group", GROUPS)
def test_the_commands_come_through_rules_on_different_calls(
    group: Sequence[Rule], sky: Storm, ordersetup: CommandLine
) -> None:
    sky.begin(group)
    waited = told(well(ordersetup, "provision"))
    assert waited
    well(
        *(ordersetup, "provision", "--retention-days", "90", "--tag", "Team=orders"),
        *("--cors-origin", "https://shop.example.com", "--alert-email", "ops@example.com"),
    )
    well(ordersetup, "verify")
    well(ordersetup, "teardown", "--yes")
    assert sky.unmet == []


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_the_commands_and_the_drill_come_through_a_mix(
    seed: int, sky: Storm, ordersetup: CommandLine
) -> None:
    dice = random.Random(seed)  # noqa: S311 - weather, not a secret
    sky.begin(dice.sample(list(OUTSIDE.values()), 25))
    well(ordersetup, "provision", "--alert-email", "ops@example.com")
    # What was just made is missed by the first to read it: that is not to be `verify`.
    well(ordersetup, "provision", "--retention-days", "90")
    well(ordersetup, "verify", "--drill")
    well(ordersetup, "plan", "--exit-code")
    well(ordersetup, "teardown", "--yes")
