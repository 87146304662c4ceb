"""The verbs, with toys: what is read, what is written, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ordersetup.engine import AnyStep
from ordersetup.errors import Incompatible, NotOurs, StepsFailed, StillDiffers
from ordersetup.events import (
    Changed,
    Event,
    Failed,
    Found,
    Outcome,
    Skipped,
    Started,
    Unchanged,
    Waiting,
)
from ordersetup.lifecycle import Lifecycle, check_steps, check_survey
from ordersetup.obstacle import Obstacle
from tests.unit.toys import NO_AWS, Glance, Heirloom, Shelf, Toy, ToyState, raising

OURS = ToyState(owner="default")
BUSY = ClientError({"Error": {"Code": "Busy", "Message": "not yet"}}, "Put")
DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "is not authorized to perform: toy:Put"}}, "Put"
)


class Hasty(Toy):
    """A toy that is given up at once."""

    patience: ClassVar[float] = 0


class Run:
    """A lifecycle over some steps, and all it has said."""

    def __init__(self, *steps: AnyStep, timeout: float = 30, adopt: bool = False) -> None:
        self.events: list[Event] = []
        self.lifecycle = Lifecycle(NO_AWS, steps, self.events.append, timeout=timeout, adopt=adopt)

    def provision(self) -> list[Outcome]:
        """What a provision without conflicts brings, in the order of the steps given."""
        check_survey(self.lifecycle.survey())
        self.lifecycle.refuse_conflicts()
        self.events.clear()
        return list(self.lifecycle.provision().values())

    @property
    def waits(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, Waiting)]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def changes(outcome: Outcome) -> list[tuple[str, object, object]]:
    assert isinstance(outcome, Changed)
    return [(check.label, check.actual, check.expected) for check in outcome.changes]


class TestSurvey:
    def test_what_stands_is_found_with_its_checks_and_owner(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(owner="default", size=2)
        run = Run(Toy(name="car", shelf=shelf))
        [found] = run.lifecycle.survey().values()
        assert isinstance(found, Found)
        assert (found.stands, found.owner) == (True, "default")
        assert {check.attribute: check.holds for check in found.checks} == {
            "owner": True,
            "size": False,
            "colour": True,
            "status": True,
        }
        assert found.drifted == {"size"}

    def test_what_is_absent_differs_in_everything_that_a_write_brings(self, shelf: Shelf) -> None:
        [found] = Run(Toy(name="car", shelf=shelf)).lifecycle.survey().values()
        assert isinstance(found, Found)
        assert not found.stands
        assert found.drifted == {"owner", "size", "colour"}

    def test_what_aws_moves_by_itself_is_no_drift(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(owner="default", status="Painting")
        [found] = Run(Toy(name="car", shelf=shelf)).lifecycle.survey().values()
        assert isinstance(found, Found)
        assert found.drifted == set()

    def test_nothing_is_asked_about_what_lives_in_something_absent(self, shelf: Shelf) -> None:
        box = Toy(name="box", shelf=shelf)
        car = Toy(name="car", shelf=shelf, inside=box)
        wheel = Toy(name="wheel", shelf=shelf, inside=car)
        outcomes = Run(wheel, car, box).lifecycle.survey()
        assert shelf.reads == ["box"]
        assert [isinstance(o, Found) and o.stands for o in outcomes.values()] == [False] * 3

    def test_a_parent_is_read_before_its_child_and_a_need_is_not_waited_for(
        self, shelf: Shelf
    ) -> None:
        shelf.toys["box"] = OURS
        box = Toy(name="box", shelf=shelf)
        car = Toy(name="car", shelf=shelf, inside=box)
        shelf.on_read["other"] = [raising(DENIED)]
        other = Toy(name="other", shelf=shelf)
        needy = Toy(name="needy", shelf=shelf, after=(other,))
        outcomes = Run(car, needy, box, other).lifecycle.survey()
        assert shelf.reads.index("box") < shelf.reads.index("car")
        assert isinstance(outcomes[other], Failed)
        assert isinstance(outcomes[needy], Found)

    def test_a_busy_answer_to_a_look_is_waited_for(self, shelf: Shelf) -> None:
        shelf.on_read["car"] = [raising(BUSY)]
        run = Run(Toy(name="car", shelf=shelf))
        [found] = run.lifecycle.survey().values()
        assert isinstance(found, Found)
        assert run.waits == ["the shelf is still being built"]

    def test_a_survey_writes_nothing(self, shelf: Shelf) -> None:
        Run(Toy(name="car", shelf=shelf)).lifecycle.survey()
        assert shelf.writes == []


class TestCheckSurvey:
    def test_a_step_that_could_not_be_read_ends_it_before_the_first_write(
        self, shelf: Shelf
    ) -> None:
        shelf.on_read["car"] = [raising(DENIED)]
        run = Run(Toy(name="car", shelf=shelf), Toy(name="doll", shelf=shelf))
        with pytest.raises(StepsFailed) as caught:
            run.provision()
        assert caught.value.happened == (
            "1 of 2 steps could not be read, so nothing was changed. "
            "toy/car: Your credentials may not toy:Put."
        )
        assert shelf.writes == []

    def test_a_survey_that_could_read_everything_passes(self, shelf: Shelf) -> None:
        check_survey(Run(Toy(name="car", shelf=shelf)).lifecycle.survey())


class TestConflicts:
    def refusal(self, *steps: AnyStep, adopt: bool = False) -> NotOurs | Incompatible:
        run = Run(*steps, adopt=adopt)
        with pytest.raises((NotOurs, Incompatible)) as caught:
            run.provision()
        assert isinstance(caught.value, NotOurs | Incompatible)
        return caught.value

    def test_what_others_have_made_is_named_and_left_alone(self, shelf: Shelf) -> None:
        shelf.toys |= {"car": ToyState(owner="shop2"), "doll": ToyState()}
        error = self.refusal(*(Toy(name=name, shelf=shelf) for name in ("ball", "car", "doll")))
        assert isinstance(error, NotOurs)
        assert error.happened == (
            "Shelf › Toys › car exists and belongs to the stack shop2. "
            "Shelf › Toys › doll exists and was not made by ordersetup. "
            "Nothing there was changed."
        )
        assert error.then == (
            "Build beside it under another name with: ordersetup provision --stack NAME"
        )
        assert shelf.writes == []

    def test_all_of_it_is_told_with_what_differs_and_the_ways_on(self, shelf: Shelf) -> None:
        shelf.toys |= {"box": ToyState(size=2), "car": ToyState(colour="x" * 200), "top": OURS}
        box, car, top = (Toy(name=name, shelf=shelf) for name in ("box", "car", "top"))
        part = Toy(name="lid", shelf=shelf, inside=box, wanted=ToyState())
        other = Toy(name="ball", shelf=shelf, inside=box)
        error = self.refusal(box, part, other, car, top)
        assert error.happened == (
            "Shelf › Toys › box and Shelf › Toys › car exist and were not made by ordersetup. "
            "Nothing there was changed."
        )
        assert error.details == (
            "Shelf › Toys › box",
            "  Size: 2 → 1",
            "  Put lid on the shelf: is missing",
            "Shelf › Toys › car",
            f"  Colour: {'x' * 91}…",
        )
        assert error.then == (
            "See what taking them over would change with: ordersetup plan --adopt; take them over "
            "with: ordersetup provision --adopt; or build beside them with: "
            "ordersetup provision --stack NAME"
        )

    def test_what_is_as_wanted_but_for_its_tag_is_said_to_be(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState()
        assert self.refusal(Toy(name="car", shelf=shelf)).details == (
            "Shelf › Toys › car: as in the guide",
        )

    def test_a_difference_names_nobody_s_address(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(colour="ada@example.com")
        error = self.refusal(Toy(name="car", shelf=shelf))
        assert error.details[1] == "  Colour: a…@example.com → red"

    def test_adopting_is_no_way_on_where_it_would_be_refused(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(size=2)
        error = self.refusal(Heirloom(name="car", shelf=shelf))
        assert isinstance(error, NotOurs)
        assert error.then == (
            "It cannot be taken over: Shelf › Toys › car: Size is 2, not 1, and that cannot be "
            "changed. Build beside it under another name with: ordersetup provision --stack NAME"
        )

    def test_what_bears_no_tag_is_taken_over_when_that_is_asked_for(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(size=2)
        [outcome] = Run(Toy(name="car", shelf=shelf), adopt=True).provision()
        assert changes(outcome) == [("Owner", None, "default"), ("Size", 2, 1)]

    def test_another_stack_s_is_refused_even_then(self, shelf: Shelf) -> None:
        shelf.toys |= {"car": ToyState(owner="shop2"), "doll": ToyState()}
        error = self.refusal(
            Toy(name="car", shelf=shelf), Toy(name="doll", shelf=shelf), adopt=True
        )
        assert error.happened == (
            "Shelf › Toys › car exists and belongs to the stack shop2. Nothing there was changed."
        )
        assert "--adopt" not in error.then
        assert shelf.writes == []

    def test_what_cannot_be_adopted_is_all_told_before_the_first_write(self, shelf: Shelf) -> None:
        class Nailed(Toy):
            def obstacle(self, actual: ToyState) -> Obstacle | None:
                return Obstacle(f"it is nailed to {actual.colour}", "Pull it out.")

        shelf.toys |= {"car": ToyState(), "doll": ToyState(colour="blue"), "box": OURS}
        error = self.refusal(
            *(Nailed(name=name, shelf=shelf) for name in ("box", "car", "doll")), adopt=True
        )
        assert isinstance(error, Incompatible)
        assert error.happened == (
            "Shelf › Toys › car: it is nailed to red. Shelf › Toys › doll: it is nailed to blue. "
            "Nothing there was changed."
        )
        assert error.then == "Pull it out."
        assert shelf.writes == []

    def test_only_what_the_survey_has_found_is_taken_over(self, shelf: Shelf) -> None:
        def somebody_else() -> None:
            shelf.toys["car"] = ToyState()
            raise BUSY

        shelf.on_write["car"] = [somebody_else]
        [outcome] = Run(Toy(name="car", shelf=shelf), adopt=True).provision()
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, NotOurs)

    def test_a_retry_goes_on_taking_over(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(size=2)
        shelf.on_write["car"] = [raising(BUSY)]
        [outcome] = Run(Toy(name="car", shelf=shelf), adopt=True).provision()
        assert isinstance(outcome, Changed)
        assert shelf.toys["car"] == OURS

    def test_what_can_be_taken_over_is_no_conflict_without_an_owner(self, shelf: Shelf) -> None:
        class Found(Toy):
            adoptable: ClassVar[bool] = True

        shelf.toys["car"] = ToyState()
        [outcome] = Run(Found(name="car", shelf=shelf)).provision()
        assert changes(outcome) == [("Owner", None, "default")]
        shelf.toys["car"] = ToyState(owner="shop2")
        assert isinstance(self.refusal(Found(name="car", shelf=shelf)), NotOurs)

    def test_what_bears_no_owner_of_its_own_is_no_conflict(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(size=2)
        wanted = ToyState(owner=None)
        [outcome] = Run(Toy(name="car", shelf=shelf, wanted=wanted)).provision()
        assert changes(outcome) == [("Size", 2, 1)]

    def test_what_cannot_be_changed_is_said_in_a_person_s_words(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(owner="default", size=2)
        error = self.refusal(Heirloom(name="car", shelf=shelf))
        assert isinstance(error, Incompatible)
        assert error.happened == (
            "Shelf › Toys › car: Size is 2, not 1, and that cannot be changed. "
            "Nothing there was changed."
        )
        assert shelf.writes == []

    def test_what_may_be_changed_beside_it_is_not(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(owner="default", colour=None)
        [outcome] = Run(Heirloom(name="car", shelf=shelf)).provision()
        assert changes(outcome) == [("Colour", None, "red")]

    def test_what_is_only_looked_at_and_is_not_there_is_refused_at_once(self, shelf: Shelf) -> None:
        error = self.refusal(Glance(name="car", shelf=shelf), Toy(name="doll", shelf=shelf))
        assert isinstance(error, Incompatible)
        assert error.happened == (
            "Shelf › Toys › car is not there, and is never made for you. Nothing there was changed."
        )
        assert shelf.writes == []

    def test_what_appears_between_survey_and_retry_is_not_written_over(self, shelf: Shelf) -> None:
        def somebody_else() -> None:
            shelf.toys["car"] = ToyState(owner="shop2")
            raise BUSY

        shelf.on_write["car"] = [somebody_else]
        [outcome] = Run(Toy(name="car", shelf=shelf)).provision()
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, NotOurs)
        assert shelf.toys["car"] == ToyState(owner="shop2")


class TestProvision:
    def test_what_is_absent_is_made_once(self, shelf: Shelf) -> None:
        [outcome] = Run(Toy(name="car", shelf=shelf)).provision()
        assert shelf.writes == [("car", None, {"owner", "size", "colour"})]
        assert isinstance(outcome, Changed)
        assert outcome.created
        assert [label for label, _, _ in changes(outcome)] == ["Owner", "Size", "Colour"]

    def test_what_the_answer_to_a_write_tells_is_not_read_again(self, shelf: Shelf) -> None:
        box = Toy(name="box", shelf=shelf, answer=ToyState(owner="default", note="told"))
        run = Run(box, Toy(name="car", shelf=shelf, inside=box))
        [outcome, _] = run.provision()
        assert isinstance(outcome, Changed)
        assert run.lifecycle.seen.of(box).note == "told"
        assert shelf.reads == ["box", "car"], "the box by the survey, the car after its write"

    def test_an_answer_that_is_not_as_wanted_is_looked_into(self, shelf: Shelf) -> None:
        car = Toy(name="car", shelf=shelf, answer=ToyState(owner="default", status="Painting"))
        [outcome] = Run(car).provision()
        assert isinstance(outcome, Changed)
        assert shelf.reads == ["car", "car"]
        assert len(shelf.writes) == 1

    def test_after_a_lost_answer_it_is_read_what_became_of_the_write(self, shelf: Shelf) -> None:
        def put_and_lost() -> None:
            shelf.toys["car"] = OURS
            raise ReadTimeoutError(endpoint_url="https://shelf.example")

        shelf.on_write["car"] = [put_and_lost]
        [outcome] = Run(Toy(name="car", shelf=shelf, answer=OURS)).provision()
        assert isinstance(outcome, Changed)
        assert len(shelf.writes) == 1
        assert shelf.reads[:2] == ["car", "car"]

    def test_only_the_drifted_attributes_are_handed_over(self, shelf: Shelf) -> None:
        found = ToyState(owner="default", size=2, status="Painting")
        shelf.toys["car"] = found
        [outcome] = Run(Toy(name="car", shelf=shelf)).provision()
        assert shelf.writes == [("car", found, {"size"})]
        assert isinstance(outcome, Changed)
        assert not outcome.created
        assert changes(outcome) == [("Size", 2, 1)]

    def test_what_stands_is_neither_written_nor_read_again(self, shelf: Shelf) -> None:
        shelf.toys["car"] = OURS
        [outcome] = Run(Toy(name="car", shelf=shelf)).provision()
        assert outcome == Unchanged("toy/car")
        assert (shelf.reads, shelf.writes) == (["car"], [])

    def test_what_aws_still_moves_is_waited_for_without_a_write(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState(owner="default", status="Painting")

        def painted() -> None:
            shelf.toys["car"] = OURS

        shelf.on_read["car"] = [lambda: None, lambda: None, painted]
        run = Run(Toy(name="car", shelf=shelf))
        assert run.provision() == [Unchanged("toy/car")]
        assert run.waits == ["Status is Painting, not Ready"]
        assert shelf.writes == []

    def test_a_step_that_has_nothing_to_write_is_never_said_to_have_changed(
        self, shelf: Shelf
    ) -> None:
        box = Toy(name="box", shelf=shelf)

        class Endpoint(Glance):
            def read(self, *_: object) -> ToyState | None:
                return OURS if "box" in shelf.toys else ToyState(owner="default", status="403")

        run = Run(box, Endpoint(name="endpoint", shelf=shelf, after=(box,)))
        assert isinstance(run.provision()[1], Unchanged)

    def test_the_need_is_written_first(self, shelf: Shelf) -> None:
        box = Toy(name="box", shelf=shelf)
        car = Toy(name="car", shelf=shelf, after=(box,))
        Run(car, box).provision()
        assert [name for name, _, _ in shelf.writes] == ["box", "car"]

    def test_a_child_is_made_in_a_parent_that_was_just_made(self, shelf: Shelf) -> None:
        box = Toy(name="box", shelf=shelf)
        car = Toy(name="car", shelf=shelf, inside=box)
        outcomes = Run(car, box).provision()
        assert [type(outcome) for outcome in outcomes] == [Changed, Changed]

    def test_a_retry_reads_again_and_writes_what_then_differs(self, shelf: Shelf) -> None:
        half_made = ToyState(owner="default", colour="red", size=0)

        def half() -> None:
            shelf.toys["car"] = half_made
            raise BUSY

        shelf.on_write["car"] = [half]
        run = Run(Toy(name="car", shelf=shelf))
        [outcome] = run.provision()
        assert shelf.writes == [
            ("car", None, {"owner", "size", "colour"}),
            ("car", half_made, {"size"}),
        ]
        assert run.waits == ["the shelf is still being built"]
        assert isinstance(outcome, Changed)
        assert outcome.created

    def test_a_write_whose_answer_is_lost_is_not_repeated(self, shelf: Shelf) -> None:
        def lost() -> None:
            shelf.toys["car"] = OURS
            raise ReadTimeoutError(endpoint_url="https://shelf.example")

        shelf.on_write["car"] = [lost]
        [outcome] = Run(Toy(name="car", shelf=shelf)).provision()
        assert len(shelf.writes) == 1
        assert isinstance(outcome, Changed)

    def test_a_refused_write_fails_at_once_and_skips_what_needs_it(self, shelf: Shelf) -> None:
        shelf.on_write["box"] = [raising(DENIED)]
        box = Toy(name="box", shelf=shelf)
        car = Toy(name="car", shelf=shelf, after=(box,))
        outcomes = Run(box, car, Toy(name="doll", shelf=shelf)).provision()
        by_step = {outcome.step: outcome for outcome in outcomes}
        assert by_step["toy/box"] == Failed("toy/box", DENIED)
        assert by_step["toy/car"] == Skipped("toy/car", because="toy/box")
        assert isinstance(by_step["toy/doll"], Changed)


class TestSettling:
    def test_what_is_not_visible_yet_is_read_until_it_is(self, shelf: Shelf) -> None:
        def hidden() -> None:
            del shelf.toys["car"]

        def visible() -> None:
            shelf.toys["car"] = OURS

        shelf.on_read["car"] = [lambda: None, hidden, visible]
        run = Run(Toy(name="car", shelf=shelf))
        assert isinstance(run.provision()[0], Changed)
        assert run.waits == ["it is not there"]

    def test_it_takes_as_many_right_looks_in_a_row_as_the_step_says(self, shelf: Shelf) -> None:
        class Steady(Toy):
            steady: ClassVar[int] = 3

        def faded() -> None:
            shelf.toys["car"] = ToyState(owner="default", colour="pink")

        def red() -> None:
            shelf.toys["car"] = OURS

        # The survey; then right, wrong; then right three times.
        shelf.on_read["car"] = [lambda: None, red, faded, red]
        run = Run(Steady(name="car", shelf=shelf))
        assert isinstance(run.provision()[0], Changed)
        assert len(shelf.reads) == 1 + 2 + 3
        assert run.waits == ["Colour is pink, not red"]

    def test_what_never_takes_its_value_is_said_to_differ_still(self, shelf: Shelf) -> None:
        becomes = ToyState(owner="default", colour=None)
        [outcome] = Run(Hasty(name="car", shelf=shelf, becomes=becomes)).provision()
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, StillDiffers)
        assert outcome.error.happened == (
            "Put car on the shelf: Colour is none, not red, still after 0 s."
        )
        assert outcome.error.then == ("Look at Shelf › Toys › car, then run: ordersetup provision")

    def test_the_time_that_is_told_is_the_time_that_was_waited(self, shelf: Shelf) -> None:
        becomes = ToyState(owner="default", colour="pink")
        run = Run(Toy(name="car", shelf=shelf, becomes=becomes), timeout=0)
        [outcome] = run.provision()
        assert isinstance(outcome, Failed)
        assert "still after 0 s" in str(outcome.error)


class TestCheckSteps:
    def test_it_says_what_stands_what_failed_why_and_how_to_go_on(self) -> None:
        steps: Sequence[Toy] = [Toy(name=name) for name in "abcde"]
        outcomes: dict[AnyStep, Outcome] = {
            steps[0]: Unchanged("toy/a"),
            steps[1]: Changed("toy/b", created=True, changes=()),
            steps[2]: Failed("toy/c", DENIED),
            steps[3]: Failed("toy/d", ValueError("x")),
            steps[4]: Skipped("toy/e", because="toy/c"),
        }
        with pytest.raises(StepsFailed) as caught:
            check_steps(outcomes)
        assert caught.value.happened == (
            "2 of 5 steps stand, 2 failed, 1 not tried. "
            "toy/c: Your credentials may not toy:Put. Failed too: toy/d."
        )
        assert caught.value.then == (
            "Give whoever administers the account what this prints, then run it again: "
            "ordersetup policy. "
            "What stands is kept: a rerun continues from here."
        )

    def test_a_run_without_a_failure_passes(self) -> None:
        check_steps({Toy(name="a"): Unchanged("toy/a")})


class TestInterrupted:
    def test_while_reading_nothing_was_changed(self, shelf: Shelf) -> None:
        run = Run(Toy(name="car", shelf=shelf))
        run.lifecycle.survey()
        assert run.lifecycle.interrupted() == "Interrupted while reading; nothing was changed."

    def test_it_says_how_many_steps_stand_those_never_reached_too(self, shelf: Shelf) -> None:
        shelf.toys["ball"] = OURS
        car = Toy(name="car", shelf=shelf)
        steps = (
            car,
            Toy(name="doll", shelf=shelf, after=(car,)),
            Toy(name="ball", shelf=shelf, after=(car,)),
        )

        def interrupt(event: Event) -> None:
            if isinstance(event, Changed):
                raise KeyboardInterrupt

        lifecycle = Lifecycle(NO_AWS, steps, interrupt, timeout=30)
        lifecycle.survey()
        with pytest.raises(KeyboardInterrupt):
            lifecycle.provision()
        assert lifecycle.interrupted() == (
            "Interrupted: 2 of 3 steps stand; nothing is undone. "
            "To go on from here, run: ordersetup provision"
        )

    def test_an_interrupted_adoption_goes_on_as_one(self, shelf: Shelf) -> None:
        shelf.toys["car"] = ToyState()
        run = Run(Toy(name="car", shelf=shelf), adopt=True)
        run.provision()
        assert run.lifecycle.interrupted().endswith("run: ordersetup provision --adopt")

    def test_an_interrupt_ends_the_wait_of_a_settling_step(self, shelf: Shelf) -> None:
        becomes = ToyState(owner="default", status="Painting")

        def interrupt(event: Event) -> None:
            if isinstance(event, Waiting):
                raise KeyboardInterrupt

        steps = (Toy(name="car", shelf=shelf, becomes=becomes),)
        lifecycle = Lifecycle(NO_AWS, steps, interrupt, timeout=600)
        lifecycle.survey()
        with pytest.raises(KeyboardInterrupt):
            lifecycle.provision()
        assert "0 of 1 steps stand" in lifecycle.interrupted()


def test_each_step_is_said_to_start_and_how_it_ended(shelf: Shelf) -> None:
    run = Run(Toy(name="car", shelf=shelf))
    run.provision()
    assert [type(event) for event in run.events] == [Started, Changed]


def test_no_error_of_ours_reads_like_a_program(shelf: Shelf) -> None:
    shelf.toys |= {"car": ToyState(), "doll": ToyState(owner="default", size=2)}
    for step in (Toy(name="car", shelf=shelf), Heirloom(name="doll", shelf=shelf)):
        with pytest.raises((NotOurs, Incompatible)) as caught:
            Run(step).provision()
        assert not re.search(r"None|True|False|\(\)|ToyState|Exception", str(caught.value))
