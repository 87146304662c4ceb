"""What is said of an order is about that order alone, and never holds the customer's address."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import OrderLost
from ordersetup.operate.order import make_order
from ordersetup.operate.orders import Tracker
from ordersetup.operate.site import Site
from ordersetup.stack import Stack
from ordersetup.web import Answer, Web
from tests.conftest import Provision
from tests.stacks import stack, with_needs

BUILT = stack()
STEPS = with_needs(
    BUILT.steps,
    BUILT.step("table/Inventory"),
    BUILT.step("table/InventoryTransactions"),
    BUILT.step("log-group//aws/lambda/SendEmail"),
    BUILT.step("rest-api/EcommerceAPI"),
)
ADDRESS = "ada@example.com"


class Api(Web):
    """Gives one answer, and on 202 writes the rows that UpdateInventory would."""

    def __init__(self, aws: Aws, answer: Answer) -> None:
        super().__init__()
        self._aws, self._answer = aws, answer

    def ask(
        self,
        method: str,  # noqa: ARG002 - the contract
        url: str,  # noqa: ARG002 - the contract
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - the contract
        body: bytes | None = None,
        timeout: float = 35,  # noqa: ARG002 - the contract
    ) -> Answer:
        order = json.loads(body or b"")
        for line in order["items"] if self._answer.status == 202 else ():
            row = {"order_id": {"S": order["order_id"]}, "item_id": {"S": line["item_id"]}}
            count = {"N": str(line["quantity"])}
            self._aws.dynamodb.put_item(
                TableName="InventoryTransactions", Item={**row, "quantity": count}
            )
        return self._answer


def send(aws: Aws, answer: Answer, monkeypatch: pytest.MonkeyPatch, *, timeout: float) -> None:
    monkeypatch.setattr(aws, "web", Api(aws, answer))
    url = Stack(aws, BUILT.blueprint, None, BUILT.steps).orders_url(own=True)
    site = Site(aws, BUILT.blueprint, url)
    tracker = Tracker(site, lambda _: None, lambda *_: None, timeout=timeout)
    tracker.send(make_order([], ADDRESS, "A-1"))


def log(aws: Aws, message: str) -> None:
    group = "/aws/lambda/SendEmail"
    aws.logs.create_log_stream(logGroupName=group, logStreamName="one")
    aws.logs.put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": message}],
    )


@pytest.mark.parametrize(
    "line",
    [
        "INFO confirmed order_id=A-10 request_id=r",
        "INFO confirmed order_id=BA-1 request_id=r",
        "INFO confirmed order_id=A-1-2 request_id=r",
        "INFO attempt order_id=A-1 request_id=r",
    ],
)
def test_another_order_s_confirmation_is_not_taken_for_this_one_s(
    aws: Aws, provision: Provision, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    provision(STEPS)
    log(aws, line)
    with pytest.raises(OrderLost, match="SendEmail did not confirm for order A-1"):
        send(aws, Answer(202, {}, b"{}"), monkeypatch, timeout=0.4)


@pytest.mark.parametrize(
    "line",
    [
        "INFO confirmed order_id=A-1 request_id=r",
        '{"level": "INFO", "message": "confirmed order_id=A-1", "order_id": "A-1"}',
    ],
)
def test_a_confirmation_is_found_in_a_log_of_text_and_of_json(
    aws: Aws, provision: Provision, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    provision(STEPS)
    log(aws, line)
    send(aws, Answer(202, {}, b"{}"), monkeypatch, timeout=5)


def test_an_answer_that_repeats_the_address_is_told_without_it(
    aws: Aws, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision(STEPS)
    body = f'{{"errors": ["{ADDRESS} is not accepted"]}}'.encode()
    with pytest.raises(OrderLost, match="answered 400") as lost:
        send(aws, Answer(400, {}, body), monkeypatch, timeout=5)
    assert ADDRESS not in str(lost.value)
    assert "(address) is not accepted" in lost.value.happened
