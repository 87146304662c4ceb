"""JSON lines: the schema that programs rely on, spelt out once more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ordersetup.errors import BadInput
from ordersetup.events import Changed, Event, Failed, Found, Skipped, Started, Unchanged, Waiting
from ordersetup.step import Check
from ordersetup.views.json_lines import TYPES, JsonLines, check_fields
from tests.unit.toys import Toy

SIZE = Check("size", "Size", 1, 2, waited=False)
SIZE_FIELDS = {"attribute": "size", "label": "Size", "expected": 1, "actual": 2, "holds": False}
EVENTS: dict[Event, dict[str, Any] | None] = {
    Started("toy/car"): None,
    Found("toy/car", (SIZE,), stands=True): None,
    Waiting("toy/car", "the paint is wet", 1.2345): {
        "type": "waiting",
        "step": "toy/car",
        "reason": "the paint is wet",
        "seconds": 1.23,
    },
    Changed("toy/car", created=True, changes=(SIZE,)): {
        "type": "created",
        "step": "toy/car",
        "changes": [SIZE_FIELDS],
    },
    Changed("toy/car", created=False, changes=(SIZE,)): {
        "type": "changed",
        "step": "toy/car",
        "changes": [SIZE_FIELDS],
    },
    Unchanged("toy/car"): {"type": "unchanged", "step": "toy/car"},
    Skipped("toy/car", because="toy/box"): {
        "type": "skipped",
        "step": "toy/car",
        "because": "toy/box",
    },
    Failed("toy/car", KeyError("x")): {
        "type": "failed",
        "step": "toy/car",
        "error": "OrdersetupError",
        "happened": "Something unforeseen went wrong: KeyError: 'x'.",
        "then": "Run it again with --debug and report what that shows.",
    },
}


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert err == "", "a program reads stdout alone"
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(("event", "fields"), EVENTS.items(), ids=lambda e: type(e).__name__)
def test_each_event_has_the_fields_it_is_documented_with(
    capsys: pytest.CaptureFixture[str], event: Event, fields: dict[str, Any] | None
) -> None:
    with JsonLines() as view:
        view.on(event)
    assert lines(capsys) == ([] if fields is None else [fields])


def test_phases_messages_and_errors_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines() as view:
        view.begin("Provisioning", [Toy(name="car"), Toy(name="doll")])
        view.say("Interrupted.")
        view.error(BadInput("--stack 'A' is not accepted.", "It takes a to z."))
    assert lines(capsys) == [
        {"type": "begin", "doing": "Provisioning", "steps": ["toy/car", "toy/doll"]},
        {"type": "message", "text": "Interrupted."},
        {
            "type": "error",
            "error": "BadInput",
            "happened": "--stack 'A' is not accepted.",
            "then": "It takes a to z.",
        },
    ]


def test_without_events_only_errors_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines(events=False) as view:
        view.begin("Reading", [])
        view.say("x")
        for event in EVENTS:
            view.on(event)
        view.error(BadInput("a", "b"))
    assert [line["type"] for line in lines(capsys)] == ["error"]


def test_types_are_a_closed_list(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines() as view:
        view.begin("Reading", [])
        view.say("x")
        view.error(BadInput("a", "b"))
        for event in EVENTS:
            view.on(event)
    assert {line["type"] for line in lines(capsys)} <= set(TYPES)


@pytest.mark.parametrize(
    "actual", [None, True, 3, 1.5, "x", ("a", "b"), (("k", "v"),), (), "\udcff", "›\n"]
)
def test_a_check_s_values_are_plain_json_on_one_line(
    capsys: pytest.CaptureFixture[str], actual: object
) -> None:
    check = Check("tags", "Tags", (), actual, waited=False)
    with JsonLines() as view:
        view.on(Changed("toy/car", created=False, changes=(check,)))
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    [line] = [json.loads(text) for text in out.splitlines()]
    assert line["changes"] == [json.loads(json.dumps(check_fields(check)))]
