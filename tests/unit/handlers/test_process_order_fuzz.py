"""Whatever is posted gets an answer: 202 for an order, 400 for anything else, and no name told."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

ADDRESS = "ada.lovelace@example.com"
GOOD: dict[str, Any] = {
    "order_id": "A-1",
    "customer_email": ADDRESS,
    "items": [{"item_id": "lamp", "quantity": 2}],
}
LARGEST = 10 * 1024 * 1024
"""Bytes that API Gateway lets through, and more than Lambda does."""

SECONDS = 20
"""More than any body takes, also on a machine that is busy otherwise."""

fuzzed = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.just(ADDRESS)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """The text of an order of which one thing or two are something else."""
    order = json.loads(json.dumps(GOOD))
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from([*GOOD, "accepted_at", "items.item_id", "items.quantity"]))
        place, _, field = name.partition(".")
        if not field:
            order[place] = draw(values)
        elif isinstance(order["items"], list) and order["items"][:1] == GOOD["items"]:
            order["items"][0][field] = draw(values)
    return json.dumps(order)


@st.composite
def repeated(draw: st.DrawFn) -> str:
    """The text of an order that names a field twice."""
    name = draw(st.sampled_from([*GOOD]))
    more = f"{json.dumps(name)}: {json.dumps(draw(values))}"
    return json.dumps(GOOD)[:-1] + f", {more}}}"


bodies = st.one_of(
    st.none(),
    texts,
    values.map(json.dumps),
    spoilt(),
    repeated(),
    st.sampled_from(["NaN", "Infinity", '{"items": NaN}', "{", "\ufeff{}", "1e999", "-0"]),
)
headers = st.none() | st.dictionaries(
    st.sampled_from(["Content-Type", "content-type", "Content-Encoding", "Expect"]),
    st.sampled_from(
        ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "gzip", "é\n"]
    ),
)


@pytest.fixture
def function(start: Callable[..., ModuleType]) -> ModuleType:
    """The function, on a Lambda that takes every event."""
    module = start(
        "process_order",
        UPDATE_INVENTORY_FUNCTION="UpdateInventory",
        SEND_EMAIL_FUNCTION="SendEmail",
        ALLOWED_ORIGIN="https://shop.example.com",
    )

    def take(**_: object) -> tuple[AWSResponse, Any]:
        told = {"StatusCode": 202, "ResponseMetadata": {"RequestId": "invoke-1"}}
        return AWSResponse("", 202, {}, None), told  # type: ignore[arg-type]  # never read

    module.LAMBDA.meta.events.register("before-call.lambda.Invoke", take)
    return module


@pytest.fixture
def answered(
    function: ModuleType, context: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> Callable[[dict[str, Any]], int]:
    """Sends a request, holds the answer to what every answer is, and returns its status."""

    def send(event: dict[str, Any]) -> int:
        caplog.clear()
        answer = function.handler(event, context)
        assert answer.keys() == {"statusCode", "headers", "body"}
        assert answer["headers"]["Access-Control-Allow-Origin"] == "https://shop.example.com"
        assert answer["headers"]["Content-Type"] == "application/json"
        told = json.loads(answer["body"].encode())
        assert told.keys() == (
            {"order_id", "status"} if answer["statusCode"] == 202 else {"message", "faults"}
        )
        assert "Traceback" not in answer["body"]
        assert len(caplog.messages) == 1
        assert "@" not in caplog.text
        assert ADDRESS not in repr([vars(record) for record in caplog.records])
        return int(answer["statusCode"])

    return send


@fuzzed
@given(bodies, st.sampled_from([None, False, True]), headers)
@example(json.dumps(GOOD | {"order_id": ADDRESS}), False, None)
@example(json.dumps(GOOD | {"items": [ADDRESS] * 50}), False, None)
def test_whatever_text_is_posted_is_answered(
    answered: Callable[[dict[str, Any]], int],
    body: str | None,
    encoded: bool | None,
    sent_headers: dict[str, str] | None,
) -> None:
    event = {"body": body, "isBase64Encoded": encoded, "headers": sent_headers}
    assert answered(event) in (202, 400)


@fuzzed
@given(
    st.binary(max_size=200)
    | spoilt().map(str.encode)
    | texts.map(lambda t: t.encode("utf-16", "surrogatepass"))
)
def test_whatever_bytes_are_posted_are_answered(
    answered: Callable[[dict[str, Any]], int], body: bytes
) -> None:
    event = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert answered(event) in (202, 400)


@fuzzed
@given(
    st.integers() | st.booleans() | st.lists(st.integers()) | st.dictionaries(texts, texts),
    st.booleans(),
)
def test_a_body_that_is_no_text_is_refused(
    answered: Callable[[dict[str, Any]], int], body: object, encoded: bool
) -> None:
    """As a test event of the console may have it: API Gateway sends text or null."""
    assert answered({"body": body, "isBase64Encoded": encoded}) == 400


@pytest.mark.parametrize("encoded", [False, True], ids=["as text", "in base64"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * (LARGEST // 2), id="deep lists"),
        pytest.param('{"items":' * (LARGEST // 18), id="deep objects"),
        pytest.param("[" * 900 + "]" * 900, id="as deep as may be"),
        pytest.param("9" * LARGEST, id="one number"),
        pytest.param('"' + "x" * LARGEST + '"', id="one text"),
        pytest.param(json.dumps(GOOD | {"order_id": "x" * LARGEST}), id="a long id"),
        pytest.param(json.dumps(GOOD | {"customer_email": "a@" + "a." * 500_000}), id="an address"),
        pytest.param(json.dumps(GOOD | {"items": [0] * 1_000_000}), id="many items"),
        pytest.param(json.dumps({f"f{n}": n for n in range(300_000)}), id="many fields"),
        pytest.param('{"a":1,' + '"b":1,' * 500_000 + '"c":1}', id="one field often"),
        pytest.param(json.dumps(GOOD | {"items": [{"item_id": "y" * 100_000}] * 50}), id="50 ids"),
        pytest.param("\u2028" * 1_000_000, id="nothing but separators"),
    ],
)
def test_a_huge_body_is_refused_in_time(
    answered: Callable[[dict[str, Any]], int], body: str, encoded: bool
) -> None:
    sent = base64.b64encode(body.encode()).decode() if encoded else body
    began = time.process_time()
    assert answered({"body": sent, "isBase64Encoded": encoded}) == 400
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(GOOD),
        json.dumps(GOOD, ensure_ascii=False),
        json.dumps(GOOD | {"items": [{"item_id": "lämp 😀", "quantity": 1}]}),
        json.dumps(GOOD | {"note": [[[1e999, {"deep": [None] * 100}]]]}).replace(
            "Infinity", "1e999"
        ),
    ],
    ids=["plain", "not ASCII", "escaped", "with more fields"],
)
def test_an_order_is_taken_whatever_its_content_type_is(
    answered: Callable[[dict[str, Any]], int], body: str
) -> None:
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
        event = {"body": body, "isBase64Encoded": False, "headers": {"Content-Type": kind}}
        assert answered(event) == 202
