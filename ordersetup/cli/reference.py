"""The command reference, docs/commands.md, made from the command line itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

import click

from ordersetup.cli.variables import TYPED, WITHOUT_OPTION, commands, variable_of

NAME = "ordersetup"

_BEGINNING = """\
# Commands

Made from the command line itself by `make docs`; `ordersetup COMMAND --help` says the same.

Nearly each option can also be given as an environment variable; the option wins. A flag's variable
takes 1 or 0, that of a repeatable option several words with spaces between them; `ORDERSETUP_TAG`
takes one KEY=VALUE a line, since a value may hold spaces. A variable that begins with `ORDERSETUP_`
and stands for nothing is warned of, with the name that was probably meant.

No variable stands for {typed}: what takes a question away, or
could lose something, must be typed each time.
"""


def reference(root: click.Command) -> str:
    """The whole reference, as Markdown."""
    return (
        "\n".join([_BEGINNING.format(typed=_typed()), *_shared(root), *_each(root)]).rstrip() + "\n"
    )


def _typed() -> str:
    *most, last = (f"`{word}`" for word in TYPED)
    return f"{', '.join(most)} and {last}"


def _shared(root: click.Command) -> Iterator[str]:
    yield "## Options of every command\n\nBefore or after the command's name.\n"
    yield from _table(click.Context(root, info_name=NAME), root.params)
    yield ""
    yield "One thing is set by a variable alone:\n"
    yield from (f"- `{name}`: {says}" for name, says in WITHOUT_OPTION.items())
    yield ""


def _each(root: click.Command) -> Iterator[str]:
    shared = {param.name for param in root.params}
    for path, command in commands(root):
        if not path:
            continue
        context = click.Context(command, info_name=" ".join((NAME, *path)))
        yield f"## {context.command_path}\n"
        usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
        yield f"```\n{usage}\n```\n"
        yield f"{_plain(command)}\n"
        own = [param for param in command.params if param.name not in shared]
        if rows := list(_table(context, own)):
            yield from (*rows, "")
        label, _, example = (command.epilog or "").partition(":  ")
        yield f"{label}:\n\n```\n{example}\n```\n"


def _plain(command: click.Command) -> str:
    """A command's text, a paragraph a line."""
    text = inspect.cleandoc(command.help or "")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _table(context: click.Context, params: Iterable[click.Parameter]) -> Iterator[str]:
    rows = [row for param in params if (row := _row(context, param))]
    if rows:
        yield from ("| option | variable | meaning |", "|---|---|---|", *rows)


def _row(context: click.Context, param: click.Parameter) -> str | None:
    record = param.get_help_record(context)
    if record is None or not isinstance(param, click.Option):
        return None
    words, says = record
    variable = variable_of(param)
    named = f"`{variable}`" if variable else ""
    return f"| `{_cell(words)}` | {named} | {_cell(says)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
