"""AWS's words into ours: what an answer that ends the work means, and what to do about it."""

from __future__ import annotations

import re

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from ordersetup.errors import CannotReachAws, Denied, OrdersetupError

_DENIALS = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
)
_FORBIDDEN = re.compile(r"perform: (?P<action>\S+)(?: on resource: (?P<resource>\S+))?")
_QUOTAS = frozenset({"LimitExceededException", "LimitExceeded", "CodeStorageExceededException"})


class Refused(OrdersetupError):
    """AWS refused a call for a reason that waiting does not cure."""


def told(error: Exception) -> OrdersetupError:
    """The error as one sentence on what happened and one on what to do.

    Args:
        error: one of ours, which is returned as it is, or one of botocore's.
    """
    if isinstance(error, OrdersetupError):
        return error
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, EndpointConnectionError):
        return CannotReachAws(
            f"{str(error).rstrip('.')}.", "Check your network and the region, then run it again."
        )
    if isinstance(error, BotoCoreError):
        return CannotReachAws(f"{str(error).rstrip('.')}.", "Check your AWS configuration.")
    return OrdersetupError(
        f"Something unforeseen went wrong: {type(error).__name__}: {error}.",
        "Run it again with --debug and report what that shows.",
    )


def _refused(error: ClientError) -> OrdersetupError:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "").rstrip(".")
    call = error.operation_name
    if code in _DENIALS:
        found = _FORBIDDEN.search(message)
        action = found["action"] if found else call
        resource = f" on {found['resource'].rstrip('.')}" if found and found["resource"] else ""
        return Denied(
            f"Your credentials may not {action}{resource}: {message}.",
            "Ask whoever administers the account for that action, then run it again.",
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
