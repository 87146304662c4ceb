"""The options that all commands share, and what they amount to."""

from __future__ import annotations

import math
import os
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from ordersetup.cli.completing import profiles, regions
from ordersetup.cli.seconds import Seconds
from ordersetup.cli.waiting import teller

if TYPE_CHECKING:
    from ordersetup.aws import Aws
    from ordersetup.settings import Connection
    from ordersetup.stack import Stack
    from ordersetup.views import View
    from ordersetup.web import Web

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

GLOBAL = True
"""For `shared`: these are the group's own, which alone read the ORDERSETUP_ variables."""


_COMMAND = re.compile(
    r"ordersetup(?P<name> (?:provision|plan|verify|send-test-order|teardown|outputs|export|policy"
    r"|doctor|prune|list|status|trace|logs|stock (?:list|set|add|import)"
    r"|redrive|audit))\b"
    r"(?P<options>(?:(?!ordersetup )[^.;,\n])*)"
)
"""The commands that messages tell people to run and that work on a stack."""


@dataclass
class Options:
    """The shared options of one run; a command's own win over those before its name.

    Args:
        given: the options' values, by name.
        web: asks the deployed API; None for HTTP.
        began: when the run began, on the monotonic clock.
        shown: the view that was made last.
    """

    given: dict[str, Any] = field(default_factory=dict)
    web: Web | None = None
    began: float = field(default_factory=time.monotonic)
    shown: View | None = None

    @property
    def debug(self) -> bool:
        """Whether tracebacks are wanted."""
        return bool(self.given.get("debug"))

    @property
    def json(self) -> bool:
        """Whether stdout shall be JSON."""
        return bool(self.given.get("json"))

    @property
    def local(self) -> bool:
        """Whether the embedded engine is meant."""
        return bool(self.given.get("local"))

    @property
    def quiet(self) -> bool:
        """Whether nothing but errors shall be told."""
        return bool(self.given.get("quiet"))

    @property
    def verbose(self) -> bool:
        """Whether what stands unchanged shall be told, too."""
        return bool(self.given.get("verbose"))

    @property
    def color(self) -> bool:
        """Whether colour may be used at all."""
        return not self.given.get("no_color") and not os.environ.get("NO_COLOR")

    @property
    def stack(self) -> str:
        """The stack's name."""
        return str(self.given.get("stack") or "default")

    @property
    def region(self) -> str | None:
        """The region that was given, by option or AWS_REGION; None leaves it to boto3."""
        # Read by every AWS tool but boto3, which knows AWS_DEFAULT_REGION alone.
        return self.given.get("region") or os.environ.get("AWS_REGION") or None

    def timeout(self, default: float) -> float:
        """Seconds for the whole command."""
        return float(self.given.get("timeout") or default)

    def ask(self, question: Callable[[], T], aws: Aws) -> T:
        """Ask a person; --timeout does not count the time they take."""
        asked = time.monotonic()
        answer = question()
        self.began += time.monotonic() - asked
        aws.allow(self.left(math.inf))
        return answer

    def left(self, default: float) -> float:
        """Seconds for what begins now: what is left of --timeout; without it, the default."""
        if "timeout" not in self.given:
            return default
        return max(0.0, self.timeout(default) - (time.monotonic() - self.began))

    def pasteable(self, text: str) -> str:
        """The text with its commands completed by where this run is: its stack, engine, account.

        A command that is pasted as it stands must not work on the default stack of a real account
        when this one did not.
        """
        where = {
            name: f" --{name.replace('_', '-')}"
            + ("" if value is True else f" {shlex.quote(value)}")
            for name in ("local", "stack", "profile", "region", "endpoint_url")
            if (value := self.given.get(name))
        }

        def completed(command: re.Match[str]) -> str:
            # One that names another stack is about that one.
            given = {"stack"} if " --stack " in f"{command['options']} " else set()
            added = "".join(words for name, words in where.items() if name not in given)
            return f"ordersetup{command['name']}{added}{command['options']}"

        return _COMMAND.sub(completed, text)

    def trace(self, error: BaseException) -> None:
        """Show where an error came from, if that is wanted."""
        if self.debug:
            import traceback

            click.echo(shareable("".join(traceback.format_exception(error))), err=True)

    def view(self, *, events: bool = True) -> View:
        """A view for this run's audience.

        Args:
            events: whether a program is told of each step as it goes, or of the result alone.
        """
        from ordersetup.views import choose

        self.shown = choose(
            json=self.json,
            events=events,
            color=self.color,
            quiet=self.quiet,
            verbose=self.verbose,
        )
        return self.shown

    def meant(self) -> str:
        """Which stack of which region is meant, for people; known before anything is called."""
        where = " on the embedded engine" if self.local else ""
        return f"the stack {self.stack} in {self.region_meant()}{where}"

    def region_meant(self) -> str:
        """The region as far as it can be known without AWS."""
        from ordersetup.aws import configured_region
        from ordersetup.settings import DEFAULT_REGION

        if self.local:
            return self.region or DEFAULT_REGION
        return configured_region(self._connection())

    def _connection(self) -> Connection:
        from ordersetup.settings import Connection

        return Connection(
            stack=self.stack,
            region=self.region,
            profile=self.given.get("profile"),
            endpoint_url=self.given.get("endpoint_url"),
        )

    def connect(self, soon: Sequence[str] = ()) -> Aws:
        """Reach AWS, or the embedded engine; bad input is refused before the first call.

        Args:
            soon: the services that will be called next.
        """
        connection = self._connection()
        if self.local:
            connection = _local(connection)
        from ordersetup.aws import Aws

        seconds = self.left(math.inf)
        return Aws.connect(connection, web=self.web, soon=soon, seconds=seconds, wait=teller(self))

    def open(self, flags: Mapping[str, object] | None = None, unset: tuple[str, ...] = ()) -> Stack:
        """The stack that the options name, with these settings changed.

        Raises:
            BadInput: a setting is not accepted; nothing was called.
        """
        from ordersetup.settings import Settings
        from ordersetup.stack import SERVICES, open_stack

        # Once without what is remembered, so that bad input is refused before any call.
        Settings().changed(flags or {}, unset)
        return open_stack(self.connect(SERVICES), self.stack, flags or {}, unset)


