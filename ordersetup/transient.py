"""Transient: an answer of AWS that means "not yet", declared by the step whose call meets it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError


@dataclass(frozen=True)
class Transient:
    """An answer that means "not yet".

    Args:
        code: the exact error code.
        fragment: part of the message, narrow enough that a real fault does not match.
        reason: for people: what is being waited for.
        remedy: what to check if it never passes, since the lasting fault looks the same.
        within: seconds before the fault is taken for lasting.
        usual: seconds that AWS says it takes, which are counted down; None if it does not say.
    """

    code: str
    fragment: str
    reason: str
    remedy: str
    within: float
    usual: float | None = None

    def matches(self, error: BaseException) -> bool:
        """Whether `error` is this answer."""
        if not isinstance(error, ClientError):
            return False
        told = error.response.get("Error", {})
        return told.get("Code") == self.code and self.fragment in told.get("Message", "")

    @property
    def throttles(self) -> bool:
        """Whether it is a limit on how often a call is made, so that asking often is the fault."""
        return self is THROTTLED or self.code in _THROTTLES


def left(transients: Iterable[Transient], reason: str, waited: float) -> float | None:
    """Seconds until a wait should be over; None where AWS does not say how long it takes."""
    usual = next((t.usual for t in transients if t.reason == reason), None)
    return None if usual is None else max(0.0, usual - waited)


LOST_ANSWER = Transient(
    code="",
    fragment="",
    reason="the answer was lost on its way; looking at what became of the call",
    remedy="Check the network between here and AWS",
    within=60,
)
UNREACHED = Transient(
    code="",
    fragment="",
    reason="AWS has answered before and cannot be reached at the moment",
    remedy="Check the network between here and AWS",
    within=20,
)
SERVER_FAULT = Transient(
    code="",
    fragment="",
    reason="AWS answered with a fault of its own (HTTP 5xx)",
    remedy="Look at the AWS Health Dashboard",
    within=60,
)
THROTTLED = Transient(
    code="",
    fragment="",
    reason="AWS limits the rate of this call for the whole account",
    remedy="See which other programs call the same API in this account and region",
    within=120,
)

_LOST = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
"""No answer, or half of one."""

_UNREACHED = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, SSLError)
"""The name is not known, nobody listens, or who does is not trusted: no call was sent."""

_THROTTLES = frozenset(
    {
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ProvisionedThroughputExceededException",
    }
)


def is_unreached(error: object) -> bool:
    """Whether a call never left for want of a connection."""
    return isinstance(error, _UNREACHED)


def weather(error: BaseException) -> Transient | None:
    """What any call may meet: a lost answer, a fault of the server, a throttle; else None.

    A step reads again before it applies again, so none can make anything twice. An endpoint that
    has not answered in this run does not come here: `calls.Contact` ends that at once.
    """
    if is_unreached(error):
        return UNREACHED
    if isinstance(error, _LOST):
        return LOST_ANSWER
    if not isinstance(error, ClientError):
        return None
    if error.response.get("Error", {}).get("Code") in _THROTTLES:
        return THROTTLED
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return SERVER_FAULT if status >= 500 else None


def may_have_worked(error: BaseException) -> bool:
    """Whether the call may have had its effect all the same, though it failed."""
    # A connection may break for its encryption's sake also after the call was sent.
    return isinstance(error, SSLError) or weather(error) in (LOST_ANSWER, SERVER_FAULT)
