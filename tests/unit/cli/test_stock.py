"""`ordersetup stock`: what it tells, refuses, and leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ordersetup.aws import Aws
from ordersetup.views.json_lines import TYPES
from tests.conftest import Provision
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine, Recorder

STACK = stack()


@pytest.fixture
def table(aws: Aws, provision: Provision) -> Aws:
    provision([STACK.step("table/Inventory")])
    return aws


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "stock.csv"
    path.write_text("\ufeffitem_id,quantity\nlamp-1,5\ndesk-1,7\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("table")
class TestRows:
    def test_an_empty_inventory_is_said_to_be_empty(self, ordersetup: CommandLine) -> None:
        run = ordersetup("stock", "list")
        assert (run.code, run.out, run.talk) == (0, "0 items.\n", "")
        assert ordersetup("stock", "list", "--json").lines == [
            {"type": "stock", "items": 0, "unfit": 0}
        ]

    def test_an_item_is_set_added_to_and_listed(self, ordersetup: CommandLine) -> None:
        assert ordersetup("stock", "set", "lamp-1", "5").out == "lamp-1: not in stock → 5\n"
        assert ordersetup("stock", "add", "lamp-1", "3").out == "lamp-1: 3 added, now 8\n"
        assert ordersetup("stock", "list").out == "         8  lamp-1\n1 item.\n"

    def test_a_program_is_told_in_lines(self, ordersetup: CommandLine) -> None:
        set_, added, listed = (
            ordersetup("stock", *words, "--json").lines
            for words in (("set", "lamp-1", "5"), ("add", "lamp-1", "3"), ("list", "lamp-1"))
        )
        item = {"type": "item", "item_id": "lamp-1"}
        assert set_ == [{**item, "before": None, "quantity": 5}]
        assert added == [{**item, "added": 3, "quantity": 8}]
        last = {"type": "stock", "items": 1, "unfit": 0}
        assert listed == [{**item, "quantity": 8, "fault": None}, last]
        assert {line["type"] for line in listed} <= set(TYPES)

    def test_digits_are_told_to_the_last(self, ordersetup: CommandLine) -> None:
        digits = "12345678901234567890123456789012345678"
        ordersetup("stock", "set", "lamp-1", digits)
        assert ordersetup("stock", "list", "--json").lines[0]["quantity"] == int(digits)

    def test_what_no_order_can_take_from_is_told(self, ordersetup: CommandLine, aws: Aws) -> None:
        odd = {"item_id": {"S": "lamp\x1b[2J"}, "quantity": {"N": "2.5"}}
        aws.dynamodb.put_item(TableName="Inventory", Item=odd)
        assert ordersetup("stock", "list").out == (
            "       2.5  'lamp\\x1b[2J'  (quantity is not whole)\n"
            "1 item, 1 that no order can take from.\n"
        )
        assert ordersetup("stock", "list", "--json").lines[0]["quantity"] == "2.5"

    def test_an_item_that_is_not_there_is_exit_code_1(self, ordersetup: CommandLine) -> None:
        run = ordersetup("stock", "list", "lamp-1")
        assert (run.code, run.out.splitlines()[0]) == (1, "         -  lamp-1  (not in stock)")

    def test_a_number_of_pieces_that_has_changed_is_kept(self, ordersetup: CommandLine) -> None:
        ordersetup("stock", "set", "lamp 1", "5")
        run = ordersetup("stock", "set", "lamp 1", "9", "--if-now", "4")
        assert run.code == 1
        assert "The stock of lamp 1 is not 4, it is 5; nothing was changed." in run.talk
        assert "ordersetup stock list 'lamp 1'" in run.talk


@pytest.mark.usefixtures("aws")
class TestElsewhere:
    @pytest.mark.parametrize(
        "words",
        [("list",), ("set", "a", "1"), ("add", "a", "1"), ("import", "{csv}")],
        ids=" ".join,
    )
    def test_a_stack_that_does_not_stand_is_said_so_in_one_sentence(
        self, ordersetup: CommandLine, csv: Path, words: tuple[str, ...]
    ) -> None:
        run = ordersetup("stock", *(w.format(csv=csv) for w in words), "--stack", "shop2")
        assert (run.code, run.out) == (1, "")
        assert run.talk.splitlines() == [
            "Error: The stack shop2 has no table shop2-Inventory in eu-west-1.",
            "       Build it with: ordersetup provision --stack shop2",
        ]

    def test_a_missing_permission_is_named(
        self, ordersetup: CommandLine, recorder: Recorder
    ) -> None:
        action = "dynamodb:DescribeTable on resource: arn:aws:dynamodb:x:1:table/Inventory"
        told = f"User: jane is not authorized to perform: {action}"
        recorder.words = json.dumps({"__type": "AccessDeniedException", "message": told})
        run = ordersetup("stock", "list", "--json", AWS_ENDPOINT_URL_DYNAMODB=recorder.url)
        assert run.code == 1
        assert run.lines[-1]["error"] == "Denied"
        assert (
            "may not dynamodb:DescribeTable on arn:aws:dynamodb:x:1:table/Inventory"
            in run.lines[-1]["happened"]
        )


class TestBadInput:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("set", "", "5"), "ITEM '' is not accepted: it must be 1 to 255 printable"),
            (("set", "lamp\n", "5"), "ITEM 'lamp\\n' is not accepted"),
            (("set", "lamp", "2.5"), "N '2.5' is not accepted: it must be a whole number, 0 or"),
            (("set", "lamp", "5", "--if-now", "x"), "--if-now 'x' is not accepted"),
            (("add", "lamp", "0"), "N '0' is not accepted: it must be a whole number, 1 or more"),
            (("list", "lamp", "\udcff"), "ITEM '\\udcff' is not accepted"),
            (("import", "nowhere.csv"), "nowhere.csv cannot be read: No such file"),
        ],
    )
    def test_it_is_refused_before_any_call(
        self, ordersetup: CommandLine, recorder: Recorder, words: tuple[str, ...], told: str
    ) -> None:
        run = ordersetup("stock", *words, AWS_ENDPOINT_URL=recorder.url)
        assert (run.code, run.out) == (2, "")
        assert told in run.talk
        assert recorder.requests == []

    def test_bad_lines_are_named_before_any_call(
        self, ordersetup: CommandLine, recorder: Recorder, csv: Path
    ) -> None:
        csv.write_text("item_id,quantity\nlamp-1,5\nlamp-1,x\n")
        run = ordersetup("stock", "import", str(csv), AWS_ENDPOINT_URL=recorder.url)
        assert (run.code, run.out) == (2, "")
        assert "has 1 line that cannot be imported; nothing was written." in run.talk
        assert "line 3: quantity 'x' must be a whole number" in run.talk
        assert recorder.requests == []

    def test_a_file_of_another_encoding_is_refused(
        self, ordersetup: CommandLine, csv: Path
    ) -> None:
        csv.write_bytes("item_id,quantity\nstühle,5\n".encode("latin-1"))
        run = ordersetup("stock", "import", str(csv))
        assert run.code == 2
        assert "is not UTF-8." in run.talk


@pytest.mark.usefixtures("table")
class TestImport:
    def test_a_file_is_in_stock_afterwards(self, ordersetup: CommandLine, csv: Path) -> None:
        run = ordersetup("stock", "import", str(csv))
        assert (run.code, run.talk) == (0, "")
        assert run.out == "2 of 2 lines: 2 new, 0 changed, 0 the same.\n"
        assert ordersetup("stock", "import", str(csv), "--json").lines == [
            {
                **{"type": "imported", "lines": 2, "done": 2, "new": 0, "changed": 0, "same": 2},
                "dry_run": False,
            }
        ]

    def test_a_dry_run_writes_nothing(self, ordersetup: CommandLine, csv: Path) -> None:
        run = ordersetup("stock", "import", str(csv), "--dry-run")
        assert run.out == "2 of 2 lines: 2 would be new, 0 would be changed, 0 the same.\n"
        assert ordersetup("stock", "list").out == "0 items.\n"

    def test_what_failed_half_way_says_how_many_are_in_and_what_completes_it(
        self, ordersetup: CommandLine, csv: Path, aws: Aws
    ) -> None:
        full = {"item_id": {"S": "lamp-30"}, "quantity": {"N": "1"}, "note": {"S": "x" * 404_950}}
        aws.dynamodb.put_item(TableName="Inventory", Item=full)
        rows = "".join(f"lamp-{number},{'9' * 38}\n" for number in range(60))
        csv.write_text(f"item_id,quantity\n{rows}")
        run = ordersetup("stock", "import", str(csv))
        assert run.code == 1
        assert run.out == "25 of 60 lines: 25 new, 0 changed, 0 the same.\n"
        rerun = f"A rerun completes it: ordersetup stock import {csv}"
        assert run.talk.splitlines()[0] == f"The rest is not in. {rerun}"
        assert "BatchWriteItem" in run.talk

    def test_standard_input_is_taken_too(self, process: CommandLine) -> None:
        run = process("stock", "import", "-")
        assert run.code == 2
        assert "standard input is empty" in run.talk
