"""Output where the encoding lacks our signs: nothing fails, and what it says can be read."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from ordersetup.cli.streams import degrade
from tests.unit.cli.conftest import CommandLine


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)


def said(text: str, *, encoding: str) -> str:
    out = stream(encoding)
    degrade(out)
    out.write(text)
    written: io.BytesIO = out.buffer  # type: ignore[assignment]  # made above
    return written.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "✓ SQS › Queues … 注"),
        ("ascii", "+ SQS > Queues ... ?"),
        ("latin-1", "+ SQS > Queues ... ?"),
    ],
)
def test_a_sign_that_is_lacking_becomes_a_near_one(encoding: str, found: str) -> None:
    assert said("✓ SQS › Queues … 注", encoding=encoding) == found


def test_a_drawing_stays_as_wide_as_it_is() -> None:
    drawn = "┌─┐ │ ├─┬ └┘ ▼"
    assert said(drawn, encoding="ascii") == "+-+ | +-+ ++ v"


def test_what_the_user_has_asked_for_is_kept() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="xmlcharrefreplace")
    degrade(out)
    assert out.errors == "xmlcharrefreplace"


def test_a_command_works_in_a_terminal_without_our_signs(process: CommandLine) -> None:
    run = process("explain", PYTHONIOENCODING="ascii")
    assert run.code == 0, run.talk
    assert " > " in run.out
    assert run.out.isascii()
    refused = process("explain", "☃", PYTHONIOENCODING="ascii")
    assert (refused.code, refused.talk.isascii()) == (2, True)
    assert "Traceback" not in refused.talk


@pytest.mark.parametrize(
    ("args", "code"), [(("explain",), 0), (("explain", "zzzz"), 2)], ids=["done", "refused"]
)
def test_a_reader_that_goes_away_changes_no_exit_code(args: tuple[str, ...], code: int) -> None:
    for unbuffered in ("", "1"):
        out, into = os.pipe()
        os.close(out)
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "ordersetup", *args],
            stdout=into,
            stderr=into if code else subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            timeout=30,
            check=False,
        )
        os.close(into)
        assert done.returncode == code
        assert not done.stderr
