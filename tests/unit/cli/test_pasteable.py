"""What a message tells people to run works on the stack that the message is about."""

from __future__ import annotations

from ordersetup.cli.options import Options

THEN = "Look at it, then run: ordersetup provision"


def test_a_command_names_the_stack_and_the_engine_of_this_run() -> None:
    options = Options(given={"local": True, "stack": "shop2"})
    assert options.pasteable(THEN) == (
        "Look at it, then run: ordersetup provision --local --stack shop2"
    )


def test_it_names_account_and_region_as_they_were_given() -> None:
    options = Options(given={"profile": "my shop", "region": "eu-west-1"})
    assert options.pasteable("Try: ordersetup plan.") == (
        "Try: ordersetup plan --profile 'my shop' --region eu-west-1."
    )


def test_without_any_of_them_it_stays_as_it_is() -> None:
    assert Options(given={"json": True}).pasteable(THEN) == THEN


def test_what_is_no_command_on_a_stack_stays_as_it_is() -> None:
    options = Options(given={"stack": "shop2"})
    text = "It was not made by ordersetup. See: ordersetup local status"
    assert options.pasteable(text) == text


def test_each_command_of_a_sentence_is_completed_by_itself() -> None:
    options = Options(given={"stack": "shop2", "local": True})
    text = "Take it: ordersetup provision --adopt; or: ordersetup provision --stack NAME"
    assert options.pasteable(text) == (
        "Take it: ordersetup provision --local --stack shop2 --adopt; "
        "or: ordersetup provision --local --stack NAME"
    )


def test_another_stack_that_is_advised_is_not_named_twice() -> None:
    options = Options(given={"stack": "shop2", "local": True})
    text = "Build beside it with: ordersetup provision --stack NAME"
    assert options.pasteable(text) == (
        "Build beside it with: ordersetup provision --local --stack NAME"
    )


def test_a_value_s_backslash_is_a_backslash() -> None:
    options = Options(given={"profile": r"shop\1\g<name>"})
    assert options.pasteable("Run: ordersetup plan") == (
        r"Run: ordersetup plan --profile 'shop\1\g<name>'"
    )
