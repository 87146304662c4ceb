"""What the tests share: an AWS in memory whose calls are recorded, and weather for it.

No test can reach the internet: the credentials are made up, and a connection to anything but this
machine is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import boto3
import hypothesis
import pytest
from moto import mock_aws

from ordersetup.aws import Aws
from ordersetup.events import Event, Failed, Outcome
from ordersetup.lifecycle import Lifecycle
from ordersetup.removal import Teardown, Wishes
from tests.emulators import corrected
from tests.stacks import REGION, AnyStep, Fall, Run
from tests.wire import Visitor, Wire

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
        return Aws(session, endpoint_url=None, web=Visitor()), wire


@pytest.fixture
def aws(_watched: tuple[Aws, Wire], monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An empty AWS in memory, moto's known departures corrected."""
    seam, wire = _watched
    with mock_aws(), corrected():
        monkeypatch.setattr(seam, "web", Visitor())
        wire.forget()
        yield seam
        assert wire.undisturbed, "weather was ordered that never came"


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

    def run(steps: Sequence[AnyStep], *, timeout: float = 10, adopt: bool = False) -> Run:
        events: list[Event] = []
        lifecycle = Lifecycle(aws, steps, events.append, timeout=timeout, adopt=adopt)
        _raise_failure(lifecycle.survey())
        lifecycle.refuse_conflicts()
        outcomes = lifecycle.provision()
        _raise_failure(outcomes)
        return Run(outcomes, events, lifecycle.seen)

    return run


@pytest.fixture
def survey(aws: Aws) -> Survey:
    """Reads steps and changes nothing."""

    def run(steps: Sequence[AnyStep]) -> Run:
        events: list[Event] = []
        lifecycle = Lifecycle(aws, steps, events.append, timeout=10)
        outcomes = lifecycle.survey()
        _raise_failure(outcomes)
        return Run(outcomes, events, lifecycle.seen)

    return run


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

    def run(
        steps: Sequence[AnyStep],
        *,
        strays: Sequence[AnyStep] = (),
        wishes: Wishes | None = None,
        timeout: float = 10,
    ) -> Fall:
        events: list[Event] = []
        teardown = Teardown(
            aws, steps, events.append, timeout=timeout, strays=strays, wishes=wishes
        )
        removals = teardown.doomed()
        outcomes = teardown.remove(removals)
        _raise_failure(outcomes)
        return Fall(removals, outcomes, events)

    return run


def _raise_failure(outcomes: Mapping[AnyStep, Outcome]) -> None:
    for outcome in outcomes.values():
        if isinstance(outcome, Failed):
            raise outcome.error
