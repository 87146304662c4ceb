"""What the tests share: an AWS in memory whose calls are recorded, and weather for it.

No test can reach the internet: the credentials are made up, and a connection to anything but this
machine is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Protocol, TypeAlias

import boto3
import hypothesis
import pytest
from moto import mock_aws

from ordersetup.aws import Aws
from ordersetup.removal import Wishes
from tests.emulators import corrected
from tests.runs import provisioned, removed, surveyed
from tests.stacks import REGION, AnyStep, Fall, Run
from tests.wire import Visitor, Watched, Wire

# How long an example takes says something of the machine, and nothing of the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - a name compared, not bound


def _stay_here(event: str, args: tuple[Any, ...]) -> None:
    """Refuse every connection and look-up that leaves this machine."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name and not name.startswith(_LOOPBACK):
        raise PermissionError(f"a test would have reached out to {name}")


sys.addaudithook(_stay_here)


@pytest.fixture(autouse=True)
def _nobodys_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up credentials, and nothing of the machine's own AWS configuration."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "ORDERSETUP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def _watched() -> tuple[Aws, Wire]:
    """One set of clients for all tests, since reading the service models is slow."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    wire = Wire()
    wire.watch(session)
    with mock_aws():
        return Watched(session, wire, Visitor()), wire


Account: TypeAlias = Callable[[], AbstractContextManager[Aws]]


@pytest.fixture
def account(_watched: tuple[Aws, Wire], monkeypatch: pytest.MonkeyPatch) -> Account:
    """Empty accounts in memory, one after another, moto's known departures corrected."""
    seam, wire = _watched

    @contextmanager
    def made() -> Iterator[Aws]:
        with mock_aws(), corrected():
            monkeypatch.setattr(seam, "web", Visitor())
            wire.forget()
            yield seam
            assert wire.undisturbed, "weather was ordered that never came"

    return made


@pytest.fixture
def aws(account: Account) -> Iterator[Aws]:
    """An empty AWS in memory."""
    with account() as seam:
        yield seam


@pytest.fixture(scope="session")
def _rivals() -> Aws:
    with mock_aws():
        return Aws(
            boto3.Session("testing", "testing", region_name=REGION),
            endpoint_url=None,
            web=Visitor(),
        )


@pytest.fixture
def rival(_rivals: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Another program in the same account, whose calls are neither recorded nor disturbed."""
    monkeypatch.setattr(_rivals, "web", Visitor())
    return _rivals


@pytest.fixture
def wire(_watched: tuple[Aws, Wire]) -> Wire:
    """The wire between `aws` and moto."""
    return _watched[1]


@pytest.fixture
def calls(wire: Wire) -> list[str]:
    """The operations called so far; clear it to begin anew."""
    return wire.calls


class Provision(Protocol):
    """Brings steps to what is wanted."""

    def __call__(
        self, steps: Sequence[AnyStep], *, timeout: float = 10, adopt: bool = False
    ) -> Run:
        """Survey, refuse conflicts, provision."""


Survey = Callable[[Sequence[AnyStep]], Run]


@pytest.fixture
def provision(aws: Aws) -> Provision:
    """Surveys, refuses conflicts and provisions steps; raises what made a step fail."""
    return partial(provisioned, aws)


@pytest.fixture
def survey(aws: Aws) -> Survey:
    """Reads steps and changes nothing."""
    return partial(surveyed, aws)


class TearDown(Protocol):
    """Removes what stands of some steps."""

    def __call__(
        self,
        steps: Sequence[AnyStep],
        *,
        strays: Sequence[AnyStep] = (),
        wishes: Wishes | None = None,
        timeout: float = 10,
    ) -> Fall:
        """Look for what stands, and do what was found."""


@pytest.fixture
def tear_down(aws: Aws) -> TearDown:
    """Shows and removes; raises what made a removal fail."""
    return partial(removed, aws)
