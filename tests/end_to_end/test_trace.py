"""`trace` and `logs` of a pipeline that runs."""

from __future__ import annotations

import json
import time

import pytest

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import CUSTOMER, Shop, eventually


@pytest.fixture(scope="module")
def busy(shop: Shop) -> Shop:
    """One order is applied, and one that cannot be filled is in the queue."""
    shop.put_stock("lamp", 5)
    assert shop.post("S-1", {"lamp": 1}).status == 202
    assert shop.post("S-2", {"no-such-item": 1}).status == 202
    assert eventually(lambda: shop.rows("S-1"), bool)
    url = shop.client("sqs").get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    count = "ApproximateNumberOfMessages"

    def depth() -> str:
        asked = shop.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[count])
        return str(asked["Attributes"][count])

    assert eventually(depth, lambda found: found == "1") == "1"
    assert eventually(lambda: "confirmed" in "".join(shop.log("SendEmail", "S-1")), bool)
    return shop


@pytest.mark.usefixtures("busy")
def test_an_applied_order_is_traced_from_its_acceptance_to_its_confirmation(
    ordersetup: CommandLine,
) -> None:
    run = ordersetup("trace", "S-1", "--json")
    assert run.code == 0, run.out + run.talk
    events = [(m["event"], m["where"]) for m in run.result["moments"]]
    assert events[0] == ("accepted", "ProcessOrder")
    assert {("applied", "UpdateInventory"), ("confirmed", "SendEmail")} <= set(events)
    assert run.result["rows"] == [{"item_id": "lamp", "quantity": "1"}]
    assert (run.result["outcome"], run.result["confirmed"]) == ("applied", True)
    assert (run.result["missing"], run.result["unread"]) == ([], [])


def test_a_failed_order_is_traced_through_its_attempts_and_alerts_to_its_record(
    busy: Shop, ordersetup: CommandLine
) -> None:
    run = ordersetup("trace", "S-2", "--json")
    assert run.code == 0, run.out + run.talk
    of_update = [m for m in run.result["moments"] if m["where"] == "UpdateInventory"]
    assert [(m["event"], m["attempt"], m["error"]) for m in of_update] == [
        step
        for attempt in (1, 2, 3)
        for step in (
            ("began", attempt, None),
            ("alerted", attempt, None),
            ("failed", attempt, "UnknownItem"),
        )
    ]
    last = run.result["moments"][-1]
    assert (last["event"], last["error"]) == ("record", "UnknownItem")
    assert run.result["outcome"] == "kept"
    # The record is where it was.
    (record,) = busy.dead_letters()
    assert record["requestPayload"]["order_id"] == "S-2"
    assert CUSTOMER not in run.out + ordersetup("trace", "S-2").out


def test_the_logs_of_an_order_are_told_interleaved_with_all_of_its_runs(
    busy: Shop, ordersetup: CommandLine
) -> None:
    run = ordersetup("logs", "--order", "S-2", "--since", "1h", "--json")
    assert run.code == 0, run.out + run.talk
    told = [json.loads(line) for line in run.out.splitlines()]
    assert {line["function"] for line in told} == {"ProcessOrder", "UpdateInventory", "SendEmail"}
    begins = [line for line in told if line["message"].startswith("START RequestId")]
    assert len([line for line in begins if line["function"] == "UpdateInventory"]) == 3
    assert [line["at"] for line in told] == sorted(line["at"] for line in told)
    assert not [line for line in told if "S-1 " in line["message"]]
    people = ordersetup("logs", "updateinventory", "--since", "1h")
    assert "ERROR failed  order_id=S-2 error=UnknownItem" in people.out
    assert CUSTOMER not in run.out + people.out
    assert busy


def test_followed_logs_tell_each_line_of_a_new_order_once_until_ctrl_c(
    busy: Shop, ordersetup: CommandLine
) -> None:
    def order() -> None:
        for name in ("F-1", "F-2"):
            assert busy.post(name, {"lamp": 1}).status == 202
        done = [lambda n=name: busy.log("SendEmail", n) for name in ("F-1", "F-2")]
        for look in done:
            assert eventually(look, lambda lines: "confirmed" in "".join(lines))
        # Two looks later all of it is told.
        time.sleep(5)

    run = ordersetup.interrupted("logs", "--follow", "--since", "1m", "--json", when=order)
    assert run.code == 130
    assert "Traceback" not in run.talk
    messages = [json.loads(line)["message"] for line in run.out.splitlines()]
    for name in ("F-1", "F-2"):
        assert len([m for m in messages if f"accepted order_id={name} " in m]) == 1
        assert len([m for m in messages if f"confirmed order_id={name} " in m]) == 1
