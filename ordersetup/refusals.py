"""AWS's words into ours: what an answer that ends the work means, and what to do about it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointProviderError,
    HTTPClientError,
    PaginationError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from ordersetup.errors import ASK_FOR_IT, CannotReachAws, Denied, OrdersetupError

if TYPE_CHECKING:
    from botocore.model import OperationModel

_DENIALS = frozenset(
    {
        *("AccessDenied", "AccessDeniedException"),
        *("AuthorizationError", "AuthorizationErrorException"),
        "UnauthorizedOperation",  # EC2's word
    }
)
_FORBIDDEN = re.compile(
    r"perform: (?P<action>\S+)(?: on resource: (?P<resource>\S+))?(?P<because>.*)"
)
_GONE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NotFound"})
_QUOTAS = frozenset(
    {
        *("LimitExceededException", "LimitExceeded", "CodeStorageExceededException"),
        *("TopicLimitExceeded", "SubscriptionLimitExceeded", "TagLimitExceeded"),
    }
)
_EXPIRED = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken"),
        *("UnrecognizedClientException", "InvalidClientTokenId"),
        *("SignatureDoesNotMatch", "InvalidSignatureException"),
    }
)

# What an error may repeat: a password or a signature in a URL, a session's token, a key.
_SECRETS = (
    (re.compile(r"(?<=//)[^/\s@]+@"), ""),
    (re.compile(r"(?i)(\bhttps?://[^\s?'\"]*)\?[^\s'\"]+"), r"\1?…"),
    (re.compile(r"(?i)(x-amz-security-token['\"]?[:=]\s*b?['\"]?)[^\s&'\"]+"), r"\1(token)"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), "(access key)"),
)
# The caller's, also as a session's name.
_LOCAL = r"[\w/.!#$%&'*+=?^`{|}~-]"
_ADDRESS = re.compile(rf"(?<!{_LOCAL}){_LOCAL}+@[\w-]+(\.[\w-]+)+")


def is_denied(error: Exception) -> bool:
    """Whether AWS has refused the call for lack of a permission."""
    return isinstance(error, ClientError) and (
        error.response.get("Error", {}).get("Code", "") in _DENIALS
    )


def lasting(error: Exception) -> str:
    """What a refusal says that no waiting cures; empty for any other error.

    Named alone count: a call that is denied, a queue or topic that is gone, a key that may not be
    used, and a queue of which too much is being received already.
    """
    if not isinstance(error, ClientError):
        return ""
    code = error.response.get("Error", {}).get("Code", "")
    named = code in _DENIALS | _GONE or code.startswith("KMS.") or code.endswith("OverLimit")
    return message_of(error) or code if named else ""


class Refused(OrdersetupError):
    """AWS refused a call for a reason that waiting does not cure."""


def denied_action(error: Exception) -> str | None:
    """The action that the caller may not do, as the refusal names it; None for any other error."""
    if not (isinstance(error, ClientError) and is_denied(error)):
        return None
    found = _FORBIDDEN.search(message_of(error))
    return found["action"] if found else error.operation_name


class Unreadable(OrdersetupError):
    """AWS's answer is not what its documents say, or we read them wrongly."""


class Unreached(CannotReachAws):
    """An endpoint that has not answered in this run cannot be connected to."""


def unreached(error: Exception, url: str) -> Unreached:
    """What to say of an endpoint that nobody answers at.

    Args:
        error: what botocore says of it.
        url: the endpoint.
    """
    if isinstance(error, ProxyConnectionError):
        return Unreached(
            f"{message_of(error)}.",
            "Check the variables HTTPS_PROXY and HTTP_PROXY, then run it again.",
        )
    if isinstance(error, SSLError):
        return Unreached(
            f"{message_of(error)}.",
            "Check any endpoint you have set, and any proxy: its certificate is named by the "
            "variable AWS_CA_BUNDLE. Then run it again.",
        )
    return Unreached(
        f"AWS cannot be reached at {without_password(url)}.",
        "Check your network, any endpoint you have set, the region's name, and that the region has "
        "this service; then run it again.",
    )


AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError, Unreadable, Unreached)
"""What a call may raise, for those who can do without its answer."""

