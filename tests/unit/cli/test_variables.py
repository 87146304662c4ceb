"""Each variable has its option, a misspelt one is told, and what must be typed has none."""

from __future__ import annotations

import click
import pytest

from ordersetup.cli import group
from ordersetup.cli.variables import TYPED, commands, is_typed, unknown, variable_of, variables
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
    typed = {(" ".join(path), o.name) for path, o in OPTIONS if is_typed(o)}
    assert without == copies | typed | {("", "version")}


def test_what_takes_a_question_away_or_could_lose_something_has_no_variable() -> None:
    telling = ("Do not ask", "Take over", "Remove ", "Overwrite", "drop them", "Return a setting")
    careless = {
        (" ".join(path), option.name, variable_of(option))
        for path, option in OPTIONS
        if any(words in (option.help or "") for words in telling) or "--yes" in option.opts
    }
    assert {name for _, name, variable in careless if variable} == set()
    assert {name for _, name, _ in careless} == {
        word.lstrip("-").replace("-", "_") for word in TYPED
    }


@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("ORDERSETUP_TEARDOWN_YES", "--yes"),
        ("ORDERSETUP_PRUNE_DELETE_DATA", "--delete-data"),
        ("ORDERSETUP_REDRIVE_DISCARD", "--discard"),
        ("ORDERSETUP_PROVISION_ADOPT", "--adopt"),
        ("ORDERSETUP_UNSET", "--unset"),
    ],
)
def test_one_that_is_exported_all_the_same_is_told_and_not_obeyed(
    ordersetup: CommandLine, variable: str, word: str
) -> None:
    run = ordersetup("explain", "queue", web=None, **{variable: "1"})
    assert run.talk == f"Warning: The variable {variable} is not obeyed: {word} must be typed.\n"


def test_an_exported_unset_returns_no_setting(ordersetup: CommandLine) -> None:
    refused = ordersetup("plan", "--tag", "nonsense", ORDERSETUP_UNSET="no-such-setting")
    assert "no-such-setting" not in refused.talk
    assert "--tag 'nonsense' is not KEY=VALUE." in refused.talk


def test_no_variable_means_two_things() -> None:
    meant: dict[str, set[str]] = {}
    for _, option in OPTIONS:
        if name := variable_of(option):
            meant.setdefault(name, set()).add(str((option.opts, option.help)))
    assert {name: told for name, told in meant.items() if len(told) > 1} == {}


def test_a_variable_is_called_as_its_option() -> None:
    named = {"--watch", "--save", "--keep-logs", "--sender", "--region"}
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
        "ORDERSETUP_TEARDOWN_KEEP_LOGS",
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


def test_tags_stand_in_their_variable_one_a_line_since_values_may_hold_spaces(
    ordersetup: CommandLine,
) -> None:
    refused = ordersetup("plan", ORDERSETUP_TAG="Team=Order desk\nnonsense 2")
    # The first was taken whole; nothing of it is complained of.
    assert "--tag 'nonsense 2' is not KEY=VALUE." in refused.talk


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
