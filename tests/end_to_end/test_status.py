"""`status` of a pipeline that runs: its numbers are those of what has happened."""

from __future__ import annotations

import time

import pytest

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import Shop, eventually


@pytest.fixture(scope="module")
def busy(shop: Shop) -> Shop:
    """One order of two items is applied, and one that cannot be filled is in the queue."""
    shop.put_stock("lamp", 5)
    shop.put_stock("desk", 5)
    assert shop.post("S-1", {"lamp": 1, "desk": 2}).status == 202
    assert shop.post("S-2", {"no-such-item": 1}).status == 202
    assert eventually(lambda: shop.rows("S-1"), bool)
    url = shop.client("sqs").get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    count = "ApproximateNumberOfMessages"

    def depth() -> str:
        asked = shop.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[count])
        return str(asked["Attributes"][count])

    assert eventually(depth, lambda found: found == "1") == "1"
    return shop


def test_the_numbers_are_those_of_what_has_happened(busy: Shop, ordersetup: CommandLine) -> None:
    run = ordersetup("status", "--json")
    assert run.code == 0, run.out + run.talk
    told = run.result
    assert told["endpoint"]["value"] == busy.orders_url
    assert {f["state"]["value"] for f in told["functions"].values()} == {"Active"}
    assert told["tables"]["Inventory"]["value"]["rows"] == 2
    rows = told["tables"]["InventoryTransactions"]["value"]
    assert (rows["rows"], rows["orders"]) == (2, 1)
    assert told["queue"]["messages"]["value"]["count"] == 1
    net = {"retries": 2, "within_seconds": 21_600, "destination": "OrderProcessingDLQ"}
    assert told["nets"]["UpdateInventory"]["value"] == {**net, "exists": True}
    assert told["attention"][-1] == "1 message waits in OrderProcessingDLQ."
    assert told["functions"]["UpdateInventory"]["invocations"]["value"] == 2
    assert told["unread"] == []


def test_no_failure_is_told_as_none_where_the_engine_counts_none(
    busy: Shop, ordersetup: CommandLine
) -> None:
    """Once the engine counts them, `corrections.is_count` goes."""
    counted = busy.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": "UpdateInventory"}],
        StartTime=time.time() - 3600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in counted["Datapoints"]) == 0
    numbers = ordersetup("status", "--json").result["functions"]["UpdateInventory"]
    unknown = {"value": None, "because": "no data"}
    assert (numbers["errors"], numbers["dropped"]) == (unknown, unknown)


@pytest.mark.usefixtures("busy")
def test_it_is_drawn_within_80_columns(ordersetup: CommandLine) -> None:
    run = ordersetup("status")
    assert (run.code, run.talk) == (0, "")
    assert "! 1 message waits in OrderProcessingDLQ." in run.out
    assert "is not Amazon's" in run.out
    assert max(map(len, run.out.splitlines())) <= 80


@pytest.mark.usefixtures("busy")
def test_ctrl_c_ends_watching_with_130(ordersetup: CommandLine) -> None:
    # Long enough for the first picture, which is what there is to see.
    run = ordersetup.interrupted("status", "--watch", "60", when=lambda: time.sleep(4))
    assert run.code == 130
    assert run.out.startswith("Order pipeline default")
    assert "Traceback" not in run.talk
