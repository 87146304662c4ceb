"""A load run against a pipeline of our own making, with its tables and queue in moto."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.inventory import OWN_STOCK
from ordersetup.operate.load import LoadPlan, Progress, Sender, announce
from ordersetup.operate.load_result import Load, LoadResult, Stock
from ordersetup.operate.order import OWN_ITEM, SIMULATOR
from ordersetup.operate.site import Site
from ordersetup.web import Answer, NoAnswer, Web
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.wire import Wire

STACK = stack()
URL = "https://api.example/prod/orders"
ACCEPTED = Answer(202, {}, b"{}")
THROTTLED = Answer(429, {}, b'{"message":"Too Many Requests"}')
LAMPS = (("lamp", 2), ("desk", 1))

Deed = Callable[["Pipeline", int], Answer]


class Pipeline(Web):
    """Takes orders; what it does with each is decided by its number.

    Args:
        deeds: what is done with some orders; the others are applied and accepted.
    """

    def __init__(self, aws: Aws, deeds: Mapping[int, Deed] | None = None) -> None:
        super().__init__()
        self.posted: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.crowds: list[int] = []
        self.aws = aws
        self._deeds = deeds or {}
        self._lock = threading.Lock()

    def crowd(self, size: int) -> Web:
        self.crowds.append(size)
        return self

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 35,
    ) -> Answer:
        assert (method, url, headers) == ("POST", URL, {"Content-Type": "application/json"})
        assert timeout > 29
        order = json.loads(body or b"")
        number = int(order["order_id"].rpartition("-")[2])
        with self._lock:
            self.posted[order["order_id"]] += 1
            self.bodies.append(order)
            return self._deeds.get(number, apply)(self, number)

    @property
    def order(self) -> dict[str, Any]:
        """The order that is posted just now."""
        return self.bodies[-1]

    def write(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            self.aws.dynamodb.put_item(
                TableName="InventoryTransactions",
                Item={
                    "order_id": {"S": self.order["order_id"]},
                    "item_id": {"S": line["item_id"]},
                    "quantity": {"N": str(line["quantity"])},
                },
            )
            take(self.aws, line["item_id"], line["quantity"])

    def keep(self, *, mail: bool = False, error: str = "OutOfStock") -> None:
        """Put a record into the dead-letter queue, as Lambda does."""
        event = {"order_id": self.order["order_id"], "items": self.order["items"]}
        more = {"customer_email": SIMULATOR} if mail else {}
        record = {
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": event | more,
            "responsePayload": {"errorType": error, "errorMessage": f"{error}: it has 0 left"},
        }
        send(self.aws, json.dumps(record))


def apply(pipeline: Pipeline, _: int) -> Answer:
    pipeline.write(pipeline.order["items"])
    return ACCEPTED


def lose(*_: object) -> Answer:
    return ACCEPTED


def throttle(*_: object) -> Answer:
    return THROTTLED


def keep(pipeline: Pipeline, _: int) -> Answer:
    pipeline.keep()
    return ACCEPTED


def keep_and_apply(pipeline: Pipeline, number: int) -> Answer:
    pipeline.keep(error="StockContended")
    return apply(pipeline, number)


def leave_unconfirmed(pipeline: Pipeline, number: int) -> Answer:
    pipeline.keep(mail=True, error="MailRefused")
    return apply(pipeline, number)


def tear(pipeline: Pipeline, _: int) -> Answer:
    pipeline.write(pipeline.order["items"][:1])
    return ACCEPTED


def apply_unheard(pipeline: Pipeline, number: int) -> Answer:
    apply(pipeline, number)
    raise NoAnswer("It did not answer.", "Try again.")


def fail(*_: object) -> Answer:
    return Answer(500, {}, b"{}")


def take(aws: Aws, item: str, quantity: int) -> None:
    aws.dynamodb.update_item(
        TableName="Inventory",
        Key={"item_id": {"S": item}},
        UpdateExpression="ADD quantity :taken",
        ExpressionAttributeValues={":taken": {"N": str(-quantity)}},
    )


def put_stock(aws: Aws, item: str, quantity: int) -> None:
    aws.dynamodb.put_item(
        TableName="Inventory", Item={"item_id": {"S": item}, "quantity": {"N": str(quantity)}}
    )


def queue_url(aws: Aws) -> str:
    return aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]


def send(aws: Aws, body: str) -> None:
    aws.sqs.send_message(QueueUrl=queue_url(aws), MessageBody=body)


def visible(aws: Aws) -> list[str]:
    """Bodies of the messages that anybody may receive now."""
    found = []
    while batch := aws.sqs.receive_message(
        QueueUrl=queue_url(aws), MaxNumberOfMessages=10, VisibilityTimeout=60
    ).get("Messages", []):
        found += [message["Body"] for message in batch]
    return sorted(found)


@pytest.fixture(autouse=True)
def _what_orders_need(provision: Provision, aws: Aws) -> None:
    keys = ("table/Inventory", "table/InventoryTransactions", "queue/OrderProcessingDLQ")
    wanted = [step for step in STACK.steps if step.key in keys]
    provision(with_needs(STACK.steps, *wanted))
    put_stock(aws, "lamp", 100)
    put_stock(aws, "desk", 100)


class Runner:
    """Runs a load and keeps what is told of it."""

    def __init__(self, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        self._aws, self._monkeypatch = aws, monkeypatch
        self.told: list[Progress] = []
        self.waits: list[str] = []
        self.interrupt_when_sent: int | None = None
        self.on_wait: Callable[[], None] = lambda: None

    def run(
        self,
        pipeline: Pipeline,
        *,
        count: int = 10,
        concurrency: int = 3,
        timeout: float = 10,
        items: tuple[tuple[str, int], ...] = LAMPS,
    ) -> LoadResult:
        self._monkeypatch.setattr(self._aws, "web", pipeline)
        plan = LoadPlan("run-1", count, concurrency, SIMULATOR, items)
        site = Site(self._aws, STACK.blueprint, URL)
        load = Load(site, URL, plan, timeout=timeout)
        return load.run(self._tell, self._wait)

    def _wait(self, reason: str, _: float) -> None:
        self.waits.append(reason)
        self.on_wait()

    def _tell(self, progress: Progress) -> None:
        self.told.append(progress)
        if self.interrupt_when_sent is not None and progress.sent >= self.interrupt_when_sent:
            self.interrupt_when_sent = None
            raise KeyboardInterrupt


@pytest.fixture
def runner(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(aws, monkeypatch)


def test_each_order_is_posted_once_and_found_in_its_rows(aws: Aws, runner: Runner) -> None:
    pipeline = Pipeline(aws)
    result = runner.run(pipeline)
    assert pipeline.posted == {f"run-1-{number}": 1 for number in range(10)}
    assert {order["customer_email"] for order in pipeline.bodies} == {SIMULATOR}
    assert pipeline.crowds == [3]
    assert (result.sent, result.applied, result.kept, result.missing) == (10, 10, 0, 0)
    assert result.outcomes == {"accepted": 10}
    assert result.stock == (
        Stock("lamp", Decimal(100), Decimal(80), 20),
        Stock("desk", Decimal(100), Decimal(90), 10),
    )
    assert result.conserved
    assert result.sound
    assert runner.told[-1].sent == 10


def test_a_throttled_order_is_counted_and_not_sent_again(aws: Aws, runner: Runner) -> None:
    pipeline = Pipeline(aws, {3: throttle, 4: throttle})
    result = runner.run(pipeline)
    assert max(pipeline.posted.values()) == 1
    assert result.outcomes == {"accepted": 8, "throttled": 2}
    assert result.statuses == {"202": 8, "429": 2}
    assert runner.told[-1].throttled == 2
    assert result.sound


def test_an_order_that_fails_is_found_in_the_queue_and_its_record_taken_out(
    aws: Aws, runner: Runner
) -> None:
    others = [json.dumps({"order_id": f"other-{number}"}) for number in range(25)]
    others += ["no JSON", '["list"]', json.dumps({"requestPayload": {"order_id": "run-1-77"}})]
    for body in others:
        send(aws, body)
    result = runner.run(Pipeline(aws, {2: keep, 5: keep, 7: keep}))
    assert (result.applied, result.kept, result.missing) == (7, 3, 0)
    assert result.errors == {"OutOfStock": 3}
    assert result.sound
    assert visible(aws) == sorted(others)


def test_a_queue_whose_count_has_not_changed_is_not_looked_through(
    aws: Aws, runner: Runner, calls: list[str]
) -> None:
    send(aws, "of somebody else")
    calls.clear()
    assert runner.run(Pipeline(aws)).sound
    assert "sqs:ReceiveMessage" not in calls


def test_an_order_that_is_nowhere_is_missed(aws: Aws, runner: Runner) -> None:
    result = runner.run(Pipeline(aws, {2: lose}), timeout=2)
    assert (result.applied, result.missing) == (9, 1)
    assert not result.conserved


def test_an_order_under_way_is_waited_for(aws: Aws, runner: Runner) -> None:
    pipeline = Pipeline(aws, {9: lose})
    runner.on_wait = lambda: pipeline.write(pipeline.order["items"])
    result = runner.run(pipeline, concurrency=1)
    assert runner.waits == ["1 of 10 accepted orders are under way"]
    assert result.sound


def test_an_order_in_both_places_is_told(aws: Aws, runner: Runner) -> None:
    result = runner.run(Pipeline(aws, {2: keep_and_apply}))
    assert (result.applied, result.kept, result.twofold) == (10, 1, 1)
    assert result.errors == {"StockContended": 1}
    assert not result.conserved


def test_an_order_with_some_of_its_rows_is_told(aws: Aws, runner: Runner) -> None:
    result = runner.run(Pipeline(aws, {2: tear}), timeout=2)
    assert (result.torn, result.missing) == (1, 1)
    assert not result.conserved


def test_an_order_whose_answer_was_lost_is_accounted_for(aws: Aws, runner: Runner) -> None:
    result = runner.run(Pipeline(aws, {2: apply_unheard, 3: fail}))
    assert result.outcomes == {"accepted": 8, "unanswered": 1, "failed": 1}
    assert (result.applied, result.recovered) == (9, 1)
    assert result.conserved
    assert not result.sound


def test_a_confirmation_that_failed_is_told(aws: Aws, runner: Runner) -> None:
    result = runner.run(Pipeline(aws, {2: leave_unconfirmed}))
    assert (result.unconfirmed, result.kept) == (1, 0)
    assert result.conserved
    assert not result.sound


def test_stock_that_nobody_s_rows_account_for_is_told(aws: Aws, runner: Runner) -> None:
    def spill(pipeline: Pipeline, number: int) -> Answer:
        take(pipeline.aws, "lamp", 1)
        return apply(pipeline, number)

    result = runner.run(Pipeline(aws, {2: spill}), timeout=1)
    lamp, desk = result.stock
    assert (lamp.conserved, desk.conserved) == (False, True)
    assert not result.conserved


def test_our_own_item_is_put_into_stock_for_all_orders_first(aws: Aws, runner: Runner) -> None:
    put_stock(aws, OWN_ITEM, 3)
    [own] = runner.run(Pipeline(aws), items=((OWN_ITEM, 200),)).stock
    assert own == Stock(OWN_ITEM, Decimal(2000), Decimal(0), 2000)
    assert own.before > OWN_STOCK


def test_ctrl_c_stops_posting_and_what_was_accepted_is_told(aws: Aws, runner: Runner) -> None:
    def dawdle(pipeline: Pipeline, number: int) -> Answer:
        time.sleep(0.02)
        return apply(pipeline, number)

    runner.interrupt_when_sent = 1
    result = runner.run(Pipeline(aws, dict.fromkeys(range(1000), dawdle)), count=1000)
    assert result.interrupted
    assert 1 <= result.sent < 1000
    assert result.applied == result.outcomes["accepted"] == result.sent
    assert result.conserved


def test_time_that_is_up_stops_posting(aws: Aws, runner: Runner) -> None:
    result = runner.run(Pipeline(aws), timeout=0)
    assert result.sent == 0
    assert not result.interrupted


def test_a_lost_answer_while_looking_is_looked_for_again(
    aws: Aws, runner: Runner, wire: Wire
) -> None:
    pipeline = Pipeline(aws, {9: lambda p, n: _break(wire, p, n)})
    result = runner.run(pipeline, concurrency=1)
    assert result.unchecked == ""
    assert result.sound


def _break(wire: Wire, pipeline: Pipeline, number: int) -> Answer:
    answer = apply(pipeline, number)
    wire.refuse("sqs:GetQueueAttributes", "InternalFailure", "", status=500)
    return answer


def test_a_look_that_is_denied_does_not_throw_the_answers_away(
    aws: Aws, runner: Runner, wire: Wire
) -> None:
    def deny(pipeline: Pipeline, number: int) -> Answer:
        wire.refuse("sqs:ReceiveMessage", "AccessDenied", "not authorized", status=403)
        return keep(pipeline, number)

    result = runner.run(Pipeline(aws, {9: deny}), concurrency=1)
    assert result.outcomes == {"accepted": 10}
    assert result.unchecked == "Your credentials may not ReceiveMessage: not authorized."
    assert not result.conserved


def test_the_announcement_says_how_many_reach_whom(aws: Aws, provision: Provision) -> None:
    topics = [step for step in STACK.steps if step.key.startswith("topic/")]
    provision(with_needs(STACK.steps, *topics))
    arn = STACK.blueprint.topic_arn("OrderConfirmationTopic")
    aws.sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="ops@example.com")
    plan = LoadPlan("run-1", 500, 4, SIMULATOR, LAMPS)
    told = announce(Site(aws, STACK.blueprint, URL), plan)
    assert [(a.topic, a.subscribers, a.messages) for a in told.audiences] == [
        ("OrderConfirmationTopic", 1, "500 messages"),
        ("OrderProcessingAlerts", 0, "up to 3 messages for each order that fails"),
    ]
    assert (told.mails, told.simulated) == (0, True)
    mailing = stack(sender="shop@example.com").blueprint
    own = LoadPlan("run-1", 500, 4, "me@example.com", LAMPS)
    told = announce(Site(aws, mailing, URL), own)
    assert (told.mails, told.simulated) == (500, False)


@pytest.mark.parametrize(
    ("order_id", "number"),
    [
        *(("run-1-0", 0), ("run-1-9", 9), ("run-1-10", None), ("run-1-", None), ("run-1", None)),
        *(("run-2-3", None), ("run-1-٣", None), ("run-1-+3", None), (7, None), (None, None)),
    ],
)
def test_an_order_is_known_by_its_id(order_id: object, number: int | None) -> None:
    assert LoadPlan("run-1", 10, 1, SIMULATOR, LAMPS).number(order_id) == number


class Absorber(Web):
    """Accepts everything and remembers nothing."""

    def ask(self, *_: Any, **__: Any) -> Answer:
        return ACCEPTED


def test_twenty_thousand_orders_take_no_more_memory_than_a_few() -> None:
    def peak(count: int) -> int:
        plan = LoadPlan("run-1", count, 4, SIMULATOR, LAMPS)
        tracemalloc.start()
        try:
            sender = Sender(plan, URL, Absorber(), ends=time.monotonic() + 600)
            sender.run(lambda _: None)
            assert sender.tally.sent == len(sender.tally.accepted) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    # An order's body alone is 150 bytes: holding them would take 3 MB.
    assert peak(20_000) - peak(100) < 200_000


def test_an_error_of_our_own_ends_the_run(aws: Aws, runner: Runner) -> None:
    def stumble(*_: object) -> Answer:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        runner.run(Pipeline(aws, {2: stumble}))
