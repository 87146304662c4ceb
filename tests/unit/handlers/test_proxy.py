from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import Any

import pytest

from handlers.errors import BadOrder
from handlers.proxy import answer, body_of


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ({"body": "{}"}, "{}"),
        ({"body": "{}", "isBase64Encoded": False}, "{}"),
        ({"body": base64.b64encode(b"{}").decode(), "isBase64Encoded": True}, b"{}"),
        ({"body": None, "isBase64Encoded": True}, None),
        ({"body": 7, "isBase64Encoded": True}, 7),
        ({}, None),
    ],
)
def test_a_body_is_what_the_client_sent(event: dict[str, Any], body: object) -> None:
    assert body_of(event) == body


@pytest.mark.parametrize("body", ["{}", "äöü=", "YQ"])
def test_a_body_that_is_not_the_base64_it_claims_to_be_is_a_bad_order(body: str) -> None:
    with pytest.raises(BadOrder, match=r"^BadOrder: body: must be base64$"):
        body_of({"body": body, "isBase64Encoded": True})


def test_an_answer_is_json_whatever_it_repeats() -> None:
    given = answer(HTTPStatus.BAD_REQUEST, {"faults": ["\ud800"]}, {"Retry-After": "5"})
    assert given["headers"] == {"Content-Type": "application/json", "Retry-After": "5"}
    assert json.loads(given["body"].encode()) == {"faults": ["\ud800"]}
