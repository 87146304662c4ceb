"""What is refused before a single call, and what is said when AWS cannot be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine, Recorder

SETTINGS = (
    (("--sender", "shop"), "--sender 'shop' is not accepted."),
    (("--alert-email", "ops@"), "--alert-email 'ops@' is not accepted."),
    (("--cors-origin", "shop.example.com"), "--cors-origin 'shop.example.com' is not accepted."),
    (("--retention-days", "31"), "--retention-days 31 is not offered by CloudWatch Logs."),
    (("--role-arn", "orders"), "--role-arn 'orders' is not accepted."),
    (("--permissions-boundary", "x"), "--permissions-boundary 'x' is not accepted."),
    (("--tag", "Team"), "--tag 'Team' is not KEY=VALUE."),
    (("--tag", "aws:x=1"), "--tag 'aws:x' has a reserved prefix."),
    (("--unset", "sendr"), "There is no setting called 'sendr'."),
    (("--sender", "a@x.io", "--unset", "sender"), "--sender is given and unset at once."),
    (("--sender", "\udcff"), "--sender '\\udcff' is not accepted."),
)
CONNECTION = (
    (("--stack", "Shop"), "--stack 'Shop' is not accepted."),
    (("--region", "moon"), "--region 'moon' is not accepted."),
    (("--endpoint-url", "aws"), "--endpoint-url 'aws' is no URL of a service endpoint."),
    (("--profile", "nope"), "There is no profile 'nope' in your AWS configuration."),
    (
        ("--local", "--endpoint-url", "http://127.0.0.1:1"),
        "--local is an engine of our own, with its own endpoint and credentials.",
    ),
)
ORDERS = (
    (("--item", "lamp-1"), "--item 'lamp-1' is not ID:QTY."),
    (("--item", "lamp-1:0"), "--item 'lamp-1:0' has no quantity that is accepted."),
    (("--item", "a:1", "--item", "a:2"), "--item names an item twice."),
    (("--email", "me"), "--email 'me' is not accepted."),
    (("--order-id", "a b"), "--order-id 'a b' is not accepted."),
    (("--count", "5", "--order-id", "a"), "--order-id is given with --count."),
    (("--concurrency", "5"), "--concurrency is given without --count."),
    (("--count", "101"), "--count 101 sends many orders, and there is no terminal to ask at."),
)
REFUSED = (
    *((command, *case) for command in ("plan", "provision") for case in SETTINGS + CONNECTION),
    *(("send-test-order", *case) for case in CONNECTION + ORDERS),
    *(("verify", *case) for case in CONNECTION),
)


@pytest.fixture(autouse=True)
def _no_call_is_answered(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", recorder.url)


@pytest.mark.parametrize(("command", "options", "happened"), REFUSED)
def test_bad_input_is_refused_before_any_call(
    ordersetup: CommandLine,
    recorder: Recorder,
    command: str,
    options: tuple[str, ...],
    happened: str,
) -> None:
    run = ordersetup(command, *options)
    assert run.code == 2
    first, second = run.talk.splitlines()
    assert first == f"Error: {happened}"
    assert second.startswith("       ")
    assert run.out == ""
    assert recorder.requests == []


@pytest.mark.parametrize(
    "options",
    [
        ("--timeout", "0"),
        ("--timeout", "-1"),
        ("--timeout", "nan"),
        ("--timeout", "inf"),
        ("--timeout", "soon"),
        ("--retention-days", "x"),
        ("--bogus",),
        ("too", "many"),
    ],
)
def test_bad_usage_is_refused_before_any_call(
    ordersetup: CommandLine, recorder: Recorder, options: tuple[str, ...]
) -> None:
    run = ordersetup("plan", *options)
    assert run.code == 2
    assert "Error: " in run.talk
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("teardown", "--yes", "--delete-data", "--stack", ""), "--stack"),
        (("--stack=", "teardown", "--yes"), "--stack"),
        (("plan", "--region", ""), "--region"),
        (("plan", "--profile", "", "--quiet"), "--profile"),
        (("plan", "--endpoint-url="), "--endpoint-url"),
        (("provision", "--sender", ""), "--sender"),
        (("status", "--save", ""), "--save"),
        (("send-test-order", "--order-id", ""), "--order-id"),
        (("logs", "--order", "", "-f"), "--order"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_option_without_a_value_is_not_taken_for_no_option(
    ordersetup: CommandLine, recorder: Recorder, args: tuple[str, ...], name: str
) -> None:
    run = ordersetup(*args)
    assert (run.code, run.out) == (2, "")
    assert f"Error: {name} '' is not accepted." in run.talk
    (line,) = ordersetup(*args, "--json").lines
    assert line["happened"].startswith(f"{name} '' is not accepted.")
    assert recorder.requests == []


@pytest.mark.parametrize("variable", ["AWS_DEFAULT_REGION", "AWS_REGION", "ORDERSETUP_REGION"])
def test_a_region_of_the_environment_is_looked_at_too(
    ordersetup: CommandLine, recorder: Recorder, variable: str
) -> None:
    run = ordersetup("plan", web=None, **{variable: "moon"})
    assert run.code == 2
    assert run.talk.startswith("Error: --region 'moon' is not accepted.")
    assert recorder.requests == []


def test_a_region_of_the_configuration_is_looked_at_too(
    ordersetup: CommandLine, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    config = tmp_path / "config"
    config.write_text("[profile far]\nregion = moon\n")
    run = ordersetup("plan", "--profile", "far", AWS_CONFIG_FILE=str(config))
    assert run.code == 2
    assert run.talk.startswith("Error: --region 'moon' is not accepted.")
    assert recorder.requests == []


def test_what_is_advised_repeats_no_password_of_where_this_run_is(ordersetup: CommandLine) -> None:
    run = ordersetup("verify", "--against", "none.json", "--region", "http://u:hunter2@127.0.0.1/")
    assert run.code == 2
    assert "verify --region http://127.0.0.1/ --receipt none.json" in run.talk


def test_good_input_does_reach_the_endpoint(ordersetup: CommandLine, recorder: Recorder) -> None:
    """Else the tests above would prove nothing."""
    assert ordersetup("plan").code == 1
    assert recorder.requests


@pytest.mark.parametrize(
    ("args", "happened"),
    [
        (("plan", "--json", "--stack", "Shop"), "--stack 'Shop' is not accepted."),
        (("--json", "plan", "--sender", "\udcff"), "--sender '\\udcff' is not accepted."),
        (("--json", "plann"), "No such command 'plann'. Did you mean 'plan'?"),
        (("plan", "--json", "--bogus"), "No such option '--bogus'."),
        (("--bogus", "--json", "plan"), "No such option '--bogus'."),
        (("local", "reset", "--json"), "there is nobody to ask."),
    ],
)
def test_a_program_is_told_in_json_with_the_same_code(
    ordersetup: CommandLine, args: tuple[str, ...], happened: str
) -> None:
    run = ordersetup(*args)
    assert run.code == 2
    [line] = run.lines
    assert line.keys() == {"type", "error", "happened", "then"}
    assert (line["type"], line["error"]) == ("error", "BadInput")
    assert happened in line["happened"]
    assert run.talk == ""


class TestWithoutAws:
    def test_no_credentials_is_one_sentence_and_a_way_on(self, process: CommandLine) -> None:
        run = process("plan")
        assert run.code == 1
        assert run.talk.splitlines() == [
            "Error: There are no AWS credentials to work with.",
            "       Set up a profile with: aws configure; "
            "or try it without an account: add --local",
        ]
        assert run.out == ""

    def test_no_credentials_is_a_line_of_json_for_a_program(self, process: CommandLine) -> None:
        run = process("plan", "--json")
        assert run.code == 1
        assert [line["error"] for line in run.lines] == ["CannotReachAws"]
        assert run.talk == ""

    @pytest.mark.parametrize("command", ["plan", "provision", "verify", "send-test-order"])
    def test_an_endpoint_that_is_not_there_is_named(
        self, process: CommandLine, command: str
    ) -> None:
        run = process(
            *(command, "--endpoint-url", "http://127.0.0.1:1"),
            AWS_ACCESS_KEY_ID="x",
            AWS_SECRET_ACCESS_KEY="y",
        )
        assert run.code == 1
        assert run.talk.splitlines()[0] == ("Error: AWS cannot be reached at http://127.0.0.1:1.")

    def test_debug_shows_where_it_went_wrong_and_keeps_the_code(self, process: CommandLine) -> None:
        run = process("plan", "--debug", "--stack", "Shop")
        assert run.code == 2
        assert run.talk.startswith("Traceback (most recent call last):")
        assert run.talk.rstrip().splitlines()[-2] == "Error: --stack 'Shop' is not accepted."
        assert "Traceback" not in process("plan", "--stack", "Shop").talk
