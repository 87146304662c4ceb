"""Whole processes and their time: ours, and the AWS CLI script that does the same by hand."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ordersetup.blueprint import Blueprint, Names, Place, role_statements
from ordersetup.bundle import bundle
from ordersetup.settings import Settings

SCRIPT = Path(__file__).with_name("console.sh")
OURS = (sys.executable, "-m", "ordersetup")
Commands: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
COMMANDS: Commands = (
    ("fresh", ("provision", "--quiet")),
    ("noop", ("provision", "--quiet")),
    ("verify", ("verify", "--quiet")),
    ("teardown", ("teardown", "--yes", "--quiet")),
)
"""What is timed, in this order, and what it is called in the results."""


class CommandFailed(Exception):
    """A command that is timed must do its work; the text is what it said."""


def seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """How long a command takes, from before its process is there until it is gone.

    Raises:
        CommandFailed: it did not end well, so its time says nothing.
    """
    began = time.perf_counter()
    output(command, environment)
    return time.perf_counter() - began


def output(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a command says on stdout.

    Raises:
        CommandFailed: it did not end well.
    """
    done = subprocess.run(  # noqa: S603 - our own commands
        command, env=dict(environment), check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise CommandFailed(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass(frozen=True)
class ByHand:
    """The AWS CLI script.

    Args:
        aws: the AWS CLI.
        stack: what its names begin with.
        region: where.
        account: whose; the script does nothing in any other.
        folder: for the code and the policy that it is given.
        role_seconds: how long it waits before it expects Lambda to know the new role.
        profile: as whom; None for what the environment says.
    """

    aws: Path
    stack: str
    region: str
    account: str
    folder: Path
    role_seconds: int = 0
    profile: str | None = None

    def seconds(self, verb: str, environment: Mapping[str, str]) -> float:
        """How long building or removing it takes."""
        return seconds([str(SCRIPT), verb], {**environment, **self._named(), **self._given()})

    def removal(self) -> str:
        """The command that removes what the script has built, for people."""
        named = (f"{name}={value}" for name, value in self._named().items())
        return shlex.join(["env", *named, str(SCRIPT), "remove"])

    def _named(self) -> dict[str, str]:
        return {
            "AWS": str(self.aws),
            "PREFIX": f"{self.stack}-",
            "AWS_REGION": self.region,
            "ACCOUNT": self.account,
            "PROFILE": self.profile or "",
        }

    def _given(self) -> dict[str, str]:
        place = Place(self.account, self.region, "aws")
        blueprint = Blueprint(Names(self.stack, self.region), place, Settings(), bundle())
        statements = [{"Sid": s, **body} for s, body in role_statements(blueprint).items()]
        policy, code = self.folder / "policy.json", self.folder / "code.zip"
        policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        code.write_bytes(blueprint.code.zipped)
        return {
            "ZIP": str(code),
            "POLICY": str(policy),
            "ROLE_SECONDS": str(self.role_seconds),
        }


def bare(home: Path) -> dict[str, str]:
    """An environment in which nobody's configuration has a say."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}
