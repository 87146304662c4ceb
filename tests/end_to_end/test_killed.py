"""The real program is killed in the middle, or started twice, and a rerun makes it good.

A sample on the engine: each case costs whole processes. Every call and every fault is met in
memory, by tests/unit/test_crash_matrix.py. The calls are drawn by a fixed seed from an undisturbed
run; what stands is listed service by service by plain boto3.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ordersetup.blueprint import Blueprint, Names, Place
from ordersetup.bundle import bundle
from ordersetup.errand import token
from ordersetup.local import Engine
from ordersetup.settings import Settings
from ordersetup.steps import pipeline
from ordersetup.web import Web
from tests.end_to_end.command_line import REGION, CommandLine, Run
from tests.end_to_end.recorder import Hold, Recorder, is_read, recording
from tests.end_to_end.shop import Shop
from tests.listing import listed, settled

SETTINGS = ("--sender", "shop@example.com", "--alert-email", "ada@example.com", "--tag", "Team=x")
PROVISION = ("provision", "--json", *SETTINGS)
PAIRED = (*PROVISION, "--timeout", "100")
"""Whoever builds on an API that the other has removed would wait for it at each of its steps."""
PLAIN = ("provision", "--json")
TEARDOWN = ("teardown", "--yes", "--delete-data", "--json")
REST_API = "rest-api.EcommerceAPI"
SEED = 156
"""With it every run of the tests meets CreateFunction before its effect, CreateDeployment after."""

Write = tuple[str, int]
"""A step, as calls name it, and which of its writes."""

GUIDE = {
    token(step.key).removeprefix("step/"): place
    for place, step in enumerate(
        pipeline(
            Blueprint(
                Names("default", REGION),
                Place("000000000000", REGION),
                Settings(sender="shop@example.com", alert_emails=("ada@example.com",)),
                bundle(),
            )
        )
    )
}
"""The place of each step in the guide: threads race, so the order of calls is another each time."""


def drawn(number: int, *, of: int) -> list[object]:
    """Numbers of drawn calls as parameters, the first few for every run of the tests."""
    return [
        pytest.param(n, id=f"call-{n}", marks=() if n < number else (pytest.mark.slow,))
        for n in range(of)
    ]


@dataclass
class Theatre:
    """An engine, a recorder before it, and what an undisturbed run does and leaves there."""

    engine: Engine
    recorder: Recorder
    ordersetup: CommandLine
    calm: Sequence[str] = ()
    building: Sequence[Write] = ()
    removing: Sequence[Write] = ()

    def standing(self) -> list[str]:
        """What stands, service by service."""
        client = Shop(self.engine.endpoint_url, "").client
        return settled(listed(client) | stage_tags(client("apigateway")))

    def done(self, *arguments: str) -> Sequence[Write]:
        """Run a command to a good end; what it wrote."""
        self.recorder.forget()
        run = self.ordersetup(*arguments)
        assert run.code == 0, run.out + run.talk
        return self._written()

    def killed(self, command: tuple[str, ...], write: Write, *, answered: bool) -> Hold:
        """Run a command, and kill it at a write."""
        hold = Hold(*write, answered=answered)
        with self.recorder.holding(hold):
            self.ordersetup.killed(*command, when=hold.wait)
        return hold

    def reset(self) -> None:
        """Empty the engine."""
        Web().ask("POST", f"{self.engine.endpoint_url}/_ministack/reset")
        assert self.standing() == []

    def _written(self) -> Sequence[Write]:
        """The writes, in the guide's order, so that they come in the same one each time."""
        made = Counter(call.step for call in self.recorder.log if not is_read(call.name))
        ordered = sorted(made, key=lambda step: (GUIDE.get(step, len(GUIDE)), step))
        return [(step, n + 1) for step in ordered for n in range(made[step])]


def stage_tags(apis: Any) -> dict[str, Any]:
    """The tags of each stage, which the engine tells here alone."""
    found = {}
    for api in apis.get_rest_apis()["items"]:
        for stage in apis.get_stages(restApiId=api["id"])["item"]:
            path = f"{api['id']}/stages/{stage['stageName']}"
            arn = f"arn:aws:apigateway:{REGION}::/restapis/{path}"
            found[f"tags of {path}"] = apis.get_tags(resourceArn=arn)["tags"]
    return found


