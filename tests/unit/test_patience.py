"""Patience on a clock of our own: what is waited for, how long, and what ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ordersetup.errors import StillDiffers
from ordersetup.patience import DICE, Interrupted, Patience
from ordersetup.steps.api_removal import ONE_AT_A_TIME
from ordersetup.transient import LOST_ANSWER, THROTTLED, Transient

YOUNG = Transient(
    code="InvalidParameterValueException",
    fragment="cannot be assumed by Lambda",
    reason="the role is still spreading",
    remedy="Check the role's trust policy",
    within=30,
)


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateFunction")


TOO_MANY = refusal("TooManyRequestsException", "Too Many Requests")
TOO_YOUNG = refusal(YOUNG.code, "The role defined for the function cannot be assumed by Lambda.")


class Clock(threading.Event):
    """A stop signal whose waits take no time, and the clock on which they took it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self.now += timeout
        return self.is_set()


class Said(list[tuple[str, float]]):
    """What was said of the waits."""

    def __init__(self) -> None:
        super().__init__()
        self.took: list[tuple[str, float]] = []

    def say(self, reason: str, seconds: float) -> None:
        self.append((reason, seconds))

    def over(self, reason: str, seconds: float) -> None:
        self.took.append((reason, round(seconds, 3)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def patience(clock: Clock, said: Said) -> Patience:
    return Patience(clock, said.say, clock.now + 600, over=said.over, clock=lambda: clock.now)


def meeting(*errors: BaseException) -> Callable[[], str]:
    """A deed that meets these errors, one a try, and then succeeds."""
    coming = iter(errors)

    def deed() -> str:
        for error in coming:
            raise error
        return "made"

    return deed


class TestAttempt:
    def test_a_deed_that_succeeds_is_done_once_and_nothing_is_said(
        self, patience: Patience, clock: Clock, said: Said
    ) -> None:
        assert patience.attempt(lambda: "made", (YOUNG,), "Create function") == "made"
        assert (clock.waits, said, said.took) == ([], [], [])

    def test_a_transient_is_waited_for_and_says_why(
        self, patience: Patience, clock: Clock, said: Said
    ) -> None:
        deed = meeting(TOO_YOUNG, TOO_YOUNG)
        assert patience.attempt(deed, (YOUNG,), "Create function") == "made"
        assert said == [(YOUNG.reason, 0.0), (YOUNG.reason, clock.waits[0])]

    def test_waits_are_short_at_first_and_never_longer_than_two_seconds(
        self, patience: Patience, clock: Clock
    ) -> None:
        patience.attempt(meeting(*[TOO_YOUNG] * 12), (YOUNG,), "Create function")
        assert clock.waits[0] == 0.25
        assert clock.waits == sorted(clock.waits)
        assert clock.waits[-1] == 2

    def test_a_wait_that_is_over_tells_how_long_it_took(
        self, patience: Patience, clock: Clock, said: Said
    ) -> None:
        lost = ReadTimeoutError(endpoint_url="https://lambda.example")
        patience.attempt(meeting(TOO_YOUNG, TOO_YOUNG, lost), (YOUNG,), "Create function")
        assert said.took == [
            (YOUNG.reason, round(sum(clock.waits[:2]), 3)),
            (LOST_ANSWER.reason, round(clock.waits[2], 3)),
        ]

    def test_a_wait_that_was_in_vain_tells_how_long_it_took_too(
        self, patience: Patience, clock: Clock, said: Said
    ) -> None:
        with pytest.raises(ValueError, match="a bug"):
            patience.attempt(meeting(TOO_YOUNG, ValueError("a bug")), (YOUNG,), "Create function")
        assert said.took == [(YOUNG.reason, clock.waits[0])]

    @pytest.mark.parametrize(
        "error",
        [
            refusal(YOUNG.code, "Member must satisfy the regular expression"),
            refusal("AccessDeniedException", "The role … cannot be assumed by Lambda."),
            ValueError("a bug"),
        ],
        ids=["another message", "another code", "a bug"],
    )
    def test_any_other_error_goes_up_at_once_and_unchanged(
        self, patience: Patience, clock: Clock, error: Exception
    ) -> None:
        with pytest.raises(type(error)) as caught:
            patience.attempt(meeting(error), (YOUNG,), "Create function")
        assert caught.value is error
        assert clock.waits == []

    def test_a_transient_that_never_passes_becomes_an_error_with_its_remedy(
        self, patience: Patience, clock: Clock
    ) -> None:
        deed = meeting(*[TOO_YOUNG] * 99)
        with pytest.raises(StillDiffers) as caught:
            patience.attempt(deed, (YOUNG,), "Create function UpdateInventory")
        assert caught.value.happened == (
            "Create function UpdateInventory was refused for 31 s: "
            "The role defined for the function cannot be assumed by Lambda."
        )
        assert caught.value.then == (
            "Check the role's trust policy, then run: ordersetup provision"
        )
        assert caught.value.__cause__ is TOO_YOUNG
        assert 30 <= sum(clock.waits) <= 32

    def test_each_transient_has_its_own_time(self, patience: Patience, clock: Clock) -> None:
        busy = Transient("Busy", "", "the queue is busy", "Look at the queue", within=30)
        # Each is met for less than its 30 s, though together they take longer.
        deed = meeting(*[TOO_YOUNG] * 12, *[refusal("Busy", "")] * 12)
        assert patience.attempt(deed, (YOUNG, busy), "Create function") == "made"
        assert sum(clock.waits) > 30

    def test_a_lost_answer_is_a_transient_of_every_step(
        self, patience: Patience, said: Said
    ) -> None:
        deed = meeting(ReadTimeoutError(endpoint_url="https://lambda.example"))
        assert patience.attempt(deed, (), "Create function") == "made"
        assert said == [(LOST_ANSWER.reason, 0.0)]

    def test_the_end_of_the_whole_run_ends_a_wait_too(self, clock: Clock, said: Said) -> None:
        patience = Patience(clock, said.say, clock.now + 5, clock=lambda: clock.now)

        deed = meeting(*[TOO_YOUNG] * 99)
        with pytest.raises(StillDiffers) as caught:
            patience.attempt(deed, (YOUNG,), "Create function")
        assert sum(clock.waits) == pytest.approx(5)
        assert caught.value.then == (
            "The command's time is up: give it more with --timeout SECONDS, "
            "or just run: ordersetup provision"
        )

    def test_where_no_command_is_named_the_same_one_is_to_be_run_again(
        self, clock: Clock, said: Said
    ) -> None:
        patience = Patience(clock, said.say, clock.now + 5, clock=lambda: clock.now, again="")
        with pytest.raises(StillDiffers) as caught:
            patience.attempt(meeting(*[TOO_YOUNG] * 99), (YOUNG,), "Who you are")
        assert caught.value.then.endswith("or just run it again.")

    def test_after_a_stop_nothing_is_tried_again(self, patience: Patience, clock: Clock) -> None:
        tries = 0

        def deed() -> None:
            nonlocal tries
            tries += 1
            clock.set()
            raise TOO_YOUNG

        with pytest.raises(Interrupted):
            patience.attempt(deed, (YOUNG,), "Create function")
        assert tries == 1

    def test_a_stop_ends_a_wait_at_once(self) -> None:
        stop, waits = threading.Event(), threading.Event()
        patience = Patience(stop, lambda *_: waits.set(), time.monotonic() + 600)

        def interrupt() -> None:
            waits.wait(10)
            stop.set()

        user = threading.Thread(target=interrupt)
        user.start()
        began = time.monotonic()
        with pytest.raises(Interrupted):
            patience.until(lambda: 0, bool, within=600, reason=lambda _: "nothing comes")
        user.join()
        assert time.monotonic() - began < 10


class TestLimits:
    """What is refused for being asked too often is not asked often."""

    @pytest.fixture
    def knock(
        self, clock: Clock, patience: Patience
    ) -> Callable[[int, Transient | None, int], None]:
        """Meet a limit so many times, with these dice."""

        def knock(times: int, own: Transient | None, seed: int) -> None:
            clock.waits.clear()
            clock.now = 100.0
            DICE.seed(seed)
            patience.attempt(meeting(*[TOO_MANY] * times), (own,) if own else (), "Create")

        return knock

    def test_the_pauses_grow_to_eight_seconds(
        self, clock: Clock, knock: Callable[[int, Transient | None, int], None]
    ) -> None:
        at_most = [1, 2, 4, 8, 8, 8]
        longest = [0.0] * len(at_most)
        for seed in range(50):
            knock(len(at_most), None, seed)
            assert all(0 < wait <= most for wait, most in zip(clock.waits, at_most, strict=True))
            longest = [max(pair) for pair in zip(longest, clock.waits, strict=True)]
        assert all(wait > 0.8 * most for wait, most in zip(longest, at_most, strict=True))

    def test_two_who_meet_it_together_come_again_apart(
        self, clock: Clock, knock: Callable[[int, Transient | None, int], None]
    ) -> None:
        knock(5, None, 1)
        one = clock.waits.copy()
        knock(5, None, 2)
        assert all(abs(mine - yours) > 0.01 for mine, yours in zip(one, clock.waits, strict=True))
        knock(5, None, 1)
        assert clock.waits == one, "the same dice fall alike"

    def test_where_aws_says_how_long_it_lasts_it_is_asked_a_few_times_until_then(
        self, clock: Clock, said: Said, knock: Callable[[int, Transient | None, int], None]
    ) -> None:
        assert ONE_AT_A_TIME.usual == 30
        for seed in range(50):
            knock(12, ONE_AT_A_TIME, seed)
            asked = [sum(clock.waits[:tries]) for tries in range(len(clock.waits))]
            assert 4 <= len([at for at in asked if at < ONE_AT_A_TIME.usual]) <= 9
        assert {reason for reason, _ in said} == {ONE_AT_A_TIME.reason}

    def test_the_last_try_is_at_the_very_end_of_its_time(
        self, clock: Clock, patience: Patience
    ) -> None:
        with pytest.raises(StillDiffers, match="Too Many Requests"):
            patience.attempt(meeting(*[TOO_MANY] * 999), (), "Create function")
        assert sum(clock.waits) == pytest.approx(THROTTLED.within)

    def test_another_answer_in_between_is_looked_at_as_densely_as_ever(
        self, clock: Clock, patience: Patience
    ) -> None:
        patience.attempt(meeting(TOO_MANY, *[TOO_YOUNG] * 9), (YOUNG,), "Create function")
        assert max(clock.waits[1:]) <= 2


class TestUntil:
    def test_what_is_good_at_once_is_returned_without_a_word(
        self, patience: Patience, said: Said
    ) -> None:
        assert patience.until(lambda: 3, bool, within=10, reason=str) == 3
        assert said == []

    def test_what_becomes_good_is_waited_for_and_the_reason_told_at_each_look(
        self, patience: Patience, clock: Clock, said: Said
    ) -> None:
        looks = iter(["CREATING", "UPDATING", "ACTIVE"])
        seen = patience.until(
            lambda: next(looks),
            lambda status: status == "ACTIVE",
            within=10,
            reason=lambda status: f"the table is {status}",
        )
        assert seen == "ACTIVE"
        assert said == [
            ("the table is CREATING", 0.0),
            ("the table is UPDATING", clock.waits[0]),
        ]
        assert said.took == [
            ("the table is CREATING", clock.waits[0]),
            ("the table is UPDATING", clock.waits[1]),
        ]

    def test_past_its_time_the_bad_value_is_returned_after_a_last_look_at_the_very_end(
        self, patience: Patience, clock: Clock
    ) -> None:
        looked: list[float] = []

        def look() -> str:
            looked.append(clock.now)
            return "CREATING"

        seen = patience.until(look, lambda _: False, within=10, reason=str)
        assert seen == "CREATING"
        assert looked[-1] == pytest.approx(110)

    def test_the_end_of_the_whole_run_is_the_end_of_every_look(
        self, clock: Clock, said: Said
    ) -> None:
        patience = Patience(clock, said.say, clock.now + 1, clock=lambda: clock.now)
        assert patience.until(lambda: 0, bool, within=600, reason=str) == 0
        assert clock.now == pytest.approx(101)

    def test_without_any_time_left_there_is_still_one_look(self, clock: Clock, said: Said) -> None:
        patience = Patience(clock, said.say, clock.now, clock=lambda: clock.now)
        assert patience.until(lambda: "ACTIVE", bool, within=10, reason=str) == "ACTIVE"

    def test_an_error_while_looking_goes_up(self, patience: Patience) -> None:
        with pytest.raises(ClientError):
            patience.until(meeting(refusal("AccessDenied", "no")), bool, within=10, reason=str)

    def test_after_a_stop_nothing_is_looked_at_again(
        self, patience: Patience, clock: Clock
    ) -> None:
        looks = 0

        def look() -> int:
            nonlocal looks
            looks += 1
            clock.set()
            return 0

        with pytest.raises(Interrupted):
            patience.until(look, bool, within=10, reason=str)
        assert looks == 1