_MISREAD = (
    *(AttributeError, IndexError, KeyError, TypeError, ValueError),
    # Of pages that never end, and of a next request made from what makes no sense.
    *(EndpointProviderError, PaginationError, ParamValidationError),
)
"""What comes of a field that is missing or of another form; botocore raises these as well."""

_NAMED = 3
"""So many calls are named, since it is one of the last."""

_SHOW = "Run it again with --debug and report what that shows."


class _Asked(threading.local):
    """What this thread has asked AWS, the latest last."""

    def __init__(self) -> None:
        self.operations: dict[str, None] = {}


_asked = _Asked()


def note_call(model: OperationModel, **_: object) -> None:
    """Remember what this thread is asking AWS, to name it should the answer make no sense."""
    operation = f"{model.service_model.signing_name}:{model.name}"
    _asked.operations.pop(operation, None)
    _asked.operations[operation] = None


@contextmanager
def understood() -> Iterator[None]:
    """Name the calls of which one has an answer that the body cannot make sense of.

    Raises:
        Unreadable: a field is missing or of another form. Should the fault be ours, --debug shows
            where.
    """
    _asked.operations.clear()
    try:
        yield
    except _MISREAD as error:
        said = misread(error)
        if said is error:
            raise
        raise said from error


def misread(error: Exception) -> Exception:
    """The error, as one that names this thread's last calls if it can come of their answers."""
    *others, last = [*_asked.operations][-_NAMED:] or [""]
    if not last or not isinstance(error, _MISREAD):
        return error
    calls = f"{', '.join(others)} or {last}" if others else last
    return Unreadable(f"AWS's answer to {calls} makes no sense: {_named(error)}.", _SHOW)


def told(error: Exception) -> OrdersetupError:
    """The error as one sentence on what happened and one on what to do.

    Args:
        error: one of ours, which is returned as it is, or one of botocore's.
    """
    if isinstance(error, OrdersetupError):
        return error
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, ConnectionError | HTTPClientError):
        return CannotReachAws(
            f"{message_of(error)}.", "Check your network and the region, then run it again."
        )
    if isinstance(error, BotoCoreError):
        return CannotReachAws(f"{message_of(error)}.", "Check your AWS configuration.")
    if isinstance(error, ResponseParserError):
        return Unreadable(f"An answer of AWS cannot be read: {message_of(error)}.", _SHOW)
    return OrdersetupError(f"Something unforeseen went wrong: {_named(error)}.", _SHOW)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {message_of(error)}"


def message_of(error: BaseException) -> str:
    """What an error says, without its full stop, and without addresses and credentials.

    Its first line only: a refused signature is followed by the request's headers.
    """
    text = str(error)
    if isinstance(error, ClientError):
        text = error.response.get("Error", {}).get("Message", "")
    text = discreet(next(iter(text.splitlines()), ""))
    return _ADDRESS.sub("(address)", text).strip().rstrip(".:")


def discreet(text: str) -> str:
    """The text without the passwords, tokens, signatures and keys that stand in it."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def without_password(url: str) -> str:
    """A URL without the name and password that may stand before its host."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _refused(error: ClientError) -> OrdersetupError:
    code = error.response.get("Error", {}).get("Code", "")
    message = message_of(error)
    call = error.operation_name
    if is_denied(error):
        return _denied(message, call)
    if code in _EXPIRED:
        return CannotReachAws(
            f"AWS does not accept your credentials any more: {message}.",
            "Renew them and check this machine's clock, then run it again: it goes on from here.",
        )
    if code in _QUOTAS:
        return Refused(
            f"AWS refused {call}: a quota of the account is used up ({message}).",
            "Free some, or ask for more in the Service Quotas console, then run it again.",
        )
    return Refused(
        f"AWS refused {call} ({code}): {message or 'it gave no reason'}.",
        "Correct what it names, then run it again.",
    )


def _denied(message: str, call: str) -> Denied:
    found = _FORBIDDEN.search(message)
    if found is None:
        happened = f"Your credentials may not {call}: {message or 'it gave no reason'}."
    else:
        resource = f" on {found['resource']}" if found["resource"] else ""
        because = f": {found['because'].strip()}" if found["because"].strip() else ""
        happened = f"Your credentials may not {found['action']}{resource}{because}."
    return Denied(happened, ASK_FOR_IT)
