"""Lambda as the pipeline meets it, in memory: a queue of events, two retries, and what is given up.

Follows AWS Lambda's asynchronous invocation: an event is delivered at least once and in any order;
one whose attempts all failed becomes a record in the dead-letter queue. An attempt that dies, as by
its time-out, leaves no trace but what it has done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from handlers.errors import OrderConflict, OutOfStock, UnknownItem
from tests.unit.handlers.tables import Tables

ATTEMPTS = 3

Contents = frozenset[tuple[str, int]]


class Died(BaseException):
    """The function was ended from outside; none of its own code runs any more."""


@dataclass(frozen=True)
class Fate:
    """What happens to one attempt.

    Attributes:
        ends: how it ends beside its own doing. `dies before` and `dies after` its transaction is
            the time-out; `unheard` is a transaction whose answer is lost.
        overtaken: another event runs between its look at the rows and its transaction: one of the
            same order, if there is one.
        rivals: how often others are writing the same items when it tries.
        silent: SNS and SES refuse whatever it sends.
    """

    ends: Literal["by itself", "dies before", "dies after", "unheard"] = "by itself"
    overtaken: bool = False
    rivals: int = 0
    silent: bool = False


CALM = Fate()


@dataclass
class Event:
    """An event in Lambda's queue."""

    function: str
    payload: dict[str, Any]
    attempts: int = 0

    @property
    def order_id(self) -> str:
        return str(self.payload["order_id"])

    @property
    def contents(self) -> Contents:
        return frozenset((line["item_id"], line["quantity"]) for line in self.payload["items"])


@dataclass(frozen=True)
class Record:
    """An event that was given up.

    Attributes:
        event: the event.
        error: what ended the last attempt.
    """

    event: Event
    error: BaseException

    @property
    def final(self) -> bool:
        """Whether the order itself was at fault, and not the weather of the last attempt."""
        return is_final(self.error)


def is_final(error: BaseException) -> bool:
    """Whether an error says that the order cannot be filled."""
    return isinstance(error, OutOfStock | UnknownItem | OrderConflict)


