"""Output where the encoding lacks our signs: nothing fails, and what it says can be read."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ordersetup.cli.streams import Outliving, degrade, is_read
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


@pytest.mark.parametrize(
    ("closing", "reason"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
    ids=["full", "closed"],
)
@pytest.mark.parametrize("args", ["explain", "explain --json", "--version"])
def test_output_that_is_not_taken_is_one_sentence_at_the_end(
    args: str, closing: str, reason: str
) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        ["/bin/sh", "-c", f'"$0" -m ordersetup {args} {closing}', sys.executable],
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stderr == f"Error: The output could not be written: {reason}.\n"
    assert done.returncode == 1


def test_work_is_not_cut_off_by_a_full_disk() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        out = Outliving(full)
        for _ in range(3):
            out.write("x" * 10_000)
            out.flush()
    assert str(out.failure).startswith("[Errno 28]")


def test_whoever_only_tells_notices_that_the_reader_has_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, into = os.pipe()
    with os.fdopen(into, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", Outliving(pipe))
        assert is_read()
        os.close(reader)
        assert not is_read()
        sys.stdout.write("x")
        sys.stdout.flush()
        assert not is_read()
