"""The embedded engine behind `--local`: started once, found again by the next command, ended.

The engine is MiniStack, run as a background process of our own, on the loopback address only and
with IAM enforced. It keeps its state in memory and saves it when it ends, so it is always asked to
end before it is killed. All it writes lies in one directory, its home, which it shares with nobody.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from ordersetup import local_process
from ordersetup.errors import EngineFailed
from ordersetup.local_process import LOOPBACK, PortTaken, Process

STATE_DIR_VARIABLE = "ORDERSETUP_STATE_DIR"
ROOT_CREDENTIALS = local_process.ROOT_CREDENTIALS
"""The access key of the engine's root user, whom no policy restricts."""

_LOCK, _RECORD, _PORT, _LOG = "engine.lock", "engine.json", "engine.port", "engine.log"
_STATE, _TEMPORARY = "state", "tmp"
_PORT_ATTEMPTS = 3
# A synchronous invocation that is under way holds up the engine's end, long after it has saved.
_STOP_SECONDS = 10.0
_TURN_SECONDS = 30.0


@dataclass(frozen=True)
class Engine:
    """A running engine.

    Attributes:
        endpoint_url: where all its services answer.
        pid: the id of its process.
        port: its port on the loopback address.
        home: the directory of its state.
        log: the file that takes what it says.
        started: when it was started, ISO 8601 in UTC.
        version: MiniStack's version.
    """

    endpoint_url: str
    pid: int
    port: int
    home: Path
    log: Path
    started: str
    version: str


@dataclass(frozen=True)
class Status:
    """What is known of a home's engine.

    Attributes:
        condition: "running" (ours and healthy), "silent" (ours, but it does not answer, or not
            yet), "stopped" (none is recorded), "stale" (the recorded process is gone), "foreign"
            (it is gone, and another program now has its port).
        detail: the same as a sentence.
        engine: the engine, if it is running.
    """

    condition: Literal["running", "silent", "stopped", "stale", "foreign"]
    detail: str
    engine: Engine | None = None


def default_home() -> Path:
    """The user's engine directory: ORDERSETUP_STATE_DIR, else the system's place for state."""
    chosen = os.environ.get(STATE_DIR_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_state_dir("ordersetup"))


def start_or_join(
    home: Path,
    *,
    region: str = "ap-south-1",
    retry_base_seconds: float = 1.0,
    timeout: float = 30.0,
    module: str = "ministack",
) -> Engine:
    """The healthy engine of this home, started if there is none.

    Args:
        home: the engine's directory; made if it is missing, open to its owner only.
        region: the region of calls that name none; an engine that runs keeps its own.
        retry_base_seconds: seconds before the first retry of an asynchronous invocation, doubled
            for the next; an engine that runs keeps its own.
        timeout: seconds to wait for another command's start, and again for our own.
        module: the Python module run as the engine.

    Raises:
        EngineFailed: it is not installed, has no place, ended at once, or did not answer in time.
    """
    home = home.absolute()
    _claim(home)
    if engine := status(home).engine:
        return engine
    with local_process.locked(home / _LOCK, within=timeout):
        process = _recorded(home)
        if process and process.lives():
            return _engine(home, process, process.answer(home / _LOG, within=timeout))
        environment = local_process.engine_environment(
            home / _STATE, home / _TEMPORARY, region=region, retry_base_seconds=retry_base_seconds
        )
        return _start(home, module, environment, timeout)


def status(home: Path) -> Status:
    """What is known of this home's engine; changes nothing.

    Args:
        home: the engine's directory, which need not exist.
    """
    home = home.absolute()
    process = _recorded(home)
    if process is None:
        return Status("stopped", "No engine is running.")
    where = f"process {process.pid}, port {process.port}"
    if process.lives():
        if version := process.version():
            engine = _engine(home, process, version)
            return Status("running", f"The engine is running ({where}).", engine)
        return Status("silent", f"The engine does not answer ({where}).")
    if local_process.free_port(process.port) != process.port:
        return Status("foreign", f"The engine is gone; port {process.port} is another program's.")
    return Status("stale", f"The engine is gone without having been stopped ({where}).")


def stop(home: Path) -> bool:
    """Let this home's engine save its state and end it.

    Args:
        home: the engine's directory.

    Returns:
        Whether an engine of ours was running.

    Raises:
        EngineFailed: it could not be ended, or another command is busy with it.
    """
    home = home.absolute()
    if not _is_claimed(home):
        return False
    with local_process.locked(home / _LOCK, within=_TURN_SECONDS):
        return _stop(home)


