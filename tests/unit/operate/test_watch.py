"""Again and again: at once, at equal distances, and not past the end."""

from __future__ import annotations

from itertools import islice

from ordersetup.operate.watch import every


class Clock:
    """A clock that rests alone move on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.rests: list[float] = []

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds


def test_the_first_time_is_at_once_and_the_others_follow_at_equal_distances() -> None:
    clock = Clock()
    times = []
    for _ in islice(every(5, None, clock=lambda: clock.now, rest=clock.rest), 3):
        times.append(clock.now)
        clock.now += 2
    assert times == [100, 105, 110]
    assert clock.rests == [3, 3]


def test_what_takes_longer_is_followed_by_the_next_at_once() -> None:
    clock = Clock()
    for _ in islice(every(5, None, clock=lambda: clock.now, rest=clock.rest), 2):
        clock.now += 7
    assert clock.rests == [0]


def test_there_is_no_time_after_the_end() -> None:
    clock = Clock()
    assert len(list(every(5, 111, clock=lambda: clock.now, rest=clock.rest))) == 3
    assert len(list(every(5, 100, clock=lambda: clock.now, rest=clock.rest))) == 1
