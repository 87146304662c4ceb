"""Edits of the handlers: seen once they lie still, judged, and put live as code alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.bundle import bundle, handlers_folder
from ordersetup.cli.watching import follow
from ordersetup.edits import Edit, Edits, PutLive
from ordersetup.events import Changed, Failed, Unchanged
from ordersetup.refusals import told
from ordersetup.steps.functions import Function
from ordersetup.views.edited import EditLines
from tests.conftest import Provision
from tests.stacks import Built, stack, with_needs
from tests.wire import Wire

NEEDED = ("handlers.process_order", "handlers.update_inventory", "handlers.send_email")
END = 1e12
"""A moment that does not come."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the handlers."""
    copied = tmp_path / "handlers"
    shutil.copytree(handlers_folder(), copied, ignore=shutil.ignore_patterns("__pycache__"))
    return copied


@pytest.fixture
def edits(folder: Path) -> Edits:
    looked = Edits(folder, bundle(folder), NEEDED)
    assert [looked.look() for _ in range(3)] == [None] * 3
    return looked


def settled(edits: Edits) -> Edit | None:
    """What two looks tell; the first one of them must not tell anything."""
    assert edits.look() is None
    return edits.look()


# Seen and judged


def test_an_edit_is_told_once_when_it_lies_still_with_the_files_that_differ(
    folder: Path, edits: Edits
) -> None:
    (folder / "order.py").write_text("NEW = 1\n")
    (folder / "more.py").write_text("")
    (folder / "log.py").unlink()
    edit = settled(edits)
    assert edit
    assert edit.files == ("handlers/log.py", "handlers/more.py", "handlers/order.py")
    assert edit.code == bundle(folder)
    assert edits.look() is None


def test_what_is_still_being_written_is_waited_for(folder: Path, edits: Edits) -> None:
    (folder / "order.py").write_text("")
    assert edits.look() is None
    (folder / "order.py").write_text("WHOLE = 1\n")
    edit = settled(edits)
    assert edit
    assert b"WHOLE = 1" in edit.code.zipped


def test_an_edit_made_while_the_stack_was_provisioned_is_seen(folder: Path) -> None:
    before = bundle(folder)
    (folder / "order.py").write_text("NEW = 1\n")
    edit = settled(Edits(folder, before, NEEDED))
    assert edit
    assert edit.files == ("handlers/order.py",)


def test_what_changes_no_byte_of_the_zip_is_no_edit(folder: Path, edits: Edits) -> None:
    source = (folder / "order.py").read_bytes()
    (folder / "order.py").write_bytes(source.replace(b"\n", b"\r\n"))
    (folder / "notes.txt").write_text("mine")
    assert [edits.look() for _ in range(4)] == [None] * 4


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f(:\n", "handlers/order.py, line 1: invalid syntax"),
        ("a = 1\nb = (\n", "handlers/order.py, line 2: '(' was never closed"),
        ("a = '\\xff'\n\tb = 2\n", "handlers/order.py, line 2: unexpected indent"),
        ("a = '\0'\n", "null bytes"),
    ],
    ids=["syntax", "bracket", "indent", "null"],
)
def test_what_python_cannot_read_is_told_with_its_line(
    folder: Path, edits: Edits, source: str, fault: str
) -> None:
    (folder / "order.py").write_text(source)
    edit = settled(edits)
    assert edit
    (said,) = edit.faults
    assert fault in said


def test_a_source_in_no_encoding_is_a_fault(folder: Path, edits: Edits) -> None:
    (folder / "order.py").write_bytes(b"# \xff\n")
    edit = settled(edits)
    assert edit
    assert edit.faults


def test_a_folder_without_a_module_that_a_function_runs_is_a_fault(
    folder: Path, edits: Edits
) -> None:
    (folder / "send_email.py").rename(folder / "send_mail.py")
    edit = settled(edits)
    assert edit
    assert edit.faults == ("handlers/send_email.py is missing, and a function runs it",)


def test_an_edit_that_is_taken_back_is_told_as_one_that_needs_nothing(
    folder: Path, edits: Edits
) -> None:
    source = (folder / "order.py").read_bytes()
    (folder / "order.py").write_text("def f(:\n")
    settled(edits)
    (folder / "order.py").write_bytes(source)
    edit = settled(edits)
    assert edit
    assert (edit.files, edit.faults) == ((), ())


def test_what_did_not_get_live_is_tried_again_when_it_is_saved_again(
    folder: Path, edits: Edits
) -> None:
    (folder / "order.py").write_text("NEW = 1\n")
    edit = settled(edits)
    assert edit
    edits.put(edit, live=False)
    assert edits.look() is None
    (folder / "order.py").unlink()
    (folder / "order.py").write_text("NEW = 1\n")
    assert settled(edits) == edit
    edits.put(edit, live=True)
    (folder / "order.py").unlink()
    (folder / "order.py").write_text("NEW = 1\n")
    assert settled(edits) is None


# Put live


@pytest.fixture
def standing(provision: Provision) -> Built:
    built = stack()
    functions = [step for step in built.steps if isinstance(step, Function)]
    steps = with_needs(built.steps, *functions)
    provision(steps)
    return Built(built.blueprint, steps)


