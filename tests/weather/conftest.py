"""A stack whose whole life can be lived in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ordersetup.aws import Aws
from tests.conftest import Provision, Survey, TearDown
from tests.stacks import make_policies
from tests.weather.endpoint import Endpoint, listening
from tests.weather.life import Life


@pytest.fixture
def life(aws: Aws, rival: Aws, provision: Provision, survey: Survey, tear_down: TearDown) -> Life:
    make_policies(aws)
    return Life(aws, rival, provision, survey, tear_down)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as running:
        yield running
