"""The SES identity: made only where none serves, and never touched once it stands."""

from __future__ import annotations

from ordersetup.aws import Aws
from ordersetup.step import Seen
from ordersetup.steps.sender import SenderIdentity
from tests.conftest import Provision
from tests.stacks import stack
from tests.wire import Wire

SENDER: SenderIdentity = stack(sender="shop@example.com").step("sender")


def test_a_new_identity_bears_our_tags(aws: Aws, provision: Provision) -> None:
    state = provision([SENDER]).seen.of(SENDER)
    assert (state.owner, state.verified) == ("default", False)
    assert aws.sesv2.list_email_identities()["EmailIdentities"][0]["IdentityName"] == SENDER.address


def test_somebody_elses_identity_serves_as_well(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.sesv2.create_email_identity(EmailIdentity=SENDER.address)
    calls.clear()
    run = provision([SENDER])
    assert "ses:CreateEmailIdentity" not in calls
    assert run.seen.of(SENDER).owner is None


def test_a_verified_domain_covers_its_addresses(aws: Aws, provision: Provision, wire: Wire) -> None:
    aws.sesv2.create_email_identity(EmailIdentity="example.com")
    wire.calls.clear()
    wire.bend("ses:GetEmailIdentity", lambda _: None)
    wire.bend("ses:GetEmailIdentity", lambda found: found.update(VerifiedForSendingStatus=True))
    provision([SENDER])
    assert "ses:CreateEmailIdentity" not in wire.calls


def test_an_unverified_domain_covers_nothing(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    aws.sesv2.create_email_identity(EmailIdentity="example.com")
    provision([SENDER])
    assert calls.count("ses:CreateEmailIdentity") == 2


def test_an_identity_without_tags_or_status_can_be_read(aws: Aws, wire: Wire) -> None:
    aws.sesv2.create_email_identity(EmailIdentity=SENDER.address)

    def bend(found: dict[str, object]) -> None:
        found.pop("Tags", None)
        found.pop("VerifiedForSendingStatus")

    wire.bend("ses:GetEmailIdentity", bend)
    state = SENDER.read(aws, Seen())
    assert state is not None
    assert (state.owner, state.verified) == (None, False)


def test_a_verified_domain_covers_an_address_that_nobody_has_verified(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    for name in (SENDER.address, "example.com"):
        aws.sesv2.create_email_identity(EmailIdentity=name)
    wire.calls.clear()
    wire.bend("ses:GetEmailIdentity", lambda _: None)
    wire.bend("ses:GetEmailIdentity", lambda found: found.update(VerifiedForSendingStatus=True))

    run = provision([SENDER])

    assert run.seen.of(SENDER).verified
    assert wire.calls == ["ses:GetEmailIdentity"] * 2


def test_an_identity_that_somebody_makes_meanwhile_is_used_and_not_tagged(
    aws: Aws, provision: Provision, wire: Wire
) -> None:
    wire.bend("ses:GetEmailIdentity", lambda _: None)
    wire.bend(
        "ses:GetEmailIdentity",
        lambda _: aws.sesv2.create_email_identity(EmailIdentity=SENDER.address),
    )
    # The first is the other's, so only ours is refused.
    wire.bend(
        "ses:CreateEmailIdentity",
        lambda _: wire.refuse(
            "ses:CreateEmailIdentity",
            "AlreadyExistsException",
            f"Email identity {SENDER.address} already exist.",
        ),
    )

    run = provision([SENDER])

    assert run.reasons == ["the identity was made meanwhile; looking at it"]
    assert run.seen.of(SENDER).owner is None
    assert aws.sesv2.get_email_identity(EmailIdentity=SENDER.address).get("Tags", []) == []
    assert "ses:TagResource" not in wire.calls
