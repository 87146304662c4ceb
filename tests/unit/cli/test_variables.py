"""Every option has a variable, each variable an option, and a misspelt one is told."""

from __future__ import annotations

import click
import pytest

from ordersetup.cli import group
from ordersetup.cli.variables import commands, unknown, variable_of, variables
from ordersetup.settings import DEFAULT_REGION
from tests.unit.cli.conftest import CommandLine

OPTIONS = [
    (path, option)
    for path, command in commands(group)
    for option in command.params
    if isinstance(option, click.Option)
]
SHARED = {option.name for path, option in OPTIONS if not path}


def test_every_option_of_a_command_has_a_variable_and_the_shared_ones_have_one_for_all() -> None:
    without = {(" ".join(path), option.name) for path, option in OPTIONS if not variable_of(option)}
    copies = {(" ".join(path), o.name) for path, o in OPTIONS if path and o.name in SHARED}
    assert without == copies | {("", "version")}


def test_no_variable_means_two_things() -> None:
    meant: dict[str, set[str]] = {}
    for _, option in OPTIONS:
        if name := variable_of(option):
            meant.setdefault(name, set()).add(str((option.opts, option.help)))
    assert {name: told for name, told in meant.items() if len(told) > 1} == {}


def test_a_variable_is_called_as_its_option() -> None:
    named = {"--watch", "--save", "--yes", "--sender", "--region"}
    found = {
        variable_of(option)
        for path, option in OPTIONS
        if path in {(), ("status",), ("teardown",), ("plan",)} and named & {*option.opts}
    }
    assert found - {None} == {
        "ORDERSETUP_REGION",
        "ORDERSETUP_SENDER",
        "ORDERSETUP_STATUS_SAVE",
        "ORDERSETUP_STATUS_WATCH",
        "ORDERSETUP_TEARDOWN_YES",
    }


def test_a_setting_may_come_from_its_variable_and_the_option_wins(ordersetup: CommandLine) -> None:
    refused = ordersetup("plan", ORDERSETUP_RETENTION_DAYS="31")
    assert refused.code == 2
    assert "--retention-days 31 is not offered" in refused.talk
    refused = ordersetup("plan", "--retention-days", "32", ORDERSETUP_RETENTION_DAYS="31")
    assert "--retention-days 32 is not offered" in refused.talk


def test_an_empty_variable_is_as_good_as_none(ordersetup: CommandLine) -> None:
    refused = ordersetup("plan", ORDERSETUP_RETENTION_DAYS="31", ORDERSETUP_SENDER="")
    assert "--retention-days 31 is not offered" in refused.talk


def test_a_repeatable_option_takes_several_words_from_its_variable(ordersetup: CommandLine) -> None:
    refused = ordersetup("plan", ORDERSETUP_ALERT_EMAIL="ada@example.com bob")
    assert "--alert-email 'bob' is not accepted" in refused.talk


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ORDERSETUP_REGOIN", "Did you mean ORDERSETUP_REGION?"),
        ("ordersetup_region", "Did you mean ORDERSETUP_REGION?"),
        ("ORDERSETUP_STATUS_WACH", "Did you mean ORDERSETUP_STATUS_WATCH?"),
        ("ORDERSETUP_XYZZY_PLUGH", "See: ordersetup --help"),
    ],
)
def test_a_variable_that_stands_for_nothing_is_warned_of_and_its_value_is_not_told(
    ordersetup: CommandLine, typed: str, said: str
) -> None:
    run = ordersetup("explain", "bucket-of-nothing", web=None, **{typed: "hunter2"})
    warning = f"Warning: The variable {typed} stands for no option. {said}\n"
    assert run.talk.startswith(warning)
    assert "hunter2" not in run.talk
    assert (
        "Warning"
        not in ordersetup("explain", "nothing-at-all", "-q", web=None, **{typed: "1"}).talk
    )


def test_what_is_known_is_not_warned_of() -> None:
    assert list(unknown(group, [*variables(group), "AWS_REGION", "ORDERSETUPX"])) == []


def test_a_variable_called_version_is_no_request_for_it(ordersetup: CommandLine) -> None:
    run = ordersetup("explain", "queue", ORDERSETUP_VERSION="1", ORDERSETUP_REGION=DEFAULT_REGION)
    assert run.code == 0
    assert "ordersetup, version" not in run.out
