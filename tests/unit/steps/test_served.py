"""What a stage serves: told of the deployment, whatever the configuration has become since."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.steps.inspections import inspections
from ordersetup.steps.served import Served
from tests.conftest import Provision
from tests.stacks import Run, stack
from tests.wire import Wire

BUILT = stack()
SERVED = next(s for s in inspections(BUILT.steps, BUILT.blueprint) if isinstance(s, Served))
POST, OPTIONS = ("paths", "/orders", "post"), ("paths", "/orders", "options")
INTEGRATION = "x-amazon-apigateway-integration"
ANSWERS = "x-amazon-apigateway-gateway-responses"
MAPPED = (*OPTIONS, INTEGRATION, "responses", "default", "responseParameters")
METHODS = "Access-Control-Allow-Methods"

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def right(provision: Provision) -> Run:
    """The whole stack, deployed as configured."""
    return provision(BUILT.steps)


def _put(path: tuple[str, ...], value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        at = document
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = value

    return change


def _otherwise(aws: Aws, wire: Wire, right: Run, *changes: Change) -> tuple[str, ...]:
    """What is told once the export tells something else than was configured."""

    def bend(answer: dict[str, Any]) -> None:
        document = json.loads(answer["body"].read())
        for change in changes:
            change(document)
        answer["body"] = io.BytesIO(json.dumps(document).encode())

    wire.bend("apigateway:GetExport", bend)
    return SERVED.read(aws, right.seen).otherwise


SIGNED = {"type": "apiKey", "name": "Authorization", "in": "header"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([_put((*POST, INTEGRATION, "timeoutInMillis"), 5_000)], ("POST: timeout",)),
        ([_put((*POST, "security"), [{"api_key": []}])], ("POST: API key required",)),
        ([_put((*POST, "security"), [{"sigv4": []}])], ("POST: open to all",)),
        (
            [
                _put((*POST, "security"), [{"guard": []}]),
                _put(
                    ("components", "securitySchemes", "guard"),
                    {**SIGNED, "x-amazon-apigateway-authtype": "custom"},
                ),
            ],
            ("POST: open to all",),
        ),
        ([_put((*MAPPED, f"method.response.header.{METHODS}"), "'POST,OPTIONS'")], ()),
        (
            [_put((*MAPPED, f"method.response.header.{METHODS}"), "'GET'")],
            (f"OPTIONS: {METHODS}",),
        ),
        (
            [_put((ANSWERS, "DEFAULT_5XX"), {})],
            tuple(
                f"Default 5XX: Access-Control-Allow-{what}"
                for what in ("Headers", "Methods", "Origin")
            ),
        ),
        ([_put((ANSWERS, "DEFAULT_5XX", "statusCode"), 418)], ("Default 5XX: status code",)),
        (
            [_put((ANSWERS, "DEFAULT_5XX", "responseTemplates"), {"application/json": "{}"})],
            ("Default 5XX: response template",),
        ),
        ([lambda document: document.pop(ANSWERS)], ()),
    ],
    ids=[
        *("timeout", "API key", "signature", "authorizer", "methods in another order"),
        *("other methods", "5XX without headers", "status", "body"),
        "gateway responses not told",
    ],
)
def test_what_an_export_tells_otherwise_is_named_and_nothing_else(
    aws: Aws, wire: Wire, right: Run, changes: list[Change], told: tuple[str, ...]
) -> None:
    assert _otherwise(aws, wire, right) == ()
    assert _otherwise(aws, wire, right, *changes) == told


def test_a_timeout_at_its_default_is_left_out_of_an_export_and_is_no_difference(
    aws: Aws, wire: Wire, right: Run
) -> None:
    def forget(document: dict[str, Any]) -> None:
        document["paths"]["/orders"]["post"][INTEGRATION].pop("timeoutInMillis", None)

    assert _otherwise(aws, wire, right, forget) == ()
