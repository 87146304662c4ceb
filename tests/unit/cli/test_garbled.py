"""Bodies that are no answer, such as a proxy's page or half a document, in every command."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.endpoint
import botocore.loaders
import pytest
from botocore.model import OperationModel

from ordersetup.aws import Aws
from tests.conftest import Provision
from tests.replay import name_of
from tests.stacks import full_stack, make_policies
from tests.unit.cli.conftest import CommandLine

COMMANDS = (
    *(("plan",), ("plan", "--adopt", "--json"), ("verify",), ("verify", "--json"), ("provision",)),
    *(("list",), ("outputs",), ("doctor",), ("policy",), ("prune", "--yes")),
    *(("export", "--format", "terraform", "--force"), ("send-test-order",), ("teardown", "--yes")),
)
GARBLED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "a proxy's page": lambda _: b"<html><body>Sign in, ada@example.com</body></html>",
    "half of it": lambda body: body[: len(body) // 2],
    "null": lambda _: b"null",
    "a list": lambda _: b"[]",
    "a number": lambda _: b"7",
    "an object": lambda _: b"{}",
    "no text": lambda _: b"\xff\xfe\x00",
    "another document": lambda _: b"<Something><New/></Something>",
}
FEW, MANY = 13, 400
SECONDS = 60
"""By the clock, for one command that is given a second, on a busy machine."""


@dataclass
class Garbler:
    """Makes something else of the bodies that an operation is answered with."""

    operation: str = ""
    garbled: Callable[[bytes], bytes] = bytes
    seen: set[str] = field(default_factory=set)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = botocore.endpoint.convert_to_response_dict

        def heard(response: Any, model: OperationModel) -> Any:
            found = real(response, model)
            self.seen.add(name_of(model))
            if name_of(model) == self.operation and isinstance(found["body"], bytes):
                found["body"] = self.garbled(found["body"])
            return found

        monkeypatch.setattr(botocore.endpoint, "convert_to_response_dict", heard)


@pytest.fixture
def garbler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Garbler:
    monkeypatch.chdir(tmp_path)
    loader = botocore.loaders.create_loader()
    monkeypatch.setattr(botocore.loaders, "create_loader", lambda *_: loader)
    found = Garbler()
    found.watch(monkeypatch)
    return found


@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_a_body_that_is_no_answer_is_told_in_a_sentence(
    ordersetup: CommandLine, provision: Provision, aws: Aws, garbler: Garbler, times: int
) -> None:
    chance = random.Random(20261124)  # noqa: S311 - the same cases each time
    make_policies(aws)
    built = full_stack()
    provision(built.steps)
    known: dict[tuple[str, ...], list[str]] = {}
    for number in range(times):
        command = COMMANDS[number % len(COMMANDS)]
        if "teardown" in command:
            provision(built.steps)
        if command not in known:
            garbler.operation = ""
            garbler.seen.clear()
            ordersetup(*command, "--timeout", "2")
            known[command] = sorted(garbler.seen)
            if "teardown" in command:
                provision(built.steps)
        garbler.operation = chance.choice(known[command])
        name = chance.choice(sorted(GARBLED))
        garbler.garbled = GARBLED[name]
        began = time.monotonic()
        run = ordersetup(*command, "--timeout", "1", "--quiet")
        case = f"{' '.join(command)} where {garbler.operation} is answered by {name}"
        assert run.code in (0, 1), f"{case}: {run.talk}"
        assert "Traceback" not in run.out + run.talk, case
        assert "ada@" not in run.out + run.talk, case
        assert time.monotonic() - began < SECONDS, case
        garbler.operation = ""
