"""The one retry loop: bounded by time, never by attempts, and with a reason a person can read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event as Signal
from typing import TypeVar

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception,
    retry_if_result,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)

from ordersetup.errors import OrdersetupError, StillDiffers
from ordersetup.transient import Transient, weather

T = TypeVar("T")
Say = Callable[[str, float], None]
"""Is told what is waited for, and the seconds since that wait began."""


class Interrupted(OrdersetupError):
    """The user ended the run while this was being waited for."""


class Patience:
    """Waits on behalf of one piece of work.

    Args:
        stop: set when the run is interrupted; ends every wait at once.
        say: is told of each wait when it begins and at each look after it.
        ends: the moment, on `time.monotonic`'s clock, at which the whole run is out of time.
    """

    def __init__(self, stop: Signal, say: Say, ends: float) -> None:
        self._stop = stop
        self._say = say
        self._ends = ends

    def attempt(self, deed: Callable[[], T], transients: Sequence[Transient], what: str) -> T:
        """Do `deed`, again as long as its error means "not yet".

        Raises:
            StillDiffers: the same answer for longer than its transient allows, or no time left.
            Interrupted: the run was ended meanwhile.
            Exception: any other error of `deed`, at once and unchanged.
        """
        began: dict[Transient, float] = {}

        def not_yet(error: BaseException) -> bool:
            transient = next((t for t in transients if t.matches(error)), None) or weather(error)
            if transient is None or self._stop.is_set():
                return False
            waited = time.monotonic() - began.setdefault(transient, time.monotonic())
            if waited >= transient.within or time.monotonic() >= self._ends:
                raise _lasting(what, error, waited, transient) from error
            self._say(transient.reason, waited)
            return True

        result: T = self._loop(retry_if_exception(not_yet))(deed)
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
        began = time.monotonic()
        ends = min(began + within, self._ends)

        def poor(seen: T) -> bool:
            if good(seen) or time.monotonic() >= ends:
                return False
            self._say(reason(seen), time.monotonic() - began)
            return True

        result: T = self._loop(retry_if_result(poor))(look)
        return result

    def _loop(self, retry: Callable[[RetryCallState], bool]) -> Callable[[Callable[[], T]], T]:
        # Dense at first, since most waits are over within a second; 2 s suits the longer ones.
        retrying = Retrying(
            retry=retry,
            wait=wait_exponential(multiplier=0.25, exp_base=1.5, max=2),
            sleep=sleep_using_event(self._stop),
            stop=stop_when_event_set(self._stop),
        )

        def run(deed: Callable[[], T]) -> T:
            try:
                return retrying(deed)
            except RetryError:
                raise Interrupted(
                    "The run was interrupted while waiting.", "A rerun continues from here."
                ) from None

        return run


def _lasting(what: str, error: BaseException, waited: float, transient: Transient) -> StillDiffers:
    told = str(error).rpartition(" operation: ")[2] or str(error)
    return StillDiffers(
        f"{what} was refused for {waited:.0f} s: {told.rstrip('.')}.",
        f"{transient.remedy}, then run: ordersetup provision",
    )
