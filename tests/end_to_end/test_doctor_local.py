"""`doctor --local`: the engine's physics, tried out on an engine of its own."""

from __future__ import annotations

from ordersetup.physics import NOT_IMITATED
from tests.end_to_end.command_line import CommandLine


def test_the_engine_does_what_is_relied_on_and_the_rest_is_told(ordersetup: CommandLine) -> None:
    run = ordersetup("doctor", "--json")
    found = {finding["check"]: finding for finding in run.result["findings"]}
    assert run.code == 0, run.out + run.talk
    physics = ("retry", "destination", "denial", "ports", "state")
    assert [found[check]["level"] for check in physics] == ["ok"] * 5
    assert "tried 3 times" in found["retry"]["what"]
    assert run.result["not_imitated"] == list(NOT_IMITATED)
    assert ordersetup("list", "--json").result["stacks"] == []
