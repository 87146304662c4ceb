"""The shared options: where they may stand, who wins, and the variables that stand for them."""

from __future__ import annotations

import math
import time

import click
import pytest
from click.testing import CliRunner

from ordersetup.aws import Aws
from ordersetup.calls import LONGEST_SECONDS
from ordersetup.cli import Commands
from ordersetup.cli.options import GLOBAL, Options, shared


@click.command()
@shared()
@click.pass_obj
def show(options: Options, /) -> None:
    click.echo(options.stack)
    click.echo(str(options.given.get("region")))
    click.echo(f"{options.timeout(7):g} {options.json} {options.color}")


@click.group(cls=Commands)
@shared(GLOBAL)
def toy() -> None:
    """A group of one command."""


toy.add_command(show)


def shown(*args: str, **env: str) -> list[str]:
    run = CliRunner(env=env).invoke(toy, args)
    assert run.exit_code == 0, run.output
    return run.stdout.splitlines()


def test_without_options_the_defaults_hold() -> None:
    assert shown("show") == ["default", "None", "7 False True"]


@pytest.mark.parametrize(
    "args",
    [
        ("--stack", "shop", "--timeout", "9", "--json", "show"),
        ("show", "--stack", "shop", "--timeout", "9", "--json"),
        ("--stack", "shop", "show", "--timeout", "9", "--json"),
    ],
)
def test_options_are_taken_before_and_after_the_command(args: tuple[str, ...]) -> None:
    assert shown(*args) == ["shop", "None", "9 True True"]


def test_the_later_one_wins() -> None:
    assert shown("--stack", "one", "show", "--stack", "two")[0] == "two"


def test_a_variable_stands_for_an_option() -> None:
    env = {
        "ORDERSETUP_STACK": "shop",
        "ORDERSETUP_REGION": "eu-west-1",
        "ORDERSETUP_TIMEOUT": "3",
        "ORDERSETUP_JSON": "1",
        "ORDERSETUP_NO_COLOR": "1",
    }
    assert shown("show", **env) == ["shop", "eu-west-1", "3 True False"]


@pytest.mark.parametrize(
    "args", [("--stack", "mine", "show"), ("show", "--stack", "mine"), ("show", "--stack=mine")]
)
def test_a_variable_loses_against_an_option_in_either_place(args: tuple[str, ...]) -> None:
    assert shown(*args, ORDERSETUP_STACK="theirs")[0] == "mine"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_is_a_positive_number_of_seconds(seconds: str) -> None:
    run = CliRunner().invoke(toy, ["show", "--timeout", seconds])
    assert run.exit_code == 2
    assert "--timeout" in run.stderr


def test_no_color_s_own_variable_is_heard() -> None:
    assert shown("show", NO_COLOR="1")[2] == "7 False False"


class TestTime:
    def test_what_begins_later_gets_what_is_left_of_the_whole_commands_time(self) -> None:
        options = Options({"timeout": 60.0}, began=time.monotonic() - 45)
        assert 14 < options.left(900) <= 15
        assert options.timeout(900) == 60

    def test_no_less_than_nothing_is_left(self) -> None:
        assert Options({"timeout": 60.0}, began=time.monotonic() - 90).left(900) == 0

    def test_without_a_time_of_the_users_each_part_has_its_own(self) -> None:
        assert Options(began=time.monotonic() - 4000).left(900) == 900

    def test_the_time_a_person_takes_to_answer_is_not_counted(self, aws: Aws) -> None:
        options = Options({"timeout": 60.0})
        began = options.began
        try:
            options.ask(lambda: time.sleep(0.05), aws)
            assert options.began - began >= 0.05
            assert aws.seconds(60) == LONGEST_SECONDS
        finally:
            aws.allow(math.inf)
