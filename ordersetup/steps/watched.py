"""What is watched by alarms; data, read by the step that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ordersetup.blueprint import Names

PERIOD_SECONDS = 300
"""One message for a disturbance, not one a minute. It need not be quicker: each failed attempt of
UpdateInventory has sent its own alert to the same topic already."""


@dataclass(frozen=True)
class Watched:
    """What an alarm watches; it rings where there is more than none of it.

    Args:
        name: what follows the watched thing's name in the alarm's.
        thing: the guide's name of it.
        namespace: CloudWatch's, as are `metric` and `dimension`.
        statistic: how the values of a period become one.
        silence: what a period without a value means: of a counter that nothing was counted. SQS
            tells nothing of a queue that nobody has used for 6 hours, whatever lies in it, so of
            its depth silence means that it is as it was.
        says: what has happened when it rings, and what to do.
    """

    name: str
    thing: str
    namespace: str
    metric: str
    dimension: str
    says: str
    statistic: Literal["Maximum", "Sum"] = "Sum"
    silence: Literal["ignore", "notBreaching"] = "notBreaching"

    def dimensions(self, names: Names) -> tuple[tuple[str, str], ...]:
        """Which thing is meant, sorted."""
        stage = (("Stage", names.stage),) if self.namespace == "AWS/ApiGateway" else ()
        return ((self.dimension, names.of(self.thing)), *stage)


def _function(thing: str, name: str, metric: str, says: str) -> Watched:
    return Watched(name, thing, "AWS/Lambda", metric, "FunctionName", says)


_FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
_ASYNCHRONOUS = ("UpdateInventory", "SendEmail")

WATCHED = (
    Watched(
        *("not-empty", "OrderProcessingDLQ", "AWS/SQS"),
        *("ApproximateNumberOfMessagesVisible", "QueueName"),
        "What failed for good waits in the dead-letter queue. See: ordersetup redrive",
        statistic="Maximum",
        silence="ignore",
    ),
    *(
        _function(
            *(thing, "throttled", "Throttles"),
            "Lambda had no room to run the function. See: ordersetup doctor",
        )
        for thing in _FUNCTIONS
    ),
    *(
        _function(
            *(thing, "event-dropped", "AsyncEventsDropped"),
            "Lambda gave an event up, after its retries or its age. See: ordersetup redrive",
        )
        for thing in _ASYNCHRONOUS
    ),
    *(
        _function(
            *(thing, "record-lost", "DestinationDeliveryFailures"),
            "An event was given up and its record did not reach the dead-letter queue. "
            "See: ordersetup verify, ordersetup audit",
        )
        for thing in _ASYNCHRONOUS
    ),
    Watched(
        *("server-errors", "EcommerceAPI", "AWS/ApiGateway", "5XXError", "ApiName"),
        "A customer was answered with a server error. See: ordersetup status",
    ),
)
