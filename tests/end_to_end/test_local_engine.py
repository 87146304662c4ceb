"""The embedded engine itself: started, used, stopped and found again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from ordersetup import local
from ordersetup.local import Engine

HANDLER = """
import boto3, os

def handler(event, context):
    key = {"item_id": {"S": "laptop"}}
    item = boto3.client("dynamodb").get_item(TableName="Inventory", Key=key)["Item"]
    return {"stock": item["stock"]["N"], "temporary": os.environ["TMPDIR"]}
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
MAY_READ = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
LISTENING = "0A"


def client(engine: Engine, service: str, key: str = local.ROOT_CREDENTIALS.access_key_id) -> Any:
    make: Any = boto3.client
    return make(
        service,
        region_name="ap-south-1",
        endpoint_url=engine.endpoint_url,
        aws_access_key_id=key,
        aws_secret_access_key=local.ROOT_CREDENTIALS.secret_access_key,
    )


def policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put_stock(engine: Engine) -> None:
    tables = client(engine, "dynamodb")
    tables.create_table(
        TableName="Inventory",
        AttributeDefinitions=[{"AttributeName": "item_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "item_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tables.put_item(TableName="Inventory", Item={"item_id": {"S": "laptop"}, "stock": {"N": "5"}})


def stock(engine: Engine) -> str:
    row = client(engine, "dynamodb").get_item(
        TableName="Inventory", Key={"item_id": {"S": "laptop"}}
    )
    return str(row["Item"]["stock"]["N"])


def put_function(engine: Engine) -> None:
    roles = client(engine, "iam")
    trust = policy(TRUST | {"Action": "sts:AssumeRole"})
    role = roles.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    roles.put_role_policy(RoleName="Reader", PolicyName="read", PolicyDocument=policy(MAY_READ))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("reader.py", HANDLER)
    functions = client(engine, "lambda")
    functions.create_function(
        FunctionName="Reader",
        Runtime="python3.13",
        Role=role,
        Handler="reader.handler",
        Code={"ZipFile": package.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="Reader")


def invoke(engine: Engine) -> dict[str, str]:
    answer = client(engine, "lambda").invoke(FunctionName="Reader")
    assert "FunctionError" not in answer
    result: dict[str, str] = json.load(answer["Payload"])
    return result


def session_of(leader: int) -> list[Path]:
    """The /proc directories of the processes that live in this process's session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == leader and (folder / "cmdline").read_text():
                found.append(folder)
        except OSError:
            continue
    return found


def listening_addresses(folders: list[Path]) -> set[str]:
    """Addresses, as hexadecimal words in network order, on which these processes listen."""
    sockets = {str(link.readlink()) for folder in folders for link in (folder / "fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets:
                word = fields[1].split(":")[0]
                found.add(bytes.fromhex(word)[::-1].hex() if table == "tcp" else word)
    return found


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with local.throwaway() as engine:
        put_stock(engine)
        put_function(engine)
        yield engine


def test_the_engine_outlives_the_command_that_started_it_and_is_joined(tmp_path: Path) -> None:
    code = "import sys, pathlib; from ordersetup import local; "
    code += "print(local.start_or_join(pathlib.Path(sys.argv[1])).pid)"
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    try:
        answer = subprocess.run(  # noqa: S603 - our own interpreter and code
            command, capture_output=True, text=True, check=True
        )
        assert answer.stderr == ""
        joined = local.start_or_join(tmp_path)
        assert joined.pid == int(answer.stdout)
        assert joined.version == "1.5.33"
    finally:
        assert local.stop(tmp_path) is True


def test_a_function_runs_with_its_role_and_writes_below_the_home(engine: Engine) -> None:
    answer = invoke(engine)

    assert answer == {"stock": "5", "temporary": str(engine.home / "tmp")}


def test_an_access_key_that_nobody_made_is_refused(engine: Engine) -> None:
    with pytest.raises(botocore.exceptions.ClientError):
        client(engine, "sqs", key="AKIAIOSFODNN7EXAMPLE").list_queues()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_engine_and_functions_listen_on_the_loopback_address_only(engine: Engine) -> None:
    invoke(engine)
    processes = session_of(engine.pid)

    assert len(processes) > 1, "the function's own process is among them"
    assert listening_addresses(processes) == {"7f000001"}


def test_a_restart_brings_back_rows_and_functions_at_the_same_url(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        before = local.start_or_join(home)
        put_stock(before)
        put_function(before)
        local.stop(home)
        after = local.start_or_join(home)

        assert after.endpoint_url == before.endpoint_url
        assert after.pid != before.pid
        assert stock(after) == "5"
        assert invoke(after)["stock"] == "5"
    finally:
        local.stop(home)


def test_a_reset_engine_has_forgotten_everything(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        put_stock(local.start_or_join(home))
        local.reset(home)

        assert client(local.start_or_join(home), "dynamodb").list_tables()["TableNames"] == []
    finally:
        local.stop(home)


def test_an_engine_that_lost_its_port_takes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    # The first start finds a listener on its port, as if that had come between choice and start.
    (tmp_path / "unlucky_engine.py").write_text(
        "import os, pathlib, runpy, socket\n"
        "first = pathlib.Path('first')\n"
        "if not first.exists():\n"
        "    first.touch()\n"
        "    rival = socket.create_server(('127.0.0.1', int(os.environ['GATEWAY_PORT'])))\n"
        "runpy.run_module('ministack', run_name='__main__')\n"
    )
    home = tmp_path / "home"
    try:
        assert local.start_or_join(home, module="unlucky_engine").version == "1.5.33"
        assert (home / "first").exists()
    finally:
        local.stop(home)


def test_a_throwaway_engine_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with local.throwaway() as engine:
        put_stock(engine)
        put_function(engine)
        invoke(engine)
        assert engine.home.parent == tmp_path

    assert list(tmp_path.iterdir()) == []
    assert local.status(engine.home).condition == "stopped"
    deadline = time.monotonic() + 5
    while session_of(engine.pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
