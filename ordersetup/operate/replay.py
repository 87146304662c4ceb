"""Replaying a letter: its function, invoked with its event once more."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive import Refusal
from ordersetup.patience import Patience, Say
from ordersetup.transient import Transient

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
        self._lambda = aws.lambda_
        self._names = names
        self._stop = threading.Event()
        self._patience = Patience(self._stop, say, ends, again="ordersetup redrive")
        self._pause = 1 / rate
        self._next = 0.0

    def do(self, letter: Letter) -> None:
        """Let Lambda accept the event; a throttle is waited for."""
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
                lambda: self._lambda.invoke(**request), _BUSY, f"Invoking {letter.worker}"
            )
        except refusals as error:
            raise Refusal(f"Lambda does not take its event ({type(error).__name__})") from error
        if answer["StatusCode"] != 202:
            raise Refusal(f"Lambda answered {answer['StatusCode']}, and not 202")

    def seal(self) -> None:
        """What Lambda has accepted is safe."""

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if self._next > now:
            self._stop.wait(self._next - now)
        self._next = max(now, self._next) + self._pause
