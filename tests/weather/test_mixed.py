"""Much weather at once, in memory: as the seed has it, so that a bad day can be had again."""

from __future__ import annotations

import random

import pytest

from tests.weather.life import Life
from tests.weather.sky import BEFORE_ALL, ON_AN_ENGINE, Sky, rules
from tests.wire import Wire

RULES = 25
DAYS = [pytest.param(seed, marks=[pytest.mark.slow] if seed > 2 else []) for seed in range(1, 25)]


@pytest.mark.parametrize("seed", DAYS)
def test_a_stack_lives_through_a_day_of_many_rules(seed: int, life: Life, wire: Wire) -> None:
    dice = random.Random(seed)  # noqa: S311 - weather, not a secret
    known = [rule for about, rule in rules().items() if about not in ON_AN_ENGINE | BEFORE_ALL]
    wire.weather = Sky(dice.sample(known, RULES), wire.lose)
    assert life.live()
