"""The life of the embedded engine, with toy engines that need no MiniStack."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ordersetup import local, local_process
from ordersetup.errors import EngineFailed
from ordersetup.local_process import Process

Toy = Callable[[str], str]

HEALTHY = """
import http.server, json, os

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"edition": os.environ["MINISTACK_EDITION"], "version": "toy"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Health).serve_forever()
"""
DUMB = "import time; time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{HEALTHY}"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    yield home
    local.stop(home)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Makes a module from source, to be run as the engine."""
    folder = tmp_path / "toys"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.syspath_prepend(str(folder))

    def make(source: str) -> str:
        name = f"toy_engine_{len(list(folder.glob('*.py')))}"
        (folder / f"{name}.py").write_text(source)
        return name

    return make


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A harmless process that is none of the engine's."""
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        yield process
        process.kill()


@pytest.fixture
def foreign_server() -> Iterator[int]:
    """The port of another program's server, which answers each request with a health of its own."""

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"edition": "light", "version": "1.5.33"}')

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def record(home: Path, *, pid: int, port: int = 0) -> None:
    """Leave what an engine of this id and port would have left."""
    home.mkdir(mode=0o700)
    (home / "engine.lock").touch()
    content = {"pid": pid, "port": port or local_process.free_port()}
    (home / "engine.json").write_text(json.dumps(content | {"token": "abc", "started": "then"}))


def a_dead_pid() -> int:
    with subprocess.Popen(["/bin/sleep", "0"]) as process:
        process.wait()
        return process.pid


