"""Doing something again and again until its time is up or somebody ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator


def every(
    seconds: float,
    ends: float | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], object] | None = None,
) -> Iterator[None]:
    """At once, and then that many seconds after the last time began; Ctrl-C ends it in between.

    Args:
        seconds: from one beginning to the next; what takes longer is followed by the next at once.
        ends: the moment on the clock after which there is no next; None for never.
        clock: tells the seconds that have passed since whenever.
        rest: lets so many seconds pass.
    """
    pause = rest or threading.Event().wait
    while True:
        began = clock()
        yield
        due = began + seconds
        if ends is not None and due > ends:
            return
        pause(max(0.0, due - clock()))
