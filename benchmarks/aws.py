"""Times the same commands on a real AWS account, and fills the AWS column of docs/benchmarks.md.

Each round makes a stack of its own name, bench-…, and takes it down again; with --aws-cli the
script that does the same by hand makes another one beside it. A round costs less than a cent. What
stands at an engine's endpoint is timed as well, and not kept.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.agreed import Agreed
from benchmarks.process import COMMANDS, ByHand, CommandFailed, Commands, seconds
from benchmarks.results import Column, Times, keep, median
from ordersetup.aws import Aws
from ordersetup.errors import OrdersetupError
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
    try:
        return _bench(given)
    except OrdersetupError as error:
        sys.stderr.write(f"{error.happened}\n{error.then}\n")
        return 1
    except CommandFailed as error:
        sys.stderr.write("\n".join(_story(error)) + "\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _bench(given: argparse.Namespace) -> int:
    # Read by every AWS tool but boto3, which knows AWS_DEFAULT_REGION alone.
    region = given.region or os.environ.get("AWS_REGION") or None
    aws = Aws.connect(Connection(region=region, profile=given.profile))
    name = f"bench-{secrets.token_hex(2)}"
    sys.stderr.write(
        f"Will build and take down {given.rounds} stack(s) named {name}-… in {aws.region} of "
        f"account {aws.account}" + (", and as many by the AWS CLI.\n" if given.aws_cli else ".\n")
    )
    if not given.yes and not says_yes():
        sys.stderr.write("Nothing was called but STS. Say yes, or add --yes.\n")
        return 2
    agreed = Agreed(aws.account, aws.region, given.profile, os.environ)
    agreed.check()
    cli = given.aws_cli.absolute() if given.aws_cli else None
    wait = ROLE_SECONDS if aws.amazon else 0
    column: Column = defaultdict(list)
    for number in range(1, given.rounds + 1):
        measure(column, f"{name}-{number}", agreed, cli, role_seconds=wait)
    for key, times in column.items():
        sys.stdout.write(f"{key}: {median(times):.2f} s of {_listed(times)}\n")
    if aws.amazon:
        keep("aws", {"region": aws.region, "rounds": given.rounds, "times": column})
    return 0


def says_yes() -> bool:
    """Whether a person at a terminal says yes."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def measure(
    column: Column,
    stack: str,
    agreed: Agreed,
    aws_cli: Path | None = None,
    *,
    commands: Commands = COMMANDS,
    role_seconds: int = ROLE_SECONDS,
) -> None:
    """Time everything once; whatever happens, what was made is taken down.

    Args:
        column: where the times go.
        stack: the name; what the AWS CLI makes is named likewise, with "-cli".
        agreed: where, and as whom.
        aws_cli: the AWS CLI; None to leave the script out.
        commands: of ours, what is timed.
        role_seconds: how long the script waits, until Lambda knows the role.

    Raises:
        CommandFailed: a command did not do its work, or something may be left.
    """
    ours, environment = (*agreed.ours, "--stack", stack), agreed.environment
    try:
        for key, command in commands:
            column[key].append(seconds([*ours, *command], environment))
    except BaseException:
        with left_by_hand(shlex.join([*ours, *TEARDOWN])):
            seconds([*ours, *TEARDOWN], environment)
        raise
    if aws_cli is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        script = ByHand(
            aws_cli,
            f"{stack}-cli",
            agreed.region,
            agreed.account,
            Path(folder),
            role_seconds,
            agreed.profile,
        )
        try:
            column["script"].append(script.seconds("build", environment))
        finally:
            with left_by_hand(script.removal()):
                script.seconds("remove", environment)


@contextmanager
def left_by_hand(command: str) -> Iterator[None]:
    """If taking down does not come to its end, Ctrl-C included: say how it is done by hand."""
    try:
        yield
    except BaseException:
        sys.stderr.write(f"Something may be left; take it down by hand:\n  {command}\n")
        raise


def _story(error: BaseException | None) -> list[str]:
    """What failed and, before it, what had failed already when that was tried."""
    return [*_story(error.__context__), *([str(error)] if str(error) else [])] if error else []


def _listed(times: Times) -> str:
    return ", ".join(f"{time:.2f}" for time in times)


if __name__ == "__main__":
    sys.exit(main())
