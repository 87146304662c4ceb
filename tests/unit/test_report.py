"""The report of `verify`: what a survey amounts to, told by toy steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Annotated, ClassVar, cast

import pytest

from ordersetup.aws import Aws
from ordersetup.engine import AnyStep
from ordersetup.events import Failed, Found, Outcome, Skipped
from ordersetup.report import Level, Report, by_hand, grade, report_on
from ordersetup.step import Group, Shown
from tests.unit.toys import Glance, Heirloom, Toy, ToyState

OURS = ToyState(owner="default")
BY_HAND = ToyState(owner=None)
Survey = dict[AnyStep, Outcome]
PLACE = cast("Aws", SimpleNamespace(account="123456789012", region="eu-west-1"))


@dataclass(frozen=True, kw_only=True)
class PaintedState(ToyState):
    """A toy with a choice of ours, and with what others may add."""

    polish: Annotated[str, Shown("Polish", ours=True)] = "matt"
    stickers: Annotated[tuple[str, ...], Shown("Stickers", note=True)] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Box(Toy):
    """A toy of the tables' group."""

    group: ClassVar[Group] = Group.TABLES
    wanted: ToyState = field(default_factory=lambda: PaintedState(owner="default"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Lid(Box):
    """What is inside a box, and bears no tag of its own."""

    group: ClassVar[Group] = Group.QUEUE
    wanted: ToyState = field(default_factory=PaintedState)


@dataclass(frozen=True, eq=False, kw_only=True)
class Dust(Box):
    """What comes by itself."""

    group: ClassVar[Group] = Group.LOGS
    adoptable: ClassVar[bool] = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Look(Glance):
    """A step without a write."""

    group: ClassVar[Group] = Group.STAGE


@dataclass(frozen=True, eq=False, kw_only=True)
class Old(Heirloom):
    """A toy whose size is what it is."""

    group: ClassVar[Group] = Group.TABLES


def found(step: AnyStep, state: ToyState | None) -> Found:
    owner = None if state is None else state.owner
    return Found(step.key, step.checks(state), stands=state is not None, owner=owner)


def levels(*surveyed: tuple[AnyStep, Outcome]) -> dict[str, Level]:
    steps = [step for step, _ in surveyed]
    return {f.check: f.level for f in grade(steps, dict(surveyed))}


def test_every_attribute_is_a_finding_of_its_own_but_for_the_owner() -> None:
    box = Box(name="box")
    state = PaintedState(owner="default", size=3)
    assert levels((box, found(box, state))) == {
        "toy/box.size": Level.FAILS,
        "toy/box.colour": Level.HOLDS,
        "toy/box.status": Level.HOLDS,
        "toy/box.polish": Level.HOLDS,
        "toy/box.stickers": Level.HOLDS,
    }


def test_a_finding_says_what_was_found_where_to_look_and_what_to_do() -> None:
    box = Box(name="box")
    survey: Survey = {box: found(box, PaintedState(owner="default", size=3))}
    finding = grade([box], survey)[0]
    assert (finding.expected, finding.actual) == (1, 3)
    assert finding.what == "Put box on the shelf: Size"
    assert finding.where == "Shelf › Toys › box › Size"
    assert finding.then == "Put it right with: ordersetup provision"


def test_our_own_choice_is_asked_of_a_stack_of_ours_alone() -> None:
    box = Box(name="box")
    ours = PaintedState(owner="default", polish="gloss")
    theirs = replace(ours, owner=None)
    another = replace(ours, owner="shop2")
    assert levels((box, found(box, ours)))["toy/box.polish"] is Level.FAILS
    assert "toy/box.polish" not in levels((box, found(box, theirs)))
    assert "toy/box.polish" not in levels((box, found(box, another)))


def test_whose_a_thing_is_without_a_tag_of_its_own_is_said_by_what_it_lives_in() -> None:
    box = Box(name="box")
    lid = Lid(name="lid", inside=box)
    gloss = found(lid, PaintedState(polish="gloss"))
    ours, theirs = PaintedState(owner="default"), PaintedState(owner=None)
    assert levels((box, found(box, ours)), (lid, gloss))["toy/lid.polish"] is Level.FAILS
    assert "toy/lid.polish" not in levels((box, found(box, theirs)), (lid, gloss))


def test_what_others_have_added_is_a_note_and_nothing_to_do() -> None:
    box = Box(name="box")
    survey: Survey = {box: found(box, PaintedState(owner="default", stickers=("star",)))}
    (note,) = (f for f in grade([box], survey) if f.level is Level.NOTE)
    assert note.check == "toy/box.stickers"
    assert note.then == ""


def test_what_is_absent_is_one_finding_and_its_children_are_none() -> None:
    box = Box(name="box")
    lid = Lid(name="lid", inside=box)
    assert levels((box, found(box, None)), (lid, found(lid, None))) == {
        "toy/box.exists": Level.FAILS
    }


def test_what_is_absent_from_what_stands_is_missing() -> None:
    box = Box(name="box")
    lid = Lid(name="lid", inside=box)
    told = levels((box, found(box, PaintedState(owner="default"))), (lid, found(lid, None)))
    assert told["toy/lid.exists"] is Level.FAILS


def test_what_comes_by_itself_is_missed_only_where_we_had_made_it() -> None:
    box, dust = Box(name="box"), Dust(name="dust")
    absent = (dust, found(dust, None))
    ours, theirs = PaintedState(owner="default"), PaintedState(owner=None)
    assert levels((box, found(box, ours)), absent)["toy/dust.exists"] is Level.FAILS
    assert levels((box, found(box, theirs)), absent)["toy/dust.exists"] is Level.NOTE
    assert levels((box, found(box, None)), absent)["toy/dust.exists"] is Level.FAILS


@pytest.mark.parametrize(
    ("step", "state", "said"),
    [
        (Box(name="box"), PaintedState(owner="default", size=3), "ordersetup provision"),
        (Box(name="box"), PaintedState(owner=None, size=3), "by hand: Shelf › Toys › box"),
        (Old(name="box"), ToyState(owner="default", size=3), "by hand: Shelf › Toys › box"),
        (Look(name="box"), ToyState(owner="default", size=3), "by hand: Shelf › Toys › box"),
        (Box(name="box"), PaintedState(owner="default", status="Busy"), "Wait a little"),
        (Box(name="box"), PaintedState(owner=None, status="Busy"), "Wait a little"),
    ],
)
def test_the_remedy_is_one_that_works(step: AnyStep, state: ToyState, said: str) -> None:
    (finding,) = (f for f in grade([step], {step: found(step, state)}) if f.level is Level.FAILS)
    assert said in finding.then


def test_provision_is_no_remedy_for_what_is_missing_from_a_stack_built_by_hand() -> None:
    box, lid = Box(name="box"), Lid(name="lid")
    theirs, ours = PaintedState(owner=None), PaintedState(owner="default")

    def remedy(state: ToyState | None) -> str:
        survey: Survey = {box: found(box, state), lid: found(lid, None)}
        return next(f.then for f in grade([box, lid], survey) if f.check == "toy/lid.exists")

    assert remedy(ours) == remedy(None) == "Make it with: ordersetup provision"
    assert remedy(theirs) == "See Shelf › Toys › lid."


def test_what_could_not_be_read_is_unknown_and_says_why() -> None:
    box = Box(name="box")
    lid = Lid(name="lid", inside=box)
    survey: Survey = {box: Failed(box.key, ValueError("no eyes")), lid: Skipped(lid.key, box.key)}
    first, second = grade([box, lid], survey)
    assert (first.check, first.level) == ("toy/box.readable", Level.UNKNOWN)
    assert "no eyes" in str(first.actual)
    assert (second.check, second.level) == ("toy/lid.readable", Level.UNKNOWN)
    assert "toy/box could not be read" in str(second.actual)


def test_what_stands_without_a_tag_was_built_by_hand() -> None:
    steps = [Box(name=name) for name in ("ours", "theirs", "another's", "nothing")]
    states = [
        PaintedState(owner="default"),
        PaintedState(owner=None),
        PaintedState(owner="shop2"),
        None,
    ]
    survey: Survey = {step: found(step, state) for step, state in zip(steps, states, strict=True)}
    lid = Lid(name="lid", inside=steps[1])
    survey[lid] = found(lid, PaintedState())
    assert by_hand(survey) == ("Put theirs on the shelf",)


def report(*surveyed: tuple[AnyStep, Outcome], groups: Sequence[str] = ()) -> Report:
    steps = [step for step, _ in surveyed]
    return report_on(PLACE, "default", steps, dict(surveyed), groups)


def test_only_some_groups_are_told_if_they_are_named() -> None:
    box = Box(name="box")
    lid = Lid(name="lid", inside=box)
    survey = ((box, found(box, PaintedState(owner="default"))), (lid, found(lid, PaintedState())))
    assert {f.group for f in report(*survey).findings} == {Group.TABLES, Group.QUEUE}
    assert {f.group for f in report(*survey, groups=("queue",)).findings} == {Group.QUEUE}


def test_a_group_without_anything_to_check_is_told_as_such_if_it_was_asked_for() -> None:
    box = Box(name="box")
    survey = (box, found(box, PaintedState(owner="default")))
    assert list(report(survey).tally()) == [Group.TABLES]
    told = report(survey, groups=("stage",))
    assert told.findings == ()
    assert told.tally() == {Group.STAGE: {}}


def test_a_group_that_lives_in_what_is_missing_is_not_right() -> None:
    shelf, box = Box(name="shelf"), Box(name="box")
    lid = Lid(name="lid", inside=box)
    told = report(
        (shelf, found(shelf, PaintedState(owner="default"))),
        (box, found(box, None)),
        (lid, found(lid, None)),
        groups=("queue",),
    )
    assert [f.check for f in told.findings] == ["toy/box.exists"]
    assert not told.proven


def test_a_stack_of_which_nothing_stands_does_not_exist() -> None:
    box, dust = Box(name="box"), Dust(name="dust")
    nothing = (box, found(box, None))
    told = report(nothing, (dust, found(dust, PaintedState(owner="default"))))
    assert not told.exists, "what is adopted may outlive its stack"
    assert told.then == "Make it with: ordersetup provision"
    assert not told.proven
    assert report((box, found(box, PaintedState(owner=None)))).exists
    assert report((box, Failed(box.key, ValueError("no eyes")))).exists, "who knows?"


def test_no_address_gets_into_a_report_and_one_that_differs_is_said_to() -> None:
    box = Box(name="box", wanted=ToyState(owner="default", colour="jane@example.com"))
    state = ToyState(owner="default", colour="jim@example.com")
    (fails,) = report((box, found(box, state))).of(Level.FAILS)
    assert fails.expected == "j…@example.com"
    assert fails.actual == "j…@example.com (another address)"


@pytest.mark.parametrize(
    ("state", "proven"),
    [
        (PaintedState(owner="default"), True),
        (PaintedState(owner="default", stickers=("star",)), True),
        (PaintedState(owner="default", size=3), False),
        (None, False),
    ],
)
def test_a_stack_is_proven_if_nothing_fails_whatever_is_noted(
    state: ToyState | None, proven: bool
) -> None:
    box = Box(name="box")
    assert report((box, found(box, state))).proven is proven


def test_what_is_unknown_is_not_proven() -> None:
    box = Box(name="box")
    assert not report((box, Failed(box.key, ValueError("no eyes")))).proven


def test_the_tally_counts_each_group_in_the_guides_order() -> None:
    lid, box = Lid(name="lid"), Box(name="box")
    told = report(
        (lid, found(lid, PaintedState(size=2))),
        (box, found(box, PaintedState(owner="default", stickers=("star",)))),
    ).tally()
    assert list(told) == [Group.TABLES, Group.QUEUE]
    assert told[Group.TABLES] == {Level.HOLDS: 4, Level.NOTE: 1}
    assert told[Group.QUEUE] == {Level.HOLDS: 4, Level.FAILS: 1}


def test_the_report_always_says_that_retries_are_not_for_a_synchronous_call() -> None:
    assert any("ProcessOrder" in remark for remark in report().remarks)
