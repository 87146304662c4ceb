"""Ctrl-C as a message among others: it waits its turn, and so never falls into another's telling.

Python raises KeyboardInterrupt between any two instructions of the main thread. In the middle of a
line that is being told it would leave that line half told: missing, or told again with the next.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def in_turn(put: Callable[[BaseException], None]) -> Iterator[None]:
    """Put the first Ctrl-C where the other messages go; the second one is raised at once.

    Only the main thread hears signals, and what somebody else does with Ctrl-C is left to them.

    Args:
        put: takes the KeyboardInterrupt; may be called within itself, as SimpleQueue's may.

    Raises:
        KeyboardInterrupt: it was put there, and the body has ended without it.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    came: list[KeyboardInterrupt] = []

    def hear(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        came.append(KeyboardInterrupt())
        put(came[0])

    signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        # It came after the last message that anyone waited for.
        raise came[0]
