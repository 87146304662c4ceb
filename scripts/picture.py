"""Record the README's picture: a real run on a throw-away engine; `make picture` runs it.

What differs from run to run, as ports and ids, is replaced, so that only what is told changes it.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ordersetup.views.report_picture import as_svg

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "picture.svg"
COMMAND = Path(sys.executable).with_name("ordersetup")
COLUMNS = 80

TOLD = (("send-test-order", "--order-id", "A-1001"), ("status",))
BEFORE = (
    ("provision", "--quiet", "--sender", "shop@example.com", "--alert-email", "ops@example.com"),
    ("stock", "set", "lamp-1", "12", "--quiet"),
)

_MASKS = (
    (re.compile(r"(?<=127\.0\.0\.1:)\d+/\S+(?=/orders answered)"), "4566/…"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "4566"),
    (re.compile(r"(?<=restapis/)\w+"), "a1b2c3d4"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?"), "2026-01-01 12:00:00"),
    (re.compile(r" +\d+ ms(?=  )"), lambda found: "120 ms".rjust(len(found[0]))),
)
"""What no two runs have in common, in the width that it had."""


def record() -> str:
    """The run as SVG."""
    with tempfile.TemporaryDirectory() as home:
        told = _run_all(Path(home))
    out = Console(record=True, width=COLUMNS, file=io.StringIO(), emoji=False, highlight=False)
    for line in told.splitlines():
        out.print(Text.from_ansi(line), soft_wrap=True)
    return as_svg(out, "ordersetup on the embedded engine")


def masked(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def _run_all(home: Path) -> str:
    try:
        for args in BEFORE:
            _run(home, *args)
        return masked("\n".join(_prompt(*args) + _run(home, *args) for args in TOLD))
    finally:
        _run(home, "local", "stop")


def _prompt(*args: str) -> str:
    return f"\x1b[1m$ ordersetup --local {' '.join(args)}\x1b[0m\n"


def _run(home: Path, *args: str) -> str:
    local = {"ORDERSETUP_LOCAL": "1", "ORDERSETUP_STATE_DIR": str(home / "engine")}
    shape = {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ORDERSETUP_"))}
    kept.pop("NO_COLOR", None)
    done = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *args],
        env={**kept, **local, **shape},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    FILE.write_text(record(), encoding="utf-8")
