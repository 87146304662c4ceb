"""The AWS seam: the only maker of boto3 clients, and the one who knows who and where we are."""

from __future__ import annotations

import copy
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.exceptions import ProfileNotFound

from ordersetup import errand
from ordersetup.calls import (
    LONGEST_SECONDS,
    Contact,
    configured,
    seconds_for_a_call,
)
from ordersetup.errors import BadInput
from ordersetup.identity import SECONDS as IDENTITY_SECONDS
from ordersetup.identity import identify
from ordersetup.patience import Patience, Say
from ordersetup.refusals import note_call
from ordersetup.settings import DEFAULT_REGION, Connection, check_region
from ordersetup.web import Web

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

C = TypeVar("C")
T = TypeVar("T")

WORKERS = 16
"""Threads that may call AWS at once; each client's connection pool is as large."""

ATTEMPTS = 3
"""How often a call is sent that can be repeated without harm."""


class _Client(Generic[C]):
    """A boto3 client as an attribute, made at first use and only once, whatever thread asks."""

    def __init__(self, service: str, *, attempts: int = ATTEMPTS) -> None:
        self._service = service
        self._attempts = attempts

    def __get__(self, aws: Aws, _: type[Aws]) -> C:
        return cast("C", aws.client(self._service, self._attempts))


