"""Stock from a file: all of it or nothing, and once more what was cut off."""

from __future__ import annotations

from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import BadInput
from ordersetup.operate.stock import Stock
from ordersetup.operate.stock_import import BATCH, Import, Imported, Lines, read_lines
from tests.conftest import Provision
from tests.stacks import stack
from tests.wire import Wire

STACK = stack()


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(BadInput) as caught:
        read_lines(text.splitlines(keepends=True), "stock.csv")
    assert "nothing was written" in caught.value.happened
    return caught.value.details


class TestReading:
    def test_lines_are_read_as_csv_has_them(self) -> None:
        text = 'item_id,quantity\nlamp-1,5\n\n"desk, large",0\nü 1, 0012 \n'
        found = read_lines(text.splitlines(keepends=True), "stock.csv")
        assert found == [("lamp-1", 5), ("desk, large", 0), ("ü 1", 12)]

    def test_the_header_alone_is_an_empty_import(self) -> None:
        assert read_lines(["item_id,quantity\n"], "stock.csv") == []

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "stock.csv is empty"),
            ("lamp-1,5\n", "stock.csv begins with 'lamp-1,5'"),
            ("quantity,item_id\n5,lamp-1\n", "begins with 'quantity,item_id'"),
        ],
    )
    def test_another_header_is_refused(self, text: str, told: str) -> None:
        with pytest.raises(BadInput, match=told):
            read_lines(text.splitlines(keepends=True), "stock.csv")

    def test_each_bad_line_is_named_by_its_number(self) -> None:
        text = (
            "item_id,quantity\nlamp-1,5\n,5\ndesk-1,2.5\nlamp-1,7\nchair\n"
            f"bed-1,-1\nrug-1,\nsofa\t1,5\n{'x' * 256},1\nvase-1,{'9' * 39}\npen-1,1,2\nink-1,٣\n"
        )
        told = faults(text)
        whole = "must be a whole number, 0 or more, of at most 38 digits"
        printable = "item_id must be 1 to 255 printable characters"
        assert told == (
            f"line 3: {printable}",
            f"line 4: quantity '2.5' {whole}",
            "line 5: lamp-1 is on line 2 already",
            "line 6: has 1 fields, not item_id and quantity",
            f"line 7: quantity '-1' {whole}",
            f"line 8: quantity '' {whole}",
            f"line 9: {printable}",
            f"line 10: {printable}",
            f"line 11: quantity '{'9' * 39}' {whole}",
            "line 12: has 3 fields, not item_id and quantity",
            f"line 13: quantity '٣' {whole}",
        )

    def test_of_many_the_first_are_named_and_the_others_counted(self) -> None:
        told = faults("item_id,quantity\n" + "x,y\n" * 5000)
        assert (len(told), told[-1]) == (21, "and 4980 more")

    def test_an_open_quote_is_told(self) -> None:
        assert faults('item_id,quantity\n"lamp,5\ndesk,1\n')[0].endswith(
            "what follows was not read"
        )


def lines(count: int) -> Lines:
    return [(f"lamp-{number}", number) for number in range(count)]


def stock(aws: Aws) -> dict[str, str]:
    pages = aws.dynamodb.get_paginator("scan").paginate(TableName="Inventory")
    rows = [row for page in pages for row in page["Items"]]
    return {row["item_id"]["S"]: row["quantity"]["N"] for row in rows}


class Runner:
    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.told: list[int] = []
        self.waits: list[str] = []
        self.interrupt_at: int | None = None
        self.imported: Imported | None = None

    def run(self, of: Lines, *, dry: bool = False) -> Imported:
        work = Import(Stock(self._aws, STACK.blueprint.names, self._wait, timeout=60), of)
        self.imported = work.imported
        return work.run(self._tell, dry=dry)

    def _wait(self, reason: str, _: float) -> None:
        self.waits.append(reason)

    def _tell(self, imported: Imported) -> None:
        self.told.append(imported.done)
        if imported.done == self.interrupt_at:
            raise KeyboardInterrupt


@pytest.fixture
def runner(aws: Aws, provision: Provision) -> Runner:
    provision([STACK.step("table/Inventory")])
    return Runner(aws)


class TestWriting:
    def test_lines_are_in_stock_afterwards(self, runner: Runner, aws: Aws) -> None:
        assert runner.run(lines(60)) == Imported(60, 60, new=60)
        assert runner.told == [25, 50, 60]
        assert stock(aws) == {f"lamp-{number}": str(number) for number in range(60)}

    def test_what_stands_already_is_not_written(self, runner: Runner, calls: list[str]) -> None:
        runner.run(lines(60))
        calls.clear()
        again = runner.run(lines(60))
        assert (again.done, again.same) == (60, 60)
        assert "dynamodb:BatchWriteItem" not in calls

    def test_a_row_s_other_attributes_are_kept(self, runner: Runner, aws: Aws) -> None:
        odd: Any = {"item_id": {"S": "lamp-1"}, "quantity": {"S": "5"}, "shelf": {"S": "A"}}
        aws.dynamodb.put_item(TableName="Inventory", Item=odd)
        assert runner.run([("lamp-1", 7)]).changed == 1
        found = aws.dynamodb.get_item(TableName="Inventory", Key={"item_id": {"S": "lamp-1"}})
        assert found["Item"] == {**odd, "quantity": {"N": "7"}}

    def test_a_dry_run_tells_and_writes_nothing(self, runner: Runner, calls: list[str]) -> None:
        runner.run([("lamp-0", 0), ("lamp-1", 9)])
        calls.clear()
        assert runner.run(lines(30), dry=True) == Imported(30, 30, new=28, changed=1)
        assert set(calls) == {"dynamodb:BatchGetItem"}

    def test_lines_that_dynamodb_has_no_time_for_go_again(
        self, runner: Runner, aws: Aws, wire: Wire
    ) -> None:
        puts = [
            {"PutRequest": {"Item": {"item_id": {"S": item}, "quantity": {"N": str(quantity)}}}}
            for item, quantity in lines(20)
        ]
        for left in (20, 3):
            answer = {"UnprocessedItems": {"Inventory": puts[:left]}}
            wire.answer("dynamodb:BatchWriteItem", answer)
        runner.run(lines(25))
        assert runner.waits == [
            f"{left} lines were not written yet: DynamoDB limits the rate" for left in (20, 3)
        ]
        assert set(stock(aws)) == {"lamp-0", "lamp-1", "lamp-2"}

    def test_a_throttle_and_a_lost_answer_are_outlasted(
        self, runner: Runner, aws: Aws, wire: Wire
    ) -> None:
        throttle = ("ProvisionedThroughputExceededException", "slow down")
        wire.refuse("dynamodb:BatchWriteItem", *throttle, times=4)
        wire.lose("dynamodb:BatchGetItem")
        assert runner.run(lines(5)).new == 5
        assert len(stock(aws)) == 5

    def test_ctrl_c_leaves_whole_batches_and_a_rerun_completes_them(
        self, runner: Runner, aws: Aws
    ) -> None:
        runner.interrupt_at = 2 * BATCH
        with pytest.raises(KeyboardInterrupt):
            runner.run(lines(100))
        assert runner.imported is not None
        assert (runner.imported.done, len(stock(aws))) == (50, 50)
        runner.interrupt_at = None
        again = runner.run(lines(100))
        assert (again.done, again.new, again.same) == (100, 50, 50)
