"""The one retry loop: bounded by time, never by attempts, and with a reason a person can read."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from threading import Event as Signal
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, wait_exponential

from ordersetup.errors import OrdersetupError, StillDiffers
from ordersetup.refusals import message_of, understood
from ordersetup.transient import THROTTLED, Transient, weather

T = TypeVar("T")
Say = Callable[[str, float], None]
"""Is told what is waited for, and the seconds since that wait began."""


DICE = random.Random()  # noqa: S311 - when to try again is no secret
"""Keep apart the tries of those who meet one limit together."""
_LONGEST_KNOCK = 8.0
# Dense at first, since most waits are over within a second; 2 s suits the longer ones.
_DENSE = wait_exponential(multiplier=0.25, exp_base=1.5, max=2)


class Interrupted(OrdersetupError):
    """The user ended the run while this was being waited for."""


class Patience:
    """Waits on behalf of one piece of work.

    Args:
        stop: set when the run is interrupted; ends every wait at once.
        say: is told of each wait when it begins and at each look after it.
        over: is told of each wait when it is over, with the seconds it took.
        ends: the moment, on the clock, at which the whole run is out of time.
        clock: tells the seconds that have passed since whenever.
        again: the command that goes on from where this one ends; empty for the same one.
    """

    def __init__(
        self,
        stop: Signal,
        say: Say,
        ends: float,
        *,
        over: Say | None = None,
        clock: Callable[[], float] = time.monotonic,
        again: str = "ordersetup provision",
    ) -> None:
        self._stop = stop
        self._say = say
        self._over = over
        self._ends = ends
        self._clock = clock
        self._again = again

    def attempt(self, deed: Callable[[], T], transients: Sequence[Transient], what: str) -> T:
        """Do `deed`, again as long as its error means "not yet".

        Raises:
            StillDiffers: the same answer for longer than its transient allows, or no time left.
            Interrupted: the run was ended meanwhile.
            Unreadable: an answer that `deed` got makes no sense.
            Exception: any other error of `deed`, at once and unchanged.
        """
        began: dict[Transient, float] = {}
        wait = _Wait(self._over, self._clock)
        knocks = _Knocks()

        def not_yet(error: BaseException) -> bool:
            transient = next((t for t in transients if t.matches(error)), None) or weather(error)
            if transient is None:
                return False
            now = self._clock()
            waited = now - began.setdefault(transient, now)
            if waited >= transient.within:
                raise self._refused(what, error, waited, f"{transient.remedy}, then") from error
            if now >= self._ends:
                raise self._refused(what, error, waited, _MORE_TIME) from error
            self._say(transient.reason, waited)
            wait.goes_on(transient.reason)
            knocks.refused(transient, waited)
            return True

        def understand() -> T:
            with understood():
                return deed()

        with wait:
            result: T = self._loop(
                retry_if_exception(not_yet), self._ends, lambda state: knocks.pause or _DENSE(state)
            )(understand)
        return result

    def until(
        self,
        look: Callable[[], T],
        good: Callable[[T], bool],
        *,
        within: float,
        reason: Callable[[T], str],
    ) -> T:
        """Look until what is seen is good, and return it; past `within` seconds, return it bad.

        Raises:
            Interrupted: the run was ended meanwhile.
        """
        began = self._clock()
        ends = min(began + within, self._ends)
        wait = _Wait(self._over, self._clock)

        def poor(seen: T) -> bool:
            if good(seen) or self._clock() >= ends:
                return False
            self._say(reason(seen), self._clock() - began)
            wait.goes_on(reason(seen))
            return True

        with wait:
            result: T = self._loop(retry_if_result(poor), ends, _DENSE)(look)
        return result

    def whole(self, more: Callable[[], int], reason: str) -> None:
        """Go on until nothing is left of what AWS takes a part of at a time.

        Args:
            more: does more of it; how much is left.
            reason: for people, with a place for how much is left.

        Raises:
            StillDiffers: something was left when the time was up.
            Interrupted: the run was ended meanwhile.
        """
        left = self.until(
            more, lambda left: not left, within=THROTTLED.within, reason=reason.format
        )
        if left:
            raise StillDiffers(f"{reason.format(left)}.", f"{_MORE_TIME} run: {self._again}")

    def _refused(self, what: str, error: BaseException, waited: float, then: str) -> StillDiffers:
        return StillDiffers(
            f"{what} was refused for {waited:.0f} s: {message_of(error)}.",
            f"{then} run: {self._again}" if self._again else f"{then} run it again.",
        )

    def _loop(
        self,
        retry: Callable[[RetryCallState], bool],
        ends: float,
        wait: Callable[[RetryCallState], float],
    ) -> Retrying:
        def rest(seconds: float) -> None:
            # Never past the end: the last look is the one that counts.
            if self._stop.wait(max(0.0, min(seconds, ends - self._clock()))):
                raise Interrupted(
                    "The run was interrupted while waiting.", "A rerun continues from here."
                )

        return Retrying(retry=retry, wait=wait, sleep=rest)


class _Knocks:
    """How long to stay away from a limit, so that those who meet it together do not come together.

    Exponential, with full jitter. Where AWS says how long its limit lasts, the shorter half of each
    pause is left out: few tries are of use before that.
    """

    def __init__(self) -> None:
        self._met = 0
        self.pause = 0.0
        """Seconds until the next try; none for what is no limit."""

    def refused(self, transient: Transient, waited: float) -> None:
        """A try was answered with this, after so many seconds of it."""
        self.pause = 0.0
        if not transient.throttles:
            return
        at_most: float = min(_LONGEST_KNOCK, 2.0**self._met)
        self._met += 1
        at_least = 0.0 if transient.usual is None else at_most / 2
        # The last try is at the very end of its time.
        self.pause = min(DICE.uniform(at_least, at_most), transient.within - waited)


class _Wait:
    """What is waited for at the moment, and since when; leaving it ends the wait."""

    def __init__(self, over: Say | None, clock: Callable[[], float]) -> None:
        self._over = over
        self._clock = clock
        self._reason = ""
        self._began = 0.0

    def goes_on(self, reason: str) -> None:
        """This is waited for from now on, if it was not already."""
        if reason != self._reason:
            self._end()
            self._reason, self._began = reason, self._clock()

    def __enter__(self) -> None:
        """Nothing is waited for yet."""

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._reason and self._over is not None:
            self._over(self._reason, self._clock() - self._began)
        self._reason = ""


_MORE_TIME = "The command's time is up: give it more with --timeout SECONDS, or just"
