"""The status for a program, at a terminal that is watched, in a pipe, and as a file."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ordersetup.errors import BadInput
from ordersetup.operate.status import Status
from ordersetup.views.json_lines import TYPES
from ordersetup.views.observed import StatusJson, StatusPictures, status_fields
from ordersetup.views.picture import picture
from ordersetup.views.picture_files import check_picture_file, save
from tests.unit.views.test_live import Terminal
from tests.unit.views.test_picture import BAD, CLOSED, NOW, WELL


def later(status: Status) -> Status:
    return replace(status, at=NOW + timedelta(seconds=9))


def test_a_pipe_gets_each_picture_below_the_former(capsys: pytest.CaptureFixture[str]) -> None:
    with StatusPictures(color=True, again=True) as view:
        view.show(WELL)
        view.show(later(WELL))
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if line.endswith(" UTC")] == [
        "2026-11-24 12:03:11 UTC",
        "2026-11-24 12:03:20 UTC",
    ]
    assert "\n\nOrder pipeline default" in told


def test_a_terminal_keeps_its_screen_and_the_last_picture() -> None:
    terminal = Terminal()
    with StatusPictures(color=False, again=True, terminal=terminal.console) as view:
        view.show(WELL)
        view.show(later(WELL))
    # The alternate screen is left before the last picture is printed.
    shown, _, left = terminal.raw.rpartition("\x1b[?1049l")
    assert "\x1b[?1049h" in shown
    assert "12:03:20 UTC" in left
    assert "12:03:11 UTC" not in left


def test_a_single_look_at_a_terminal_stays_on_its_screen() -> None:
    terminal = Terminal()
    with StatusPictures(color=False, again=False, terminal=terminal.console) as view:
        view.show(WELL)
    assert "\x1b[?1049h" not in terminal.raw
    assert "Nothing needs a look." in terminal.text


def test_a_program_gets_a_line_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    with StatusJson() as view:
        view.show(WELL)
        view.show(BAD)
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first["type"] in TYPES
    assert first["at"] == "2026-11-24T12:03:11+00:00"
    assert first["endpoint"] == {"value": WELL.parts.endpoint.value, "because": None}
    assert first["functions"]["SendEmail"]["errors"] == {"value": 0, "because": None}
    assert first["tables"]["InventoryTransactions"]["value"] == {
        **{"rows": 120, "orders": 98, "more": False, "about": None}
    }
    assert first["nets"]["SendEmail"]["value"] == {
        **{"retries": 2, "within_seconds": 21_600},
        **{"destination": "OrderProcessingDLQ", "exists": True},
    }
    assert first["queue"]["messages"]["value"] == {
        **{"count": 0, "hidden": 0, "retention_seconds": 1_209_600}
    }
    assert (first["attention"], first["unread"]) == ([], [])
    assert second["tables"]["Inventory"] == {"value": None, "because": "absent"}
    assert second["functions"]["UpdateInventory"]["dropped"]["because"] == "no data"
    assert len(second["attention"]) > 5


def test_every_number_reaches_a_program_with_its_reason() -> None:
    told = json.dumps(status_fields(CLOSED))
    assert told.count('"not allowed: cloudwatch:GetMetricData"') == len(CLOSED.metrics)


@pytest.mark.parametrize("name", ["status.svg", "status.html", "STATUS.HTM"])
def test_a_saved_picture_loads_nothing_and_tells_all(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    check_picture_file(path)
    save(BAD, path)
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|url\()[=\"'(]*https?:", text)
    bare = html.unescape(re.sub(r"<[^>]+>", "", text))
    for line in picture(BAD):
        assert all(word in bare for word in line.plain.split())
    if name != "status.svg":
        assert "prefers-color-scheme: dark" in text
        assert '<span class="bad">' in text


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"ends in none of \.svg, \.html, \.htm"):
        check_picture_file(tmp_path / "status.png")
    with pytest.raises(BadInput, match="there is no folder"):
        check_picture_file(tmp_path / "nowhere" / "status.svg")
