"""The stories leave no setting out: each adds a step, an attribute or a call to be cut off."""

from __future__ import annotations

from dataclasses import fields

from ordersetup.settings import Settings
from tests.stacks import full_stack
from tests.unit.stories import CHANGED, FULL

BESIDE = {"role_arn"}
"""A role of one's own takes the place of ours, and is only looked at."""
SETTINGS = {field.name for field in fields(Settings)} - BESIDE


def test_the_full_stack_has_every_setting_and_the_changed_one_has_each_otherwise() -> None:
    default, full = Settings(), Settings(**FULL)  # type: ignore[arg-type]  # as typed by name
    changed = full.changed(CHANGED, ())
    assert FULL.keys() == CHANGED.keys() == SETTINGS
    assert [name for name in SETTINGS if getattr(full, name) == getattr(default, name)] == []
    assert [name for name in SETTINGS if getattr(changed, name) == getattr(full, name)] == []


def test_the_weather_s_full_stack_has_every_setting_that_adds_a_step_or_an_attribute() -> None:
    built = full_stack(alarms=True).blueprint.settings
    same = {name for name in SETTINGS if getattr(built, name) == getattr(Settings(), name)}
    # How long logs are kept is an attribute whatever it is.
    assert same == {"retention_days"}
