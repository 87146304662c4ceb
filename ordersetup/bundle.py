"""The functions' code: a zip of the handlers, byte for byte the same from the same sources.

Lambda's CodeSha256 is the hash of the zip's bytes, so a deterministic zip tells whether the code
that runs is the code that is here.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can tell; a real one would make every build another."""

_MODE = 0o100644 << 16
"""A plain file that all may read: without it, Lambda's user cannot import the code."""


@dataclass(frozen=True)
class Bundle:
    """The zip that Lambda runs."""

    zipped: bytes

    @cached_property
    def sha256(self) -> str:
        """The hash as Lambda tells it: CodeSha256, base64."""
        return base64.b64encode(hashlib.sha256(self.zipped).digest()).decode()


def bundle(folder: Path | None = None) -> Bundle:
    """Zip the handlers, as the package `handlers`.

    Args:
        folder: where the sources are; by default this project's own.
    """
    folder = folder or handlers_folder()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.py")):
            entry = zipfile.ZipInfo(f"handlers/{path.relative_to(folder).as_posix()}", _MOMENT)
            entry.create_system = 3  # Unix, so that the mode counts wherever this was zipped
            entry.external_attr = _MODE
            # Stored, not deflated: another zlib would make other bytes of the same sources.
            entry.compress_type = zipfile.ZIP_STORED
            # Else a checkout with Windows line ends would be taken for other code.
            archive.writestr(entry, path.read_bytes().replace(b"\r\n", b"\n"))
    return Bundle(buffer.getvalue())


def handlers_folder() -> Path:
    """The handlers' sources: beside this file in a wheel, beside the package in a checkout.

    Raises:
        FileNotFoundError: neither holds them; the installation is broken.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "handlers", here.parent / "handlers"):
        if (folder / "process_order.py").is_file():
            return folder
    raise FileNotFoundError(f"no handlers beside {here}")
