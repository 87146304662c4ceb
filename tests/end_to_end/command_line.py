"""The real command line, in a subprocess, as a person would run it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ordersetup.local import ROOT_CREDENTIALS, Engine

REGION = "ap-south-1"


@dataclass(frozen=True)
class Run:
    """What a finished command left."""

    code: int
    out: str
    talk: str

    @property
    def result(self) -> dict[str, Any]:
        """The last JSON line of stdout."""
        last: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return last


@dataclass(frozen=True)
class CommandLine:
    """Runs `ordersetup` with nothing of the user's own AWS set-up.

    Args:
        home: an empty home directory.
        where: variables that say which engine is meant.
    """

    home: Path
    where: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def local(cls, home: Path, engine: Engine) -> CommandLine:
        """As with --local, joining the test's engine."""
        return cls(home, {"ORDERSETUP_LOCAL": "1", "ORDERSETUP_STATE_DIR": str(engine.home)})

    @classmethod
    def at(cls, home: Path, endpoint_url: str) -> CommandLine:
        """As with any endpoint and ordinary credentials."""
        return cls(
            home,
            {
                "AWS_ENDPOINT_URL": endpoint_url,
                "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS.access_key_id,
                "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS.secret_access_key,
            },
        )

    def __call__(self, *arguments: str) -> Run:
        with self._started(arguments) as process:
            out, talk = process.communicate(timeout=120)
        return Run(process.returncode, out, talk)

    def interrupted(self, *arguments: str, when: Callable[[], None]) -> Run:
        """Run a command and press Ctrl-C once `when()` returns."""
        with self._started(arguments) as process:
            when()
            process.send_signal(signal.SIGINT)
            out, talk = process.communicate(timeout=60)
        return Run(process.returncode, out, talk)

    def killed(self, *arguments: str, when: Callable[[], object]) -> None:
        """Run a command and end it as a power cut does, once `when()` returns."""
        with self._started(arguments) as process:
            try:
                when()
            finally:
                process.kill()
            out, talk = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, out + talk

    def together(
        self, *commands: tuple[str, ...], meanwhile: Callable[[], object] = lambda: None
    ) -> list[Run]:
        """Run some commands, all started at once, and do something while they run.

        Returns:
            What they left, in the order in which they ended.
        """
        with ThreadPoolExecutor(len(commands)) as pool:
            runs = [pool.submit(self, *arguments) for arguments in commands]
            meanwhile()
            return [run.result() for run in as_completed(runs)]

    def answered(self, answer: str, *arguments: str) -> Run:
        """Run a command at a terminal, where it asks, and type an answer."""
        keyboard, terminal = pty.openpty()
        try:
            with self._started(arguments, stdin=terminal) as process:
                os.write(keyboard, f"{answer}\n".encode())
                out, talk = process.communicate(timeout=60)
        finally:
            os.close(keyboard)
            os.close(terminal)
        return Run(process.returncode, out, talk)

    def _started(
        self, arguments: tuple[str, ...], stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "ordersetup", *arguments],
            env={**kept, "HOME": str(self.home), "AWS_DEFAULT_REGION": REGION, **self.where},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
