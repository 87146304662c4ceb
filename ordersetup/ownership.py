"""The tags that say whose a resource is, and what a stack's settings are.

Every resource that AWS lets us tag bears, from its creating call on, the stack's name and the
version that made it. Tags a user asks for are named in a tag of their own, so that one that is no
longer asked for can be told from one that somebody else has put there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias, TypedDict

from ordersetup import __version__
from ordersetup.errors import BadInput
from ordersetup.settings import Settings, key_list, keys_of_list, tag_text, text_of_tag

STACK = "ordersetup:stack"
VERSION = "ordersetup:version"
CHOSEN = "ordersetup:tags"
DELETED = "ordersetup:deleted"
"""Says when, in seconds since 1970, a queue was deleted; it can be read for a while after that."""
SETTING = "ordersetup:setting:"
DROPPED = f"{SETTING}dropped-email-"

Tags: TypeAlias = tuple[tuple[str, str], ...]
"""Tags as a sorted tuple, so that == compares them."""


class Pair(TypedDict):
    """A tag as DynamoDB, SNS, IAM and SES write it."""

    Key: str
    Value: str


@dataclass(frozen=True)
class Owner:
    """Whose a resource is, and which tags its owner wants on it.

    Args:
        name: the value of the tag `ordersetup:stack`.
        chosen: the user's own tags.
    """

    name: str
    chosen: Tags = ()

    def tags(self, *more: Tags) -> dict[str, str]:
        """All tags of a resource of this owner, for its creating call or to repair them."""
        tags = {STACK: self.name, VERSION: __version__, **dict(self.chosen)}
        if self.chosen:
            tags[CHOSEN] = key_list(self.chosen)
        for pairs in more:
            tags |= dict(pairs)
        return tags


def owner_of(tags: Mapping[str, str]) -> str | None:
    """The stack a resource belongs to, or None if it bears no tag of ours."""
    return tags.get(STACK)


def version_of(tags: Mapping[str, str]) -> str:
    """The version that has tagged a resource last; empty if it bears no such tag."""
    return tags.get(VERSION, "")


def is_newer(version: str) -> bool:
    """Whether a version is newer than this one, and so may know parts that this one does not."""
    return _numbers(version) > _numbers(__version__)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", version)]


def chosen_of(tags: Mapping[str, str], wanted: Iterable[str]) -> Tags:
    """The tags we answer for: those once asked for and those wanted now, as far as they stand.

    The list of them is one itself, as long as it names a key that is neither there nor wanted: a
    run that was cut off has removed the tag, and has not written the list anew.
    """
    listed, asked = set(keys_of_list(tags.get(CHOSEN, ""))), set(wanted)
    keys = listed | asked
    if listed - asked - tags.keys():
        keys.add(CHOSEN)
    return tuple(sorted((key, tags[key]) for key in keys if key in tags))


def stale_keys(actual: Tags, wanted: Tags) -> list[str]:
    """Keys that stand and are no longer wanted, the list of them included once it is empty.

    They are removed before the list is written anew: a key that has left the list while it still
    stood would be taken for somebody else's from then on.
    """
    stale = {key for key, _ in actual} - {key for key, _ in wanted}
    return sorted(stale - {CHOSEN} if wanted else stale | ({CHOSEN} if stale else set()))


def pairs(tags: Mapping[str, str]) -> list[Pair]:
    """Tags in the list form of DynamoDB, SNS, IAM and SES."""
    return [Pair(Key=key, Value=value) for key, value in tags.items()]


def unpaired(tags: Iterable[Pair]) -> dict[str, str]:
    """Tags from the list form."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def remembered(settings: Settings, dropped: Iterable[str] = ()) -> Tags:
    """The settings that differ from their default, as tags.

    The user's own tags are left out: the resource bears them anyway, named by `ordersetup:tags`.

    Args:
        settings: what the stack shall be.
        dropped: alert addresses that are yet to be unsubscribed; remembered until they are.
    """
    default = Settings()
    tags: dict[str, str] = {}
    for name in ("sender", "cors_origin", "retention_days", "permissions_boundary", "role_arn"):
        value = getattr(settings, name)
        if value != getattr(default, name):
            tags[SETTING + name.replace("_", "-")] = tag_text(str(value))
    if settings.alarms:
        tags[f"{SETTING}alarms"] = "on"
    for number, address in enumerate(settings.alert_emails, start=1):
        tags[f"{SETTING}alert-email-{number}"] = tag_text(address)
    for address in dropped:
        # By its hash, so that the others keep their keys when one of them is done.
        tags[DROPPED + sha256(address.encode()).hexdigest()[:8]] = tag_text(address)
    return tuple(sorted(tags.items()))


def dropped_of(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags' keys of the alert addresses that are yet to be unsubscribed, by address."""
    return {text_of_tag(value): key for key, value in tags.items() if key.startswith(DROPPED)}


def remembered_of(tags: Mapping[str, str]) -> Tags:
    """The remembered settings among a resource's tags."""
    return tuple(sorted((k, v) for k, v in tags.items() if k.startswith(SETTING)))


def recalled(tags: Mapping[str, str]) -> Settings:
    """The settings that `remembered` has written.

    Raises:
        BadInput: somebody has changed a tag into something that is no setting.
    """
    told = {key.removeprefix(SETTING): text_of_tag(v) for key, v in remembered_of(tags)}
    emails = tuple(v for k, v in told.items() if k.startswith("alert-email-"))
    days = told.get("retention-days", str(Settings().retention_days))
    if not (days.isascii() and days.isdigit()):
        raise BadInput(f"The tag {SETTING}retention-days says {days!r}.", "It takes a number.")
    return Settings(
        sender=told.get("sender"),
        alert_emails=emails,
        cors_origin=told.get("cors-origin", "*"),
        retention_days=int(days),
        permissions_boundary=told.get("permissions-boundary"),
        role_arn=told.get("role-arn"),
        tags=tuple((key, text) for key, text in chosen_of(tags, ()) if key != CHOSEN),
        alarms=_is_on(told.get("alarms")),
    )


def _is_on(value: str | None) -> bool:
    if value not in ("on", None):
        raise BadInput(f"The tag {SETTING}alarms says {value!r}.", "It takes: on")
    return value == "on"
