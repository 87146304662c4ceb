"""A load run as people and programs are told it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ordersetup.operate.load import Audience, LoadAnnouncement, LoadPlan, Progress
from ordersetup.operate.load_result import LoadResult, Stock
from ordersetup.operate.load_tally import Histogram
from ordersetup.views.json_lines import TYPES
from ordersetup.views.loaded import LoadJson, LoadLines, progress_line, verdict

PLAN = LoadPlan("test-1", 100, 8, "me@example.com", (("lamp", 2),))
ANNOUNCEMENT = LoadAnnouncement(
    PLAN, (Audience("OrderConfirmationTopic", 1, "100 messages"),), mails=100, simulated=False
)


def latency() -> Histogram:
    histogram = Histogram()
    for milliseconds in (*[50] * 80, *[90] * 15, *[400] * 5):
        histogram.add(milliseconds / 1000)
    return histogram


RESULT = LoadResult(
    plan=PLAN,
    seconds=10,
    outcomes={"accepted": 95, "throttled": 5},
    statuses={"202": 95, "429": 5},
    latency=latency(),
    applied=90,
    kept=5,
    errors={"OutOfStock": 5},
    twofold=0,
    missing=0,
    torn=0,
    recovered=0,
    unconfirmed=0,
    stock=(Stock("lamp", Decimal(180), Decimal(0), 180),),
    interrupted=False,
)


def test_people_are_told_whom_it_reaches_first(capsys: pytest.CaptureFixture[str]) -> None:
    LoadLines(color=False).announce(ANNOUNCEMENT)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "100 orders of 2 × lamp, 8 at a time: test-1-0 to test-1-99.",
        "  OrderConfirmationTopic: 1 confirmed subscriber, 100 messages",
        "  SES: 100 mails to the address of --email",
        "  Records of these orders are taken out of the queue again; others stay.",
    ]


def test_people_are_told_where_each_order_ended(capsys: pytest.CaptureFixture[str]) -> None:
    LoadLines(color=False, quiet=True).done(RESULT)
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.splitlines() == [
        "  Sent      100 of 100 in 10.0 s, 10/s",
        "  Answers   95 accepted, 5 throttled",
        "  Latency   p50 50, p90 91, p99 400, max 400 ms",
        "  Applied   90 orders have their transaction rows",
        "  Kept      5 were in OrderProcessingDLQ: 5 OutOfStock",
        "  Stock     lamp 180 → 0, 180 by transaction rows",
        "Conserved: each of 95 accepted orders is in exactly one place, to the piece.",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"missing": 2}, "2 accepted orders are in neither: under way, or lost"),
        ({"twofold": 1}, "1 orders are in both"),
        ({"stock": (Stock("lamp", Decimal(9), Decimal(0), 8),)}, "this does not add up"),
    ],
    ids=["missing", "twofold", "stock"],
)
def test_what_does_not_add_up_is_told(
    capsys: pytest.CaptureFixture[str], change: dict[str, Any], line: str
) -> None:
    LoadLines(color=False).done(replace(RESULT, **change))
    told = capsys.readouterr().out
    assert line in told
    assert told.splitlines()[-1].startswith("Not proven")


def test_what_could_not_be_seen_is_told() -> None:
    told = verdict(replace(RESULT, unchecked="Your credentials may not ReceiveMessage."))
    assert told.endswith("to the end: Your credentials may not ReceiveMessage.")


def test_progress_is_one_line() -> None:
    line = progress_line(Progress(30, 100, 12.4, 0.021, 0.08, 3))
    assert line == "  30 of 100 sent, 12/s, p50 21 ms, p99 80 ms, 3 throttled"


def test_programs_get_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    view = LoadJson()
    with view:
        view.announce(ANNOUNCEMENT)
        view.progress(Progress(30, 100, 12.4, 0.021, 0.08, 3))
        view.wait("5 of 95 accepted orders are under way", 2)
        view.done(RESULT)
    told = capsys.readouterr()
    assert told.err == ""
    announcement, load = (json.loads(line) for line in told.out.splitlines())
    assert {announcement["type"], load["type"]} <= set(TYPES)
    assert announcement["messages"][0]["subscribers"] == 1
    assert load["outcomes"] == {
        **{"accepted": 95, "throttled": 5},
        **{"refused": 0, "failed": 0, "unanswered": 0},
    }
    assert load["milliseconds"] == {"p50": 50, "p90": 91, "p99": 400, "max": 400}
    assert load["stock"] == [
        {"item_id": "lamp", "before": 180.0, "after": 0.0, "taken": 180, "conserved": True}
    ]
    assert (load["conserved"], load["kept"], load["errors"]) == (True, 5, {"OutOfStock": 5})


@pytest.mark.parametrize("view", [lambda: LoadLines(color=False), LoadJson], ids=["lines", "JSON"])
def test_no_address_is_told(
    capsys: pytest.CaptureFixture[str], view: Callable[[], LoadLines | LoadJson]
) -> None:
    told = view()
    with told:
        told.announce(ANNOUNCEMENT)
        told.done(RESULT)
    found = capsys.readouterr()
    assert "@" not in found.out + found.err
