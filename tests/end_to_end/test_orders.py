"""Orders through the deployed pipeline, with IAM enforced."""

from __future__ import annotations

import json

import pytest

from ordersetup.web import Web
from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import CUSTOMER, ORIGIN, Shop, eventually


def test_an_order_is_accepted_and_taken_from_stock(shop: Shop) -> None:
    shop.put_stock("lamp-1", 10)
    shop.put_stock("desk-1", 3)
    answer = shop.post("A-1", {"lamp-1": 4, "desk-1": 1})
    assert answer.status == 202
    assert json.loads(answer.body) == {"order_id": "A-1", "status": "accepted"}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert eventually(lambda: shop.rows("A-1"), bool) == {"lamp-1": 4, "desk-1": 1}
    assert (shop.stock("lamp-1"), shop.stock("desk-1")) == (6, 2)


def test_a_duplicate_order_is_applied_once(shop: Shop) -> None:
    shop.put_stock("lamp-2", 10)
    for _ in range(3):
        assert shop.post("A-2", {"lamp-2": 4}).status == 202
    done = eventually(
        lambda: [line for line in shop.log("UpdateInventory", "A-2") if "applied" in line],
        lambda lines: len(lines) == 3,
    )
    assert len(done) == 3
    assert shop.stock("lamp-2") == 6
    assert shop.rows("A-2") == {"lamp-2": 4}


def test_the_customer_is_mailed_and_the_confirmation_published(shop: Shop) -> None:
    shop.put_stock("lamp-3", 1)
    assert shop.post("A-3", {"lamp-3": 1}).status == 202
    confirmed = eventually(
        lambda: [line for line in shop.log("SendEmail", "A-3") if "confirmed" in line], bool
    )
    assert confirmed
    mails = json.loads(Web().ask("GET", f"{shop.endpoint_url}/_ministack/ses/messages").body)
    sent = [mail for of_account in mails["messages"].values() for mail in of_account]
    mail = next(mail for mail in sent if "A-3" in json.dumps(mail))
    assert (mail["Source"], mail["To"]) == ("shop@example.com", [CUSTOMER])


def test_a_bad_order_is_answered_with_every_fault(shop: Shop) -> None:
    answer = shop.post_body({"customer_email": "nobody", "items": [{"item_id": "", "quantity": 0}]})
    assert answer.status == 400
    faults = json.loads(answer.body)["faults"]
    assert [fault.partition(":")[0] for fault in faults] == [
        "customer_email",
        "items[0].item_id",
        "items[0].quantity",
    ]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_browser_may_ask_first(shop: Shop) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = Web().ask("OPTIONS", shop.orders_url, headers=asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_an_order_that_cannot_be_filled_ends_in_the_queue_after_two_retries(shop: Shop) -> None:
    assert shop.post("A-4", {"no-such-item": 1}).status == 202
    records = eventually(
        shop.dead_letters, lambda r: any(x["requestPayload"]["order_id"] == "A-4" for x in r)
    )
    record = next(r for r in records if r["requestPayload"]["order_id"] == "A-4")
    assert record["responsePayload"]["errorMessage"].startswith("UnknownItem: ")
    attempts = [line for line in shop.log("UpdateInventory", "A-4") if "attempt" in line]
    assert len(attempts) == 3
    assert shop.rows("A-4") == {}


def test_no_log_names_a_customer(shop: Shop) -> None:
    shop.put_stock("lamp-5", 1)
    shop.post("A-5", {"lamp-5": 1})
    eventually(lambda: [x for x in shop.log("SendEmail", "A-5") if "confirmed" in x], bool)
    for function in ("ProcessOrder", "UpdateInventory", "SendEmail"):
        group = shop.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")
        messages = [event["message"] for event in group["events"]]
        assert messages
        assert not [message for message in messages if CUSTOMER in message]


def test_a_test_order_is_followed_to_its_confirmation(shop: Shop, ordersetup: CommandLine) -> None:
    shop.put_stock("lamp-6", 5)
    run = ordersetup("send-test-order", "--item", "lamp-6:2", "--order-id", "T-1", "--json")
    assert run.code == 0, run.out + run.talk
    assert run.result["order_id"] == "T-1"
    assert [hop["hop"] for hop in run.result["hops"]] == ["accepted", "rows", "stock", "confirmed"]
    assert run.result["hops"][2]["detail"] == "lamp-6 5 → 3"
    assert shop.stock("lamp-6") == 3


def test_a_repeated_test_order_takes_stock_once(shop: Shop, ordersetup: CommandLine) -> None:
    shop.put_stock("lamp-7", 5)
    for _ in range(2):
        run = ordersetup("send-test-order", "--item", "lamp-7:2", "--order-id", "T-2")
        assert run.code == 0, run.talk
    assert shop.stock("lamp-7") == 3


@pytest.mark.usefixtures("shop")
def test_a_test_order_without_item_uses_one_of_its_own(ordersetup: CommandLine) -> None:
    run = ordersetup("send-test-order")
    assert run.code == 0, run.talk
    assert "ordersetup-test-item 1000 → 999" in run.out


@pytest.mark.usefixtures("shop")
def test_a_test_order_that_cannot_be_filled_says_so_is_sent_and_not_waited_for(
    ordersetup: CommandLine, shop: Shop
) -> None:
    run = ordersetup("send-test-order", "--item", "unheard-of:1", "--order-id", "A-9")
    assert run.code == 1
    assert "This order cannot be filled: unheard-of is not in Inventory." in run.talk
    assert "Order A-9 was accepted, and will not be filled" in run.talk
    assert "ordersetup redrive" in run.talk
    records = eventually(
        shop.dead_letters, lambda r: any(x["requestPayload"]["order_id"] == "A-9" for x in r)
    )
    assert records
