"""Stock that is listed, set and added to, beside orders and weather."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import NotOurs, NotProvisioned, StillDiffers, StockRefused
from ordersetup.operate.owned import check_owned
from ordersetup.operate.stock import Stock
from ordersetup.operate.stock_rows import StockRow, StockSet
from tests.conftest import Provision
from tests.stacks import stack
from tests.wire import Wire

STACK = stack()
TABLE = ["table/Inventory"]


def opened(aws: Aws, seconds: float = 5) -> Stock:
    return Stock(aws, STACK.blueprint.names, lambda *_: None, timeout=seconds)


def put(aws: Aws, item: str, **attributes: Any) -> None:
    aws.dynamodb.put_item(TableName="Inventory", Item={"item_id": {"S": item}, **attributes})


def row(aws: Aws, item: str) -> Any:
    return aws.dynamodb.get_item(TableName="Inventory", Key={"item_id": {"S": item}}).get("Item")


@pytest.fixture
def stock(aws: Aws, provision: Provision) -> Stock:
    provision([STACK.step("table/Inventory")])
    return opened(aws)


class TestListing:
    def test_an_empty_table_has_no_rows(self, stock: Stock) -> None:
        assert list(stock.rows()) == []

    def test_each_row_is_told_exactly_and_why_no_order_can_take_from_it(
        self, stock: Stock, aws: Aws
    ) -> None:
        put(aws, "lamp", quantity={"N": "12345678901234567890123456789012345678"})
        put(aws, "half", quantity={"N": "2.5"})
        put(aws, "less", quantity={"N": "-1"})
        put(aws, "text", quantity={"S": "5"})
        put(aws, "none")
        assert sorted(stock.rows(), key=lambda found: found.item_id) == [
            StockRow("half", Decimal("2.5"), "quantity is not whole"),
            StockRow("lamp", Decimal("12345678901234567890123456789012345678")),
            StockRow("less", Decimal(-1), "quantity is negative"),
            StockRow("none", None, "quantity is missing"),
            StockRow("text", None, "quantity is a String, not a Number"),
        ]

    def test_pages_are_asked_for_one_by_one(self, stock: Stock, aws: Aws, calls: list[str]) -> None:
        for number in range(6):
            put(aws, f"lamp-{number}", quantity={"N": "1"}, note={"S": "x" * 300_000})
        calls.clear()
        rows = stock.rows()
        next(rows)
        assert calls == ["dynamodb:Scan"]
        assert len([*rows]) == 5
        assert calls.count("dynamodb:Scan") > 1

    def test_named_items_are_told_in_their_order_with_those_that_are_not_there(
        self, stock: Stock, aws: Aws
    ) -> None:
        for number in range(150):
            put(aws, f"lamp-{number}", quantity={"N": str(number)})
        names = [f"lamp-{number}" for number in range(149, -1, -1)]
        found = list(stock.rows_of([*names, "chair", "lamp-3"]))
        assert found == [*(StockRow(n, Decimal(n[5:])) for n in names), "chair"]

    def test_what_dynamodb_left_out_is_asked_for_again(
        self, stock: Stock, aws: Aws, wire: Wire
    ) -> None:
        put(aws, "lamp", quantity={"N": "1"})
        put(aws, "desk", quantity={"N": "2"})

        def leave_out(answer: dict[str, Any]) -> None:
            answer["Responses"]["Inventory"].pop(0)
            keys = {"Keys": [{"item_id": {"S": "lamp"}}]}
            answer["UnprocessedKeys"] = {"Inventory": keys}

        wire.bend("dynamodb:BatchGetItem", leave_out)
        rows = [found for found in stock.rows_of(["lamp", "desk"]) if isinstance(found, StockRow)]
        assert [(found.item_id, found.quantity) for found in rows] == [
            ("lamp", Decimal(1)),
            ("desk", Decimal(2)),
        ]


class TestSetting:
    def test_a_new_item_and_one_that_is_there(self, stock: Stock, aws: Aws) -> None:
        assert stock.set("lamp", 5) == StockSet("lamp", None, Decimal(5))
        assert stock.set("lamp", 7) == StockSet("lamp", Decimal(5), Decimal(7))
        assert row(aws, "lamp") == {"item_id": {"S": "lamp"}, "quantity": {"N": "7"}}

    def test_other_attributes_stay(self, stock: Stock, aws: Aws) -> None:
        put(aws, "lamp", quantity={"S": "5"}, shelf={"S": "A"})
        assert stock.set("lamp", 7).before is None
        assert row(aws, "lamp")["shelf"] == {"S": "A"}

    def test_only_if_it_is_what_one_took_it_for(self, stock: Stock, aws: Aws) -> None:
        stock.set("lamp", 5)
        with pytest.raises(StockRefused, match="The stock of lamp is not 6, it is 5; nothing"):
            stock.set("lamp", 9, only_if=6)
        assert row(aws, "lamp")["quantity"] == {"N": "5"}
        assert stock.set("lamp", 9, only_if=5).quantity == 9
        with pytest.raises(StockRefused, match="The stock of desk is not 0, it has no number"):
            stock.set("desk", 9, only_if=0)
        assert row(aws, "desk") is None

    def test_a_lost_answer_to_a_conditional_one_is_no_refusal(
        self, stock: Stock, aws: Aws, wire: Wire
    ) -> None:
        stock.set("lamp", 5)
        wire.lose("dynamodb:UpdateItem")
        assert stock.set("lamp", 9, only_if=5).quantity == 9
        assert row(aws, "lamp")["quantity"] == {"N": "9"}

    def test_an_order_that_has_the_row_is_waited_for(self, stock: Stock, wire: Wire) -> None:
        wire.refuse("dynamodb:UpdateItem", "TransactionConflictException", "ongoing")
        assert stock.set("lamp", 5).quantity == 5


class TestAdding:
    def test_pieces_are_added_to_what_there_is(self, stock: Stock, aws: Aws) -> None:
        put(aws, "lamp", quantity={"N": "5"}, shelf={"S": "A"})
        assert stock.add("lamp", 3) == 8
        assert row(aws, "lamp")["shelf"] == {"S": "A"}

    @pytest.mark.parametrize("losses", [1, 2, 4])
    def test_lost_answers_do_not_add_twice(
        self, stock: Stock, aws: Aws, wire: Wire, losses: int
    ) -> None:
        stock.set("lamp", 5)
        for _ in range(losses):
            wire.lose("dynamodb:TransactWriteItems")
        assert stock.add("lamp", 3) == 8
        assert row(aws, "lamp")["quantity"] == {"N": "8"}

    def test_what_cannot_be_read_afterwards_is_added_all_the_same(
        self, stock: Stock, aws: Aws, wire: Wire
    ) -> None:
        stock.set("lamp", 5)
        wire.refuse("dynamodb:BatchGetItem", "AccessDeniedException", "not authorized", status=400)
        assert stock.add("lamp", 3) is None
        assert row(aws, "lamp")["quantity"] == {"N": "8"}

    def test_the_token_fits(self, stock: Stock, wire: Wire) -> None:
        stock.set("lamp", 5)
        stock.add("lamp", 3)
        assert len(wire.requests["dynamodb:TransactWriteItems"]["ClientRequestToken"]) == 36

    def test_a_misspelt_item_makes_no_new_one(self, stock: Stock, aws: Aws) -> None:
        with pytest.raises(StockRefused, match="The item lampp is not in stock") as caught:
            stock.add("lampp", 3)
        assert caught.value.then.endswith("ordersetup stock set lampp N")
        assert row(aws, "lampp") is None

    def test_a_text_is_not_added_to(self, stock: Stock, aws: Aws) -> None:
        put(aws, "lamp", quantity={"S": "5"})
        with pytest.raises(StockRefused, match="has a quantity that is no number"):
            stock.add("lamp", 3)
        assert row(aws, "lamp")["quantity"] == {"S": "5"}

    def test_an_order_that_has_the_row_is_waited_for(self, stock: Stock, wire: Wire) -> None:
        stock.set("lamp", 5)
        told = "Transaction cancelled, … [TransactionConflict]"
        wire.refuse("dynamodb:TransactWriteItems", "TransactionCanceledException", told)
        assert stock.add("lamp", 3) == 8

    def test_what_never_passes_says_how_to_look(
        self, stock: Stock, aws: Aws, wire: Wire, calls: list[str]
    ) -> None:
        stock.set("lamp", 5)
        told = "Transaction cancelled, … [TransactionConflict]"
        wire.refuse("dynamodb:TransactWriteItems", "TransactionCanceledException", told)
        hasty = opened(aws, 0)
        with pytest.raises(StillDiffers, match="ordersetup stock list"):
            hasty.add("lamp", 3)
        assert calls.count("dynamodb:TransactWriteItems") == 1


class TestOwnership:
    def test_a_table_that_does_not_stand_is_said_so(self, aws: Aws) -> None:
        with pytest.raises(NotProvisioned, match="has no table Inventory in eu-west-1") as caught:
            check_owned(aws, STACK.steps, "default", TABLE)
        assert caught.value.then == "Build it with: ordersetup provision"

    @pytest.mark.parametrize(
        ("tag", "told"),
        [("shop2", "the stack shop2's tag"), (None, "no tag of ordersetup")],
    )
    def test_somebody_else_s_is_left_alone(
        self, aws: Aws, provision: Provision, tag: str | None, told: str
    ) -> None:
        provision([STACK.step("table/Inventory")])
        arn = STACK.blueprint.table_arn("Inventory")
        aws.dynamodb.untag_resource(ResourceArn=arn, TagKeys=["ordersetup:stack"])
        if tag:
            tags: Any = [{"Key": "ordersetup:stack", "Value": tag}]
            aws.dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
        with pytest.raises(NotOurs, match=f"bears {told}"):
            check_owned(aws, STACK.steps, "default", TABLE)
