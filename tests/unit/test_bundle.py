"""The zip is the same bytes from the same sources, wherever and whenever it is made."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ordersetup.blueprint import Blueprint
from ordersetup.bundle import bundle, handlers_folder
from tests.stacks import stack


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The handlers, copied by somebody else, at another time."""
    folder = tmp_path / "elsewhere"
    shutil.copytree(handlers_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    for number, path in enumerate(sorted(folder.rglob("*"))):
        path.chmod(0o600 if number % 2 else 0o755)
        os.utime(path, (1_000_000 + number, 2_000_000 + number))
    return folder


def _entries(zipped: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.testzip() is None
        return archive.infolist()


def test_two_builds_are_the_same_bytes() -> None:
    assert bundle().zipped == bundle().zipped


def test_times_and_modes_of_the_sources_make_no_difference(copied: Path) -> None:
    assert bundle(copied).zipped == bundle().zipped


def test_windows_line_ends_make_no_difference(copied: Path) -> None:
    for path in copied.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert bundle(copied).zipped == bundle().zipped


def test_one_changed_letter_is_another_code(copied: Path) -> None:
    path = copied / "order.py"
    path.write_text(path.read_text() + "#")
    assert bundle(copied).sha256 != bundle().sha256


def test_what_is_no_source_stays_out(copied: Path) -> None:
    (copied / "__pycache__").mkdir()
    (copied / "__pycache__" / "order.cpython-311.pyc").write_bytes(b"compiled")
    (copied / "notes.txt").write_text("mine")
    assert bundle(copied).zipped == bundle().zipped


def test_the_package_is_there_and_nothing_beside_it() -> None:
    names = [entry.filename for entry in _entries(bundle().zipped)]
    assert {"handlers/__init__.py", "handlers/process_order.py"} <= set(names)
    assert names == sorted(names)
    assert all(name.startswith("handlers/") and name.endswith(".py") for name in names)
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_lambdas_user_can_read_every_file() -> None:
    for entry in _entries(bundle().zipped):
        assert entry.external_attr >> 16 == 0o100644
        assert entry.create_system == 3
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)


def test_the_hash_is_told_as_lambda_tells_it() -> None:
    code = bundle()
    assert base64.b64decode(code.sha256) == hashlib.sha256(code.zipped).digest()


def _handlers(blueprint: Blueprint) -> list[str]:
    return [plan.handler for plan in blueprint.functions]


@pytest.mark.parametrize("handler", _handlers(stack().blueprint))
def test_lambda_can_import_each_handler_from_the_zip_alone(handler: str, tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    archive.write_bytes(bundle().zipped)
    module, _, name = handler.rpartition(".")
    variables = {
        variable: value
        for plan in stack().blueprint.functions
        for variable, value in plan.environment.items()
    }
    check = (
        f"import importlib; m = importlib.import_module({module!r}); "
        f"assert callable(m.{name}); assert {archive.name!r} in m.__file__"
    )
    subprocess.run(  # noqa: S603 - this Python, on our own zip
        [sys.executable, "-c", check],
        check=True,
        cwd=tmp_path,
        env={**os.environ, **variables, "PYTHONPATH": str(archive)},
    )
