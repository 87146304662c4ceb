"""The README's picture: recorded, shown on the first screen, and without what no reader needs."""

from __future__ import annotations

import importlib.util
import re
from html import unescape
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
PICTURE = (ROOT / "docs" / "picture.svg").read_text(encoding="utf-8")
TOLD = unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", PICTURE))).replace("\xa0", " ")


@pytest.fixture(scope="module")
def recorder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picture", ROOT / "scripts" / "picture.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_shows_it_before_anything_else() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](docs/picture.svg)" in readme.partition("\n## ")[0]


def test_it_is_sound_and_loads_nothing() -> None:
    assert ElementTree.fromstring(PICTURE).tag.endswith("svg")  # noqa: S314 - our own file
    assert "url(http" not in PICTURE


def test_it_shows_an_order_that_was_followed_and_the_pipeline() -> None:
    for words in ("ordersetup --local send-test-order", "went through all 4 hops", "Safety nets"):
        assert words in TOLD


def test_it_tells_no_account_port_or_address_of_anybody() -> None:
    assert set(re.findall(r"\b[0-9]{12}\b", TOLD)) <= {"000000000000"}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", TOLD)) == {"4566"}
    assert "@" not in TOLD


def test_what_no_two_runs_have_in_common_is_replaced_in_its_width(recorder: ModuleType) -> None:
    one = "  ✓ Accepted  1 294 ms  http://127.0.0.1:39629/restapis/5cdb5f15/prod/orders at"
    assert recorder.masked("x    7 ms  y") == "x  120 ms  y"
    assert ":4566/restapis/a1b2c3d4/prod" in recorder.masked(one)
    assert recorder.masked("2026-11-24 14:14:51 UTC") == "2026-01-01 12:00:00 UTC"
    assert recorder.masked("http://127.0.0.1:1/a/b/orders answered 202") == (
        "http://127.0.0.1:4566/…/orders answered 202"
    )
