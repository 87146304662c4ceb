from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordersetup.operate.load_tally import Bits, Histogram, Tally
from ordersetup.web import Answer, NoAnswer

times = st.floats(0.0005, 60)


@settings(derandomize=True)
@given(st.lists(times, min_size=1, max_size=300), st.sampled_from([1, 50, 90, 99, 100]))
def test_a_percentile_is_the_one_of_the_sorted_times_to_within_two_percent(
    seconds: list[float], percent: int
) -> None:
    histogram = Histogram()
    for each in seconds:
        histogram.add(each)
    place = max(1, -(-len(seconds) * percent // 100)) - 1
    assert histogram.percentile(percent) == pytest.approx(sorted(seconds)[place], rel=0.021)
    assert histogram.longest == max(seconds)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 10_000.0])
def test_a_time_beyond_the_buckets_is_counted_in_the_last_of_them(seconds: float) -> None:
    histogram = Histogram()
    histogram.add(seconds)
    assert histogram.percentile(50) <= seconds
    assert histogram.count == 1


def test_no_times_have_no_percentile() -> None:
    assert Histogram().percentile(99) == 0


@settings(derandomize=True)
@given(st.lists(st.integers(0, 70)))
def test_bits_are_a_set_of_numbers(numbers: list[int]) -> None:
    bits = Bits(71)
    known: set[int] = set()
    for number in numbers:
        assert bits.add(number) == (number not in known)
        known.add(number)
    assert list(bits) == sorted(known)
    assert len(bits) == len(known)
    assert all((number in bits) == (number in known) for number in range(71))


@pytest.mark.parametrize(
    ("answer", "outcome", "doubtful"),
    [
        (Answer(202, {}, b""), "accepted", False),
        (Answer(429, {}, b""), "throttled", False),
        (Answer(503, {}, b""), "throttled", True),
        (Answer(400, {}, b""), "refused", False),
        (Answer(403, {}, b""), "refused", False),
        (Answer(500, {}, b""), "failed", True),
        (Answer(504, {}, b""), "failed", True),
        (NoAnswer("It did not answer.", "Try again."), "unanswered", True),
    ],
    ids=["202", "429", "503", "400", "403", "500", "504", "none"],
)
def test_an_answer_has_one_outcome_and_may_leave_a_doubt(
    answer: Answer | NoAnswer, outcome: str, doubtful: bool
) -> None:
    tally = Tally(1)
    tally.note(0, answer, 0.1)
    assert dict(tally.outcomes) == {outcome: 1}
    assert (0 in tally.accepted) == (outcome == "accepted")
    assert (0 in tally.doubtful) == doubtful
    assert tally.sent == 1
