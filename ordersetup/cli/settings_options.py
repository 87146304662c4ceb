"""The options that are settings of the stack: they change it, and are remembered in AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ordersetup.cli.completing import settings as completed_settings

F = TypeVar("F", bound=Callable[..., Any])


class Tag(click.types.StringParamType):
    """KEY=VALUE; one a line in a variable, since a value may hold spaces."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return [line for line in rv.splitlines() if line.strip()]


def settings(command: F) -> F:
    """Add the settings' options to a command."""
    for names, words in reversed(_SETTINGS):
        # One variable for all commands: what is planned is what would be provisioned.
        variable = f"ORDERSETUP_{names[0].lstrip('-').replace('-', '_').upper()}"
        command = click.option(*names, envvar=variable, allow_from_autoenv=False, **words)(command)
    return command


def flags(given: dict[str, Any]) -> dict[str, object]:
    """The settings that were given on the command line, by field name of Settings."""
    from ordersetup.settings import parse_tag

    found = {name: value for name, value in given.items() if value not in (None, ())}
    if "tags" in found:
        found["tags"] = tuple(parse_tag(text) for text in found["tags"])
    return found


_SETTINGS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--sender",), {"metavar": "ADDRESS", "help": "SES address that mails customers."}),
    (
        ("--alert-email", "alert_emails"),
        {
            "metavar": "ADDRESS",
            "multiple": True,
            "help": "Subscribe ADDRESS to OrderProcessingAlerts; repeatable, and the list "
            "is set as a whole.",
        },
    ),
    (
        ("--alarms",),
        {
            "is_flag": True,
            "default": None,
            "help": "CloudWatch alarms to OrderProcessingAlerts: a failed order waits, a throttle, "
            "a lost record, a server error.",
        },
    ),
    (
        ("--cors-origin",),
        {"metavar": "ORIGIN", "help": "The one web origin that may post orders; '*' is any."},
    ),
    (
        ("--retention-days",),
        {"type": int, "metavar": "DAYS", "help": "How long logs are kept; 30 by default."},
    ),
    (
        ("--permissions-boundary",),
        {"metavar": "ARN", "help": "Boundary policy for the role that is made."},
    ),
    (
        ("--role-arn",),
        {"metavar": "ARN", "help": "Run the functions with this role: checked, never changed."},
    ),
    (
        ("--tag", "tags"),
        {
            "type": Tag(),
            "metavar": "KEY=VALUE",
            "multiple": True,
            "help": "A further tag on every resource; repeatable, and the list is set as a whole.",
        },
    ),
    (
        ("--unset",),
        {
            "metavar": "SETTING",
            "multiple": True,
            "shell_complete": completed_settings,
            "help": "Return a setting to its default, such as --unset sender; repeatable.",
        },
    ),
)

SETTINGS = tuple(names[0] for names, _ in _SETTINGS if names[0] != "--unset")
"""The options that are settings."""
