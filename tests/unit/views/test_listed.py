"""The list of stacks as a person and as a program reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ordersetup.stacks import Health, Listed, Listing
from ordersetup.views.listed import age, tell_stacks

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://abc1234567.execute-api.ap-southeast-1.amazonaws.com/prod/orders"
FULL = Listing(
    "123456789012",
    ("eu-west-1", "ap-southeast-1"),
    (
        Listed("default", "eu-west-1", Health.COMPLETE, NOW - timedelta(days=3), URL),
        Listed(
            "a-very-long-name-202",
            "ap-southeast-1",
            Health.PARTIAL,
            NOW - timedelta(hours=5),
            None,
            tuple(f"log group /aws/lambda/a-very-long-name-202-{n}" for n in ("One", "Two")),
        ),
        Listed("old", "eu-west-1", Health.DATA, None, None, ("topic old-X",)),
        Listed("shut", "eu-west-1", Health.UNREAD, None, because="You may not read it."),
        Listed("far", "us-east-1", Health.ELSEWHERE, NOW - timedelta(minutes=7)),
    ),
)


def tell(capsys: pytest.CaptureFixture[str], listing: Listing, *, as_json: bool = False) -> str:
    tell_stacks(listing, NOW, json=as_json, color=False, pasteable=str)
    return capsys.readouterr().out


def test_a_line_each_and_what_belongs_to_it_within_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = tell(capsys, FULL)
    assert [line.rstrip() for line in told.splitlines()] == [
        "Stack                 Region          Age      Health",
        "default               eu-west-1       3 days   complete",
        f"  {URL}",
        "a-very-long-name-202  ap-southeast-1  5 h      parts missing",
        "  missing: log group /aws/lambda/a-very-long-name-202-One, log group",
        "  /aws/lambda/a-very-long-name-202-Two",
        "old                   eu-west-1       unknown  only data left",
        "shut                  eu-west-1       unknown  could not be read",
        "  You may not read it.",
        "far                   us-east-1       7 min    not looked at",
        "Look into the other regions with: ordersetup list --all-regions",
    ]
    assert max(map(len, told.splitlines())) <= 80
    assert "\x1b" not in told


def test_none_says_so_and_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    one = Listing("123456789012", ("eu-west-1",), ())
    assert tell(capsys, one).splitlines() == [
        "No stack was found in eu-west-1, account 123456789012.",
        "Make one with: ordersetup provision",
    ]
    two = Listing("123456789012", ("eu-west-1", "us-east-1"), ())
    assert tell(capsys, two).startswith("No stack was found in 2 regions, account")


def test_a_program_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.loads(tell(capsys, FULL, as_json=True))
    assert (line["type"], line["regions"]) == ("stacks", ["eu-west-1", "ap-southeast-1"])
    assert line["stacks"][0] == {
        "stack": "default",
        "region": "eu-west-1",
        "created": "2026-11-21T12:00:00+00:00",
        "endpoint": URL,
        "health": "complete",
        "missing": [],
        "because": None,
    }
    assert [found["health"] for found in line["stacks"]] == [str(health) for health in Health]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((0, "under 1 min"), (60, "1 min"), (7199, "119 min"), (7200, "2 h")),
        *((172_799, "47 h"), (172_800, "2 days")),
    ],
)
def test_an_age_has_one_unit(seconds: int, told: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == told
