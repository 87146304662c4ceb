"""The SES identity that mails customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from ordersetup.aws import Aws
from ordersetup.ownership import Owner, owner_of, pairs, unpaired, version_of
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.transient import Transient


@dataclass(frozen=True, kw_only=True)
class SenderState(State):
    """An identity as found; whether it is verified is a person's doing and no difference.

    `owner` is the address's: the identity of its domain is none of ours.
    """

    identity: Annotated[str, Shown("Identity")]
    verified: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class SenderIdentity(Step[SenderState]):
    """SES › Identities › Create identity › Email address.

    A verified domain covers its addresses, and an identity somebody else has made serves as well:
    one is made only where neither stands. CreateEmailIdentity sends the verification mail.
    """

    address: str
    owner: Owner
    after: tuple[Step[Any], ...] = ()
    former: bool = False
    """It is no setting any more, and is only looked at to be removed."""

    group: ClassVar[Group] = Group.MAIL
    calls: ClassVar[Calls] = Calls(
        read=("ses:GetEmailIdentity",),
        write=("ses:CreateEmailIdentity", "ses:TagResource"),
        remove=("ses:DeleteEmailIdentity",),
        create=("ses:CreateEmailIdentity",),
    )
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "AlreadyExistsException",
            "",
            "the identity was made meanwhile; looking at it",
            "See the identity in the SES console",
            30,
        ),
        Transient(
            "ConcurrentModificationException",
            "",
            "another change of the identity is under way",
            "See whether another program changes the identity",
            30,
        ),
    )

    @property
    def key(self) -> str:
        return f"sender/{self.address}" if self.former else "sender"

    @property
    def title(self) -> str:
        return f"Create SES identity {self.address}"

    @property
    def console(self) -> str:
        return f"SES › Configuration › Identities › {self.address}"

    def console_page(self, region: str) -> str:
        return f"ses/home?region={region}#/identities/{quote(self.address)}"

    @property
    def desired(self) -> SenderState:
        return SenderState(identity="stands")

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    @property
    def thing_id(self) -> str:
        return self.address

    def read(self, aws: Aws, seen: Seen) -> SenderState | None:
        domain = self.address.rpartition("@")[2]
        found = self._identity(aws, self.address)
        if found is not None and found.verified:
            return found
        of_domain = self._identity(aws, domain)
        if of_domain is None or not of_domain.verified:
            return found
        return replace(of_domain, owner=found.owner if found else None)

    def apply(
        self, aws: Aws, seen: Seen, actual: SenderState | None, drifted: frozenset[str]
    ) -> None:
        aws.sesv2.create_email_identity(EmailIdentity=self.address, Tags=pairs(self.owner.tags()))

    @property
    def tagged(self) -> str:
        return self.owner.name

    def remains(self, aws: Aws, seen: Seen) -> SenderState | None:
        """The address's own identity; that of its domain is not ours to remove."""
        return self._identity(aws, self.address)

    def remove(self, aws: Aws, seen: Seen, state: SenderState) -> None:
        try:
            aws.sesv2.delete_email_identity(EmailIdentity=self.address)
        except aws.sesv2.exceptions.NotFoundException:
            return

    def _identity(self, aws: Aws, name: str) -> SenderState | None:
        try:
            found = aws.sesv2.get_email_identity(EmailIdentity=name)
        except aws.sesv2.exceptions.NotFoundException:
            return None
        tags = unpaired(found.get("Tags", []))
        return SenderState(
            identity="stands",
            verified=found.get("VerifiedForSendingStatus", False),
            owner=owner_of(tags),
            version=version_of(tags),
        )
