"""Taking over what others have made: asked for by --adopt, shown, saved, and then agreed to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ordersetup.adoption import Adoption
    from ordersetup.aws import Aws
    from ordersetup.cli.options import Options

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wish:
    """What the options say of adopting.

    Args:
        adopt: take over what bears no tag.
        asks: whether a person is asked first.
        folder: where the old code and documents are saved, if it was named.
    """

    adopt: bool
    asks: bool
    folder: Path | None

    @classmethod
    def of(cls, *, adopt: bool, yes: bool, save_to: Path | None) -> Wish:
        """The options, checked.

        Raises:
            BadInput: there is nobody to ask, or the folder is of no use.
        """
        from ordersetup.errors import BadInput

        if save_to is not None and not adopt:
            raise BadInput("--save-to is for what --adopt replaces.", "Give --adopt as well.")
        if adopt and not yes and not sys.stdin.isatty():
            raise BadInput(
                "--adopt asks before it changes what others have made, and there is nobody to ask.",
                "Look with: ordersetup plan --adopt; then add --yes.",
            )
        if save_to is not None and save_to.exists() and not _is_empty_folder(save_to):
            raise BadInput(
                f"--save-to {save_to} is no empty folder, and nothing in it is overwritten.",
                "Give one that does not exist yet.",
            )
        return cls(adopt, not yes, save_to)

    def folder_for(self, stack: str) -> Path:
        """Where to save what the adoption of a stack replaces."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        return self.folder or Path(f"./ordersetup-adopted-{stack}-{now}")


def adopting(command: F) -> F:
    """Add the options that `Wish.of` takes."""
    for name, words in reversed(_OPTIONS):
        command = click.option(name, **words)(command)
    return command


def agreed(options: Options, wish: Wish, adoption: Adoption, aws: Aws) -> Path | None:
    """Show all that is taken over, and ask whether to go on.

    Returns:
        The folder to save in what is replaced; None if the answer was no.
    """
    from ordersetup.views.adopted import tell_adoption

    folder = wish.folder_for(options.stack)
    tell_adoption(adoption, _shown(folder), json=options.json, color=options.color)
    if wish.asks and not options.ask(_is_to_be_taken, aws):
        click.echo("Nothing was changed, and nothing was saved.", err=True)
        return None
    return folder


def _is_to_be_taken() -> bool:
    return click.confirm("Take all of this over?", err=True)


def saved(adoption: Adoption, folder: Path) -> tuple[str, ...]:
    """Save what is replaced; what there is to say of the adoption in the end."""
    from ordersetup.adoption import save

    save(adoption.found, folder)
    return (*adoption.found.left, f"What was replaced is saved in {_shown(folder)}.")


def _shown(folder: Path) -> str:
    return str(folder) if folder.is_absolute() else f"./{folder}"


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--adopt",
        {
            "is_flag": True,
            "help": "Take over what has the right names and was not made by ordersetup.",
        },
    ),
    (
        "--save-to",
        {
            "type": click.Path(path_type=Path),
            "metavar": "DIR",
            "help": "Where --adopt saves the code and policies that it replaces.",
        },
    ),
    ("--yes", {"is_flag": True, "help": "Do not ask before --adopt changes anything."}),
)
