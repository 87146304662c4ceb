"""microburst between the command line and the engine: the weather of `tests/weather/rules.yaml`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ordersetup.web import NoAnswer, Web
from tests.weather.sky import Rule, repeated

ATTEMPTS = 3
"""How often botocore sends a call that fails in passing, before we hear of it."""

SERVICES = ("sts", "iam", "dynamodb", "sqs", "sns", "logs", "lambda", "apigateway", "ses")


class Storm:
    """A running microburst.

    Args:
        url: where clients are to send their calls.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._rules: Sequence[Rule] = ()
        self._web = Web()

    def begin(self, rules: Sequence[Rule]) -> None:
        """Replace the weather; none is good weather."""
        self._rules = rules
        self._control("POST", [_outlasting_botocore(rule) for rule in rules])

    @property
    def unmet(self) -> list[str]:
        """What the rules are about that no call has met."""
        told = self._control("GET")
        return [
            rule["about"]
            for rule, now in zip(self._rules, told, strict=True)
            if not now["fired_count"]
        ]

    def wait(self) -> None:
        """Return once it listens."""
        for _ in range(200):
            try:
                self._web.ask("GET", f"{self.url}/_microburst/health")
            except NoAnswer:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("microburst does not answer")

    def warm_up(self) -> None:
        """Have it read botocore's models now, while no command is waiting for its answer."""
        for service in SERVICES:
            scope = f"Credential=warm/20260101/ap-south-1/{service}/aws4_request"
            self._web.ask("GET", self.url, headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"})

    def _control(self, method: str, rules: Sequence[Rule] | None = None) -> Sequence[Any]:
        answer = self._web.ask(
            method,
            f"{self.url}/_microburst/rules",
            body=None if rules is None else json.dumps(rules).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status == 200, answer.body
        told = json.loads(answer.body)
        found: Sequence[Any] = told["rules"] if isinstance(told, dict) else told
        return found


def _outlasting_botocore(rule: Rule) -> Rule:
    if "times" in rule and repeated(rule):
        return {**rule, "times": rule["times"] * ATTEMPTS}
    return rule


@contextmanager
def storm(endpoint_url: str, log: Path) -> Iterator[Storm]:
    """Run microburst on the loopback address, in good weather."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [
                *(sys.executable, "-m", "microburst", "--host", "127.0.0.1"),
                *("--port", str(port), "--upstream", endpoint_url),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        running = Storm(f"http://127.0.0.1:{port}")
        running.wait()
        running.warm_up()
        yield running
    finally:
        process.terminate()
        process.wait(timeout=10)
