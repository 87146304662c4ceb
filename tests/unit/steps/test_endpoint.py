"""The endpoint: steady only when every answer is right, and never a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.events import Changed
from ordersetup.steps.endpoint import IN_A_ROW, Endpoint
from ordersetup.web import Answer, NoAnswer
from tests.conftest import Provision, Survey
from tests.stacks import Run, drift, stack, with_needs
from tests.wire import Visitor

BUILT = stack()
ENDPOINT: Endpoint = BUILT.step("endpoint/EcommerceAPI/prod")
STEPS = with_needs(BUILT.steps, ENDPOINT)
YOUNG = Answer(403, {}, b'{"message":"Missing Authentication Token"}')
NO_STAGE = Answer(403, {}, b'{"message":"Forbidden"}')
FAULT = Answer(500, {}, b'{"message":"Internal server error"}')
OK = Answer(200, {"access-control-allow-origin": "*"}, b"")


class Unlucky(Visitor):
    """Meets no answer at all, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self._unlucky = [True] * times

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answer:
        """Fail first, then ask."""
        self.asked.append((url, headers or {}))
        if self._unlucky:
            self._unlucky.pop()
            raise NoAnswer(f"{url} did not answer: Connection refused.", "Check the network.")
        return super().ask(method, url, headers=headers, **more)


@pytest.fixture
def visitor(aws: Aws, provision: Provision) -> Visitor:
    """Who asks the deployed API, which stands right."""
    provision(STEPS)
    assert isinstance(aws.web, Visitor)
    return aws.web


@pytest.fixture
def meet(aws: Aws, provision: Provision) -> Callable[[int], tuple[Unlucky, Run]]:
    """Provisions while so many requests are not answered."""

    def run(times: int) -> tuple[Unlucky, Run]:
        unlucky = Unlucky(times)
        aws.web = unlucky
        return unlucky, provision(STEPS)

    return run


@pytest.mark.parametrize("place", range(IN_A_ROW))
def test_one_wrong_answer_of_three_is_not_steady_and_is_waited_for(
    provision: Provision, visitor: Visitor, place: int
) -> None:
    visitor.answers += [OK] * place + [YOUNG] + [OK] * (IN_A_ROW - 1 - place)  # the survey's
    visitor.answers += [OK] * place + [NO_STAGE] + [OK] * (IN_A_ROW - 1 - place)

    run = provision(STEPS)

    assert run.reasons == ["OPTIONS /orders is 403, not 200"]
    assert drift(run.seen, STEPS) == set()


def test_the_answers_of_a_young_deployment_are_waited_for_one_after_another(
    provision: Provision, visitor: Visitor
) -> None:
    for answer in (NO_STAGE, YOUNG, FAULT):
        visitor.answers += [answer] * IN_A_ROW

    run = provision(STEPS)

    assert run.reasons == ["OPTIONS /orders is 403, not 200", "OPTIONS /orders is 500, not 200"]
    assert visitor.answers == []
    assert drift(run.seen, STEPS) == set()


def test_what_is_only_waited_for_is_no_change(
    provision: Provision, visitor: Visitor, calls: list[str]
) -> None:
    visitor.answers += [YOUNG] * IN_A_ROW
    calls.clear()

    run = provision(STEPS)

    assert not [outcome for outcome in run.outcomes.values() if isinstance(outcome, Changed)]
    assert set(calls) == {call for step in STEPS for call in step.calls.read}


def test_a_connection_that_fails_is_a_wrong_answer_and_no_crash(
    meet: Callable[[int], tuple[Unlucky, Run]],
) -> None:
    unlucky, run = meet(2)

    url = unlucky.asked[0][0]
    assert run.reasons == [f"OPTIONS /orders is {url} did not answer: Connection refused, not 200"]
    assert drift(run.seen, STEPS) == set()


def test_a_survey_tells_that_nothing_answers(aws: Aws, survey: Survey, visitor: Visitor) -> None:
    assert visitor
    aws.web = Unlucky(IN_A_ROW)
    state = survey(STEPS).seen.of(ENDPOINT)
    assert state.preflight.endswith("did not answer: Connection refused")
    assert state.allow_origin == "none"


def test_the_headers_of_a_right_answer_must_be_the_wanted_ones(
    provision: Provision, visitor: Visitor
) -> None:
    visitor.answers += [Answer(200, {}, b"")] * IN_A_ROW + [Answer(200, {}, b"")]

    run = provision(STEPS)

    assert run.reasons == ["Access-Control-Allow-Origin is none, not *"]


@pytest.mark.parametrize(
    ("origin", "asking"),
    [("*", "https://example.com"), ("https://shop.example.com", "https://shop.example.com")],
)
def test_it_is_asked_as_a_page_of_the_origin_would_ask(
    aws: Aws, provision: Provision, origin: str, asking: str
) -> None:
    built = stack(cors_origin=origin)
    endpoint: Endpoint = built.step(ENDPOINT.key)
    aws.web = unlucky = Unlucky(0)

    run = provision(with_needs(built.steps, endpoint))

    api_id = run.seen.of(endpoint.api).api_id
    assert len(unlucky.asked) == IN_A_ROW
    for url, headers in unlucky.asked:
        assert url == f"https://{api_id}.execute-api.eu-west-1.amazonaws.com/prod/orders"
        assert headers == {"Origin": asking, "Access-Control-Request-Method": "POST"}
