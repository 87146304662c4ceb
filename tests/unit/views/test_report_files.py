"""Report files: complete in every form, safe against any text in them, and free of addresses."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ordersetup.errors import BadInput
from ordersetup.masked import masked
from ordersetup.operate.evidence import DrillResult, Expectation, Moment
from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group
from ordersetup.views.report_files import (
    RENDERERS,
    Circumstances,
    check_report_file,
    check_writable,
    render,
    write_report,
)

WHEN = Circumstances(at="2026-01-02T03:04:05Z", tool="1.2.3")
NASTY = "<script>alert('x')</script> & \"q\" | a_b* [x](y) `z` \\"


def finding(level: Level, what: str, *, actual: object = 0, then: str = "") -> Finding:
    return Finding(Group.ASYNC, f"async/{what}", what, level, 2, actual, f"Lambda › {what}", then)


REPORT = Report(
    stack="default",
    account="123456789012",
    region="eu-west-1",
    findings=(
        finding(Level.HOLDS, "Role holds", actual=2),
        finding(Level.NOTE, "Reserved concurrency"),
        finding(Level.UNKNOWN, "Unreadable"),
        finding(Level.FAILS, "Retry attempts", then="Put it right with: ordersetup provision"),
        finding(Level.FAILS, "Nasty", actual=NASTY, then="See."),
    ),
    by_hand=("Create queue OrderProcessingDLQ",),
    remarks=("Retries never apply to ProcessOrder.",),
)
PROVEN = Report(
    "default", "123456789012", "eu-west-1", (finding(Level.HOLDS, "All right"),), (), ()
)


class Text(HTMLParser):
    """The text of a page, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def plain(ending: str, report: Report = REPORT, drill: DrillResult | None = None) -> str:
    """What a reader sees."""
    text = render(report, ending, WHEN, drill)
    if ending == ".svg":
        return " ".join(
            "".join(part.itertext()).replace("\xa0", " ")
            for part in ET.fromstring(text).iter()  # noqa: S314 - ours
        )
    if ending.startswith(".htm"):
        return Text(text).text
    return re.sub(r"\\(.)", r"\1", text)


