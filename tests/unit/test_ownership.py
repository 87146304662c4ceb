"""The tags: whose a resource is, and what its stack's settings are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from ordersetup import __version__
from ordersetup.errors import BadInput
from ordersetup.ownership import (
    Owner,
    chosen_of,
    owner_of,
    pairs,
    recalled,
    remembered,
    remembered_of,
    stale_keys,
    unpaired,
)
from ordersetup.settings import Settings
from tests.unit.choices import unhurried, valid_settings

LEGAL = re.compile(r"[A-Za-z0-9 +\-=._:/@]*")
"""What every AWS service accepts in tags (General Reference, tag naming limits)."""


def tags_of(chosen: Settings) -> dict[str, str]:
    """What the alerts topic bears."""
    return Owner("default", chosen.tags).tags(remembered(chosen))


@unhurried
@given(valid_settings())
def test_whatever_is_remembered_is_recalled(chosen: Settings) -> None:
    assert recalled(tags_of(chosen)) == chosen


@unhurried
@given(valid_settings())
def test_what_is_written_are_legal_tags(chosen: Settings) -> None:
    tags = tags_of(chosen)
    assert len(tags) <= 50
    for key, value in tags.items():
        assert 1 <= len(key) <= 128
        assert len(value) <= 256
        assert LEGAL.fullmatch(key)
        assert LEGAL.fullmatch(value)


def test_the_fullest_settings_fit_on_one_topic() -> None:
    fullest = Settings(
        sender="shop@example.com",
        alert_emails=tuple(f"a{n}@example.com" for n in range(10)),
        cors_origin="https://shop.example.com",
        retention_days=90,
        role_arn="arn:aws:iam::123456789012:role/orders",
        tags=tuple((f"k{n}", "v") for n in range(12)),
    )
    assert len(tags_of(fullest)) <= 50
    assert recalled(tags_of(fullest)) == fullest


def test_plain_settings_leave_no_tag() -> None:
    assert remembered(Settings()) == ()


def test_a_setting_is_a_tag_that_can_be_read_in_the_console() -> None:
    assert remembered(Settings(retention_days=90, alert_emails=("o'brien@x.io",))) == (
        ("ordersetup:setting:alert-email-1", "o=27brien@x.io"),
        ("ordersetup:setting:retention-days", "90"),
    )


def test_more_than_nine_addresses_are_all_recalled() -> None:
    chosen = Settings(alert_emails=tuple(f"a{n}@example.com" for n in range(10)))
    assert recalled(tags_of(chosen)).alert_emails == chosen.alert_emails


@pytest.mark.parametrize("days", ["", "many", "٣٠", "-1", "31", "1e3"])
def test_a_setting_that_somebody_has_spoilt_is_refused(days: str) -> None:
    with pytest.raises(BadInput, match="retention-days"):
        recalled({"ordersetup:setting:retention-days": days})


def test_an_owner_s_tags_name_stack_version_and_what_was_asked_for() -> None:
    owner = Owner("shop2", (("Cost Center", "42"), ("Team", "x")))
    assert owner.tags() == {
        "ordersetup:stack": "shop2",
        "ordersetup:version": __version__,
        "ordersetup:tags": "Cost=20Center Team",
        "Cost Center": "42",
        "Team": "x",
    }


def test_a_resource_without_our_tag_is_nobody_s() -> None:
    assert owner_of({"Team": "x"}) is None
    assert owner_of({"ordersetup:stack": "shop2"}) == "shop2"


class TestChosen:
    def test_tags_that_others_have_put_there_are_not_ours_to_answer_for(self) -> None:
        tags = {**Owner("default", (("Team", "x"),)).tags(), "aws:cloudformation:x": "y"}
        assert chosen_of(tags, ()) == (("Team", "x"),)

    def test_a_tag_wanted_now_counts_whoever_has_put_it_there(self) -> None:
        assert chosen_of({"Team": "y"}, ("Team", "Env")) == (("Team", "y"),)

    def test_a_tag_once_asked_for_that_is_gone_does_not_stand(self) -> None:
        assert chosen_of({"ordersetup:tags": "Team Env", "Env": "1"}, ("Team",)) == (("Env", "1"),)

    def test_a_list_that_names_what_is_neither_there_nor_wanted_is_told(self) -> None:
        left = {"ordersetup:tags": "Team Env", "Env": "1"}
        assert chosen_of(left, ("Env",)) == (("Env", "1"), ("ordersetup:tags", "Team Env"))
        assert recalled(left) == Settings(tags=(("Env", "1"),))


class TestStale:
    def test_what_is_no_longer_wanted_is_stale(self) -> None:
        actual = (("Env", "1"), ("Team", "x"))
        assert stale_keys(actual, (("Team", "y"),)) == ["Env"]

    def test_with_the_last_of_them_goes_the_list_of_them(self) -> None:
        assert stale_keys((("Team", "x"),), ()) == ["Team", "ordersetup:tags"]

    def test_a_list_that_is_still_wanted_is_written_over(self) -> None:
        actual = (("Env", "1"), ("ordersetup:tags", "Team Env"))
        assert stale_keys(actual, (("Env", "1"),)) == []
        assert stale_keys(actual[1:], ()) == ["ordersetup:tags"]

    def test_nothing_is_stale_where_nothing_was_chosen(self) -> None:
        assert stale_keys((), ()) == []


def test_settings_are_told_from_other_tags() -> None:
    tags = {"ordersetup:setting:sender": "a", "ordersetup:stack": "x", "Team": "x"}
    assert remembered_of(tags) == (("ordersetup:setting:sender", "a"),)


def test_tags_go_into_the_list_form_and_back() -> None:
    tags = {"a": "1", "b": ""}
    assert pairs(tags) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    assert unpaired(pairs(tags)) == tags
