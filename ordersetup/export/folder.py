"""The folder that an export is written to, where nothing of anybody else's is ever overwritten.

A small record of what was written tells our own files, so that exporting again needs no --force,
and a file that a person has edited since is not lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ordersetup.errors import BadInput

RECORD = ".ordersetup-export.json"


def check_folder(folder: Path, names: Iterable[str], of: str, *, force: bool) -> None:
    """Refuse a folder that cannot be written to without losing something.

    Args:
        folder: where the export goes; it may be missing.
        names: the files that may be written.
        of: the stack that is exported, for people.
        force: whether any file may be overwritten.

    Raises:
        BadInput: it is a file, or holds the export of another stack, or files of these names that
            are not as we have written them.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--output {str(folder)!r} is no folder.", "Name a folder, or a new one.")
    before, ours = _recorded(folder)
    if ours and before != of and not force:
        raise BadInput(
            f"--output {str(folder)!r} holds the export of {before}, and this is {of}.",
            "Name another folder with --output, or overwrite it with --force.",
        )
    others = [n for n in names if (folder / n).exists() and ours.get(n) != _hash(folder / n)]
    if others and not force:
        raise BadInput(
            f"--output {str(folder)!r} holds {', '.join(others)}, not as ordersetup wrote it.",
            "Name another folder with --output, or overwrite it with --force.",
        )


def write_folder(folder: Path, files: Mapping[str, bytes], names: Iterable[str], of: str) -> None:
    """Write an export, and take away what an earlier one has left of it.

    Args:
        folder: checked by `check_folder`; made if it is missing.
        files: what is written, by name.
        names: all that an export of this format may consist of.
        of: the stack that is exported, for people.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before, ours = _recorded(folder)
        written = {n: h for n, h in ours.items() if before == of and n not in set(names)}
        for name in names:
            if name in files:
                (folder / name).write_bytes(files[name])
                written[name] = _hash(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        text = json.dumps({"of": of, "files": dict(sorted(written.items()))}, indent=2)
        (folder / RECORD).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"--output {str(folder)!r} could not be written: {error.strerror or error}.",
            "Name another folder.",
        ) from error


def _recorded(folder: Path) -> tuple[str, dict[str, str]]:
    """Which stack an earlier export was of, and the hash of each of its files."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return str(found["of"]), dict(found["files"])
    except (OSError, ValueError, TypeError, KeyError):
        return "", {}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
