"""The words for what happens to a step."""

from __future__ import annotations

import pytest

from ordersetup.errors import StillDiffers
from ordersetup.events import Changed, Failed, Found, Outcome, Skipped, Unchanged
from ordersetup.step import Check
from ordersetup.views.words import MARKS, STYLES, differences, kind_of, remark


def check(label: str, actual: object, expected: object, *, waited: bool = False) -> Check:
    return Check(label.lower(), label, expected, actual, waited)


HOLDS, DIFFERS = check("Size", 1, 1), check("Size", 2, 1)
MOVES = check("Status", "Creating", "Active", waited=True)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Found("toy/car", (HOLDS,), stands=True), "same"),
        (Found("toy/car", (HOLDS, MOVES), stands=True), "same"),
        (Found("toy/car", (DIFFERS,), stands=True), "changed"),
        (Found("toy/car", (DIFFERS,), stands=False), "made"),
        (Changed("toy/car", created=True, changes=()), "made"),
        (Changed("toy/car", created=False, changes=()), "changed"),
        (Unchanged("toy/car"), "same"),
        (Skipped("toy/car", because="toy/box"), "skipped"),
        (Failed("toy/car", ValueError()), "failed"),
    ],
)
def test_each_outcome_has_its_kind_mark_and_style(outcome: Outcome, kind: str) -> None:
    assert kind_of(outcome) == kind
    assert len(MARKS[kind]) == 1
    assert STYLES[kind]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Failed("toy/car", StillDiffers("Size is 2, not 1.", "Look.")), "Size is 2, not 1."),
        (Skipped("toy/car", because="toy/box"), "not tried, because of toy/box"),
        (Changed("toy/car", created=False, changes=(DIFFERS, MOVES)), "Size, Status"),
        (Changed("toy/car", created=True, changes=(DIFFERS,)), ""),
        (Unchanged("toy/car"), ""),
        (Found("toy/car", (DIFFERS,), stands=True), ""),
    ],
)
def test_a_remark_says_what_the_mark_does_not(outcome: Outcome, words: str) -> None:
    assert remark(outcome) == words


def test_differences_tell_old_and_new_of_what_a_write_would_change() -> None:
    assert differences((HOLDS, DIFFERS, MOVES, check("Destination", None, "queue"))) == [
        "Size: 2 → 1",
        "Destination: none → queue",
    ]
