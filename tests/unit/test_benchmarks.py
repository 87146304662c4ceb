"""What the benchmarks make of what they have measured."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.path import AnyStep, in_a_row, path
from benchmarks.results import PAGE, load, page
from ordersetup.step import Calls
from tests.end_to_end.recorder import Call
from tests.unit.toys import Toy

CLOCK = itertools.count()


def call(name: str, step: AnyStep | None = None) -> Call:
    """A call that comes after all those before."""
    began = float(next(CLOCK))
    return Call(name, f"toy.{step.key.removeprefix('toy/')}" if step else "", began, began + 0.9)


class Asking(Toy):
    """The step that asks the endpoint, by no AWS call."""

    calls = Calls(read=(), write=())


def test_calls_at_once_count_as_one_and_those_after_each_other_all() -> None:
    at_once = [Call("a", "", 0, 1), Call("b", "", 0.1, 1.2), Call("c", "", 0.2, 0.9)]
    then = [Call("d", "", 1.3, 2), Call("e", "", 2.1, 3)]
    assert in_a_row([]) == 0
    assert in_a_row(at_once) == 1
    assert in_a_row([*at_once, *then]) == 3


def test_the_path_is_the_longest_chain_of_calls_after_the_survey_s() -> None:
    box = Toy(name="box")
    car = Toy(name="car", inside=box)
    doll = Toy(name="doll")
    asking = Asking(name="asking", after=(car,))
    log = [
        call("sts:GetCallerIdentity"),
        *(call("toy:GetToy", step) for step in (box, doll)),
        *(call(name, box) for name in ("toy:Create", "toy:GetToy")),
        *(call("toy:Create", doll) for _ in range(3)),
        *(call("toy:Create", car) for _ in range(2)),
        call("http:OPTIONS /"),
    ]
    found = path(log, [box, car, doll, asking])
    assert (found.calls, found.before_writing) == (11, 3)
    assert found.chain[0] == ("who we are, what is remembered", 1)
    assert found.chain[-3:] == (("toy/box", 2), ("toy/car", 2), ("toy/asking", 1))
    assert found.depth == 1 + 1 + 2 + 2 + 1


def test_all_writes_of_a_lane_are_in_a_row_with_what_must_come_before_and_after() -> None:
    first = Toy(name="first")
    left, right = (Toy(name=n, turn="api", after=(first,)) for n in ("left", "right"))
    last = Asking(name="last", after=(left, right))
    log = [
        call("toy:Create", first),
        *(call("toy:Create", step) for step in (right, right, left)),
        call("http:OPTIONS /"),
    ]
    found = path(log, [first, left, right, last])
    assert found.chain[-4:] == (
        ("toy/first", 1),
        ("toy/right", 2),
        ("toy/left", 1),
        ("toy/last", 1),
    )


def test_a_last_look_lengthens_the_path_by_its_longest_step_and_no_step_by_its_calls() -> None:
    first = Toy(name="first")
    left, right = (Toy(name=n, turn="api", after=(first,)) for n in ("left", "right"))
    last = Asking(name="last", after=(left, right))
    steps = (first, left, right, last)
    made = [
        call("sts:GetCallerIdentity"),
        call("toy:Create", first),
        *(call(name, step) for step in (left, right) for name in ("toy:Create", "toy:GetToy")),
        call("http:OPTIONS /"),
    ]
    looks = [
        *(call("toy:GetToy", step) for step in (first, left, right)),
        call("toy:ListTags", right),
    ]
    before, after = path(made, steps), path([*made, *looks], steps)
    assert after.chain == (*before.chain, ("the last look", 2))
    assert (after.depth, after.calls) == (before.depth + 2, before.calls + 4)


def test_what_is_read_before_the_endpoint_has_answered_is_no_last_look() -> None:
    box = Toy(name="box")
    asking = Asking(name="asking", after=(box,))
    made = [call("toy:Create", box), call("toy:GetToy", box), call("http:OPTIONS /")]
    assert path(made, [box, asking]).chain[-2:] == (("toy/box", 2), ("toy/asking", 1))


def test_a_call_that_is_nobody_s_is_not_passed_over() -> None:
    box = Toy(name="box")
    log = [call("toy:Create", box), call("toy:Create")]
    with pytest.raises(ValueError, match="nobody's call: toy:Create"):
        path(log, [box])


def test_the_page_says_what_was_kept() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load())


def test_the_column_of_aws_is_filled_by_what_was_measured_there() -> None:
    kept = load()
    there = {"region": "eu-west-1", "rounds": 2, "times": {"fresh": [31.0, 29.0]}}
    told = page({**kept, "aws": there})
    assert "| 30.00 (29.00-31.00) |" in told
    assert "on AWS, eu-west-1: 2 rounds" in told
    assert "| 30.00 (29.00-31.00) |" not in page(kept)
