"""An engine of the test file's own, and the command line pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ordersetup.local import Engine, throwaway
from tests.end_to_end.command_line import REGION, CommandLine
from tests.end_to_end.shop import Shop


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with throwaway(region=REGION) as running:
        yield running


@pytest.fixture(scope="module")
def ordersetup(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine.local(tmp_path_factory.mktemp("home"), engine)


@pytest.fixture(scope="module")
def shop(ordersetup: CommandLine, engine: Engine) -> Shop:
    """A provisioned pipeline that mails its customers."""
    run = ordersetup("provision", "--sender", "shop@example.com", "--json")
    assert run.code == 0, run.out + run.talk
    return Shop(engine.endpoint_url, run.result["endpoint"])
