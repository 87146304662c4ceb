"""What a user may choose: each value that is refused says which would not be."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.errors import BadInput
from ordersetup.settings import (
    MOST_ALERT_EMAILS,
    MOST_TAGS,
    RETENTION_DAYS,
    Connection,
    Settings,
    check_email,
    key_list,
    keys_of_list,
    parse_tag,
    setting_name,
    tag_text,
    text_of_tag,
)
from tests.unit.choices import emails, tags, unhurried, valid_settings

ROLE = "arn:aws:iam::123456789012:role/orders"
BOUNDARY = "arn:aws:iam::123456789012:policy/limits"


def refusal(**values: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        Settings(**values)
    return caught.value


class TestEmail:
    @pytest.mark.parametrize(
        "address",
        [
            "shop@example.com",
            "o'brien@example.ie",
            "first.last+orders@mail.example.co.uk",
            "a/b=c@example.com",
            "UPPER@EXAMPLE.COM",
        ],
    )
    def test_what_aws_accepts_is_accepted(self, address: str) -> None:
        assert Settings(sender=address).sender == address

    @pytest.mark.parametrize(
        "address",
        [
            *("", "shop", "@example.com", "shop@", "shop@example", "shop@.com", "a b@example.com"),
            *(".shop@example.com", "shop.@example.com", "a..b@example.com", "a@b@example.com"),
            *("shop@-example.com", "shop@example-.com", "shop@exam_ple.com", "shop@example.c"),
            *("shöp@example.com", "shop@example.com\n", '"a b"@example.com', "a" * 65 + "@b.com"),
        ],
    )
    def test_what_is_no_address_is_refused_by_the_name_of_its_option(self, address: str) -> None:
        for values, option in (
            ({"sender": address}, "--sender"),
            ({"alert_emails": (address,)}, "--alert-email"),
        ):
            error = refusal(**values)
            assert error.happened == f"{option} {address!r} is not accepted."
            assert error.then == "It takes an e-mail address such as shop@example.com."

    def test_one_too_long_for_a_tag_is_refused(self) -> None:
        error = refusal(sender="a" * 60 + "@" + "example." * 30 + "com")
        assert error.happened.startswith("--sender 'aaaa")
        assert "longer than can be remembered" in error.happened

    def test_characters_that_count_three_times_are_counted_so(self) -> None:
        domain = "@" + "example." * 15 + "com"
        assert Settings(sender="a" * 60 + domain)
        assert "some characters count three times" in refusal(sender="'" * 60 + domain).then


class TestOrigin:
    @pytest.mark.parametrize(
        "origin",
        ["*", "https://shop.example.com", "http://localhost:8080", "https://xn--bcher-kva.example"],
    )
    def test_an_origin_is_accepted(self, origin: str) -> None:
        assert Settings(cors_origin=origin).cors_origin == origin

    @pytest.mark.parametrize(
        "origin",
        [
            *("", "shop.example.com", "https://shop.example.com/", "https://shop.example.com/a"),
            *("ftp://shop.example.com", "https://", "https://*.example.com", "https://a b"),
            *("https://shop'.example.com", "http://localhost:", "https://-a.example", "null"),
        ],
    )
    def test_what_no_browser_sends_is_refused(self, origin: str) -> None:
        error = refusal(cors_origin=origin)
        assert error.happened == f"--cors-origin {origin!r} is not accepted."
        assert error.then.endswith("scheme and host, no path.")

    def test_upper_case_is_answered_with_lower_case(self) -> None:
        error = refusal(cors_origin="https://Shop.example.com")
        assert "https://shop.example.com" in error.then

    def test_a_port_ends_at_65535(self) -> None:
        assert refusal(cors_origin="http://localhost:65536").then == "Ports end at 65535."


class TestRetention:
    @pytest.mark.parametrize("days", RETENTION_DAYS)
    def test_what_cloudwatch_offers_is_accepted(self, days: int) -> None:
        assert Settings(retention_days=days).retention_days == days

    @pytest.mark.parametrize(
        ("days", "nearest"),
        [(-5, 1), (0, 1), (2, 1), (31, 30), (100, 90), (364, 365), (9999, 3653)],
    )
    def test_the_nearest_that_is_offered_is_named(self, days: int, nearest: int) -> None:
        error = refusal(retention_days=days)
        assert error.happened == f"--retention-days {days} is not offered by CloudWatch Logs."
        assert error.then == f"The nearest offered value is {nearest}."


class TestRole:
    @pytest.mark.parametrize(
        "arn",
        [
            ROLE,
            "arn:aws-cn:iam::123456789012:role/a/path/x",
            "arn:aws-us-gov:iam::123456789012:role/x",
        ],
    )
    def test_a_role_of_any_partition_is_accepted(self, arn: str) -> None:
        assert Settings(role_arn=arn).role_arn == arn

    @pytest.mark.parametrize(
        "arn",
        [
            *("", "orders", "arn:aws:iam::12345:role/x", "arn:aws:iam::123456789012:user/x"),
            *("arn:aws:iam::123456789012:role/", "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/x"),
            *("arn:aws:iam::123456789012:role/ünf", f"{ROLE}\n"),
        ],
    )
    def test_what_is_no_role_is_refused(self, arn: str) -> None:
        assert refusal(role_arn=arn).happened == f"--role-arn {arn!r} is not accepted."

    @pytest.mark.parametrize("arn", [BOUNDARY, "arn:aws:iam::aws:policy/PowerUserAccess"])
    def test_a_boundary_may_be_aws_s_own(self, arn: str) -> None:
        assert Settings(permissions_boundary=arn).permissions_boundary == arn

    def test_what_is_no_policy_is_refused(self) -> None:
        error = refusal(permissions_boundary=ROLE)
        assert error.happened == f"--permissions-boundary {ROLE!r} is not accepted."

    def test_a_boundary_has_no_use_with_a_role_of_ones_own(self) -> None:
        error = refusal(role_arn=ROLE, permissions_boundary=BOUNDARY)
        assert error.then == "Give one of the two."

    @pytest.mark.parametrize("name", ["role_arn", "permissions_boundary"])
    def test_an_arn_too_long_for_a_tag_is_refused(self, name: str) -> None:
        start = ROLE if name == "role_arn" else BOUNDARY
        option = "--" + name.replace("_", "-")
        assert refusal(**{name: start + "x" * 250}).happened.startswith(f"{option} 'arn:")


class TestTags:
    def test_a_tag_may_hold_what_every_service_takes(self) -> None:
        chosen = (("Cost Center", "R-D 2"), ("a+b-c=d._:/@", ""))
        assert set(Settings(tags=chosen).tags) == set(chosen)

    @pytest.mark.parametrize(
        "tag",
        [
            ("", "x"),
            (" a", "x"),
            ("a ", "x"),
            ("ä", "x"),
            ("a", "x\n"),
            ("a" * 101, "x"),
            ("a", "x" * 257),
        ],
    )
    def test_what_a_service_would_refuse_is_refused(self, tag: tuple[str, str]) -> None:
        assert refusal(tags=(tag,)).happened.startswith("--tag ")

    @pytest.mark.parametrize("key", ["aws:x", "AWS:x", "ordersetup:stack", "OrderSetup:x"])
    def test_reserved_keys_are_refused(self, key: str) -> None:
        assert refusal(tags=((key, "1"),)).happened == f"--tag {key!r} has a reserved prefix."

    def test_a_key_given_twice_is_refused_whatever_its_case(self) -> None:
        error = refusal(tags=(("Team", "a"), ("team", "b")))
        assert error.happened == "--tag 'Team' is given twice."

    def test_keys_that_do_not_fit_into_one_tag_are_refused(self) -> None:
        assert (
            "256 characters together"
            in refusal(tags=tuple((f"{n}" * 90, "x") for n in range(3))).happened
        )

    def test_too_many_are_refused(self) -> None:
        error = refusal(tags=tuple((str(n), "x") for n in range(MOST_TAGS + 1)))
        assert error.happened == f"--tag is given {MOST_TAGS + 1} times."

    @pytest.mark.parametrize("text", ["", "Team", "=x"])
    def test_what_is_no_pair_is_refused(self, text: str) -> None:
        with pytest.raises(BadInput, match="is not KEY=VALUE"):
            parse_tag(text)

    def test_a_value_may_hold_an_equals_sign(self) -> None:
        assert parse_tag("Team=a=b") == ("Team", "a=b")


class TestTagText:
    @unhurried
    @given(st.text(st.characters(codec="utf-8")))
    def test_any_text_comes_back(self, text: str) -> None:
        assert text_of_tag(tag_text(text)) == text

    @unhurried
    @given(tags)
    def test_any_keys_come_back(self, chosen: tuple[tuple[str, str], ...]) -> None:
        assert keys_of_list(key_list(chosen)) == [key for key, _ in chosen]


class TestSettings:
    def test_too_many_alert_emails_are_refused(self) -> None:
        addresses = tuple(f"a{n}@example.com" for n in range(MOST_ALERT_EMAILS + 1))
        assert refusal(alert_emails=addresses).then == "It can be given 10 times at most."

    def test_order_and_repeats_carry_no_meaning(self) -> None:
        one = Settings(alert_emails=("b@x.io", "a@x.io", "b@x.io"), tags=(("b", "1"), ("a", "2")))
        two = Settings(alert_emails=("a@x.io", "b@x.io"), tags=(("a", "2"), ("b", "1")))
        assert one == two

    def test_a_flag_changes_a_setting_and_leaves_the_others(self) -> None:
        before = Settings(sender="shop@example.com", retention_days=90)
        after = before.changed({"retention_days": 30}, ())
        assert after == Settings(sender="shop@example.com")

    @pytest.mark.parametrize(
        "name", ["alert-email", "--alert-email", "alert_emails", "alert-emails"]
    )
    def test_unset_returns_a_setting_to_its_default(self, name: str) -> None:
        before = Settings(alert_emails=("a@x.io",), cors_origin="https://x.io")
        assert before.changed({}, (name,)) == Settings(cors_origin="https://x.io")

    def test_a_setting_cannot_be_given_and_unset_at_once(self) -> None:
        with pytest.raises(BadInput) as caught:
            Settings().changed({"cors_origin": "*"}, ("cors-origin",))
        assert caught.value.then == "Give either --cors-origin VALUE or --unset cors-origin."

    def test_the_option_is_named_as_it_is_written_on_the_command_line(self) -> None:
        with pytest.raises(BadInput) as caught:
            Settings().changed({"alert_emails": ("a@x.io",)}, ("alert-email",))
        assert caught.value.happened == "--alert-email is given and unset at once."

    def test_an_own_role_takes_the_place_of_a_boundary_once_that_is_unset(self) -> None:
        before = Settings(permissions_boundary=BOUNDARY)
        with pytest.raises(BadInput):
            before.changed({"role_arn": ROLE}, ())
        after = before.changed({"role_arn": ROLE}, ("permissions-boundary",))
        assert after == Settings(role_arn=ROLE)

    @pytest.mark.parametrize(
        ("name", "meant"), [("sendr", "sender"), ("retention", "retention-days"), ("tags-", "tag")]
    )
    def test_an_unknown_setting_is_answered_with_the_nearest(self, name: str, meant: str) -> None:
        with pytest.raises(BadInput) as caught:
            setting_name(name)
        assert caught.value.then == f"Did you mean {meant}?"

    def test_a_name_that_is_near_to_none_gets_the_list(self) -> None:
        with pytest.raises(BadInput) as caught:
            setting_name("xyzzy")
        assert caught.value.then == (
            "The settings are: alarms, alert-email, cors-origin, permissions-boundary, "
            "retention-days, role-arn, sender, tag."
        )


class TestConnection:
    @pytest.mark.parametrize("stack", ["default", "shop2", "a", "a" * 20, "a-b-"])
    def test_a_stack_s_name_is_accepted(self, stack: str) -> None:
        assert Connection(stack=stack).stack == stack

    @pytest.mark.parametrize("stack", ["", "Shop", "2shop", "-a", "a" * 21, "a_b", "a\n", "ä"])
    def test_what_is_no_stack_s_name_is_refused(self, stack: str) -> None:
        with pytest.raises(BadInput) as caught:
            Connection(stack=stack)
        assert caught.value.happened == f"--stack {stack!r} is not accepted."

    @pytest.mark.parametrize(
        "region",
        [
            *("ap-south-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "mx-central-1"),
            *("eusc-de-east-1", "ap-southeast-7"),
        ],
    )
    def test_regions_of_every_partition_are_accepted(self, region: str) -> None:
        assert Connection(region=region).region == region

    @pytest.mark.parametrize(
        "region", ["", "moon", "eu-west", "EU-WEST-1", "eu-west-1a", "eu-west-\u0661"]
    )
    def test_what_is_no_region_is_refused(self, region: str) -> None:
        with pytest.raises(BadInput, match="--region"):
            Connection(region=region)

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:4566", "https://aws.test/", "http://localhost", "http://[::1]:80"]
    )
    def test_an_endpoint_is_accepted(self, url: str) -> None:
        assert Connection(endpoint_url=url).endpoint_url == url

    @pytest.mark.parametrize(
        "url",
        [
            *("", "127.0.0.1:4566", "ftp://x", "http://", "http://a/b", "http://a b"),
            *("http://a:99999", "http://xn--\u00df.example", "http://u:p@a", "http://a?b"),
        ],
    )
    def test_what_is_no_endpoint_is_refused(self, url: str) -> None:
        with pytest.raises(BadInput, match="--endpoint-url"):
            Connection(endpoint_url=url)

    def test_keys_are_never_shown(self) -> None:
        assert "hunter2" not in repr(Connection(keys=("AKIA", "hunter2")))


TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["aws:x=1", "https://", "a@b.co", ROLE, "=", "٣", "\ud800", "x" * 5000, "9" * 5000]
)


class TestNothingButBadInput:
    """Whatever is typed, it is taken or refused, and never ends in a traceback."""

    @unhurried
    @given(st.sampled_from(["sender", "cors_origin", "permissions_boundary", "role_arn"]), TEXTS)
    def test_for_any_text_of_any_setting(self, name: str, text: str) -> None:
        values: dict[str, Any] = {name: text}
        _taken_or_refused(lambda: Settings(**values))

    @unhurried
    @given(TEXTS)
    def test_for_any_address_tag_or_name(self, text: str) -> None:
        _taken_or_refused(lambda: Settings(alert_emails=(text,)))
        _taken_or_refused(lambda: Settings(tags=(parse_tag(text),)))
        _taken_or_refused(lambda: Settings().changed({}, (text,)))
        _taken_or_refused(lambda: check_email(text, "--email"))

    @unhurried
    @given(st.sampled_from(["stack", "region", "endpoint_url"]), TEXTS)
    def test_for_any_text_of_the_connection(self, name: str, text: str) -> None:
        values: dict[str, Any] = {name: text}
        _taken_or_refused(lambda: Connection(**values))

    @unhurried
    @given(st.integers())
    def test_for_any_number_of_days(self, days: int) -> None:
        _taken_or_refused(lambda: Settings(retention_days=days))


def _taken_or_refused(make: Any) -> None:
    with contextlib.suppress(BadInput):
        make()


@unhurried
@given(valid_settings(), emails)
def test_changing_a_setting_and_unsetting_it_gives_the_default(
    chosen: Settings, address: str
) -> None:
    changed = chosen.changed({"sender": address}, ())
    assert changed.sender == address
    assert changed.changed({}, ("sender",)) == chosen.changed({}, ("sender",))
