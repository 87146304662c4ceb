"""One request: how long it may take, when it is not sent again, what its answer tells beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config

from ordersetup import __version__

LONGEST_SECONDS = 30
"""Until an answer counts as lost: it outlasts a queue's longest poll, of 20 s."""
_CONNECT_SECONDS = 5
_SECONDS = (LONGEST_SECONDS, 10, 5, 2)
"""The times that a request may be given; botocore has one for all requests of a client.

The shortest outlasts a queue's poll of a second.
"""

_QUOTAS = frozenset({"LimitExceededException"})
"""botocore takes them for throttles, and sends the call three times: no waiting cures them."""


def seconds_for_a_call(left: float, wanted: float = LONGEST_SECONDS) -> float:
    """How long a request that begins now may take, so that it ends with the run.

    Args:
        left: seconds that the run has left; less than two are not heeded.
        wanted: seconds it should be given.
    """
    return min(wanted, next((s for s in _SECONDS if s <= left), _SECONDS[-1]))


def configured(attempts: int, seconds: float, *, connections: int) -> Config:
    """A client's configuration.

    Retries are set here, so that a user's environment cannot change what a lost answer does.

    Args:
        attempts: how often a request is sent that fails in passing.
        seconds: until an answer counts as lost.
        connections: kept for use again.
    """
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=min(seconds, _CONNECT_SECONDS),
        read_timeout=seconds,
        max_pool_connections=connections,
        user_agent_extra=f"ordersetup/{__version__}",
    )


def refuse_repeating(client: Any, has_time: Callable[[], bool]) -> None:
    """Keep botocore from sending a call of this client again where that is of no use.

    Args:
        client: a boto3 client.
        has_time: whether there is time for one more request.
    """

    def final(response: tuple[Any, Mapping[str, Any]] | None, **_: object) -> bool | None:
        error = {} if response is None else response[1].get("Error", {})
        # The first word that is not None counts, and False is "no".
        return False if error.get("Code") in _QUOTAS or not has_time() else None

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}", final)


def clock_ahead(answer: Mapping[str, Any] | BaseException) -> float | None:
    """Seconds by which this machine's clock is ahead of AWS's; None if that cannot be told.

    Args:
        answer: what a call has just answered, or the error that it has just raised.
    """
    told = answer if isinstance(answer, Mapping) else getattr(answer, "response", {})
    headers = told.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return time.time() - parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