def shareable(text: str) -> str:
    """The text as it may stand in anybody's log: no secret and no address can be read in it."""
    from ordersetup.masked import masked
    from ordersetup.refusals import discreet

    return str(masked(discreet(text)))


def _local(connection: Connection) -> Connection:
    from ordersetup.errors import BadInput
    from ordersetup.local import ROOT_CREDENTIALS, default_home, start_or_join
    from ordersetup.settings import DEFAULT_REGION

    if connection.endpoint_url or connection.profile:
        raise BadInput(
            "--local is an engine of our own, with its own endpoint and credentials.",
            "Leave out --endpoint-url and --profile.",
        )
    region = connection.region or DEFAULT_REGION
    engine = start_or_join(default_home(), region=region)
    return replace(
        connection, region=region, endpoint_url=engine.endpoint_url, keys=ROOT_CREDENTIALS
    )


def shared(is_group: bool = False) -> Callable[[F], F]:
    """Add the shared options to a command, or to the group."""

    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        options = ctx.ensure_object(Options)
        source = ctx.get_parameter_source(str(param.name))
        if source is not ParameterSource.DEFAULT:
            options.given[str(param.name)] = value

    def add(command: F) -> F:
        for names, words in reversed(_SHARED):
            name = names[-1].lstrip("-").replace("-", "_").upper()
            command = click.option(
                *names,
                expose_value=False,
                callback=keep,
                # A command's copy would read the variable over the group's explicit option.
                allow_from_autoenv=False,
                envvar=f"ORDERSETUP_{name}" if is_group else None,
                **words,
            )(command)
        return command

    return add


_SHARED: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("--profile",),
        {"metavar": "NAME", "shell_complete": profiles, "help": "AWS profile to use."},
    ),
    (
        ("--region",),
        {
            "metavar": "REGION",
            "shell_complete": regions,
            "help": "AWS region; ap-south-1 if nothing else is set.",
        },
    ),
    (("--endpoint-url",), {"metavar": "URL", "help": "One endpoint for all AWS services."}),
    (("--stack",), {"metavar": "NAME", "help": "The stack's name, put before every other name."}),
    (
        ("--local",),
        {"is_flag": True, "help": "Use the embedded engine on this machine: no account needed."},
    ),
    (("--json",), {"is_flag": True, "help": "JSON on stdout, for programs."}),
    (("--no-color",), {"is_flag": True, "help": "No colour; the variable NO_COLOR does the same."}),
    (
        ("--timeout",),
        {
            "type": Seconds(),
            "metavar": "SECONDS",
            "help": "Time for the whole command.",
        },
    ),
    (("-v", "--verbose"), {"is_flag": True, "help": "Tell what stands unchanged, too."}),
    (("-q", "--quiet"), {"is_flag": True, "help": "No talk: only the result, and errors."}),
    (("--debug",), {"is_flag": True, "help": "Show a traceback when something goes wrong."}),
)
