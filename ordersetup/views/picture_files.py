"""The picture of the pipeline as a file: SVG or HTML, by its ending; it loads nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ordersetup.errors import BadInput
from ordersetup.operate.status import Status
from ordersetup.views.picture import picture
from ordersetup.views.picture_words import BAD, COLUMNS, DIM, GOOD, UNSURE
from ordersetup.views.report_files import check_writable, write_text
from ordersetup.views.report_html import PALETTE
from ordersetup.views.report_picture import as_svg

_STYLE = f"""{PALETTE}
body {{ margin: 1.5rem; color: var(--ink); background: var(--paper); }}
pre {{ font: 14px/1.3 ui-monospace, Menlo, Consolas, monospace; }}
.good {{ color: var(--good); }} .bad {{ color: var(--bad); }} .unsure {{ color: var(--unsure); }}
.dim {{ color: var(--dim); }} .bold {{ font-weight: 700; }}
"""

_CLASSES = {GOOD: "good", BAD: "bad", UNSURE: "unsure", DIM: "dim", "bold": "bold"}


def check_picture_file(path: Path) -> None:
    """Refuse a file that the picture could not be saved to, before anything is called.

    Raises:
        BadInput: its ending is unknown, or it cannot be written there.
    """
    if path.suffix.lower() not in _FORMS:
        raise BadInput(
            f"--save {str(path)!r} ends in none of {', '.join(_FORMS)}.",
            "Name it so that its ending says what it shall be, such as status.svg.",
        )
    check_writable(path, "--save")


def save(status: Status, path: Path) -> None:
    """Save the picture, in the form that the file's ending asks for."""
    form = _FORMS[path.suffix.lower()]
    write_text(path, form(picture(status), f"Order pipeline: {status.stack}"), "--save")


def _svg(lines: Sequence[Text], title: str) -> str:
    out = Console(record=True, width=COLUMNS, file=io.StringIO(), emoji=False, highlight=False)
    for line in lines:
        out.print(line)
    return as_svg(out, title)


def _html(lines: Sequence[Text], title: str) -> str:
    out = Console(file=io.StringIO())
    drawn = "\n".join("".join(_spans(out, line)) for line in lines)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<pre>{drawn}</pre>\n</body>\n</html>\n"
    )


def _spans(out: Console, line: Text) -> Iterator[str]:
    for segment in line.render(out):
        kinds = [_CLASSES[word] for word in str(segment.style or "").split() if word in _CLASSES]
        text = escape(segment.text)
        yield f'<span class="{" ".join(kinds)}">{text}</span>' if kinds else text


_FORMS: Mapping[str, Callable[[Sequence[Text], str], str]] = {
    ".svg": _svg,
    ".html": _html,
    ".htm": _html,
}