def reset(home: Path) -> None:
    """Stop this home's engine and delete its state; files we did not make stay.

    Args:
        home: the engine's directory.

    Raises:
        EngineFailed: the engine could not be ended, or another command is busy with it.
    """
    home = home.absolute()
    if not _is_claimed(home):
        return
    with local_process.locked(home / _LOCK, within=_TURN_SECONDS):
        _stop(home)
        for folder in (_STATE, _TEMPORARY):
            shutil.rmtree(home / folder, ignore_errors=True)
        for file in (_PORT, _LOG):
            (home / file).unlink(missing_ok=True)


@contextlib.contextmanager
def throwaway(*, region: str = "ap-south-1", retry_base_seconds: float = 0.2) -> Iterator[Engine]:
    """An engine of its own in a temporary directory, ended and deleted at exit.

    Args:
        region: the region of calls that name none.
        retry_base_seconds: seconds before the first retry of an asynchronous invocation.

    Raises:
        EngineFailed: it could not be started or ended.
    """
    with tempfile.TemporaryDirectory(prefix="ordersetup-") as folder:
        home = Path(folder)
        try:
            yield start_or_join(home, region=region, retry_base_seconds=retry_base_seconds)
        finally:
            stop(home)


def _claim(home: Path) -> None:
    """Make the home and keep it to ourselves; a directory that holds others' files is refused."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In this order: the lock is the first file we make, so another start at the same moment
        # shows either nothing or the lock too.
        others = any(home.iterdir()) and not _is_claimed(home)
        if not others:
            home.chmod(0o700)
            (home / _LOCK).touch()
    except OSError as error:
        raise EngineFailed(
            f"{home} cannot hold the engine's state: {error.strerror}.",
            f"Set {STATE_DIR_VARIABLE} to a directory you may write to.",
        ) from error
    if others:
        raise EngineFailed(
            f"{home} holds files that are not the engine's.",
            f"Set {STATE_DIR_VARIABLE} to a new or empty directory.",
        )


def _is_claimed(home: Path) -> bool:
    return (home / _LOCK).exists()


def _start(home: Path, module: str, environment: dict[str, str], timeout: float) -> Engine:
    if importlib.util.find_spec(module) is None:
        raise EngineFailed(
            "The embedded engine is not installed.",
            "Install it with: pip install 'ordersetup[local]'",
        )
    for _ in range(_PORT_ATTEMPTS - 1):
        with contextlib.suppress(PortTaken):
            return _launch(home, module, environment, timeout)
    return _launch(home, module, environment, timeout)


def _launch(home: Path, module: str, environment: dict[str, str], timeout: float) -> Engine:
    # Functions leave their unpacked code behind whenever the engine ends.
    shutil.rmtree(home / _TEMPORARY, ignore_errors=True)
    for folder in (_STATE, _TEMPORARY):
        (home / folder).mkdir(exist_ok=True)
    port, log = local_process.free_port(_last_port(home)), home / _LOG
    with (
        contextlib.ExitStack() as undo,
        local_process.spawned(module, port, environment, folder=home, log=log) as process,
    ):
        undo.callback((home / _RECORD).unlink, missing_ok=True)
        # Before it answers, so that the next command finds it even if this one is killed now.
        _record(home, process)
        engine = _engine(home, process, process.answer(log, within=timeout))
        undo.pop_all()
        return engine


def _stop(home: Path) -> bool:
    process = _recorded(home)
    ended = process is not None and process.end(within=_STOP_SECONDS)
    (home / _RECORD).unlink(missing_ok=True)
    return ended


def _engine(home: Path, process: Process, version: str) -> Engine:
    return Engine(
        endpoint_url=f"http://{LOOPBACK}:{process.port}",
        pid=process.pid,
        port=process.port,
        home=home,
        log=home / _LOG,
        started=process.started,
        version=version,
    )


def _record(home: Path, process: Process) -> None:
    draft = home / f"{_RECORD}.new"
    draft.write_text(json.dumps(asdict(process)))
    draft.replace(home / _RECORD)
    (home / _PORT).write_text(str(process.port))


def _recorded(home: Path) -> Process | None:
    try:
        return Process(**json.loads((home / _RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _last_port(home: Path) -> int:
    """The port of the start before, kept if it is free: URLs that a user noted go on working."""
    try:
        return int((home / _PORT).read_text())
    except (OSError, ValueError):
        return 0
