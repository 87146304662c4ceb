"""The files of `verify`: a report for a colleague, a receipt, and an earlier receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ordersetup import __version__

if TYPE_CHECKING:
    from ordersetup.receipt import Receipt
    from ordersetup.report import Report

_META = "ordersetup.papers."

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Papers:
    """Which files were asked for.

    Args:
        report: where the report goes.
        receipt: where the receipt goes.
        earlier: the receipt that what runs is compared with.
    """

    report: Path | None
    receipt: Path | None
    earlier: Receipt | None

    def write_report(self, report: Report) -> None:
        """Write the report, if it was asked for."""
        from ordersetup.views.report_files import Circumstances, write_report

        if self.report is not None:
            write_report(self.report, report, Circumstances(at=_now(), tool=__version__))

    def write_receipt(
        self,
        report: Report,
        running: Mapping[str, object],
        drill: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the receipt, if it was asked for.

        Raises:
            NotProven: there is nothing to give one for.
        """
        from ordersetup.receipt import as_json, receipt
        from ordersetup.views.report_files import write_text

        if self.receipt is not None:
            made = receipt(report, running, at=_now(), tool=__version__, drill=drill)
            write_text(self.receipt, as_json(made), "--receipt")

    def compare(
        self, report: Report, running: Mapping[str, object], *, json: bool, color: bool
    ) -> bool:
        """Tell what has moved since an earlier receipt; whether nothing has.

        Raises:
            Incompatible: it is another stack's.
        """
        from ordersetup.receipt import check_same, moved
        from ordersetup.views.receipted import tell_coverage

        if self.earlier is None:
            return True
        check_same(self.earlier, stack=report.stack, account=report.account, region=report.region)
        since = moved(self.earlier, running)
        tell_coverage(self.earlier, since, json=json, color=color)
        return not since


def papers(command: F) -> F:
    """Add the options of the files to a command; `asked_for` tells what they amount to."""

    def keep(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        ctx.meta[f"{_META}{param.name}"] = value

    for name, words in (
        ("--against", "Say whether the proof of this receipt still covers what runs."),
        ("--receipt", "Write what was proven, and of what, to this file."),
        ("--report", "Write the report to this file: .html, .svg or .md, by its ending."),
    ):
        command = click.option(
            name,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=words,
            expose_value=False,
            callback=keep,
        )(command)
    return command


def asked_for(ctx: click.Context, only: Sequence[str]) -> Papers:
    """What the options ask for; whatever cannot be done is refused before any call.

    Raises:
        BadInput: a file that cannot be written or read, or a receipt of a part only.
    """
    from ordersetup.errors import BadInput
    from ordersetup.receipt import parse
    from ordersetup.views.report_files import check_report_file, check_writable

    report, receipt, against = (
        ctx.meta[f"{_META}{name}"] for name in ("report", "receipt", "against")
    )
    if receipt is not None and only:
        raise BadInput(
            "A receipt is for the whole pipeline, and --only looks at a part of it.",
            "Leave out --only, or --receipt.",
        )
    if report is not None:
        check_report_file(report)
    if receipt is not None:
        check_writable(receipt, "--receipt")
    earlier = None if against is None else parse(_read(against), str(against))
    return Papers(report, receipt, earlier)


def _read(path: Path) -> str:
    from ordersetup.errors import BadInput

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadInput(
            f"--against {str(path)!r} cannot be read: {why}.",
            f"Write a receipt with: ordersetup verify --receipt {path}",
        ) from error


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
