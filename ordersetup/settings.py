"""What a user may choose, validated before the first call.

`Settings` is what the stack shall be; it travels with the stack, as tags. `Connection` is how this
one run reaches AWS. Both are pure: making one calls nothing and raises BadInput.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import quote, unquote

from ordersetup.errors import BadInput

DEFAULT_REGION = "ap-south-1"
DEFAULT_STACK = "default"

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""What CloudWatch Logs offers (PutRetentionPolicy, retentionInDays)."""

LONGEST_TAG_VALUE = 256
MOST_ALERT_EMAILS = 10
MOST_TAGS = 12
"""A resource bears 50 tags at most, and the alerts topic bears the remembered settings too."""

_OPTIONS = {"alert_emails": "alert-email", "tags": "tag"}
"""Options that are repeated: one of them is called otherwise than all of them."""

_STACK = re.compile(r"[a-z][a-z0-9-]{0,19}")
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z]{{2,63}}")
_ORIGIN = re.compile(rf"https?://({_LABEL}\.)*{_LABEL}(:(?P<port>[0-9]{{1,5}}))?")
_ENDPOINT = re.compile(
    rf"https?://(({_LABEL}\.)*{_LABEL}|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{{1,5}}))?/?"
)
_ACCOUNT = "[0-9]{12}"
_PATH = r"[A-Za-z0-9_+=,.@/-]{1,576}"
_ROLE_ARN = re.compile(rf"arn:aws[a-z-]*:iam::{_ACCOUNT}:role/{_PATH}")
_POLICY_ARN = re.compile(rf"arn:aws[a-z-]*:iam::({_ACCOUNT}|aws):policy/{_PATH}")
_TAG_KEY = re.compile(r"[A-Za-z0-9+\-=._:/@]([A-Za-z0-9 +\-=._:/@]{0,98}[A-Za-z0-9+\-=._:/@])?")
_TAG_VALUE = re.compile(r"[A-Za-z0-9 +\-=._:/@]{0,256}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the stack shall be.

    Args:
        sender: the SES address that mails customers; None sends no mail.
        alert_emails: addresses subscribed to OrderProcessingAlerts.
        cors_origin: the one web origin that may post orders, or "*".
        retention_days: how long the functions' logs are kept.
        permissions_boundary: ARN of the boundary policy of the role we make.
        role_arn: a role of the user's own to run the functions with; checked, never changed.
        tags: further tags of every resource, as an organisation may demand.
        alarms: whether CloudWatch alarms tell OrderProcessingAlerts what goes wrong.

    Raises:
        BadInput: a value is not one that AWS or this tool accepts.
    """

    sender: str | None = None
    alert_emails: tuple[str, ...] = ()
    cors_origin: str = "*"
    retention_days: int = 30
    permissions_boundary: str | None = None
    role_arn: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    alarms: bool = False

    def __post_init__(self) -> None:
        if self.sender is not None:
            check_email(self.sender, "--sender")
        for address in self.alert_emails:
            check_email(address, "--alert-email")
        _check_origin(self.cors_origin)
        _check_retention(self.retention_days)
        _check_role(self.role_arn, self.permissions_boundary)
        _check_tags(self.tags)
        _at_most(MOST_ALERT_EMAILS, self.alert_emails, "--alert-email")
        _at_most(MOST_TAGS, self.tags, "--tag")
        # Order and repeats carry no meaning: two people who say the same must mean the same stack.
        object.__setattr__(self, "alert_emails", tuple(sorted(set(self.alert_emails))))
        object.__setattr__(self, "tags", tuple(sorted(self.tags)))

    def changed(self, flags: Mapping[str, object], unset: Iterable[str]) -> Settings:
        """These settings after one command line.

        Args:
            flags: what the user gave, by field name; anything absent stays.
            unset: names of settings, as written on the command line, to return to their default.

        Raises:
            BadInput: an unknown name, or one both given and unset.
        """
        back = {setting_name(name) for name in unset}
        if both := sorted(back & flags.keys()):
            option = _OPTIONS.get(both[0], both[0].replace("_", "-"))
            raise BadInput(
                f"--{option} is given and unset at once.",
                f"Give either --{option} VALUE or --unset {option}.",
            )
        kept = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in back}
        return Settings(**{**kept, **flags})


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How one run reaches AWS.

    Args:
        stack: the stack's name; "default" bears the guide's bare names.
        region: an AWS region; None takes the profile's or environment's, else ap-south-1.
        profile: a profile of the AWS configuration files.
        endpoint_url: one endpoint for all services, as for an emulator.
        keys: an access key and secret to use instead of the usual look-up (embedded engine).
    """

    stack: str = DEFAULT_STACK
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    keys: tuple[str, str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        wanted = "1 to 20 of a-z, 0-9 and '-', beginning with a letter"
        _match(_STACK, self.stack, "--stack", wanted)
        if self.region is not None:
            check_region(self.region)
        if self.endpoint_url is not None and not _is_url(_ENDPOINT, self.endpoint_url):
            raise BadInput(
                f"--endpoint-url {self.endpoint_url!r} is no URL of a service endpoint.",
                "Give one such as http://127.0.0.1:4566.",
            )


def is_stack(name: str) -> bool:
    """Whether a stack can be called so."""
    return _STACK.fullmatch(name) is not None


def _is_url(pattern: re.Pattern[str], url: str) -> bool:
    found = pattern.fullmatch(url)
    return found is not None and int(found["port"] or 0) <= 65535


def check_region(region: str) -> None:
    """Raise BadInput unless `region` has the form of an AWS region's name."""
    _match(_REGION, region, "--region", "an AWS region such as ap-south-1")


def check_email(address: str, option: str) -> None:
    """Raise BadInput unless `address` has the form of an e-mail address."""
    _match(_EMAIL, address, option, "an e-mail address such as shop@example.com")
    _check_length(address, option)


def tag_text(value: str) -> str:
    """A value in the characters that every service accepts in a tag; `text_of_tag` undoes it.

    Tags take fewer characters than addresses and ARNs do, so '=' escapes the others.
    """
    return quote(value, safe=" +-._:/@").replace("~", "%7E").replace("%", "=")


def text_of_tag(value: str) -> str:
    """What `tag_text` was given."""
    return unquote(value.replace("=", "%"))


def setting_name(name: str) -> str:
    """The field of Settings that a command-line name means ("alert-email" is alert_emails).

    Raises:
        BadInput: no setting is called so; the nearest is suggested.
    """
    plain = name.strip().lstrip("-").replace("-", "_")
    names = {f.name: f.name for f in fields(Settings)}
    names |= {option.replace("-", "_"): name for name, option in _OPTIONS.items()}
    if plain in names:
        return names[plain]
    options = sorted({n.replace("_", "-") for n in names if n not in _OPTIONS})
    near = difflib.get_close_matches(plain.replace("_", "-"), options, n=1)
    raise BadInput(
        f"There is no setting called {name!r}.",
        f"Did you mean {near[0]}?" if near else f"The settings are: {', '.join(options)}.",
    )


def parse_tag(text: str) -> tuple[str, str]:
    """A KEY=VALUE of the command line as a pair.

    Raises:
        BadInput: no '=' or an empty key.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise BadInput(f"--tag {text!r} is not KEY=VALUE.", "Give it as --tag CostCentre=42.")
    return key, value


def _match(pattern: re.Pattern[str], value: str, option: str, wanted: str) -> None:
    if not pattern.fullmatch(value):
        raise BadInput(f"{option} {value!r} is not accepted.", f"It takes {wanted}.")


def _at_most(most: int, values: tuple[object, ...], option: str) -> None:
    if len(values) > most:
        raise BadInput(
            f"{option} is given {len(values)} times.", f"It can be given {most} times at most."
        )


def _check_length(value: str, option: str) -> None:
    """Refuse what a tag cannot hold: the stack could not remember it."""
    if len(tag_text(value)) > LONGEST_TAG_VALUE:
        raise BadInput(
            f"{option} {value[:40]!r}… is longer than can be remembered with the stack.",
            f"The settings are kept as tags, of {LONGEST_TAG_VALUE} characters each; some "
            "characters count three times.",
        )


def _check_origin(origin: str) -> None:
    if origin == "*":
        return
    wanted = "'*' or an origin such as https://shop.example.com: scheme and host, no path"
    _match(_ORIGIN, origin, "--cors-origin", wanted)
    if origin != origin.lower():
        raise BadInput(
            f"--cors-origin {origin!r} is not accepted.",
            f"Browsers write origins in lower case: give {origin.lower()}.",
        )
    if not _is_url(_ORIGIN, origin):
        raise BadInput(f"--cors-origin {origin!r} is not accepted.", "Ports end at 65535.")
    _check_length(origin, "--cors-origin")


def _check_retention(days: int) -> None:
    if days in RETENTION_DAYS:
        return
    nearest = min(RETENTION_DAYS, key=lambda offered: abs(offered - days))
    raise BadInput(
        f"--retention-days {days} is not offered by CloudWatch Logs.",
        f"The nearest offered value is {nearest}.",
    )


def _check_role(role_arn: str | None, boundary: str | None) -> None:
    if role_arn is not None:
        _match(_ROLE_ARN, role_arn, "--role-arn", "a role's ARN, arn:aws:iam::ACCOUNT:role/NAME")
        _check_length(role_arn, "--role-arn")
    if boundary is not None:
        _match(
            _POLICY_ARN,
            boundary,
            "--permissions-boundary",
            "a policy's ARN, arn:aws:iam::ACCOUNT:policy/NAME",
        )
        _check_length(boundary, "--permissions-boundary")
    if role_arn is not None and boundary is not None:
        raise BadInput(
            "--permissions-boundary has no use with --role-arn: your own role is not changed.",
            "Give one of the two.",
        )


def _check_tags(tags: tuple[tuple[str, str], ...]) -> None:
    wanted = "KEY=VALUE of letters, digits, spaces and + - = . _ : / @"
    for key, value in tags:
        _match(_TAG_KEY, key, "--tag", f"{wanted}, with a KEY of 1 to 100 characters")
        _match(_TAG_VALUE, value, "--tag", f"{wanted}, with a VALUE of 256 characters at most")
        if key.lower().startswith(("aws:", "ordersetup:")):
            raise BadInput(f"--tag {key!r} has a reserved prefix.", "Choose another key.")
    # IAM does not tell upper from lower case in keys.
    keys = [key.lower() for key, _ in tags]
    if len(set(keys)) < len(keys):
        twice = next(key for key, _ in tags if keys.count(key.lower()) > 1)
        raise BadInput(f"--tag {twice!r} is given twice.", "Give each key once.")
    if len(key_list(tags)) > LONGEST_TAG_VALUE:
        raise BadInput(
            "The keys of --tag are longer than 256 characters together.", "Shorten them."
        )


def key_list(tags: Iterable[tuple[str, str]]) -> str:
    """The keys of tags as the value of one tag; `keys_of_list` undoes it."""
    return " ".join(tag_text(key).replace(" ", "=20") for key, _ in tags)


def keys_of_list(value: str) -> list[str]:
    """The keys that `key_list` was given."""
    return [text_of_tag(word) for word in value.split()]
