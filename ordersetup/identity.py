"""Who we are: the first call of nearly every run, and what its refusal means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)

from ordersetup.calls import clock_ahead
from ordersetup.errors import CannotReachAws, StillDiffers
from ordersetup.refusals import message_of, unreached

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

    Answer = GetCallerIdentityResponseTypeDef

SECONDS = 5
"""Until the answer counts as lost: it comes at once or not at all."""

_WHAT = "The question who you are"
_STALE_CREDENTIALS = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
        *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"),
        *("SignatureDoesNotMatch", "InvalidSignatureException", "AccessDenied"),
    }
)


@dataclass(frozen=True)
class Identity:
    """Whose credentials these are.

    Args:
        account: its number.
        caller: the caller's ARN.
        clock_ahead: seconds by which this machine's clock is ahead of AWS's; None if untold.
    """

    account: str
    caller: str
    clock_ahead: float | None

    @property
    def partition(self) -> str:
        """AWS's own, China's or the US government's."""
        return self.caller.split(":")[1]


def identify(sts: STSClient, ask: Callable[[Callable[[], Answer], str], Answer]) -> Identity:
    """Ask whose credentials these are (STS GetCallerIdentity).

    Args:
        sts: the client.
        ask: makes a call, and waits out throttles and faults of AWS's own.

    Raises:
        CannotReachAws: no or stale credentials, no network, no such region, or no answer in time.
    """
    try:
        answer = ask(lambda: _called(sts), _WHAT)
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise CannotReachAws(
            "There are no AWS credentials to work with.",
            "Set up a profile with: aws configure; or try it without an account: add --local",
        ) from error
    except (TokenRetrievalError, SSOError) as error:
        raise CannotReachAws(
            "Your AWS single sign-on session is missing or has expired.",
            "Sign in with: aws sso login",
        ) from error
    except StillDiffers as error:
        raise CannotReachAws(error.happened, error.then) from error
    except ClientError as error:
        if error.response["Error"]["Code"] not in _STALE_CREDENTIALS:
            raise
        raise CannotReachAws(
            f"AWS refused your credentials: {message_of(error)}.",
            "Renew them, and check this machine's clock.",
        ) from error
    except BotoCoreError as error:
        raise CannotReachAws(
            f"AWS could not be asked who you are: {message_of(error)}.",
            "Check your AWS configuration and network.",
        ) from error
    return Identity(answer["Account"], answer["Arn"], clock_ahead(answer))


def _called(sts: STSClient) -> Answer:
    try:
        return sts.get_caller_identity()
    except ReadTimeoutError as error:
        # Who has taken the call and been silent to both tries of botocore is hardly AWS.
        raise unreached(error, sts.meta.endpoint_url) from error