class Aws:
    """Who and where we are, and one typed client per service.

    Making clients is not thread-safe in boto3, using them is: they are made under a lock.

    Args:
        session: resolves credentials and region.
        endpoint_url: one endpoint for all services, or None for each one's own.
        web: asks the deployed API over HTTP.
        soon: services that will be called next; their clients are made while STS is asked.
        seconds: that all calls together may take; without end if nobody says.
        wait: is told what `ask` waits for, and since when.
    """

    apigateway: _Client[APIGatewayClient] = _Client("apigateway")
    cloudwatch: _Client[CloudWatchClient] = _Client("cloudwatch")
    dynamodb: _Client[DynamoDBClient] = _Client("dynamodb")
    iam: _Client[IAMClient] = _Client("iam")
    lambda_: _Client[LambdaClient] = _Client("lambda")
    logs: _Client[CloudWatchLogsClient] = _Client("logs")
    sesv2: _Client[SESV2Client] = _Client("sesv2")
    sns: _Client[SNSClient] = _Client("sns")
    sqs: _Client[SQSClient] = _Client("sqs")
    tagging: _Client[ResourceGroupsTaggingAPIClient] = _Client("resourcegroupstaggingapi")
    sts: _Client[STSClient] = _Client("sts", attempts=2)
    # CreateRestApi and CreateDeployment make a second one when a lost answer is repeated.
    once: _Client[APIGatewayClient] = _Client("apigateway", attempts=1)
    # Invoke runs a function a second time: whoever calls it decides whether that does harm.
    invoking: _Client[LambdaClient] = _Client("lambda", attempts=1)

    def __init__(
        self,
        session: boto3.Session,
        *,
        endpoint_url: str | None,
        web: Web,
        soon: Sequence[str] = (),
        seconds: float = math.inf,
        wait: Say = lambda *_: None,
    ) -> None:
        self.web = web
        self._wait, self._over = wait, threading.Event()
        self.allow(seconds)
        self.region: str = session.region_name
        self._session, self._endpoint_url = session, endpoint_url
        self._lock, self._contact = threading.Lock(), Contact()
        self._clients: dict[tuple[str, int, float], Any] = {}
        with self._making(soon):
            identity = identify(self.sts, self.ask)
        self.account, self.caller = identity.account, identity.caller
        self.partition, self.clock_ahead = identity.partition, identity.clock_ahead

    @classmethod
    def connect(
        cls,
        connection: Connection,
        *,
        web: Web | None = None,
        soon: Sequence[str] = (),
        seconds: float = math.inf,
        wait: Say = lambda *_: None,
    ) -> Aws:
        """Resolve credentials and identity, before anything else (STS GetCallerIdentity).

        Raises:
            BadInput: no such profile, or the configured region is malformed.
            CannotReachAws: no or stale credentials, no network, no such region.
        """
        session = _session(connection)
        url, web = connection.endpoint_url, web or Web()
        return cls(session, endpoint_url=url, web=web, soon=soon, seconds=seconds, wait=wait)

    def allow(self, seconds: float) -> None:
        """From now on, let all calls together take so long."""
        self._ends = time.monotonic() + seconds

    def seconds(self, wanted: float) -> float:
        """How long a request may take that should be given so many; less as the end is near."""
        return seconds_for_a_call(self._ends - time.monotonic(), wanted)

    def ask(self, deed: Callable[[], T], what: str) -> T:
        """Do what is no step's, again as long as nothing but the weather is in its way.

        Args:
            deed: reads; what it makes could be made twice.
            what: the deed, as a noun.

        Raises:
            StillDiffers: it was for too long.
            Exception: any other error of `deed`, at once and unchanged.
        """
        return Patience(self._over, self._wait, self._ends, again="").attempt(deed, (), what)

    @contextmanager
    def giving_up(self) -> Iterator[None]:
        """When the body is ended by an error or Ctrl-C, end all waits of `ask` in its threads."""
        try:
            yield
        except BaseException:
            self._over.set()
            raise

    def client(self, service: str, attempts: int) -> Any:
        """The client of a service that tries each request `attempts` times; made only once."""
        seconds = self.seconds(IDENTITY_SECONDS if service == "sts" else LONGEST_SECONDS)
        key = service, attempts, seconds
        with self._lock:
            made = self._clients.get(key)
            if made is None:
                made = self._session.client(
                    service,  # type: ignore[call-overload]  # the overloads want a literal
                    region_name=self.region,
                    endpoint_url=self._endpoint_url,
                    config=configured(attempts, seconds, connections=WORKERS),
                )
                # botocore makes the error classes at first use, and two threads two sets, so that
                # what one raises the `except` of the other lets through.
                _ = made.exceptions
                self._contact.watch(made, lambda: self._ends - time.monotonic() > seconds)
                made.meta.events.register("before-parameter-build", note_call)
                made.meta.events.register_last("request-created", errand.tell)
                self._clients[key] = made
            return made

    @contextmanager
    def _making(self, soon: Sequence[str]) -> Iterator[None]:
        """Make clients in the background; no more of them once the caller has failed."""
        _ = self.sts  # first: the caller waits for it
        maker = ThreadPoolExecutor(1, "clients")
        made = [maker.submit(self.client, service, ATTEMPTS) for service in soon]
        maker.shutdown(wait=False)
        try:
            yield
        except BaseException:
            _ = [client.cancel() for client in made]
            raise

    def elsewhere(self, region: str) -> Aws:
        """The same account, asked in another region."""
        other = copy.copy(self)
        other.region = region
        other._clients = {}
        return other

    def enabled_regions(self) -> list[str]:
        """The regions of the partition that the account has enabled (EC2 DescribeRegions)."""
        return sorted(r["RegionName"] for r in self.client("ec2", 3).describe_regions()["Regions"])

    @property
    def amazon(self) -> bool:
        """Whether API Gateway's endpoint is Amazon's own, not an emulator or a proxy."""
        host = urlsplit(self.apigateway.meta.endpoint_url).hostname or ""
        return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))

    def orders_url(self, api_id: str, stage: str, path: str) -> str:
        """Where the deployed API takes orders: what a shop's web page calls."""
        if self.amazon:
            suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
            return f"https://{api_id}.execute-api.{self.region}.{suffix}/{stage}{path}"
        base = self.apigateway.meta.endpoint_url.rstrip("/")
        return f"{base}/restapis/{api_id}/{stage}/_user_request_{path}"


def configured_region(connection: Connection) -> str:
    """The region that a connection would be made in; nothing is called.

    Raises:
        BadInput: no such profile, or the configured region is malformed.
    """
    return str(_session(connection).region_name)


def _session(connection: Connection) -> boto3.Session:
    # With keys of our own, a profile that the environment names has no say.
    no_profile = {"profile": (None, None, None, None)} if connection.keys else None
    access_key, secret = connection.keys or (None, None)

    def made(region: str | None) -> boto3.Session:
        return boto3.Session(
            profile_name=connection.profile,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            botocore_session=botocore.session.Session(session_vars=no_profile),
        )

    try:
        session = made(connection.region)
        if session.region_name is None:
            session = made(DEFAULT_REGION)
    except ProfileNotFound as error:
        name = connection.profile or os.environ.get("AWS_PROFILE")
        raise BadInput(
            f"There is no profile {name!r} in your AWS configuration.",
            "List the profiles with: aws configure list-profiles",
        ) from error
    check_region(session.region_name)
    return session
