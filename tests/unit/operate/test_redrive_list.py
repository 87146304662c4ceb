"""Looking through the queue: all of it once, told by error, and given back."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import pytest

from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive_list import SHOWN, Choice, Listing, look_through
from ordersetup.operate.what_if import Verdict
from tests.unit.operate.mailbox import FakeBox, letter, mail_event, record, stock_event


def failed(count: int, error: str = "OutOfStock", begin: int = 0) -> list[Letter]:
    return [
        letter(record(stock_event(f"{error}-{n}"), error=error), f"{error}-{n}", 1000 * n + 1000)
        for n in range(begin, begin + count)
    ]


MIXED = [
    *failed(12),
    *failed(3, "UnknownItem"),
    letter(record(mail_event("M-1"), function="SendEmail", error="MailRefused"), "mail"),
    letter("no JSON", "text"),
    letter(record(stock_event("A-1"), function="Other"), "other"),
]


def look(box: FakeBox, choice: Choice | None = None) -> tuple[Listing, list[tuple[str, bool]]]:
    told: list[tuple[str, bool]] = []
    listing = look_through(
        box, choice or Choice(), lambda found, chosen, _: told.append((found.message_id, chosen))
    )
    return listing, told


def test_an_empty_queue_has_nothing() -> None:
    listing, told = look(FakeBox([]))
    assert (listing.messages, listing.chosen, listing.whole, told) == (0, set(), True, [])


def test_each_is_told_once_grouped_by_error_and_given_back() -> None:
    box = FakeBox(MIXED)
    listing, told = look(box)
    assert sorted(name for name, _ in told) == sorted(box.inside)
    assert {key: group.count for key, group in listing.meant.items()} == {
        ("UpdateInventory", "OutOfStock"): 12,
        ("UpdateInventory", "UnknownItem"): 3,
        ("SendEmail", "MailRefused"): 1,
    }
    assert listing.meant["UpdateInventory", "OutOfStock"].oldest == 1
    assert len(listing.meant["UpdateInventory", "OutOfStock"].some) == SHOWN
    assert {group.error for group in listing.left.values()} == {
        "no record of Lambda",
        "a record of Other, no worker of this stack",
    }
    assert len(listing.chosen) == 16
    assert box.visible == len(MIXED)


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (Choice(orders=frozenset({"OutOfStock-3", "M-1"})), {"OutOfStock-3", "mail"}),
        (Choice(functions=frozenset({"SendEmail"})), {"mail"}),
        (Choice(errors=frozenset({"UnknownItem"})), {f"UnknownItem-{n}" for n in range(3)}),
        (Choice(errors=frozenset({"Nothing"})), set()),
        (Choice(malformed=True), {"text", "other"}),
    ],
    ids=["orders", "function", "error", "none", "malformed"],
)
def test_some_are_meant_and_the_others_stay(choice: Choice, chosen: set[str]) -> None:
    listing, told = look(FakeBox(MIXED), choice)
    assert listing.chosen == chosen == {name for name, meant in told if meant}
    able = 16 - (0 if choice.malformed else len(chosen))
    assert listing.others == able


def test_no_more_than_so_many_are_meant() -> None:
    listing, _ = look(FakeBox(MIXED), Choice(most=5))
    assert len(listing.chosen) == 5
    assert listing.messages == len(MIXED)


def test_one_that_is_delivered_twice_is_told_once() -> None:
    box = FakeBox(failed(30))
    box.deliver_twice(box.inside["OutOfStock-7"])
    listing, told = look(box)
    assert (listing.messages, len(told)) == (30, 30)


def test_what_was_received_is_given_back_when_it_is_cut_off() -> None:
    box = FakeBox(failed(30))

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look_through(box, Choice(), cut)
    assert box.visible == 30


def test_what_is_foreseen_is_told_with_each_that_is_meant() -> None:
    judged: list[str] = []

    def judge(letters: Sequence[Letter]) -> Sequence[Verdict]:
        judged.extend(found.message_id for found in letters)
        return [Verdict("would apply") for _ in letters]

    listing = look_through(FakeBox(MIXED), Choice(), lambda *_: None, judge)
    assert sorted(judged) == sorted(listing.chosen)
    assert listing.verdicts == {"would apply": 16}


class Slow(FakeBox):
    """Takes a minute for each call, so that what was seen first comes back."""

    def receive(self, calls: int = 1) -> Sequence[Letter]:
        self.now += 60
        return super().receive(calls)


@pytest.mark.parametrize(("count", "whole"), [(20, True), (800, False)])
def test_a_look_that_lasts_longer_than_they_are_hidden_does_not_say_it_saw_all(
    count: int, whole: bool
) -> None:
    box = Slow(failed(count))
    listing = look_through(box, Choice(), lambda *_: None, clock=lambda: box.now)
    assert listing.whole is whole
    assert box.visible == count


def test_ten_thousand_take_a_call_for_ten_and_memory_for_their_ids_alone() -> None:
    box = FakeBox(failed(10_000))
    tracemalloc.start()
    listing = look_through(box, Choice(), lambda *_: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (listing.messages, len(listing.chosen), box.visible) == (10_000, 10_000, 10_000)
    assert box.receives <= 1000 + 2 * 8
    # Their bodies alone would be 7 MB.
    assert peak < 4_000_000