class LambdaService:
    """Runs the three functions.

    Args:
        process: the module of ProcessOrder.
        update: the module of UpdateInventory.
        mail: the module of SendEmail.
    """

    def __init__(self, process: ModuleType, update: ModuleType, mail: ModuleType) -> None:
        self._process = process
        self._workers: dict[str, Callable[[object, Any], object]] = {
            process.UPDATE_INVENTORY_FUNCTION: update.handler,
            process.SEND_EMAIL_FUNCTION: mail.handler,
        }
        self.update_function: str = process.UPDATE_INVENTORY_FUNCTION
        self._update = update
        self._listen(update, mail)
        self.forget()

    def forget(self) -> None:
        """Begin anew, with empty tables."""
        self.queue: list[Event] = []
        self.records: list[Record] = []
        self.handed_over: dict[str, set[Contents]] = {}
        self.alerts: list[str] = []
        self.confirmations: list[str] = []
        self.mails: list[str] = []
        self.alerts_due = 0
        self.false_alarms = 0
        self._refused_invokes: set[int] = set()
        self._invokes = 0
        self._running: list[Fate] = []
        self._events: list[Event] = []
        self.tables = Tables()
        self.tables.before, self.tables.after = self._before_transaction, self._after_transaction
        ledger = replace(self._update.LEDGER, dynamodb=self.tables, pause=lambda _: None)
        vars(self._update)["LEDGER"] = ledger

    def call(self, body: str, *, refused: set[int] | None = None) -> int:
        """Send an order to ProcessOrder, as API Gateway does.

        Args:
            body: the request's body.
            refused: which of its invokes Lambda has no room for: the first is 0.

        Returns:
            The answer's status.
        """
        self._invokes, self._refused_invokes = 0, refused or set()
        context = SimpleNamespace(aws_request_id="request-0", function_name="ProcessOrder")
        answer = self._process.handler({"body": body, "isBase64Encoded": False}, context)
        return int(answer["statusCode"])

    def deliver(self, number: int = 0, fate: Fate = CALM) -> None:
        """Make one attempt at an event of the queue."""
        event = self.queue.pop(number % len(self.queue))
        event.attempts += 1
        context = SimpleNamespace(aws_request_id="request-1", function_name=event.function)
        with self._during(event, fate):
            try:
                self._workers[event.function](json.loads(json.dumps(event.payload)), context)
            except (Exception, Died) as error:  # noqa: BLE001 - whatever it raises, Lambda retries
                is_update = event.function == self.update_function
                self.alerts_due += is_update and not fate.silent and not isinstance(error, Died)
                applied = self.rows().get(event.order_id) == event.contents
                self.false_alarms += applied and is_update and is_final(error)
                if event.attempts < ATTEMPTS:
                    self.queue.append(event)
                else:
                    self.records.append(Record(event, error))

    def repeat(self, number: int) -> None:
        """Deliver an event twice: Lambda promises at least once."""
        event = self.queue[number % len(self.queue)]
        self.queue.append(Event(event.function, event.payload))

    def redrive(self, number: int = 0) -> None:
        """Take a record out of the dead-letter queue and invoke its function with its event."""
        event = self.records.pop(number % len(self.records)).event
        self.queue.append(Event(event.function, event.payload))

    def settle(self) -> None:
        """Attempt all that is left, in fair weather."""
        while self.queue:
            self.deliver()

    def rows(self) -> dict[str, Contents]:
        """What was taken, by order."""
        taken: dict[str, set[tuple[str, int]]] = {}
        for (order_id, item_id), quantity in self.tables.taken.items():
            taken.setdefault(order_id, set()).add((item_id, quantity))
        return {order_id: frozenset(lines) for order_id, lines in taken.items()}

    @contextmanager
    def _during(self, event: Event, fate: Fate) -> Iterator[None]:
        self._running.append(fate)
        self._events.append(event)
        try:
            yield
        finally:
            self._running.pop()
            self._events.pop()

    def _listen(self, update: ModuleType, mail: ModuleType) -> None:
        on = self._process.LAMBDA.meta.events
        on.register("before-call.lambda.Invoke", self._on_invoke)
        for client, operation, kept in (
            (update.SNS, "sns.Publish", "alerts"),
            (mail.SNS, "sns.Publish", "confirmations"),
            (mail.SES, "sesv2.SendEmail", "mails"),
        ):
            on = client.meta.events
            on.register(f"provide-client-params.{operation}", self._keeper(kept))
            on.register(f"before-call.{operation}", self._on_message)

    def _on_invoke(self, params: dict[str, Any], **_: object) -> tuple[AWSResponse, Any]:
        number, self._invokes = self._invokes, self._invokes + 1
        if number in self._refused_invokes:
            return _answer(429, "TooManyRequestsException")
        function = params["url_path"].split("/")[3]
        event = Event(function, json.loads(params["body"]))
        self.queue.append(event)
        if function == self.update_function:
            self.handed_over.setdefault(event.order_id, set()).add(event.contents)
        return _answer(202)

    def _keeper(self, kept: str) -> Callable[..., None]:
        def keep(params: dict[str, Any], **_: object) -> None:
            if not self._running[-1].silent:
                getattr(self, kept).append(json.dumps(params))

        return keep

    def _on_message(self, **_: object) -> tuple[AWSResponse, Any]:
        if self._running[-1].silent:
            return _answer(403, "AuthorizationError")
        return _answer(200)

    def _before_transaction(self, actions: int) -> list[dict[str, Any]] | None:
        fate = self._running[-1]
        if fate.ends == "dies before":
            raise Died
        if fate.rivals:
            self._running[-1] = replace(fate, rivals=fate.rivals - 1)
            return [{"Code": "TransactionConflict"}] * actions
        if fate.overtaken and self.queue:
            self._running[-1] = replace(fate, overtaken=False)
            self.deliver(self._likest(self._events[-1]))
        return None

    def _likest(self, event: Event) -> int:
        """Number of an event of the same order and function; of the first, if there is none."""
        wanted = (event.function, event.order_id)
        like = (n for n, e in enumerate(self.queue) if (e.function, e.order_id) == wanted)
        return next(like, 0)

    def _after_transaction(self) -> None:
        match self._running[-1].ends:
            case "dies after":
                raise Died
            case "unheard":
                raise ConnectionClosedError(endpoint_url="https://dynamodb")


def _answer(status: int, code: str = "") -> tuple[AWSResponse, Any]:
    told: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r"}}
    if code:
        told["Error"] = {"Code": code, "Message": ""}
    return AWSResponse("", status, {}, None), told  # type: ignore[arg-type]  # never read