@pytest.mark.parametrize("ending", RENDERERS)
def test_every_form_tells_everything_failing_first(ending: str) -> None:
    told = plain(ending)
    for word in (
        *("default", "123456789012", "eu-west-1", "2026-01-02T03:04:05Z", "ordersetup 1.2.3"),
        *(
            "2 checks fail, 1 could not be made; 1 holds; 1 note.",
            "Retries and destinations",
            "1 of 4",
        ),
        *("Lambda › Retry attempts", "Put it right with: ordersetup provision"),
        *("Built by hand: Create queue OrderProcessingDLQ", "Retries never apply"),
    ):
        assert word in told, word
    order = ["Retry attempts", "Unreadable", "Reserved concurrency", "Role holds"]
    places = [told.index(word) for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize("ending", RENDERERS)
def test_a_proven_stack_is_told_as_such(ending: str) -> None:
    told = plain(ending, PROVEN)
    assert "The only check holds." in told
    assert "What fails" not in told


@pytest.mark.parametrize("ending", RENDERERS)
def test_no_text_of_aws_becomes_anything_but_text(ending: str) -> None:
    text = render(REPORT, ending, WHEN)
    assert "<script" not in text.replace("\\<script", "")
    squeezed = "".join(plain(ending).split())
    assert "".join(NASTY.split())[:24] in squeezed


def test_html_loads_nothing_runs_nothing_and_knows_the_dark() -> None:
    page = render(REPORT, ".html", WHEN)
    found = Text(page)
    assert {"script", "link", "img", "iframe"}.isdisjoint(found.elements)
    assert {"src", "href", "onload", "onclick"}.isdisjoint(found.attributes)
    assert "http" not in page
    assert "prefers-color-scheme: dark" in page
    assert "url(" not in page


def test_svg_loads_nothing_and_is_a_hundred_columns_wide() -> None:
    text = render(REPORT, ".svg", WHEN)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", text)
    assert "@font-face" not in text
    assert not re.findall(r'(?:href|src)="http', text)
    long = Report("s", "1", "r", (finding(Level.FAILS, "word " * 60),), (), ())
    assert ET.fromstring(render(long, ".svg", WHEN)).tag.endswith("svg")  # noqa: S314 - ours


def test_a_pipe_stays_in_its_cell_of_a_markdown_table() -> None:
    rows = [line for line in render(REPORT, ".md", WHEN).splitlines() if "Nasty" in line]
    (row,) = rows
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    assert "\n" not in row


ADDRESS = "jane.doe+x@mail.example.com"


@pytest.mark.parametrize("ending", RENDERERS)
def test_no_address_can_be_read_wherever_it_stands(ending: str) -> None:
    actual = (
        ADDRESS,
        ("SENDER", ADDRESS),
        f'{{"Condition":{{"StringEquals":{{"ses:FromAddress":"{ADDRESS}"}}}}}}',
    )
    report = Report(
        stack="default",
        account="123456789012",
        region="eu-west-1",
        findings=tuple(
            Finding(
                Group.MAIL, "m", f"Identity {ADDRESS}", level, ADDRESS, actual, ADDRESS, ADDRESS
            )
            for level in Level
        ),
        by_hand=(f"Create SES identity {ADDRESS}",),
        remarks=(f"To {ADDRESS}.",),
    )
    told = plain(ending, report)
    assert "jane" not in told
    assert "doe+x" not in told
    assert "j…@mail.example.com" in told
    assert "SENDER=j…@mail.example.com" in "".join(told.split())


def test_masking_leaves_all_else_alone() -> None:
    kept = ("arn:aws:iam::123456789012:role/x", 2, None, True, "default@eu-west-1", ("a", "b"))
    assert masked(kept) == kept
    assert masked({"a": ["x@y.io"]}) == {"a": ["x…@y.io"]}


DRILL = DrillResult(
    order_id="DRILL-1",
    began="2026-01-02T03:00:00+00:00",
    seconds=190.4,
    timeline=(
        Moment(0.31, "accepted", "accepted by the API"),
        Moment(61.2, "attempt", f"retry 1 for {ADDRESS}", 60.0),
    ),
    expectations=(
        Expectation("accepted", "The API accepts", True, "202", "202"),
        Expectation("condition", "Its condition", False, "Exhausted", "none", follows="record"),
        Expectation("record", "One record", False, "1", f"0 {NASTY}", cause=f"Ask {ADDRESS}"),
    ),
)


@pytest.mark.parametrize("ending", RENDERERS)
def test_a_drill_is_told_with_its_expectations_and_its_timeline(ending: str) -> None:
    told = plain(ending, PROVEN, DRILL)
    for words in (
        *("The only check holds.", "The failure path is not proven: 2 of 3 do not hold."),
        *("DRILL-1", "190 s", "The API accepts", "0.3 s", "61.2 s", "60 s"),
        *("accepted by the API", "What follows from that (1)", "What the drill proves (1)"),
    ):
        assert words in told, words
    assert told.index("One record") < told.index("Its condition") < told.index("The API accepts")
    assert "jane" not in told
    assert "j…@mail.example.com" in told
    assert "<script" not in render(PROVEN, ending, WHEN, DRILL).replace("\\<script", "")


@pytest.mark.parametrize("ending", RENDERERS)
def test_without_a_drill_none_is_spoken_of(ending: str) -> None:
    assert "drill" not in plain(ending, PROVEN).lower()


class TestFiles:
    @pytest.mark.parametrize("name", ["report.pdf", "report", "html", ".html", "report.html.txt"])
    def test_an_unknown_ending_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(BadInput, match=r"ends in none of \.html"):
            check_report_file(tmp_path / name)

    def test_endings_may_be_written_large(self, tmp_path: Path) -> None:
        check_report_file(tmp_path / "REPORT.HTML")
        write_report(tmp_path / "REPORT.HTML", PROVEN, WHEN)
        assert (tmp_path / "REPORT.HTML").read_text(encoding="utf-8").startswith("<!doctype")

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="there is no folder"):
            check_report_file(tmp_path / "no" / "report.md")

    def test_a_folder_of_the_name_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "report.md").mkdir()
        with pytest.raises(BadInput, match="is a folder"):
            check_writable(tmp_path / "report.md", "--report")

    def test_what_fails_while_writing_is_told_and_leaves_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "report.md").mkdir()
        with pytest.raises(BadInput, match="could not be written"):
            write_report(tmp_path / "report.md", PROVEN, WHEN)
        assert [path.name for path in tmp_path.iterdir()] == ["report.md"]

    def test_a_report_replaces_the_one_before(self, tmp_path: Path) -> None:
        path = tmp_path / "report.md"
        path.write_text("old")
        write_report(path, PROVEN, WHEN)
        assert path.read_text(encoding="utf-8").startswith("# Order pipeline")
        assert [found.name for found in tmp_path.iterdir()] == ["report.md"]