@pytest.fixture
def puts(aws: Aws, standing: Built, calls: list[str]) -> PutLive:
    calls.clear()
    return PutLive(aws, [step for step in standing.steps if isinstance(step, Function)])


def edited(folder: Path, text: str = "NEW = 1\n") -> Any:
    (folder / "log.py").write_text(text)
    return bundle(folder)


def hashes(aws: Aws) -> set[str]:
    return {f["CodeSha256"] for f in aws.lambda_.list_functions()["Functions"]}


def test_code_and_nothing_else_is_put_into_all_three(
    aws: Aws, puts: PutLive, folder: Path, calls: list[str]
) -> None:
    aws.lambda_.update_function_configuration(FunctionName="SendEmail", MemorySize=512)
    calls.clear()
    code = edited(folder)

    outcomes = puts.put(code, END)

    assert {name: type(o) for name, o in outcomes.items()} == dict.fromkeys(
        ("ProcessOrder", "UpdateInventory", "SendEmail"), Changed
    )
    assert (
        sorted(c for c in calls if c != "lambda:GetFunction") == ["lambda:UpdateFunctionCode"] * 3
    )
    assert hashes(aws) == {code.sha256}
    assert aws.lambda_.get_function(FunctionName="SendEmail")["Configuration"]["MemorySize"] == 512


def test_what_runs_already_is_left_alone(puts: PutLive, folder: Path, calls: list[str]) -> None:
    code = edited(folder)
    puts.put(code, END)
    calls.clear()
    assert {type(o) for o in puts.put(code, END).values()} == {Unchanged}
    assert set(calls) == {"lambda:GetFunction"}


def test_it_is_live_only_when_lambda_says_so(
    aws: Aws, standing: Built, folder: Path, wire: Wire
) -> None:
    function = standing.step("function/SendEmail")

    def busy(answer: dict[str, Any]) -> None:
        answer["Configuration"]["LastUpdateStatus"] = "InProgress"

    def fine(_: dict[str, Any]) -> None:
        pass

    wire.calls.clear()
    wire.bend("lambda:GetFunction", fine, busy, busy)
    outcomes = PutLive(aws, [function]).put(edited(folder), END)
    assert isinstance(outcomes["SendEmail"], Changed)
    assert wire.calls == [
        *("lambda:GetFunction", "lambda:UpdateFunctionCode"),
        *["lambda:GetFunction"] * 3,
    ]


def test_an_update_under_way_is_waited_for(puts: PutLive, folder: Path, wire: Wire) -> None:
    wire.refuse(
        "lambda:UpdateFunctionCode",
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource: x",
    )
    assert {type(o) for o in puts.put(edited(folder), END).values()} == {Changed}


def test_a_function_that_is_gone_or_refused_is_told_and_the_others_go_live(
    aws: Aws, puts: PutLive, folder: Path
) -> None:
    aws.lambda_.delete_function(FunctionName="SendEmail")
    outcomes = puts.put(edited(folder), END)
    failed = outcomes["SendEmail"]
    assert isinstance(failed, Failed)
    assert "SendEmail of this stack does not stand" in told(failed.error).happened
    assert isinstance(outcomes["ProcessOrder"], Changed)


# From the edit to the line that tells of it


def times(*deeds: Callable[[], object]) -> Iterator[None]:
    """Two looks after each deed, as many as it takes an edit to lie still."""
    for deed in deeds:
        deed()
        yield
        yield


def test_each_edit_is_told_in_a_line(
    aws: Aws, puts: PutLive, folder: Path, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    log = folder / "log.py"
    good = log.read_text()

    def refused() -> None:
        wire.refuse("lambda:UpdateFunctionCode", "AccessDeniedException", "no", status=403)
        log.write_text(good + "\n# two\n")

    follow(
        times(
            lambda: log.write_text(good + "\n# one\n"),
            lambda: log.write_text("def f(:\n"),
            lambda: log.write_text(good + "\n# one\n"),
            refused,
        ),
        Edits(folder, bundle(folder), NEEDED),
        puts,
        EditLines(json=False, color=False),
        lambda: 60,
    )

    one, fault, back, two, denied = capsys.readouterr().out.splitlines()
    assert one.startswith("✓ log.py is live in 0.")
    assert one.endswith(" s: ProcessOrder, UpdateInventory, SendEmail.")
    assert fault == "✗ Not put live. handlers/log.py, line 1: invalid syntax."
    assert back == "✓ The handlers are again what runs."
    assert two.startswith("✓ log.py is live")
    assert two.count(",") == 1
    assert denied.startswith("✗ ")
    assert "may not UpdateFunctionCode" in denied
    assert len(hashes(aws)) == 2


def test_a_program_is_told_the_same(
    puts: PutLive, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = EditLines(json=True, color=False)
    lines.watching(str(folder))
    deeds = times(lambda: edited(folder), lambda: edited(folder, "def f(:\n"))
    follow(deeds, Edits(folder, bundle(folder), NEEDED), puts, lines, lambda: 60)
    watching, live, fault = capsys.readouterr().out.splitlines()
    assert '"type": "watching"' in watching
    assert '"files": ["handlers/log.py"]' in live
    assert '"because": []' in live
    assert '"live": []' in fault
    assert "line 1: invalid syntax" in fault
