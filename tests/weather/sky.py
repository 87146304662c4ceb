"""AWS's bad days from one list: read by microburst, and in memory between our clients and moto."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError
from botocore.model import OperationModel
from botocore.parsers import ResponseParserFactory
from microburst.detection import detect
from microburst.protocols import render_error
from microburst.rules import Decision, RuleEngine

from tests.wire import operation_of

RULES = Path(__file__).with_name("rules.yaml")
LASTING = Path(__file__).with_name("lasting.yaml")
"""What no waiting cures."""
DRILL = Path(__file__).with_name("drill.yaml")
"""What a drill meets."""

_QUERY_ERROR = "x-amzn-query-error"
"""Where SQS tells the code that it had before it spoke JSON; microburst puts a name before any."""

_REPEATED = frozenset(
    {
        *("LimitExceededException", "RequestThrottled", "Throttling", "Throttled"),
        *("ThrottlingException", "TooManyRequestsException"),
    }
)

_PREFIXES = {"sesv2": "ses"}
"""What IAM calls a service."""

Rule = dict[str, Any]
"""As microburst reads it, with an `about`."""


ON_AN_ENGINE = frozenset(
    {
        "every third answer is slow",
        "some nodes do not know the deployment yet",
        "some nodes know neither the path nor the method yet",
        "some nodes may not invoke the function yet",
    }
)
"""What means nothing in memory, where no time passes and nobody is asked over HTTP."""

BEFORE_ALL = frozenset({"STS is called too often", "STS is not available"})
"""What is met before there is any step, and so by nothing that a stack lives through."""

IN_MEMORY_ONLY = frozenset(
    {
        *("the identity was made by another run", "the identity is changed by two at once"),
        *("the new identity is not found", "SES is called too often"),
        *(
            "the identity is deleted by two at once",
            "SES is called too often while an identity is deleted",
        ),
        *("the queue was made by another run", "SQS is called too often"),
        *(
            "SQS is called too often while a queue is tagged",
            "SQS is called too often while a queue is deleted",
        ),
    }
)
"""What microburst cannot say."""

NOT_CALLED_ON_AN_ENGINE = frozenset(
    {
        *("UpdateTable", "SetQueueAttributes", "UpdateAssumeRolePolicy", "RemovePermission"),
        *("UpdateRestApi", "UpdateMethod", "UpdateMethodResponse", "UpdateFunctionCode"),
        "DeleteMethodResponse",
        *("PutRolePermissionsBoundary", "PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"),
    }
)
"""What takes a hand's change, another version's code or a setting of its own to be called."""


def played_on_an_engine(rule: Rule) -> bool:
    """Whether microburst can say it, and the commands of `test_weather.py` call what it answers."""
    return (
        rule["about"] not in IN_MEMORY_ONLY
        and rule.get("service") != "cloudwatch"
        and rule.get("operation") not in NOT_CALLED_ON_AN_ENGINE
    )


@cache
def rules(file: Path = RULES) -> dict[str, Rule]:
    """Every rule of a file, by what it is about."""
    found: list[Rule] = yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
    named = {rule["about"]: rule for rule in found}
    assert len(named) == len(found), "two rules bear one name"
    return named


def touching(rule: Rule) -> str:
    """The call that a rule answers, in the words of a step's `calls`."""
    service = rule["service"]
    return f"{_PREFIXES.get(service, service)}:{rule['operation']}"


def repeated(rule: Rule) -> bool:
    """Whether botocore sends the call again by itself, before anyone has heard of the answer."""
    if "operation" not in rule:
        return False
    error = rule.get("error", {})
    return "reset" in rule or error.get("status", 0) >= 500 or error.get("code") in _REPEATED


class Sky:
    """Answers calls as microburst would between a client and an engine, without either.

    The calls are matched and the answers are rendered by microburst's own code, and are read by
    botocore's; only the way between the two is left out, and with it botocore's own retries.

    Args:
        rules: the weather.
        lose: has a call's answer lost once it has had its effect.
    """

    def __init__(self, rules: Sequence[Rule], lose: Callable[[str], None]) -> None:
        self._engine = RuleEngine()
        self._engine.set_rules(list(rules))
        self._lose = lose
        self._lock = threading.Lock()

    @property
    def unmet(self) -> list[str]:
        """The rules that no call has met; as "service:Operation"."""
        return [f"{r.service}:{r.operation}" for r in self._engine.rules if not r.fired_count]

    def answer(self, model: OperationModel, request: Mapping[str, Any]) -> Any:
        """What the weather makes of a call; None if nothing, or not before its effect."""
        decision = self._decide(model, request)
        if decision is None:
            return None
        if decision.reset:
            raise ConnectionClosedError(endpoint_url=f"https://{model.service_model.signing_name}")
        if decision.response_fault is not None:
            self._lose(operation_of(model))
            return None
        return _answered(model, decision, dict(request["headers"]))

    def _decide(self, model: OperationModel, request: Mapping[str, Any]) -> Decision | None:
        body = request["body"]
        raw = urlencode(body).encode() if isinstance(body, dict) else body
        context = detect(
            request["headers"], request["method"], request["url_path"], {}, raw or None
        )
        # Calls are not signed yet here, and the signature is what names the service.
        context.service = model.service_model.service_name
        context.operation = model.name
        with self._lock:
            return self._engine.decide(context)


def _answered(
    model: OperationModel, decision: Decision, headers: Mapping[str, str]
) -> tuple[AWSResponse, Any]:
    assert decision.error is not None
    service = model.service_model
    status, told, body = render_error(
        service.service_name,
        decision.error.code or "",
        decision.error.message or "",
        decision.error.status,
        protocol=service.resolved_protocol,
        request_ct=headers.get("Content-Type"),
    )
    if _QUERY_ERROR in told:
        told[_QUERY_ERROR] = f"{decision.error.code};Sender"
    parser = ResponseParserFactory().create_parser(service.resolved_protocol)
    parsed = parser.parse(
        {"headers": HeadersDict(told), "status_code": status, "body": body, "context": {}},
        model.output_shape,  # type: ignore[arg-type]  # None where nothing is answered
    )
    return AWSResponse("", status, told, None), parsed