def draw(number: int, writes: Sequence[Write]) -> Write:
    """A write of the first third of a run, of the second, of the last, and round again."""
    third = number % 3
    ends = [len(writes) * n // 3 for n in range(4)]
    some = list(writes[ends[third] : ends[third + 1]])
    random.Random(SEED + third).shuffle(some)  # noqa: S311 - a sample, not a secret
    return some[number // 3]


@pytest.fixture(scope="module")
def theatre(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with recording(engine.endpoint_url) as recorder:
        ordersetup = CommandLine.at(tmp_path_factory.mktemp("home"), recorder.url)
        made = Theatre(engine, recorder, ordersetup)
        made.building = made.done(*PROVISION)
        made.calm = made.standing()
        assert sum(line.startswith("api ") for line in made.calm) == 1
        made.removing = made.done(*TEARDOWN)
        yield made


@pytest.fixture(autouse=True)
def _an_empty_engine(theatre: Theatre) -> None:
    theatre.reset()


def check_whole(theatre: Theatre) -> None:
    """The very stack of the undisturbed run stands, and one more run has nothing to write."""
    assert theatre.standing() == theatre.calm
    assert theatre.done(*PLAIN) == []


@pytest.mark.parametrize("number", drawn(3, of=12))
def test_a_provision_killed_at_a_write_is_completed_by_the_next(
    theatre: Theatre, number: int
) -> None:
    write = draw(number, theatre.building)
    theatre.killed(PROVISION, write, answered=number % 2 == 0)
    assert theatre.standing() != theatre.calm
    theatre.done(*PROVISION)
    check_whole(theatre)


def test_a_rest_api_whose_maker_was_killed_before_it_heard_of_it_is_the_only_one(
    theatre: Theatre,
) -> None:
    hold = theatre.killed(PROVISION, (REST_API, 1), answered=True)
    assert hold.name == "apigateway:POST /restapis"
    theatre.done(*PROVISION)
    check_whole(theatre)


@pytest.mark.parametrize("number", drawn(1, of=6))
def test_a_teardown_killed_at_a_write_is_completed_by_the_next(
    theatre: Theatre, number: int
) -> None:
    theatre.done(*PROVISION)
    theatre.killed(TEARDOWN, draw(number, theatre.removing), answered=number % 2 == 0)
    assert theatre.standing() != []
    theatre.done(*TEARDOWN)
    assert theatre.standing() == []
    assert theatre.done(*TEARDOWN) == []


def meet(theatre: Theatre, step: str) -> Sequence[Run]:
    """Two provisions at once: both find a step missing, both make it, then both hear of it."""
    before = Hold(step, 1), Hold(step, 2)
    after = Hold(step, 1, answered=True), Hold(step, 2, answered=True)

    def together() -> None:
        for both in (before, after):
            for hold in both:
                hold.wait()
            for hold in both:
                hold.go()

    with theatre.recorder.holding(*before, *after):
        return theatre.ordersetup.together(PAIRED, PAIRED, meanwhile=together)


def check_one_stack(theatre: Theatre, runs: Sequence[Run]) -> None:
    """The last to end leaves the whole stack or says why not, and one run heals.

    The first may have left it whole, before the other spoilt it and failed.

    Args:
        theatre: where.
        runs: in the order in which they ended.
    """
    losers = [run for run in runs if run.code != 0]
    if runs[-1].code == 0:
        assert theatre.standing() == theatre.calm, losers
    for run in losers:
        assert run.code == 1, run
        assert run.result["type"] == "error", run
        assert "another run" in run.result["happened"] + run.result["then"], run
        assert "run: ordersetup provision" in run.result["then"], run
    if losers:
        theatre.done(*PROVISION)
    check_whole(theatre)


@pytest.mark.slow  # where the two stand when they meet depends on how busy the machine is
def test_two_provisions_that_have_both_made_a_rest_api_leave_one(theatre: Theatre) -> None:
    check_one_stack(theatre, meet(theatre, REST_API))


@pytest.mark.slow
def test_two_provisions_started_together_leave_one_stack(theatre: Theatre) -> None:
    check_one_stack(theatre, theatre.ordersetup.together(PAIRED, PAIRED))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6))
def test_two_provisions_that_meet_at_any_step_leave_one_stack(
    theatre: Theatre, number: int
) -> None:
    step, _ = draw(number, [write for write in theatre.building if write[1] == 1])
    check_one_stack(theatre, meet(theatre, step))
