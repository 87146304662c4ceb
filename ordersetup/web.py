"""HTTP to the deployed API: what a shop's web page would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from ordersetup import __version__
from ordersetup.errors import OrdersetupError


class NoAnswer(OrdersetupError):
    """The endpoint did not answer the request at all.

    Args:
        reason: why, without the address.
    """

    def __init__(self, happened: str, then: str, reason: str = "nothing was answered") -> None:
        super().__init__(happened, then)
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web:
    """Asks over HTTP, each time on a new connection, as a new visitor would.

    API Gateway serves from many nodes: answers on one kept connection would prove one node only.

    Args:
        kept: how many connections are kept and used again, for load; 0 for new ones each time.
    """

    def __init__(self, *, kept: int = 0) -> None:
        self._kept = self._pool(kept) if kept else None

    def crowd(self, size: int) -> Web:
        """The same for so many threads at once, each of which keeps its connection."""
        return Web(kept=size)

    def close(self) -> None:
        """Give the kept connections up."""
        if self._kept is not None:
            self._kept.clear()

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 35,
    ) -> Answer:
        """Send one request and return whatever is answered.

        Args:
            method: GET, POST, OPTIONS …
            url: where to.
            headers: request headers beside our user agent.
            body: the request's body.
            timeout: seconds for the whole exchange; API Gateway itself ends one after 29.

        Raises:
            NoAnswer: the connection failed or timed out.
        """
        try:
            answer = self._request(
                method,
                url,
                headers=headers or {},
                body=body,
                timeout=urllib3.Timeout(total=timeout),
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            reason = _reason(error, timeout)
            raise NoAnswer(
                f"{url} did not answer: {reason}.", "Check the network, then try again.", reason
            ) from error
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(status=answer.status, headers=found, body=answer.data)

    def _request(
        self, method: str, url: str, *, headers: Mapping[str, str], **how: Any
    ) -> urllib3.BaseHTTPResponse:
        ours = {"User-Agent": f"ordersetup/{__version__}", **headers}
        if self._kept is not None:
            return self._kept.request(method, url, headers=ours, **how)
        # A pool of its own: whether the far end heeds "close" at once, or at all, is its affair.
        with self._pool(1) as pool:
            return pool.request(method, url, headers={**ours, "Connection": "close"}, **how)

    @staticmethod
    def _pool(size: int) -> urllib3.PoolManager:
        return urllib3.PoolManager(maxsize=size, retries=False)


def _reason(error: urllib3.exceptions.HTTPError, timeout: float) -> str:
    # A refused connection is a kind of time-out to urllib3, so the system's own word comes first.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"nothing came within {timeout:g} s"
    return str(error).rpartition(": ")[2].rstrip(".")
