"""Replaying a letter: its function, invoked with its event once more.

An Invoke that is sent twice is two events. So none is sent again that Lambda may have taken, but
for UpdateInventory's, once: that applies an order once, and SendEmail writes a mail each time.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive import Refusal, Unsure
from ordersetup.patience import Patience, Say
from ordersetup.refusals import AWS_ERRORS, Unreadable
from ordersetup.transient import Transient, may_have_worked

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

_BUSY = (
    Transient(
        "ResourceConflictException",
        "",
        "the function is being changed",
        "See the function's state in the Lambda console",
        60,
    ),
)


class Replay:
    """Invokes a letter's function with its event once more, asynchronously (Lambda Invoke).

    Args:
        aws: where.
        names: the stack's.
        say: is told of each wait.
        rate: no more than so many a second.
        ends: when the run is out of time, on the monotonic clock.
    """

    def __init__(self, aws: Aws, names: Names, say: Say, *, rate: float, ends: float) -> None:
        self._lambda = aws.invoking
        self._names = names
        self._stop = threading.Event()
        self._patience = Patience(self._stop, say, ends, again="ordersetup redrive")
        self._pause = 1 / rate
        self._next = 0.0

    def do(self, letter: Letter) -> None:
        """Let Lambda accept the event; a throttle is waited for.

        Raises:
            Refusal: Lambda does not take it.
            Unsure: Lambda may have taken it.
        """
        try:
            self._invoke(letter)
        except Unsure:
            if letter.worker != "UpdateInventory":
                raise
            self._invoke(letter)

    def _invoke(self, letter: Letter) -> None:
        self._keep_pace()
        qualifier = letter.record.qualifier
        request: dict[str, Any] = {
            "FunctionName": self._names.of(letter.worker),
            "InvocationType": "Event",
            "Payload": json.dumps(letter.record.payload).encode(),
            **({"Qualifier": qualifier} if qualifier else {}),
        }
        refusals = (
            self._lambda.exceptions.RequestTooLargeException,
            self._lambda.exceptions.InvalidRequestContentException,
        )
        try:
            answer = self._patience.attempt(
                lambda: self._sent(request), _BUSY, f"Invoking {letter.worker}"
            )
        except Unreadable as error:
            raise Unsure(error.happened) from error
        except refusals as error:
            raise Refusal(f"Lambda does not take its event ({type(error).__name__})") from error
        if answer["StatusCode"] != 202:
            raise Refusal(f"Lambda answered {answer['StatusCode']}, and not 202")

    def _sent(self, request: Any) -> InvocationResponseTypeDef:
        try:
            return self._lambda.invoke(**request)
        except AWS_ERRORS as error:
            if may_have_worked(error):
                raise Unsure(type(error).__name__) from error
            raise

    def seal(self) -> None:
        """What Lambda has accepted is safe."""

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if self._next > now:
            self._stop.wait(self._next - now)
        self._next = max(now, self._next) + self._pause
