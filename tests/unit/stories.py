"""Commands on an account in memory: what stands before, and a run that may be cut off anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.sqs.models import sqs_backends

from ordersetup.aws import Aws
from ordersetup.operate.drill import Drill
from ordersetup.operate.drill_sweep import UNTIL
from ordersetup.operate.site import Site
from ordersetup.removal import Wishes
from ordersetup.stack import Stack, open_stack
from tests.breakers import BREAKERS
from tests.runs import provisioned, torn_down
from tests.stacks import ACCOUNT, BOUNDARY, REGION, make_policies, stack
from tests.unit import by_hand
from tests.unit.operate import played
from tests.wire import Visitor

Flags = Mapping[str, object]
LETTERS = "OrderProcessingDLQ"
SECONDS = 60
"""For a run whose every call botocore makes twice, with a rest between."""

FULL: Flags = {
    "sender": "shop@example.com",
    "alert_emails": ("ada@example.com", "bob@example.com"),
    "cors_origin": "https://shop.example.com",
    "retention_days": 90,
    "permissions_boundary": BOUNDARY,
    "tags": (("Cost", "1"), ("Team", "orders")),
    "alarms": True,
}
"""Every setting that adds a step or an attribute."""

CHANGED: Flags = {
    "sender": "new@example.com",
    "alert_emails": ("bob@example.com", "eve@example.com"),
    "cors_origin": "https://new.example.com",
    "retention_days": 30,
    "permissions_boundary": None,
    "tags": (("Team", "orders"),),
    "alarms": False,
}
DRIFTED = (
    *("Table.capacity_mode", "Queue.encryption", "Role.trust", "RolePolicy.publish"),
    *("Function.memory_mb", "Function.code_sha256", "AsyncInvocation.retry_attempts"),
    *("InvokePermission.principal", "RestApi.description", "RestApi.others"),
    *("PostMethod.authorization", "PostMethod.target", "PostMethod.declares_origin"),
    *("Preflight.declared", "Stage.rate", "SenderIdentity.identity"),
)
"""What somebody has changed by hand, one attribute of each kind of thing and more of the API's."""


@dataclass(frozen=True)
class Story:
    """A command, and what stands before it.

    Args:
        name: what it is called.
        before: makes what stands.
        run: the command; a rerun is the same command again.
        later: what has to pass before all that a run leaves behind can be gone.
        rests: whether another run writes nothing.
    """

    name: str
    before: Callable[[Aws, Aws], object]
    run: Callable[[Aws, Aws], object]
    later: Callable[[Aws], None] | None = None
    rests: bool = True


def built(aws: Aws, flags: Flags = FULL, name: str = "default") -> Stack:
    """What `provision` makes, with these settings."""
    opened = open_stack(aws, name, flags)
    provisioned(aws, opened.steps, timeout=SECONDS)
    return opened


def fill(aws: Aws) -> None:
    """Rows and a message, which nobody may lose."""
    aws.dynamodb.put_item(
        TableName="Inventory", Item={"item_id": {"S": "lamp"}, "quantity": {"N": "5"}}
    )
    aws.dynamodb.put_item(
        TableName="InventoryTransactions",
        Item={"order_id": {"S": "O-1"}, "item_id": {"S": "lamp"}},
    )
    url = aws.sqs.get_queue_url(QueueName=LETTERS)["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody='{"requestPayload": {"order_id": "O-7"}}')


def in_use(_: Aws, other: Aws) -> Stack:
    """A stack with everything that a setting adds, and data in it."""
    make_policies(other)
    opened = built(other)
    fill(other)
    return opened


def spoilt(aws: Aws, other: Aws) -> None:
    """The same, changed by hand."""
    opened = in_use(aws, other)
    seen = provisioned(other, opened.steps).seen
    for check in DRIFTED:
        step = next(s for s in opened.steps if type(s).__name__ == check.partition(".")[0])
        BREAKERS[check].spoil(other, step, seen)


def with_leftovers(aws: Aws, other: Aws) -> None:
    """The same, with what a drill leaves that was killed a moment ago: its time is not past."""
    drill_leftovers(other, in_use(aws, other))


def drill_leftovers(aws: Aws, opened: Stack) -> None:
    """A drill's queue, subscribed, with a message in it."""
    topic = opened.blueprint.topic_arn("OrderProcessingAlerts")
    name = opened.blueprint.names.of("OrderProcessingDrill-123456789abc")
    tags = {**opened.blueprint.owner.tags(), UNTIL: "9999999999"}
    url = aws.sqs.create_queue(QueueName=name, tags=tags)["QueueUrl"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="heard")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)


def played_stack(_: Aws, other: Aws) -> None:
    """What a drill touches, with somebody's message in the queue."""
    played.make(other)
    played.put(other, "somebody's")


def held(aws: Aws, other: Aws) -> None:
    """A drill, which finds the pipeline sound."""
    aws.web = played.Pipeline(other, played.ACCEPTED)
    try:
        site = Site(aws, stack().blueprint, played.URL, None, frozenset())
        pace = played.PACE
        result = Drill(site, lambda _: None, lambda *_: None, timeout=SECONDS, pace=pace).run()
    finally:
        aws.web = Visitor()
    assert result.passed, result


def an_hour_passes(other: Aws) -> None:
    """Every drill's time is over, what was hidden in the queue is visible, its records are old."""
    queues = other.sqs.list_queues(QueueNamePrefix="OrderProcessingDrill-").get("QueueUrls", [])
    for url in queues:
        other.sqs.tag_queue(QueueUrl=url, Tags={UNTIL: "0"})
    letters: Any = sqs_backends[ACCOUNT][REGION].queues[LETTERS]
    for message in letters._messages:
        message.visible_at = 0.0
        message.sent_timestamp -= 3_600_000


STORIES = (
    Story(
        "provision",
        before=lambda _, other: make_policies(other),
        run=lambda aws, _: built(aws),
    ),
    Story("repair", before=spoilt, run=lambda aws, _: built(aws, CHANGED)),
    Story(
        "adopt",
        before=lambda _, other: by_hand.build(other),
        run=lambda aws, _: provisioned(aws, stack().steps, adopt=True, timeout=SECONDS),
    ),
    Story("teardown", before=with_leftovers, run=lambda aws, _: torn_down(aws, timeout=SECONDS)),
    Story(
        "teardown that keeps data",
        before=with_leftovers,
        run=lambda aws, _: torn_down(aws, wishes=Wishes(), timeout=SECONDS),
    ),
    Story("drill", before=played_stack, run=held, later=an_hour_passes, rests=False),
)
