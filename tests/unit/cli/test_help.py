"""Help: quick, complete, and with an example for every command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from ordersetup import __version__
from ordersetup.cli import group
from ordersetup.cli.verify import GROUPS
from ordersetup.step import Group
from tests.unit.cli.conftest import CommandLine

HEAVY = {"boto3", "botocore", "rich", "tenacity", "urllib3", "platformdirs"}


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, *path, name)


ALL = dict(commands(group))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_helps_with_an_example(
    ordersetup: CommandLine, path: tuple[str, ...]
) -> None:
    run = ordersetup(*path, "--help")
    assert (run.code, run.talk) == (0, "")
    epilog = ALL[path].epilog or ""
    label, _, example = epilog.partition(":  ")
    assert label
    assert example.startswith("ordersetup ")
    # On one line, as it is pasted: click breaks what is wider than a terminal of 80 columns.
    assert example in run.out


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_example_is_a_command_that_exists(path: tuple[str, ...]) -> None:
    words = (ALL[path].epilog or "").partition(":  ")[2].split()[1:]
    names: tuple[str, ...] = ()
    for word in words:
        if (*names, word) in ALL:
            names = (*names, word)
    known = {name for param in (*ALL[names].params, *group.params) for name in param.opts}
    assert names or not path
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    for param in ALL[path].params:
        if not isinstance(param, click.Option):
            # Said by the command's own text; click has no place for more.
            assert param.metavar
            continue
        assert param.help, param.opts
        assert param.help.endswith("."), param.opts


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_shared_options_are_accepted_by_every_command(path: tuple[str, ...]) -> None:
    shared = {"--profile", "--region", "--endpoint-url", "--stack", "--local", "--json"}
    shared |= {"--no-color", "--timeout", "--verbose", "--quiet", "--debug"}
    assert shared <= {name for param in ALL[path].params for name in param.opts}


def test_no_option_takes_two_words_of_help_for_one_thing() -> None:
    told: dict[str, set[str | None]] = {}
    for command in ALL.values():
        for param in command.params:
            if isinstance(param, click.Option) and param.opts[-1] in ("--stack", "--timeout"):
                told.setdefault(param.opts[-1], set()).add(param.help)
    assert all(len(helps) == 1 for helps in told.values())


@pytest.mark.parametrize("path", [(), ("plan",), ("provision",), ("local", "status")], ids=" ".join)
def test_help_imports_nothing_heavy(path: tuple[str, ...]) -> None:
    script = (
        "import sys\n"
        "from ordersetup.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", script, *path, "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.startswith("Usage: ordersetup")
    assert not HEAVY & set(done.stderr.split())


def test_the_version_is_told(ordersetup: CommandLine) -> None:
    assert ordersetup("--version").out == f"ordersetup, version {__version__}\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("plann", "plan"), ("provison", "provision"), ("send-order", "send-test-order")],
)
def test_a_misspelt_command_is_answered_with_the_near_one(
    ordersetup: CommandLine, typed: str, meant: str
) -> None:
    run = ordersetup(typed)
    assert run.code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in run.talk


def test_a_command_that_is_near_to_none_is_refused_all_the_same(ordersetup: CommandLine) -> None:
    run = ordersetup("xyzzy")
    assert run.code == 2
    assert "Did you mean" not in run.talk


def test_the_parts_that_verify_takes_are_the_parts_that_steps_have() -> None:
    """They are spelt out beside the option, so that help need not import the steps."""
    assert tuple(Group) == GROUPS