def gone(pid: int, within: float = 5.0) -> bool:
    """Whether no process of this id runs, or only an unburied one."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not local_process.command_line(pid):
            return True
        time.sleep(0.02)
    return False


def eventually(condition: Callable[[], bool], within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_started_engine_is_joined_by_the_next_command(home: Path, toy: Toy) -> None:
    module = toy(HEALTHY)
    started = local.start_or_join(home, module=module)
    joined = local.start_or_join(home, module=module)

    assert joined == started
    assert started.endpoint_url == f"http://127.0.0.1:{started.port}"
    assert started.version == "toy"
    assert local.status(home) == local.Status(
        "running", f"The engine is running (process {started.pid}, port {started.port}).", started
    )


def test_two_commands_at_the_same_moment_start_one_engine(
    home: Path, toy: Toy, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    slow = f"import time; open({str(starts)!r}, 'a').write('x'); time.sleep(0.3)\n{HEALTHY}"
    module = toy(slow)
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda _: local.start_or_join(home, module=module), range(4)))

    assert len({engine.pid for engine in engines}) == 1
    assert starts.read_text() == "x"


def test_a_stopped_engine_is_gone_with_its_record(home: Path, toy: Toy) -> None:
    engine = local.start_or_join(home, module=toy(HEALTHY))

    assert local.stop(home) is True
    assert gone(engine.pid)
    assert local.status(home).condition == "stopped"
    assert local.stop(home) is False


def test_a_restart_keeps_the_port_so_that_noted_urls_go_on_working(home: Path, toy: Toy) -> None:
    module = toy(HEALTHY)
    first = local.start_or_join(home, module=module)
    local.stop(home)
    second = local.start_or_join(home, module=module)

    assert second.pid != first.pid
    assert second.port == first.port


def test_the_record_of_a_dead_process_is_stale_and_a_new_engine_takes_its_place(
    home: Path, toy: Toy
) -> None:
    pid = a_dead_pid()
    record(home, pid=pid)

    assert local.status(home).condition == "stale"
    engine = local.start_or_join(home, module=toy(HEALTHY))
    assert engine.pid != pid
    assert local.status(home).condition == "running"


def test_a_process_that_got_the_recorded_id_is_neither_joined_nor_ended(
    home: Path, toy: Toy, bystander: subprocess.Popen[bytes]
) -> None:
    record(home, pid=bystander.pid)

    assert local.status(home).condition == "stale"
    assert local.stop(home) is False
    assert not (home / "engine.json").exists()
    shutil.rmtree(home)
    record(home, pid=bystander.pid)
    assert local.start_or_join(home, module=toy(HEALTHY)).pid != bystander.pid
    assert bystander.poll() is None


def test_a_server_on_the_recorded_port_is_neither_used_nor_ended(
    home: Path, toy: Toy, foreign_server: int
) -> None:
    record(home, pid=a_dead_pid(), port=foreign_server)
    (home / "engine.port").write_text(str(foreign_server))

    assert local.status(home).condition == "foreign"
    assert str(foreign_server) in local.status(home).detail
    assert local.start_or_join(home, module=toy(HEALTHY)).port != foreign_server
    with socket.create_connection(("127.0.0.1", foreign_server), timeout=1):
        pass


def test_a_health_answer_without_our_token_is_not_ours(foreign_server: int) -> None:
    assert Process(os.getpid(), foreign_server, "abc", "then").version() is None


def test_a_torn_record_counts_as_none(home: Path) -> None:
    record(home, pid=1)
    (home / "engine.json").write_text('{"pid": 1, "po')

    assert local.status(home).condition == "stopped"
    assert local.stop(home) is False


def test_a_missing_engine_says_how_to_install_it(home: Path) -> None:
    with pytest.raises(EngineFailed) as failure:
        local.start_or_join(home, module="no_such_engine")

    assert failure.value.happened == "The embedded engine is not installed."
    assert "pip install 'ordersetup[local]'" in failure.value.then


def test_an_engine_that_dies_at_once_fails_with_its_last_words_and_its_log(
    home: Path, toy: Toy
) -> None:
    with pytest.raises(EngineFailed) as failure:
        local.start_or_join(
            home, module=toy("print('loading', flush=True); raise SystemExit('no such disk')")
        )

    assert failure.value.happened == "The embedded engine ended while it started: no such disk"
    assert str(home / "engine.log") in failure.value.then
    assert local.status(home).condition == "stopped"


def test_an_engine_that_does_not_answer_in_time_is_ended(
    home: Path, toy: Toy, tmp_path: Path
) -> None:
    told = tmp_path / "pid"
    source = f"import os; open({str(told)!r}, 'w').write(str(os.getpid()))\n{DUMB}"
    with pytest.raises(EngineFailed, match=r"did not answer within 2.5 s: it said nothing"):
        local.start_or_join(home, module=toy(source), timeout=2.5)

    assert gone(int(told.read_text()))
    assert local.status(home).condition == "stopped"


def test_an_interrupted_start_leaves_no_engine(home: Path, toy: Toy) -> None:
    code = "import sys, pathlib; from ordersetup import local; "
    code += "local.start_or_join(pathlib.Path(sys.argv[1]), module=sys.argv[2])"
    with subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, str(home), toy(DUMB)],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{os.environ['PYTHONPATH']}{os.pathsep}{Path.cwd()}"},
    ) as command:
        eventually((home / "engine.json").exists)
        pid = json.loads((home / "engine.json").read_text())["pid"]
        assert local.status(home).condition == "silent"
        command.send_signal(signal.SIGINT)
        _, talk = command.communicate(timeout=10)

    assert b"KeyboardInterrupt" in talk
    assert gone(pid)
    assert local.status(home).condition == "stopped"


def test_an_interrupt_waits_until_the_new_process_can_be_ended() -> None:
    reached = []

    def interrupted() -> None:
        with local_process._interrupt_held_back():
            signal.raise_signal(signal.SIGINT)
            reached.append("the process id")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == ["the process id"]


def test_a_port_lost_to_another_program_is_tried_again_three_times(
    home: Path, toy: Toy, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    source = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit('port already in use')"
    with pytest.raises(EngineFailed, match="Another program took port"):
        local.start_or_join(home, module=toy(source))

    assert starts.read_text() == "xxx"


def test_a_command_waits_its_turn_only_so_long(home: Path, toy: Toy) -> None:
    record(home, pid=a_dead_pid())
    with (
        local_process.locked(home / "engine.lock", within=0),
        pytest.raises(EngineFailed, match=r"Another command has been .* for 0.2 s"),
    ):
        local.start_or_join(home, module=toy(HEALTHY), timeout=0.2)


def test_an_engine_that_will_not_end_is_killed(home: Path, toy: Toy) -> None:
    engine = local.start_or_join(home, module=toy(DEAF))
    token = json.loads((home / "engine.json").read_text())["token"]
    process = Process(engine.pid, engine.port, token, engine.started)

    assert process.end(within=0.2) is True
    assert not process.lives()


def test_what_the_engine_started_ends_with_it(home: Path, toy: Toy, tmp_path: Path) -> None:
    told = tmp_path / "child"
    source = "import subprocess, pathlib; child = subprocess.Popen(['sleep', '60']); "
    source += f"pathlib.Path({str(told)!r}).write_text(str(child.pid))\n{HEALTHY}"
    local.start_or_join(home, module=toy(source))
    local.stop(home)

    assert gone(int(told.read_text()))


def test_the_home_is_open_to_its_owner_only(home: Path, toy: Toy) -> None:
    home.mkdir(mode=0o755)
    local.start_or_join(home, module=toy(HEALTHY))

    assert oct(home.stat().st_mode & 0o777) == "0o700"


def test_a_directory_with_files_of_others_is_refused_and_left_as_it_is(
    home: Path, toy: Toy
) -> None:
    (home / "state").mkdir(parents=True)
    home.chmod(0o755)
    with pytest.raises(EngineFailed, match="holds files that are not the engine's"):
        local.start_or_join(home, module=toy(HEALTHY))
    local.reset(home)

    assert [path.name for path in home.iterdir()] == ["state"]
    assert oct(home.stat().st_mode & 0o777) == "0o755"


def test_a_home_that_cannot_be_made_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineFailed, match="cannot hold the engine's state: ") as failure:
        local.start_or_join(tmp_path / "file" / "home")

    assert "ORDERSETUP_STATE_DIR" in failure.value.then


def test_a_reset_deletes_the_state_and_nothing_of_others(home: Path, toy: Toy) -> None:
    engine = local.start_or_join(home, module=toy(HEALTHY))
    (home / "state" / "dynamodb.json").touch()
    (home / "notes.txt").touch()
    local.reset(home)

    assert gone(engine.pid)
    assert sorted(path.name for path in home.iterdir()) == ["engine.lock", "notes.txt"]


def test_the_engine_sees_none_of_the_users_own_settings(
    home: Path, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "the user's own")
    told = tmp_path / "environment"
    source = "import json, os, pathlib; "
    source += f"pathlib.Path({str(told)!r}).write_text(json.dumps(dict(os.environ)))\n{HEALTHY}"
    engine = local.start_or_join(
        home, region="eu-west-1", retry_base_seconds=0.2, module=toy(source)
    )
    seen = json.loads(told.read_text())

    assert "the user's own" not in seen.values()
    assert {name for name in seen if name.startswith("AWS_")} == {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"),
        *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
    }
    assert seen["AWS_ACCESS_KEY_ID"] == local.ROOT_CREDENTIALS.access_key_id
    assert seen["AWS_DEFAULT_REGION"] == seen["MINISTACK_REGION"] == "eu-west-1"
    assert seen["GATEWAY_PORT"] == str(engine.port)
    assert seen["LAMBDA_ASYNC_RETRY_BASE_SECONDS"] == "0.2"
    assert seen["PATH"] == os.environ["PATH"]


def test_the_engines_home_is_the_users_choice_or_the_systems_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERSETUP_STATE_DIR", str(tmp_path))
    assert local.default_home() == tmp_path
    monkeypatch.delenv("ORDERSETUP_STATE_DIR")
    assert local.default_home().name == "ordersetup"


def test_a_home_never_used_is_stopped_and_nothing_is_made(home: Path) -> None:
    assert local.status(home).condition == "stopped"
    assert local.stop(home) is False
    local.reset(home)
    assert not home.exists()


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps here")
def test_a_process_is_told_by_ps_where_there_is_no_proc(
    tmp_path: Path, bystander: subprocess.Popen[bytes]
) -> None:
    nowhere = tmp_path / "no-proc"

    assert local_process.command_line(bystander.pid, nowhere).split() == ["/bin/sleep", "60"]
    assert local_process.command_line(a_dead_pid(), nowhere) == ""
    with contextlib.suppress(FileNotFoundError):
        assert local_process.command_line(bystander.pid).split("\0")[:2] == ["/bin/sleep", "60"]
