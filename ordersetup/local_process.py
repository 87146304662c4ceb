"""The embedded engine as a process: started detached, known again later, asked, ended.

A process id alone proves nothing, since the system gives it to another program once it is free; nor
does an open port. So each start has a random token, which stands in the command line and comes back
in the health answer. Nothing is used before its answer bears the token, and nothing is signalled
before its command line does.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ordersetup.errors import EngineFailed

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05
_HEALTH_SECONDS = 2.0
_GRACE_SECONDS = 5.0
_SERVICES = (
    "apigateway,cloudformation,dynamodb,iam,lambda,logs,monitoring,s3,ses,sns,sqs,sts,tagging"
)
# The engine reads dozens of variables, and a user's own (credentials, proxies, settings of another
# MiniStack) would change what it does, so only what Python itself needs is handed on.
_INHERITED = "PATH HOME USER LOGNAME LANG LC_ALL LC_CTYPE TZ PYTHONPATH PYTHONHOME LD_LIBRARY_PATH"


class Credentials(NamedTuple):
    """An access key of the engine."""

    access_key_id: str
    secret_access_key: str


ROOT_CREDENTIALS = Credentials("test", "test")


class PortTaken(EngineFailed):
    """Another program took the port between our choice and the engine's start."""


@dataclass(frozen=True)
class Process:
    """A process we started, perhaps in an earlier command.

    Attributes:
        pid: its id, which is also the id of its process group.
        port: the port it was given.
        token: the random word that tells it from all others.
        started: when, ISO 8601 in UTC.
    """

    pid: int
    port: int
    token: str
    started: str

    def lives(self) -> bool:
        """Whether it still runs: a process of this id does, and bears our token."""
        return _mark(self.token) in command_line(self.pid)

    def version(self) -> str | None:
        """The engine's version as it tells it itself; None if it does not answer (yet)."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=_HEALTH_SECONDS)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/_ministack/health")
                health = json.load(connection.getresponse())
            except (OSError, http.client.HTTPException, ValueError):
                return None
        ours = isinstance(health, dict) and health.get("edition") == self.token
        return str(health.get("version")) if ours else None

    def answer(self, log: Path, *, within: float) -> str:
        """Wait until it is healthy, and return its version.

        Args:
            log: the file that takes what it says.
            within: seconds to wait.

        Raises:
            PortTaken: it ended because its port was taken.
            EngineFailed: it ended, or did not answer in time.
        """
        _holds_within(within, lambda: self.version() is not None or not self.lives())
        if version := self.version():
            return version
        said = log.read_text(errors="replace").strip() or "it said nothing"
        reason = said.splitlines()[-1].strip()
        lives = self.lives()
        if not lives and "already in use" in said:
            raise PortTaken(
                f"Another program took port {self.port} while the embedded engine started.",
                "Run the command again.",
            )
        fault = f"did not answer within {within:g} s" if lives else "ended while it started"
        raise EngineFailed(
            f"The embedded engine {fault}: {reason}",
            f"Read {log}, run: ordersetup local stop, then run the command again.",
        )

    def end(self, *, within: float) -> bool:
        """End it and its children; whatever is not ours is left alone.

        Args:
            within: seconds it has to save its state before it is killed.

        Returns:
            Whether it lived.

        Raises:
            EngineFailed: it cannot even be killed.
        """
        if not self.lives():
            return False
        for order, seconds in ((signal.SIGTERM, within), (signal.SIGKILL, _GRACE_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, order)
            if _holds_within(seconds, lambda: not self.lives()):
                # A function that is still at work would outlive the engine. The group's id was
                # ours a moment ago, and is not given away again while a member lives.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
                # Its port is given back a moment later, and the next start wants it again.
                _holds_within(_GRACE_SECONDS, lambda: free_port(self.port) == self.port)
                return True
        raise EngineFailed(
            f"The embedded engine (process {self.pid}) could not be ended.",
            f"End it with: kill -9 {self.pid}",
        )


@contextlib.contextmanager
def spawned(
    module: str, port: int, environment: dict[str, str], *, folder: Path, log: Path
) -> Iterator[Process]:
    """Start a module in the background; it stays unless the body fails or is interrupted.

    Args:
        module: the Python module to run as the engine.
        port: the port it is to listen on.
        environment: its environment variables, but for port and token.
        folder: its working directory.
        log: the file that takes what it says; emptied first.
    """
    token, started = secrets.token_hex(16), datetime.now(UTC).isoformat(timespec="seconds")
    with contextlib.ExitStack() as undo:
        with log.open("wb") as output, _interrupt_held_back():
            child = subprocess.Popen(  # noqa: S603 - our own interpreter, and no shell
                [sys.executable, "-X", _mark(token), "-m", module],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment | {"GATEWAY_PORT": str(port), "MINISTACK_EDITION": token},
                start_new_session=True,
            )
            process = Process(child.pid, port, token, started)
            undo.callback(process.end, within=_GRACE_SECONDS)
            # A process that was only just made shows no command line, and would count as gone.
            _holds_within(_GRACE_SECONDS, lambda: process.lives() or child.poll() is not None)
            # Somebody has to wait for it: if it ends before us it would stay a zombie.
            threading.Thread(target=child.wait, daemon=True).start()
        yield process
        undo.pop_all()


def engine_environment(
    state: Path, temporary: Path, *, region: str, retry_base_seconds: float
) -> dict[str, str]:
    """The engine's environment: loopback only, IAM enforced, state kept, the user's own left out.

    Args:
        state: the directory of its state.
        temporary: the directory of its temporary files.
        region: the region of calls that name none.
        retry_base_seconds: seconds before the first retry of an asynchronous invocation.
    """
    return {name: os.environ[name] for name in _INHERITED.split() if name in os.environ} | {
        "AUTH": "true",
        "BIND_HOST": LOOPBACK,
        # These two open further ports, the first of them on all addresses.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SERVICES": _SERVICES,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "TMPDIR": str(temporary),
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(retry_base_seconds),
        # At its start it removes containers that look left over, and may be another MiniStack's.
        "DOCKER_HOST": f"unix://{temporary / 'no-docker.sock'}",
        "MINISTACK_REGION": region,
        # What follows reaches the functions too; their role's credentials the engine adds itself.
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS.access_key_id,
        "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS.secret_access_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def command_line(pid: int, proc: Path = Path("/proc")) -> str:
    """The command line of a process; empty if there is no such process.

    Args:
        pid: the process id.
        proc: where Linux shows its processes; without it `ps` is asked.
    """
    if not (proc / "self").exists():
        ps = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        return subprocess.run(  # noqa: S603 - the system's own ps, and a number
            ps, capture_output=True, text=True, errors="replace", check=False
        ).stdout
    try:
        return (proc / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def free_port(wish: int = 0) -> int:
    """A port of the loopback address that is free now: the wished one if it is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wish))
        except OSError:
            probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def locked(path: Path, *, within: float) -> Iterator[None]:
    """Hold a lock file, whose lock the system frees even if we are killed.

    Args:
        path: the lock file; made if it is missing, never removed.
        within: seconds to wait for another holder.

    Raises:
        EngineFailed: another process held it all that time.
    """
    with path.open("a") as file:
        if not _holds_within(within, lambda: _lock(file.fileno())):
            raise EngineFailed(
                f"Another command has been starting or stopping the engine for {within:g} s.",
                "Wait until it is done, then run the command again.",
            )
        yield


def _lock(descriptor: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _mark(token: str) -> str:
    # Python takes any -X option, and the list of processes shows it on every system.
    return f"ordersetup={token}"


@contextlib.contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Let a Ctrl-C wait until the process that is just being made has an id by which to end it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        for number in came[:1]:
            signal.raise_signal(number)
