"""What the functions log: events with order and request, never an address or a body.

Lambda's JSON log format turns the facts into fields of their own; a plain-text log has only the
message, so the message bears them too: `attempt order_id=A-1 request_id=…`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Lambda's runtime has put a handler in place before this line, which then changes nothing. Some
# engines have none, and would lose everything below WARNING.
logging.basicConfig(format="%(levelname)s %(message)s")
_LOGGER = logging.getLogger("orders")
_LOGGER.setLevel(logging.INFO)


def write(event: str, **facts: str | int) -> None:
    """Log something that happened.

    Args:
        event: what happened, in a word or two.
        facts: what it happened to; no personal data.
    """
    _log(logging.INFO, event, facts)


def write_failure(event: str, failure: Exception, **facts: str | int) -> None:
    """Log a failure that goes no further, by the name of its error and with the stack.

    Args:
        event: what failed, in a word or two.
        failure: why; its message must be free of personal data.
        facts: what it happened to; no personal data.
    """
    _log(logging.ERROR, event, {**facts, "error": type(failure).__name__}, failure)


@contextmanager
def attempt(**facts: str | int) -> Iterator[None]:
    """Log that an attempt begins and, unless it ends well, which error ended it.

    Args:
        facts: what is attempted; no personal data.
    """
    write("attempt", **facts)
    try:
        yield
    except Exception as failure:
        # Without the stack, which the runtime logs when the error reaches it.
        _log(logging.ERROR, "failed", {**facts, "error": type(failure).__name__})
        raise


def _log(
    level: int, event: str, facts: Mapping[str, str | int], failure: Exception | None = None
) -> None:
    told = " ".join([event, *(f"{name}={fact}" for name, fact in facts.items())])
    _LOGGER.log(level, told, extra=facts, exc_info=failure)
