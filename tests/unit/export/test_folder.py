"""The folder of an export: nobody's file is lost, and none of ours is left over."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordersetup.errors import BadInput
from ordersetup.export.folder import check_folder, write_folder

NAMES = ("one.json", "two.json")
OF = "the stack default in eu-west-1"


def write(folder: Path, **files: str) -> None:
    named = {f"{name}.json": text.encode() for name, text in files.items()}
    check_folder(folder, NAMES, OF, force=False)
    write_folder(folder, named, NAMES, OF)


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b", one="1")
    assert (tmp_path / "a" / "b" / "one.json").read_text() == "1"


def test_exporting_again_overwrites_what_was_exported(tmp_path: Path) -> None:
    write(tmp_path, one="1", two="2")
    write(tmp_path, one="3", two="2")
    assert (tmp_path / "one.json").read_text() == "3"


def test_what_is_no_longer_part_of_the_export_goes(tmp_path: Path) -> None:
    write(tmp_path, one="1", two="2")
    (tmp_path / "mine.json").write_text("mine")
    write(tmp_path, one="1")
    assert not (tmp_path / "two.json").exists()
    assert (tmp_path / "mine.json").read_text() == "mine"


@pytest.mark.parametrize("foreign", [True, False], ids=["foreign", "edited"])
def test_a_file_that_is_not_as_we_wrote_it_is_kept(tmp_path: Path, foreign: bool) -> None:
    if not foreign:
        write(tmp_path, two="2")
    (tmp_path / "two.json").write_text("by hand")
    with pytest.raises(BadInput, match=r"two\.json, not as ordersetup wrote it.*--force"):
        write(tmp_path, one="1", two="2")
    assert (tmp_path / "two.json").read_text() == "by hand"
    assert not (tmp_path / "one.json").exists()


def test_force_overwrites_it(tmp_path: Path) -> None:
    (tmp_path / "two.json").write_text("by hand")
    check_folder(tmp_path, NAMES, OF, force=True)
    write_folder(tmp_path, {"two.json": b"2"}, NAMES, OF)
    assert (tmp_path / "two.json").read_text() == "2"


def test_two_formats_share_a_folder(tmp_path: Path) -> None:
    write(tmp_path, one="1")
    check_folder(tmp_path, ("main.tf",), OF, force=False)
    write_folder(tmp_path, {"main.tf": b"x"}, ("main.tf",), OF)
    write(tmp_path, one="2")
    assert (tmp_path / "main.tf").read_text() == "x"


def test_another_stack_s_export_is_not_overwritten_unless_by_force(tmp_path: Path) -> None:
    write(tmp_path, one="1")
    other = "the stack shop2 in eu-west-1"
    for names in (NAMES, ("main.tf",)):
        with pytest.raises(BadInput, match=f"holds the export of {OF}, and this is {other}"):
            check_folder(tmp_path, names, other, force=False)
    check_folder(tmp_path, NAMES, other, force=True)
    write_folder(tmp_path, {"one.json": b"2"}, NAMES, other)
    check_folder(tmp_path, NAMES, other, force=False)
    with pytest.raises(BadInput, match=f"holds the export of {other}"):
        write(tmp_path, one="1")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is no folder"):
        check_folder(tmp_path / "file", NAMES, OF, force=True)


def test_a_broken_record_makes_nothing_ours(tmp_path: Path) -> None:
    write(tmp_path, one="1")
    (tmp_path / ".ordersetup-export.json").write_text("[")
    with pytest.raises(BadInput):
        write(tmp_path, one="1")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="could not be written"):
        write_folder(tmp_path / "file" / "below", {"one.json": b"1"}, NAMES, OF)
