"""Times the same commands on a real AWS account, and fills the AWS column of docs/benchmarks.md.

Each round makes a stack of its own name, bench-…, and takes it down again; with --aws-cli the
script that does the same by hand makes another one beside it. A round costs less than a cent. What
stands at an engine's endpoint is timed as well, and not kept.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.process import COMMANDS, OURS, ByHand, CommandFailed, Commands, seconds
from benchmarks.results import Column, Times, keep, median
from ordersetup.aws import Aws
from ordersetup.settings import Connection

TEARDOWN = ("teardown", "--yes", "--delete-data", "--quiet")
ROLE_SECONDS = 10
"""What people wait by hand, before Lambda knows a new role (AWS: 5 to 15 s)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, measure, and keep what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aws", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured")
    parser.add_argument("--aws-cli", type=Path, help="the AWS CLI; without it, no script is timed")
    parser.add_argument("--profile", help="AWS profile")
    parser.add_argument("--region", help="AWS region")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args(arguments)
    aws = Aws.connect(Connection(region=given.region, profile=given.profile))
    name = f"bench-{secrets.token_hex(2)}"
    sys.stderr.write(
        f"Will build and take down {given.rounds} stack(s) named {name}-… in {aws.region} of "
        f"account {aws.account}" + (", and as many by the AWS CLI.\n" if given.aws_cli else ".\n")
    )
    if not given.yes and not agreed():
        sys.stderr.write("Nothing was called but STS. Say yes, or add --yes.\n")
        return 2
    environment = {**os.environ, "AWS_REGION": aws.region}
    if given.profile:
        environment["AWS_PROFILE"] = given.profile
    cli = given.aws_cli.absolute() if given.aws_cli else None
    column: Column = defaultdict(list)
    for number in range(1, given.rounds + 1):
        measure(column, f"{name}-{number}", environment, cli)
    for key, times in column.items():
        sys.stdout.write(f"{key}: {median(times):.2f} s of {_listed(times)}\n")
    if aws.amazon:
        keep("aws", {"region": aws.region, "rounds": given.rounds, "times": column})
    return 0


def agreed() -> bool:
    """Whether a person at a terminal says yes."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def measure(
    column: Column,
    stack: str,
    environment: Mapping[str, str],
    aws_cli: Path | None = None,
    *,
    commands: Commands = COMMANDS,
) -> None:
    """Time everything once; whatever happens, what was made is taken down.

    Args:
        column: where the times go.
        stack: the name; what the AWS CLI makes is named likewise, with "-cli".
        environment: says where AWS is, and as whom.
        aws_cli: the AWS CLI; None to leave the script out.
        commands: of ours, what is timed.

    Raises:
        CommandFailed: a command did not do its work.
    """
    ours = [*OURS, "--stack", stack]
    try:
        for key, command in commands:
            column[key].append(seconds([*ours, *command], environment))
    except BaseException:
        _clean(lambda: seconds([*ours, *TEARDOWN], environment), " ".join([*ours, *TEARDOWN]))
        raise
    if aws_cli is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        region = environment["AWS_REGION"]
        script = ByHand(aws_cli, f"{stack}-cli", region, Path(folder), ROLE_SECONDS)
        try:
            column["script"].append(script.seconds("build", environment))
        finally:
            _clean(lambda: script.seconds("remove", environment), f"what is named {stack}-cli-…")


def _clean(deed: Callable[[], object], what: str) -> None:
    try:
        deed()
    except CommandFailed as error:
        sys.stderr.write(f"Something may be left; take it down by hand: {what}\n{error}\n")


def _listed(times: Times) -> str:
    return ", ".join(f"{time:.2f}" for time in times)


if __name__ == "__main__":
    sys.exit(main())
