"""Discarding letters: written to a file, and on disk before they leave the queue."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ordersetup.errors import BadInput, OrdersetupError
from ordersetup.operate.letters import Letter


class Discard:
    """Writes letters to a file that only its owner can read, a JSON line each.

    Args:
        path: the file; made new, so that nothing is overwritten.
        reason: why, in a person's words.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self._reason = reason
        try:
            # Also not through a link that somebody has put there.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
            _sync(path.resolve().parent)
        except OSError as error:
            raise BadInput(
                f"{path} cannot be made: {error.strerror}.", "Name another file with --to."
            ) from error
        self._path = path

    def do(self, letter: Letter, _: float) -> None:
        """Write the letter."""
        at = letter.record.at
        line = {
            "discarded": datetime.now(UTC).isoformat(timespec="seconds"),
            "reason": self._reason,
            "message_id": letter.message_id,
            "sent": datetime.fromtimestamp(at, UTC).isoformat() if at else None,
            "body": letter.body,
        }
        self._written(lambda: self._file.write(json.dumps(line) + "\n"))

    def seal(self) -> None:
        """Have it on disk."""
        self._written(self._file.flush)
        self._written(lambda: os.fsync(self._file.fileno()))

    def close(self) -> None:
        """Close the file."""
        self._written(self._file.close)

    def _written(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except OSError as error:
            raise OrdersetupError(
                f"{self._path} cannot be written: {error.strerror}; what is not in it is still in "
                "the queue.",
                "Make room, then run it again with another file.",
            ) from error


def _sync(folder: Path) -> None:
    """Have a new file's name on disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
