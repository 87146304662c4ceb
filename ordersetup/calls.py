"""One request: how long it may take, when it is not sent again, what its answer tells beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config

from ordersetup import __version__
from ordersetup.refusals import unreached
from ordersetup.transient import is_unreached

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


class Contact:
    """Keeps botocore from sending a call again where that is of no use.

    That is a quota, a run that has no time left, and an endpoint that cannot be connected to and
    has not answered in this run: a name or a region is wrong, or the network. One that has answered
    before is tried again, for it may be a moment's trouble.
    """

    def __init__(self) -> None:
        self._answered: set[str] = set()

    def watch(self, client: Any, has_time: Callable[[], bool]) -> None:
        """Listen to a client.

        Args:
            client: a boto3 client.
            has_time: whether there is time for one more request.
        """
        url = client.meta.endpoint_url

        def final(
            response: tuple[Any, Mapping[str, Any]] | None,
            caught_exception: Exception | None = None,
            **_: object,
        ) -> bool | None:
            if response is not None:
                self._answered.add(url)
            error = {} if response is None else response[1].get("Error", {})
            of_no_use = error.get("Code") in _QUOTAS or self._never(url, caught_exception)
            # The first word that is not None counts, and False is "no".
            return False if of_no_use or not has_time() else None

        def give_up(exception: Exception, **_: object) -> None:
            if self._never(url, exception):
                raise unreached(exception, url) from exception

        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"needs-retry.{service}", final)
        client.meta.events.register_last(f"after-call-error.{service}", give_up)

    def _never(self, url: str, error: Exception | None) -> bool:
        return url not in self._answered and is_unreached(error)


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
