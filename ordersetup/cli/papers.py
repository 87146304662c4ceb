"""The files of `verify`: reports for a colleague, a receipt, and an earlier receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from ordersetup import __version__

if TYPE_CHECKING:
    from ordersetup.operate.evidence import DrillResult
    from ordersetup.receipt import Receipt
    from ordersetup.report import Report

_META = "ordersetup.papers."

F = TypeVar("F", bound=Callable[..., Any])


class Surveyed(NamedTuple):
    """The report of a survey, and what it was a report of."""

    report: Report
    running: Mapping[str, object]


@dataclass(frozen=True)
class Papers:
    """Which files were asked for.

    Args:
        reports: where the report goes, each in the form of its ending.
        receipt: where the receipt goes.
        earlier: the receipt that what runs is compared with.
        quiet: whether nothing is said of what was written.
    """

    reports: tuple[Path, ...] = ()
    receipt: Path | None = None
    earlier: Receipt | None = None
    quiet: bool = False

    def write_reports(self, report: Report, drill: DrillResult | None) -> None:
        """Write the report wherever it was asked for, with the drill as far as there was one."""
        from ordersetup.views.report_files import Circumstances, write_report

        for path in self.reports:
            write_report(path, report, Circumstances(at=_now(), tool=__version__), drill)
            self._say(f"The report is written: {path}")

    def write_receipt(self, before: Surveyed, after: Surveyed, drill: DrillResult | None) -> None:
        """Write the receipt, if it was asked for.

        Args:
            before: the survey before the drill.
            after: the survey after it; the same one where there was no drill.
            drill: what came of the drill, if there was one.

        Raises:
            NotProven: there is nothing to give one for.
        """
        from ordersetup.receipt import as_json, check_unmoved, receipt
        from ordersetup.views.drilled import drill_fields
        from ordersetup.views.report_files import write_text

        if self.receipt is None:
            return
        check_unmoved(before.running, after.running)
        fields = drill_fields(drill) if drill else None
        made = receipt(after.report, after.running, at=_now(), tool=__version__, drill=fields)
        write_text(self.receipt, as_json(made), "--receipt")
        self._say(f"The receipt is written: {self.receipt}")

    def refuse_receipt(self, why: str) -> None:
        """Say that there is no receipt, if one was asked for."""
        if self.receipt is not None:
            click.echo(f"No receipt was written: {why}.", err=True)

    def compare(self, surveyed: Surveyed, *, json: bool, color: bool) -> bool:
        """Tell what has moved since an earlier receipt; whether nothing has.

        Raises:
            Incompatible: it is another stack's.
        """
        from ordersetup.receipt import check_same, moved
        from ordersetup.views.receipted import tell_coverage

        if self.earlier is None:
            return True
        report = surveyed.report
        check_same(self.earlier, stack=report.stack, account=report.account, region=report.region)
        since = moved(self.earlier, surveyed.running)
        tell_coverage(self.earlier, since, json=json, color=color)
        return not since

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)


def papers(command: F) -> F:
    """Add the options of the files to a command; `asked_for` tells what they amount to."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        ctx.meta[f"{_META}{param.name}"] = value

    for name, several, words in (
        ("--against", False, "Say whether the proof of this receipt still covers what runs."),
        ("--receipt", False, "Write what was proven, and of what, to this file."),
        (
            "--report",
            True,
            "Write the report to this file: .html, .svg or .md, by its ending; repeatable.",
        ),
    ):
        command = click.option(
            name,
            type=click.Path(path_type=Path),
            metavar="FILE",
            multiple=several,
            help=words,
            expose_value=False,
            callback=keep,
        )(command)
    return command


def asked_for(ctx: click.Context, only: Sequence[str], *, quiet: bool) -> Papers:
    """What the options ask for; whatever cannot be done is refused before any call.

    Raises:
        BadInput: a file that cannot be written or read, or a receipt of a part only.
    """
    from ordersetup.errors import BadInput
    from ordersetup.receipt import parse
    from ordersetup.views.report_files import check_report_file, check_writable

    reports, receipt, against = (
        ctx.meta[f"{_META}{name}"] for name in ("report", "receipt", "against")
    )
    if receipt is not None and only:
        raise BadInput(
            "A receipt is for the whole pipeline, and --only looks at a part of it.",
            "Leave out --only, or --receipt.",
        )
    for report in reports:
        check_report_file(report)
    if receipt is not None:
        check_writable(receipt, "--receipt")
    earlier = None if against is None else parse(_read(against), str(against))
    return Papers(tuple(reports), receipt, earlier, quiet)


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
