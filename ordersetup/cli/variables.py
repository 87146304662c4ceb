"""The environment variables that stand for options, and those that stand for none.

An empty variable is as good as none, as with the AWS CLI; an empty option is refused.

A shared option and a setting have one variable, whatever the command (`ORDERSETUP_REGION`,
`ORDERSETUP_SENDER`); any other option has one for each command that takes it
(`ORDERSETUP_STATUS_WATCH`), since a word may mean two things in two commands. What takes a question
away, or what could be lost, has none: an exported variable would do so long after it was meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

import click

PREFIX = "ORDERSETUP"

WITHOUT_OPTION = {"ORDERSETUP_STATE_DIR": "where the engine behind --local keeps its state."}
"""What can be set by a variable alone."""

TYPED = ("--adopt", "--delete-data", "--discard", "--force", "--unset", "--yes")
"""What is meant for one run alone, so that it must be typed."""


def name_variables(root: click.Command) -> None:
    """Give each option its variable, save those that say they have none or name their own."""
    for path, command in commands(root):
        for option in _options(command):
            if is_typed(option):
                option.envvar = None
            elif option.envvar is None and option.allow_from_autoenv:
                option.envvar = _name(*path, _word(option))


def is_typed(option: click.Option) -> bool:
    """Whether an option counts only where it is typed."""
    return not set(TYPED).isdisjoint(option.opts)


def variable_of(option: click.Option) -> str | None:
    """The variable that stands for an option; None if there is none."""
    return option.envvar if isinstance(option.envvar, str) else None


def _name(*words: str) -> str:
    return "_".join((PREFIX, *words)).replace("-", "_").upper()


def _options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


def _word(option: click.Option) -> str:
    """What the option is called in full, without its dashes."""
    return max(option.opts, key=len).lstrip("-")


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, each with the words that call it, in the order of the help."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


def variables(root: click.Command) -> frozenset[str]:
    """Every variable that stands for something."""
    options = (option for _, command in commands(root) for option in _options(command))
    return frozenset(filter(None, map(variable_of, options))) | WITHOUT_OPTION.keys()


def emptied(root: click.Command, args: Sequence[str]) -> str | None:
    """The first option that is given an empty value; None if there is none.

    Such a value comes of a shell's variable that is not set, and would be taken for no option at
    all: of `--stack "$STACK"` the stack `default` would be left.
    """
    taking = {
        name
        for _, command in commands(root)
        for option in _options(command)
        if not option.is_flag and not option.count
        for name in option.opts
    }
    for arg, following in zip(args, [*args[1:], None], strict=True):
        if arg == "--":
            return None
        name, equals, value = arg.partition("=")
        if name in taking and (following if not equals else value) == "":
            return name
    return None


def unknown(root: click.Command, names: Iterable[str]) -> Iterator[str]:
    """What to say of variables that look like ours and stand for nothing; a value is never told."""
    ours = sorted(name for name in names if name.upper().startswith(f"{PREFIX}_"))
    known = variables(root) if ours else frozenset()
    typed = tuple((_name(word.lstrip("-")).removeprefix(PREFIX), word) for word in TYPED)
    for name in ours:
        word = next((word for ending, word in typed if name.upper().endswith(ending)), None)
        if word and name not in known:
            yield f"The variable {name} is not obeyed: {word} must be typed."
        elif name not in known:
            # Without what they all begin with, which would make any two of them alike.
            words = sorted(variable.removeprefix(f"{PREFIX}_") for variable in known)
            near = difflib.get_close_matches(name[len(PREFIX) + 1 :].upper(), words, n=1)
            meant = f" Did you mean {PREFIX}_{near[0]}?" if near else " See: ordersetup --help"
            yield f"The variable {name} stands for no option.{meant}"
