"""What a drill is going to do, and whether it may be held at all; nothing is sent before."""

from __future__ import annotations

from dataclasses import dataclass

from ordersetup.blueprint import RETRY_ATTEMPTS
from ordersetup.errors import OrdersetupError
from ordersetup.operate.drill_pace import MOST_LOOKS
from ordersetup.operate.drill_queue import Counts
from ordersetup.operate.evidence import Plan
from ordersetup.operate.order import TestOrder
from ordersetup.operate.site import Site


class NotHeld(OrdersetupError):
    """The drill cannot be held here; no order was sent."""


@dataclass(frozen=True)
class Audience:
    """Whom a drill will send messages to.

    Args:
        topic: the topic's name.
        subscribers: how many have confirmed.
        messages: how many messages each of them gets.
    """

    topic: str
    subscribers: int
    messages: int


@dataclass(frozen=True)
class Announcement:
    """What a drill is going to do.

    Args:
        order_id: the order that must fail.
        item: the item that cannot exist.
        audiences: who gets messages, and how many.
        lasts: how long it takes, in words.
        timeout: seconds after which it gives up.
        queue: the dead-letter queue's name.
        passes_on: how often the queue's messages are received before its own redrive policy passes
            them on; None where it has none.
        marked: whether each message bears the mark DRILL by itself, beside the order's id.
        against: what the survey has found that the drill must fail for, a sentence each.
    """

    order_id: str
    item: str
    audiences: tuple[Audience, ...]
    lasts: str
    timeout: float
    queue: str = "OrderProcessingDLQ"
    passes_on: int | None = None
    marked: bool = True
    against: tuple[str, ...] = ()


def plan_of(site: Site, order: TestOrder, timeout: float) -> Plan:
    """What is expected of an order, and what the parts are called."""
    of, function = site.blueprint.names.of, site.blueprint.update_inventory
    return Plan(
        order_id=order.order_id,
        payload_items=dict(order.items),
        own_intake=of("ProcessOrder") not in site.foreign,
        function=function.name,
        log_group=function.log_group,
        queue=of("OrderProcessingDLQ"),
        topic=of("OrderProcessingAlerts"),
        transactions=of("InventoryTransactions"),
        inventory=of("Inventory"),
        attempts=1 + RETRY_ATTEMPTS,
        # What others have written has names of its own.
        error="" if function.name in site.foreign else "UnknownItem",
        waited=timeout,
    )


def url_of(site: Site, *, queue_stands: bool) -> str:
    """Where the order is posted.

    Raises:
        NotHeld: there is no API, or nothing of the stack at all.
    """
    if site.url is not None:
        return site.url
    names, region = site.blueprint.names, site.aws.region
    if names.given or names.api_id:
        raise NotHeld(
            "No API was found to post the drill's order to.",
            "Say which it is with: ordersetup verify --url URL --drill",
        )
    if queue_stands or _stands(site):
        raise NotHeld(
            f"The stack {names.stack} has no API in {region} to post the drill's order to.",
            "Build it with: ordersetup provision",
        )
    raise NotHeld(
        f"The stack {names.stack} does not exist in {region}, so no drill was held.",
        "Build it with: ordersetup provision",
    )


def refuse_passing_on(plan: Plan, counts: Counts | None) -> None:
    """Refuse a queue whose own redrive policy the drill's looks could set in motion.

    Raises:
        NotHeld: looked at as often as a drill may, a message would be passed on.
    """
    most = counts.passes_on if counts else None
    if most is None or most > MOST_LOOKS:
        return
    raise NotHeld(
        f"{plan.queue} has a redrive policy of its own: what is received more than {most} times is "
        f"passed on, and a drill receives each message up to {MOST_LOOKS} times, so it could move "
        "messages of others.",
        f"Turn it off or set Maximum receives above {MOST_LOOKS} in SQS › Queues › {plan.queue} › "
        "Dead-letter queue, then run: ordersetup verify --drill",
    )


def _stands(site: Site) -> bool:
    """Whether the function that works on orders is there, as far as that may be asked."""
    functions = site.aws.lambda_
    try:
        functions.get_function_configuration(FunctionName=site.blueprint.update_inventory.name)
    except functions.exceptions.ResourceNotFoundException:
        return False
    except functions.exceptions.ClientError:
        return True
    return True
