"""How long a call may take."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from ordersetup.calls import LONGEST_SECONDS, seconds_for_a_call


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(900, 30), (30, 30), (29, 10), (9, 5), (4, 2), (1.5, 2), (0, 2), (-5, 2)],
)
def test_a_call_is_given_no_more_than_what_the_run_has_left(left: float, seconds: float) -> None:
    assert seconds_for_a_call(left) == seconds


def test_a_call_that_wants_less_gets_less() -> None:
    assert seconds_for_a_call(900, 5) == 5
    assert seconds_for_a_call(3, 5) == 2


def test_a_run_without_an_end_gives_every_call_its_full_time(aws: Aws) -> None:
    assert aws.seconds(LONGEST_SECONDS) == LONGEST_SECONDS
    assert aws.dynamodb is aws.dynamodb
