"""`ordersetup local`: the embedded engine's life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.suggesting import Suggesting

if TYPE_CHECKING:
    from ordersetup.local import Status


@click.group(cls=Suggesting, epilog="Start it with any command:  ordersetup --local provision")
@shared()
def local() -> None:
    """See, stop or empty the embedded engine behind --local."""


@local.command(epilog="Example:  ordersetup local status --json")
@shared()
@click.pass_obj
def status(options: Options, /) -> None:
    """Tell whether the engine runs, where it answers and where its log is."""
    from ordersetup.local import default_home
    from ordersetup.local import status as look

    home = default_home()
    found = look(home)
    _tell(options, _fields(found, str(home.absolute())), found.detail)


@local.command(epilog="Example:  ordersetup local stop")
@shared()
@click.pass_obj
def stop(options: Options, /) -> None:
    """End the engine; its state is kept for the next start."""
    from ordersetup.local import default_home
    from ordersetup.local import stop as end

    stopped = end(default_home())
    words = (
        "The engine has been stopped; its state is kept." if stopped else "No engine was running."
    )
    _tell(options, {"type": "local", "stopped": stopped}, words)


@local.command(epilog="Example:  ordersetup local reset --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared()
@click.pass_obj
def reset(options: Options, /, yes: bool) -> None:
    """End the engine and delete everything that was built in it."""
    import sys

    from ordersetup.errors import BadInput
    from ordersetup.local import default_home
    from ordersetup.local import reset as empty

    home = default_home()
    if not yes and not sys.stdin.isatty():
        raise BadInput(
            f"Everything in {home} would be deleted, and there is nobody to ask.",
            "Say so with --yes.",
        )
    if not yes and not click.confirm(f"Delete everything in {home}?", err=True):
        _tell(options, {"type": "local", "reset": False}, "Nothing was deleted.")
        return
    empty(home)
    _tell(options, {"type": "local", "reset": True}, "The engine is empty.")


def _fields(found: Status, home: str) -> dict[str, Any]:
    engine = found.engine
    return {
        "type": "local",
        "condition": found.condition,
        "detail": found.detail,
        "endpoint_url": engine.endpoint_url if engine else None,
        "pid": engine.pid if engine else None,
        "home": str(engine.home) if engine else home,
        "log": str(engine.log) if engine else None,
        "started": engine.started if engine else None,
        "version": engine.version if engine else None,
    }


def _tell(options: Options, fields: dict[str, Any], words: str) -> None:
    if options.json:
        from ordersetup.views.json_lines import write

        write(fields)
    else:
        click.echo(words)
