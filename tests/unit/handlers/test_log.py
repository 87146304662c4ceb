from __future__ import annotations

import subprocess
import sys

import pytest

from handlers import log


def test_the_facts_stand_in_the_message_and_beside_it(caplog: pytest.LogCaptureFixture) -> None:
    log.write("accepted", order_id="A-1", faults=2)
    (record,) = caplog.records
    assert record.getMessage() == "accepted order_id=A-1 faults=2"
    assert vars(record)["order_id"] == "A-1"
    assert vars(record)["faults"] == 2


def test_a_percent_sign_is_only_a_percent_sign(caplog: pytest.LogCaptureFixture) -> None:
    log.write("accepted", order_id="%s%d")
    assert caplog.messages == ["accepted order_id=%s%d"]


def test_a_failure_is_logged_with_its_name_and_stack(caplog: pytest.LogCaptureFixture) -> None:
    log.write_failure("alert failed", ValueError("no topic"), order_id="A-1")
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == "alert failed order_id=A-1 error=ValueError"
    assert "no topic" in caplog.text


def test_an_engine_without_log_handler_still_gets_the_lines() -> None:
    script = "from handlers import log; log.write('attempt', order_id='A-1')"
    ran = subprocess.run(  # noqa: S603 (our own interpreter and script)
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ran.stderr == "INFO attempt order_id=A-1\n"


def test_a_handler_that_is_there_is_left_alone() -> None:
    script = (
        "import logging, sys; logging.getLogger().addHandler(logging.StreamHandler(sys.stdout));"
        "from handlers import log; log.write('attempt', order_id='A-1')"
    )
    ran = subprocess.run(  # noqa: S603 (our own interpreter and script)
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("attempt order_id=A-1\n", "")
