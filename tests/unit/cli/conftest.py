"""The command line, in this process against moto or in one of its own against this machine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner

from ordersetup.cli import group
from ordersetup.cli.options import Options
from ordersetup.web import Web
from tests.wire import Visitor


@dataclass(frozen=True)
class Run:
    """What came of a command."""

    code: int
    out: str
    talk: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine(Protocol):
    """Runs `ordersetup` with these arguments."""

    def __call__(self, *args: str, web: Web | None = None, **variables: str) -> Run:
        """The variables are added to the environment."""


@pytest.fixture
def ordersetup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """In this process; the embedded engine's home is a temporary one."""
    monkeypatch.setenv("ORDERSETUP_STATE_DIR", str(tmp_path / "state"))
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: str, web: Web | None = None, **variables: str) -> Run:
        options = Options(web=web or Visitor())
        result = CliRunner().invoke(group, args, obj=options, env=variables, prog_name="ordersetup")
        return Run(result.exit_code, result.stdout, result.stderr)

    return run


class Terminal(io.BytesIO):
    """Somebody who types an answer, perhaps after a while."""

    def __init__(self, answer: bytes, meanwhile: Callable[[], object] = lambda: None) -> None:
        super().__init__(answer)
        self.meanwhile = meanwhile

    def isatty(self) -> bool:
        return True

    def read1(self, size: int | None = -1, /) -> bytes:
        self.meanwhile()
        return super().read1(size)


@pytest.fixture
def process(tmp_path: Path) -> CommandLine:
    """In a process of its own, without anything of this machine's AWS configuration."""

    def run(*args: str, web: Web | None = None, **variables: str) -> Run:
        assert web is None
        bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONWARNINGS": "error"}
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "ordersetup", *args],
            env={**bare, "AWS_EC2_METADATA_DISABLED": "true", **variables},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@dataclass
class Recorder:
    """An endpoint that notes what it is asked and refuses everything, in these words if any."""

    url: str = ""
    words: str = ""
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    found = Recorder()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.requests.append(self.path)
            self.error_message_format = found.words or self.error_message_format
            self.send_error(400)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Tests say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()
