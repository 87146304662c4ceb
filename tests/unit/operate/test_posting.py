"""Which answers are API Gateway's own, and which of a function that must not be asked twice."""

from __future__ import annotations

import pytest

from ordersetup.operate.posting import by_gateway
from ordersetup.web import Answer

NAMED = {"x-amzn-errortype": "ForbiddenException"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, NAMED, b'{"message":"Forbidden"}'),
        Answer(403, {}, b'{"message":"Missing Authentication Token"}'),
        Answer(500, {}, b'{"message": "Internal server error"}'),
        Answer(429, NAMED, b"slow down"),
    ],
    ids=["named", "an-engine's", "an-engine's-500", "a-throttle"],
)
def test_api_gateways_own_answers_have_called_no_function(answer: Answer) -> None:
    assert by_gateway(answer)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}, b'{"message": "could not reach the stock"}'),
        Answer(500, {}, b'{"message": "The order may not have been taken.", "order_id": "A-1"}'),
        Answer(403, {}, b"no"),
        Answer(502, NAMED, b'{"message":"Internal server error"}'),
        Answer(504, NAMED, b'{"message":"Endpoint request timed out"}'),
        Answer(200, {}, b"ok"),
    ],
    ids=["a-handler's-500", "ours", "a-handler's-403", "a-crash", "a-time-out", "accepted"],
)
def test_what_a_function_answered_or_failed_to_is_not(answer: Answer) -> None:
    assert not by_gateway(answer)
