"""`provision --watch` on the engine: a handler is edited, and the next order meets the edit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

import ordersetup
from ordersetup.bundle import handlers_folder
from ordersetup.local import Engine
from ordersetup.web import Web
from tests.end_to_end.command_line import REGION

ORDER = {
    "customer_email": "jane.doe@example.com",
    "items": [{"item_id": "lamp-1", "quantity": 1}],
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the program and its handlers, so that nobody else's are edited."""
    copied = shutil.ignore_patterns("__pycache__")
    package = Path(ordersetup.__file__).parent
    shutil.copytree(package, tmp_path / "ordersetup", ignore=copied)
    shutil.copytree(handlers_folder(), tmp_path / "handlers", ignore=copied)
    return tmp_path


@pytest.fixture
def watching(engine: Engine, checkout: Path) -> Iterator[subprocess.Popen[str]]:
    variables = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        **{"HOME": str(checkout), "PYTHONPATH": str(checkout), "AWS_DEFAULT_REGION": REGION},
        **{"ORDERSETUP_LOCAL": "1", "ORDERSETUP_STATE_DIR": str(engine.home)},
    }
    with subprocess.Popen(
        [sys.executable, "-m", "ordersetup", "provision", "--watch", "--json", "--timeout", "90"],
        env=variables,
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def line(stream: IO[str] | None, kind: str) -> dict[str, Any]:
    """The next line of a type; --timeout ends the wait for one that does not come."""
    assert stream
    for text in stream:
        told: dict[str, Any] = json.loads(text)
        if told["type"] == kind:
            return told
    raise AssertionError(f"it ended without a line of type {kind}")


def status_of_an_order(url: str) -> Any:
    """What the API says of one."""
    answer = Web().ask(
        "POST",
        url,
        headers={"Content-Type": "application/json"},
        body=json.dumps(ORDER).encode(),
    )
    return json.loads(answer.body)["status"]


def test_an_edit_is_live_in_seconds_and_a_broken_one_stays_out(
    watching: subprocess.Popen[str], checkout: Path
) -> None:
    url = line(watching.stdout, "result")["endpoint"]
    assert line(watching.stdout, "watching")["folder"] == str(checkout / "handlers")
    handler = checkout / "handlers" / "process_order.py"
    source = handler.read_text()
    assert '"status": "accepted"' in source

    handler.write_text(source.replace('"status": "accepted"', '"status": "welcome"'))
    live = line(watching.stdout, "edit")

    assert live["files"] == ["handlers/process_order.py"]
    assert set(live["live"]) == {"ProcessOrder", "UpdateInventory", "SendEmail"}
    assert live["because"] == []
    assert status_of_an_order(url) == "welcome"

    handler.write_text("def handler(:\n")
    broken = line(watching.stdout, "edit")

    assert broken["live"] == []
    assert "process_order.py, line 1" in broken["because"][0]
    assert status_of_an_order(url) == "welcome"

    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=30) == 130
