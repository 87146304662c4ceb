"""What a person has said yes to, and an environment in which nothing else has a say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.process import OURS, CommandFailed, output

_KEYS = frozenset(
    {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
        *("AWS_CREDENTIAL_EXPIRATION", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    }
)
"""What would win over a profile that the environment names, or name another."""


@dataclass(frozen=True)
class Agreed:
    """Where is built, and as whom.

    Args:
        account: the account's number.
        region: the region.
        profile: the AWS profile; None for what the environment says.
        around: the environment that the benchmark was started in.
    """

    account: str
    region: str
    profile: str | None
    around: Mapping[str, str] = field(repr=False)

    @property
    def ours(self) -> tuple[str, ...]:
        """How our commands begin."""
        profile = ("--profile", self.profile) if self.profile else ()
        return (*OURS, *profile, "--region", self.region)

    @property
    def environment(self) -> dict[str, str]:
        """For every command: without our own variables, and with a profile without other keys."""
        dropped = _KEYS if self.profile else frozenset()
        kept = {
            name: value
            for name, value in self.around.items()
            if name not in dropped and not name.startswith("ORDERSETUP_")
        }
        where = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return kept | where | ({"AWS_PROFILE": self.profile} if self.profile else {})

    def check(self) -> None:
        """Ask a command of ours where it is before one builds anything; it reads only.

        Raises:
            CommandFailed: it is elsewhere, or cannot say.
        """
        told = output([*self.ours, "list", "--json"], self.environment)
        there = json.loads(told.splitlines()[-1])
        if (there["account"], self.region in there["regions"]) != (self.account, True):
            raise CommandFailed(
                f"A command would work in {', '.join(there['regions']) or 'no region'} of account "
                f"{there['account']}, not in {self.region} of {self.account}. Nothing was made."
            )
