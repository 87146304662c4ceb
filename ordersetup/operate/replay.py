"""Replaying a letter: its function, invoked with its event once more.

An Invoke that is sent twice is two events. So none is sent again that Lambda may have taken, but
for UpdateInventory's, once: that applies an order once, and SendEmail writes a mail each time.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.errors import StillDiffers
from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive import Refusal, TooLate, Unsure
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
        ends: when the run is out of time, on the clock.
        clock: tells the seconds that have passed since whenever.
    """

    def __init__(
        self,
        aws: Aws,
        names: Names,
        say: Say,
        *,
        rate: float,
        ends: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lambda = aws.invoking
        self._names = names
        self._stop = threading.Event()
        self._say = say
        self._ends = ends
        self._clock = clock
        self._pause = 1 / rate
        self._next = 0.0

    def do(self, letter: Letter, by: float) -> None:
        """Let Lambda accept the event; a throttle is waited for, while the letter is in hand.

        Raises:
            TooLate: the letter was in hand for too long.
            Refusal: Lambda does not take it.
            Unsure: Lambda may have taken it.
        """
        try:
            self._invoke(letter, by)
        except Unsure:
            if letter.worker != "UpdateInventory":
                raise
            self._once_more(letter, by)

    def _once_more(self, letter: Letter, by: float) -> None:
        try:
            self._invoke(letter, by)
        except TooLate as late:
            raise Unsure from late

    def _invoke(self, letter: Letter, by: float) -> None:
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
            answer = self._patience(by).attempt(
                lambda: self._sent(request, by), _BUSY, f"Invoking {letter.worker}"
            )
        except StillDiffers as error:
            if self._clock() >= by:
                raise TooLate from error
            raise
        except Unreadable as error:
            raise Unsure(error.happened) from error
        except refusals as error:
            raise Refusal(f"Lambda does not take its event ({type(error).__name__})") from error
        if answer["StatusCode"] != 202:
            raise Refusal(f"Lambda answered {answer['StatusCode']}, and not 202")

    def _patience(self, by: float) -> Patience:
        ends = min(self._ends, by)
        return Patience(self._stop, self._say, ends, clock=self._clock, again="ordersetup redrive")

    def _sent(self, request: Any, by: float) -> InvocationResponseTypeDef:
        if self._clock() > by:
            raise TooLate
        try:
            return self._lambda.invoke(**request)
        except AWS_ERRORS as error:
            if may_have_worked(error):
                raise Unsure(type(error).__name__) from error
            raise

    def seal(self) -> None:
        """What Lambda has accepted is safe."""

    def _keep_pace(self) -> None:
        now = self._clock()
        if self._next > now:
            self._stop.wait(self._next - now)
        self._next = max(now, self._next) + self._pause
