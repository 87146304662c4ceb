"""Where the orders of a load run are found, however many there are."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections import Counter
from typing import Any, cast

from ordersetup.aws import Aws
from ordersetup.operate.load import LoadPlan
from ordersetup.operate.load_check import MOST_ERRORS, MOST_HELD, Whereabouts
from ordersetup.operate.load_tally import Tally
from ordersetup.operate.order import SIMULATOR
from ordersetup.web import Answer
from tests.stacks import stack

URL = "https://sqs.example/OrderProcessingDLQ"
NAMES = stack().blueprint.names
LAMPS = (("lamp", 2), ("desk", 1))
ACCEPTED = Answer(202, {}, b"{}")


class Depot:
    """Tables and queue of a run, made up as they are asked for: even orders applied, odd ones kept.

    Args:
        count: how many orders.
        others: how many messages of other people the queue holds besides.
    """

    def __init__(self, count: int, *, others: int = 0) -> None:
        self.dynamodb = self.sqs = self
        self.given_back: Counter[str] = Counter()
        self._own = iter(range(1, count, 2))
        self._others = iter(range(others))
        self._held = 0

    def get_queue_url(self, **_: object) -> dict[str, str]:
        return {"QueueUrl": URL}

    def get_queue_attributes(self, **_: object) -> dict[str, Any]:
        self._held += 1
        return {"Attributes": {"ApproximateNumberOfMessages": str(self._held)}}

    def batch_get_item(self, *, RequestItems: Any) -> dict[str, Any]:
        [(table, asked)] = RequestItems.items()
        rows = [
            {**key, "quantity": {"N": str(dict(LAMPS)[key["item_id"]["S"]])}}
            for key in asked["Keys"]
            if int(key["order_id"]["S"].rpartition("-")[2]) % 2 == 0
        ]
        return {"Responses": {table: rows}}

    def receive_message(self, **_: object) -> dict[str, Any]:
        own = [record_of(number) for number in itertools.islice(self._own, 5)]
        others = [f"other-{number}" for number in itertools.islice(self._others, 10 - len(own))]
        return {"Messages": [{"Body": body, "ReceiptHandle": body} for body in (*own, *others)]}

    def delete_message_batch(self, **_: object) -> None:
        """It is not received again in any case."""

    def change_message_visibility_batch(
        self,
        *,
        Entries: list[Any],
        **_: object,
    ) -> None:
        self.given_back.update(entry["ReceiptHandle"] for entry in Entries)


def record_of(number: int) -> str:
    """The record of a failure whose error has a name of its own."""
    event = {"order_id": f"run-1-{number}", "items": [{"item_id": "lamp", "quantity": 2}]}
    failure = {"errorType": f"Error{number}", "errorMessage": "it has 0 left"}
    return json.dumps({"requestPayload": event, "responsePayload": failure})


def whereabouts(depot: Depot, count: int) -> Whereabouts:
    """Those of a run whose orders were all accepted."""
    plan = LoadPlan("run-1", count, 4, SIMULATOR, LAMPS)
    tally = Tally(count)
    for number in range(count):
        tally.note(number, ACCEPTED, 0.1)
    return Whereabouts(cast("Aws", depot), NAMES, plan, tally)


def test_finding_ten_thousand_orders_takes_no_more_memory_than_finding_a_few() -> None:
    def peak(count: int) -> int:
        depot = Depot(count)
        tracemalloc.start()
        try:
            where = whereabouts(depot, count)
            while where.look():
                pass  # A look has an end by the clock, on a slow machine before that of the queue.
            assert len(where.applied) == len(where.kept) == where.errors.total() == count // 2
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    # The keys of the rows alone, or the names of the errors, would take more than 1 MB.
    assert peak(10_000) - peak(100) < 100_000


def test_errors_beyond_the_first_names_are_counted_together() -> None:
    where = whereabouts(Depot(100), 100)
    assert where.look() == 0
    assert len(where.errors) == MOST_ERRORS + 1
    assert where.errors["Error1"] == 1
    assert where.errors["other"] == 50 - MOST_ERRORS


def test_of_other_people_s_messages_only_so_many_are_held_at_once_and_all_given_back() -> None:
    depot = Depot(2, others=3 * MOST_HELD)
    where = whereabouts(depot, 2)
    assert where.look() == 0
    assert 0 < len(depot.given_back) < MOST_HELD + 10
    assert set(depot.given_back.values()) == {1}
