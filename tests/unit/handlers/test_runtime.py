from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from handlers.order import read_stock_event
from handlers.runtime import CONFIG, code_of, now


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ClientError({"Error": {"Code": "MessageRejected"}}, "SendEmail"), "MessageRejected"),
        (ReadTimeoutError(endpoint_url="https://ses"), "ReadTimeoutError"),
    ],
)
def test_a_failed_call_has_a_code(failure: ClientError | BotoCoreError, code: str) -> None:
    assert code_of(failure) == code


def test_a_call_that_hangs_and_its_alert_fit_into_a_function_of_30_seconds() -> None:
    config: Any = CONFIG  # botocore sets its options as attributes that the stubs do not know
    tries = config.retries["total_max_attempts"]
    pauses = sum(2**retry for retry in range(tries - 1))
    assert 2 * (tries * max(config.read_timeout, config.connect_timeout) + pauses) < 30


def test_now_is_a_time_that_the_workers_take() -> None:
    assert datetime.now(UTC) - datetime.fromisoformat(now()) < timedelta(seconds=5)
    event = {"order_id": "A-1", "items": [{"item_id": "lamp", "quantity": 1}]}
    assert read_stock_event(event, accepted_at=now())
