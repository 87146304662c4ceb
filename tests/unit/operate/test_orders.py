"""A test order followed through a pipeline of our own making, with its tables and logs in moto."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import OrderLost
from ordersetup.operate.inventory import OWN_STOCK
from ordersetup.operate.order import OWN_ITEM, TestOrder, make_order
from ordersetup.operate.orders import Hop, Tracker
from ordersetup.operate.site import Site
from ordersetup.stack import Stack
from ordersetup.web import Answer, NoAnswer, Web
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.wire import Wire

STACK = stack()
NAMES = STACK.blueprint.names
ACCEPTED = Answer(202, {}, b'{"order_id": "order-1", "status": "accepted"}')
YOUNG = Answer(403, {"x-amzn-errortype": "ForbiddenException"}, b'{"message":"Forbidden"}')


class Pipeline(Web):
    """Takes an order and does what ProcessOrder and the two workers would, or less.

    Args:
        writes: UpdateInventory does its work.
        confirms: SendEmail does its work.
        answers: given first, in this order, instead of 202.
    """

    def __init__(
        self, aws: Aws, *answers: Answer | NoAnswer, writes: bool = True, confirms: bool = True
    ) -> None:
        super().__init__()
        self.posted: list[tuple[str, str, dict[str, Any]]] = []
        self._aws, self._answers = aws, list(answers)
        self._writes, self._confirms = writes, confirms

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 35,
    ) -> Answer:
        """Take an order."""
        assert body is not None
        assert headers == {"Content-Type": "application/json"}
        assert timeout > 29
        order = json.loads(body)
        self.posted.append((method, url, order))
        if self._answers:
            answer = self._answers.pop(0)
            if isinstance(answer, NoAnswer):
                raise answer
            return answer
        if self._writes:
            for line in order["items"]:
                self._take(order["order_id"], line["item_id"], line["quantity"])
        if self._confirms:
            # As handlers/log.py writes it, whichever log format the function has.
            self._log(f"INFO confirmed order_id={order['order_id']} request_id=request-1")
        return ACCEPTED

    def _take(self, order_id: str, item: str, quantity: int) -> None:
        keys = {"order_id": {"S": order_id}, "item_id": {"S": item}}
        self._aws.dynamodb.put_item(
            TableName="InventoryTransactions", Item={**keys, "quantity": {"N": str(quantity)}}
        )
        self._aws.dynamodb.update_item(
            TableName="Inventory",
            Key={"item_id": {"S": item}},
            UpdateExpression="ADD quantity :taken",
            ExpressionAttributeValues={":taken": {"N": str(-quantity)}},
        )

    def _log(self, message: str) -> None:
        group = STACK.blueprint.send_email.log_group
        self._aws.logs.create_log_stream(logGroupName=group, logStreamName="one")
        self._aws.logs.put_log_events(
            logGroupName=group,
            logStreamName="one",
            logEvents=[{"timestamp": int(time.time() * 1000), "message": message}],
        )


@pytest.fixture(autouse=True)
def _what_orders_need(provision: Provision) -> None:
    groups = (
        *("table/Inventory", "table/InventoryTransactions", "rest-api/EcommerceAPI"),
        f"log-group/{STACK.blueprint.send_email.log_group}",
    )
    wanted = [step for step in STACK.steps if step.key in groups]
    assert len(wanted) == len(groups), [step.key for step in STACK.steps]
    provision(with_needs(STACK.steps, *wanted))


class Follower:
    """Follows one order and keeps what is told of it."""

    def __init__(self, aws: Aws, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aws, "web", web)
        self._aws = aws
        self.hops: list[Hop] = []
        self.waits: list[str] = []
        self.said: list[str] = []

    def send(
        self, order: TestOrder, *, timeout: float = 10, stocked: bool = True
    ) -> tuple[Hop, ...]:
        """Send it; what is ordered and not in stock is put there before, unless told not to."""
        have = stock(self._aws)
        for item, quantity in order.items if stocked else ():
            if item not in {*have, OWN_ITEM}:
                put_stock(self._aws, item, quantity)
        url = Stack(self._aws, STACK.blueprint, None, STACK.steps).orders_url(own=True)
        tracker = Tracker(
            Site(self._aws, STACK.blueprint, url),
            self.hops.append,
            lambda reason, _: self.waits.append(reason),
            timeout=timeout,
            say=self.said.append,
        )
        return tracker.send(order)

    def lost(self, order: TestOrder) -> OrderLost:
        """The error of an order that does not arrive within no time at all."""
        with pytest.raises(OrderLost) as caught:
            self.send(order, timeout=0)
        return caught.value


def put_stock(aws: Aws, item: str, quantity: int) -> None:
    aws.dynamodb.put_item(
        TableName="Inventory", Item={"item_id": {"S": item}, "quantity": {"N": str(quantity)}}
    )


def stock(aws: Aws) -> dict[str, int]:
    rows = aws.dynamodb.scan(TableName="Inventory")["Items"]
    return {row["item_id"]["S"]: int(row["quantity"]["N"]) for row in rows}


LAMPS = make_order([("lamp-1", 2), ("lamp-2", 1)], "me@example.com", "order-1")


class TestArriving:
    def test_an_order_is_followed_through_every_hop(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_stock(aws, "lamp-1", 5)
        put_stock(aws, "lamp-2", 9)
        put_stock(aws, "other", 7)
        pipeline = Pipeline(aws)
        follower = Follower(aws, pipeline, monkeypatch)
        hops = follower.send(LAMPS)
        assert list(hops) == follower.hops
        assert [hop.name for hop in hops] == ["accepted", "rows", "stock", "confirmed"]
        assert hops[0].detail.endswith("/prod/orders answered 202")
        assert hops[1].detail == "2 in InventoryTransactions"
        assert hops[2].detail == "lamp-1 5 → 3, lamp-2 9 → 8"
        assert hops[3].detail == "published to OrderConfirmationTopic"
        assert follower.waits == []
        assert stock(aws) == {"lamp-1": 3, "lamp-2": 8, "other": 7}

    def test_it_is_posted_once_where_a_shop_would_post_it(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pipeline = Pipeline(aws)
        Follower(aws, pipeline, monkeypatch).send(LAMPS)
        [(method, url, order)] = pipeline.posted
        api_id = aws.apigateway.get_rest_apis()["items"][0]["id"]
        assert method == "POST"
        assert url == f"https://{api_id}.execute-api.eu-west-1.amazonaws.com/prod/orders"
        assert order == json.loads(LAMPS.body())

    def test_milliseconds_count_from_the_posting(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hops = Follower(aws, Pipeline(aws), monkeypatch).send(LAMPS)
        told = [hop.milliseconds for hop in hops]
        assert told == sorted(told)

    def test_no_address_is_told(self, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        hops = Follower(aws, Pipeline(aws), monkeypatch).send(LAMPS)
        assert all("@" not in hop.detail for hop in hops)

    def test_the_answers_of_a_young_deployment_are_waited_out(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pipeline = Pipeline(aws, YOUNG)
        follower = Follower(aws, pipeline, monkeypatch)
        follower.send(LAMPS)
        assert len(pipeline.posted) == 2
        assert follower.waits == ['the endpoint still answers 403 {"message":"Forbidden"}']
        # What the last request took, and not the wait before it.
        assert follower.hops[0].milliseconds < 250

    def test_an_order_sent_again_arrives_again(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Follower(aws, Pipeline(aws), monkeypatch).send(LAMPS)
        before = stock(aws)
        again = Follower(aws, Pipeline(aws, ACCEPTED), monkeypatch).send(LAMPS)
        assert [hop.name for hop in again] == ["accepted", "rows", "stock", "confirmed"]
        assert stock(aws) == before


class TestOwnItem:
    own = make_order([], None, "order-1")

    def test_it_is_put_into_stock_where_it_is_missing(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_stock(aws, "other", 7)
        hops = Follower(aws, Pipeline(aws), monkeypatch).send(self.own)
        assert hops[2].detail == f"{OWN_ITEM} {OWN_STOCK} → {OWN_STOCK - 1}"
        assert stock(aws) == {OWN_ITEM: OWN_STOCK - 1, "other": 7}

    def test_it_is_left_as_it_is_while_there_is_enough(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_stock(aws, OWN_ITEM, 3)
        Follower(aws, Pipeline(aws), monkeypatch).send(self.own)
        assert stock(aws) == {OWN_ITEM: 2}

    def test_it_is_topped_up_when_it_is_sold_out(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_stock(aws, OWN_ITEM, 0)
        Follower(aws, Pipeline(aws), monkeypatch).send(self.own)
        assert stock(aws) == {OWN_ITEM: OWN_STOCK - 1}

    def test_more_than_the_usual_stock_can_be_ordered(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many = make_order([(OWN_ITEM, OWN_STOCK + 5)], None, "order-1")
        Follower(aws, Pipeline(aws), monkeypatch).send(many)
        assert stock(aws) == {OWN_ITEM: 0}

    def test_an_item_that_is_named_is_never_put_into_stock(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pipeline = Pipeline(aws, writes=False)
        with pytest.raises(OrderLost):
            Follower(aws, pipeline, monkeypatch).send(LAMPS, stocked=False)
        assert stock(aws) == {}


class TestShort:
    def test_an_order_that_cannot_be_filled_is_told_sent_and_not_waited_for(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_stock(aws, "lamp-1", 1)
        pipeline = Pipeline(aws, writes=False, confirms=False)
        follower = Follower(aws, pipeline, monkeypatch)
        with pytest.raises(OrderLost) as caught:
            follower.send(LAMPS, timeout=600, stocked=False)
        why = "lamp-1 has 1 of the 2 that are ordered; lamp-2 is not in Inventory"
        assert follower.said == [f"This order cannot be filled: {why}. It is sent all the same."]
        assert len(pipeline.posted) == 1
        assert [hop.name for hop in follower.hops] == ["accepted"]
        assert follower.waits == []
        assert caught.value.happened == (
            f"Order order-1 was accepted, and will not be filled: {why}. UpdateInventory fails, is "
            "tried again twice (on Amazon 1 and then 2 minutes later), and the order is then kept "
            "in OrderProcessingDLQ; no stock is taken."
        )
        assert "ordersetup trace order-1" in caught.value.then
        assert caught.value.then.endswith("ordersetup redrive --order order-1")

    def test_an_order_that_has_been_filled_may_be_sent_again_when_stock_has_gone(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Follower(aws, Pipeline(aws), monkeypatch).send(LAMPS)
        assert stock(aws) == {"lamp-1": 0, "lamp-2": 0}
        follower = Follower(aws, Pipeline(aws, ACCEPTED), monkeypatch)
        assert len(follower.send(LAMPS)) == 4
        assert follower.said == []

    def test_whoever_may_not_read_the_stock_sends_all_the_same(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch, wire: Wire
    ) -> None:
        follower = Follower(aws, Pipeline(aws), monkeypatch)
        wire.refuse(
            "dynamodb:BatchGetItem",
            "AccessDeniedException",
            "User: u is not authorized to perform: dynamodb:BatchGetItem",
            times=2,
        )
        hops = follower.send(LAMPS)
        assert hops[2].detail == ("not read: your credentials may not dynamodb:BatchGetItem on it")


class TestLost:
    def test_rows_that_never_come_name_the_hop_and_where_to_look(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        follower = Follower(aws, Pipeline(aws, writes=False), monkeypatch)
        error = follower.lost(LAMPS)
        assert error.happened == (
            "UpdateInventory did not write its transaction rows for order order-1 within 0 s."
        )
        assert error.then == (
            "Look for the order's id in CloudWatch › Log groups › /aws/lambda/UpdateInventory; "
            "after its retries a failed order is kept in SQS › Queues › OrderProcessingDLQ."
        )
        assert [hop.name for hop in follower.hops] == ["accepted"]

    def test_a_confirmation_that_never_comes_names_its_log(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        follower = Follower(aws, Pipeline(aws, confirms=False), monkeypatch)
        error = follower.lost(LAMPS)
        assert error.happened.startswith("SendEmail did not confirm for order order-1")
        assert "/aws/lambda/SendEmail" in error.then
        assert [hop.name for hop in follower.hops] == ["accepted", "rows", "stock"]

    def test_an_id_that_is_another_order_s_is_said_to_be_one_at_once(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Follower(aws, Pipeline(aws), monkeypatch).send(LAMPS)
        other = make_order([("lamp-1", 3)], None, "order-1")
        follower = Follower(aws, Pipeline(aws, ACCEPTED), monkeypatch)
        with pytest.raises(OrderLost) as caught:
            follower.send(other, timeout=600)
        assert caught.value.happened == (
            "The order id order-1 has been used before, for another order."
        )

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(400, {}, b'{"faults": [{"field": "items"}]}'),
            Answer(500, {}, b'{"order_id": "order-1", "error": "internal"}'),
            Answer(502, {"x-amzn-errortype": "InternalServerErrorException"}, b"{}"),
        ],
        ids=lambda answer: str(answer.status),
    )
    def test_an_answer_that_is_no_202_is_told_at_once(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch, answer: Answer
    ) -> None:
        pipeline = Pipeline(aws, answer)
        follower = Follower(aws, pipeline, monkeypatch)
        with pytest.raises(OrderLost) as caught:
            follower.send(LAMPS, timeout=600)
        assert f"answered {answer.status} {answer.body.decode()}." in caught.value.happened
        assert "/aws/lambda/ProcessOrder" in caught.value.then
        assert (len(pipeline.posted), follower.hops, follower.waits) == (1, [], [])

    def test_a_deployment_that_stays_young_is_given_up(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error = Follower(aws, Pipeline(aws, YOUNG), monkeypatch).lost(LAMPS)
        assert 'answered 403 {"message":"Forbidden"}' in error.happened

    def test_an_endpoint_that_does_not_answer_is_told_as_it_is(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        silence = NoAnswer("It did not answer: Connection refused.", "Check the network.")
        with pytest.raises(NoAnswer):
            Follower(aws, Pipeline(aws, silence), monkeypatch).send(LAMPS)

    def test_a_stack_without_an_api_is_said_to_have_none(
        self, aws: Aws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api_id = aws.apigateway.get_rest_apis()["items"][0]["id"]
        aws.apigateway.delete_rest_api(restApiId=api_id)
        error = Follower(aws, Pipeline(aws), monkeypatch).lost(LAMPS)
        assert error.happened == "The stack default has no API in eu-west-1."
        assert error.then == "Build it with: ordersetup provision"
