"""The engine with toys: what starts when, what a failure stops, and what an interrupt leaves."""

from __future__ import annotations

import itertools
import linecache
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ordersetup.engine as engine_module
from ordersetup.engine import AnyStep, Engine, Tell, Work, chain_lengths
from ordersetup.events import Event, Failed, Outcome, Skipped, Started, Unchanged, Waiting
from tests.unit.toys import Toy

SOON = 10
"""Seconds in which what another thread does has long been done."""


def needs(step: AnyStep) -> Sequence[AnyStep]:
    return step.needs


def stand(step: AnyStep, _: Tell) -> Outcome:
    return Unchanged(step.key)


def ignore(_: Event) -> None:
    """Listen to nothing."""


class Log:
    """Work that notes when each step begins and ends."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def work(self, step: AnyStep, _: Tell) -> Outcome:
        self.lines.append(f"begin {step.key}")
        self.lines.append(f"end {step.key}")
        return Unchanged(step.key)

    @property
    def begun(self) -> list[str]:
        return [line.removeprefix("begin toy/") for line in self.lines if line.startswith("begin")]


def test_a_step_starts_only_when_all_its_edges_are_done() -> None:
    top = Toy(name="top")
    left, right = Toy(name="left", after=(top,)), Toy(name="right", after=(top,))
    bottom = Toy(name="bottom", after=(left, right))
    log = Log()
    Engine(ignore).run([bottom, right, left, top], needs, log.work)
    assert log.lines[:2] == ["begin toy/top", "end toy/top"]
    assert log.lines[-2:] == ["begin toy/bottom", "end toy/bottom"]


def test_steps_without_an_edge_between_them_are_under_way_at_once() -> None:
    meeting = threading.Barrier(3)

    def meet(step: AnyStep, _: Tell) -> Outcome:
        meeting.wait(SOON)
        return Unchanged(step.key)

    steps = [Toy(name=name) for name in "abc"]
    outcomes = Engine(ignore).run(steps, needs, meet)
    assert list(outcomes.values()) == [Unchanged(step.key) for step in outcomes]


def test_in_a_lane_the_longest_chain_goes_first() -> None:
    lonely = Toy(name="lonely", turn="api")
    first = Toy(name="first", turn="api")
    second = Toy(name="second", turn="api", after=(first,))
    third = Toy(name="third", after=(second,))
    log = Log()
    Engine(ignore).run([lonely, first, second, third], needs, log.work)
    assert log.begun.index("first") < log.begun.index("second") < log.begun.index("lonely")


def test_a_free_worker_takes_the_step_with_the_longest_chain() -> None:
    short = [Toy(name=f"short{n}") for n in range(5)]
    gate = Toy(name="gate")
    long = Toy(name="long", after=(gate,))
    log = Log()
    steps = [*short, gate, long, *[Toy(name=f"end{n}", after=(long,)) for n in range(2)]]
    Engine(ignore, workers=1).run(steps, needs, log.work)
    assert log.begun[:2] == ["gate", "long"]


def test_steps_of_one_lane_take_turns_while_others_go_on() -> None:
    inside = threading.Semaphore(1)
    beside = threading.Event()

    def work(step: AnyStep, _: Tell) -> Outcome:
        if step.lane is None:
            beside.set()
            return Unchanged(step.key)
        assert inside.acquire(blocking=False), "two steps of one lane were under way at once"
        assert beside.wait(SOON), "a step outside of the lane had to wait for it"
        inside.release()
        return Unchanged(step.key)

    steps = [*(Toy(name=f"lane{n}", turn="api") for n in range(8)), Toy(name="beside")]
    outcomes = Engine(ignore, workers=4).run(steps, needs, work)
    assert {type(outcome) for outcome in outcomes.values()} == {Unchanged}


def test_steps_of_one_lane_are_read_at_once() -> None:
    meeting = threading.Barrier(3)

    def meet(step: AnyStep, _: Tell) -> Outcome:
        meeting.wait(SOON)
        return Unchanged(step.key)

    steps = [Toy(name=name, turn="api") for name in "abc"]
    outcomes = Engine(ignore).run(steps, needs, meet, lanes=False)
    assert list(outcomes.values()) == [Unchanged(step.key) for step in outcomes]


def test_a_failure_skips_all_that_depends_on_it_and_names_itself_as_the_cause() -> None:
    broken = Toy(name="broken")
    child = Toy(name="child", after=(broken,))
    grandchild = Toy(name="grandchild", after=(child,))
    sibling = Toy(name="sibling")
    fault = ValueError("no such shelf")

    def work(step: AnyStep, _: Tell) -> Outcome:
        if step is broken:
            raise fault
        return Unchanged(step.key)

    outcomes = Engine(ignore).run([grandchild, child, broken, sibling], needs, work)
    assert outcomes == {
        broken: Failed("toy/broken", fault),
        child: Skipped("toy/child", because="toy/broken"),
        grandchild: Skipped("toy/grandchild", because="toy/broken"),
        sibling: Unchanged("toy/sibling"),
    }


def test_a_sibling_that_is_under_way_finishes_after_a_failure() -> None:
    broken, sibling = Toy(name="broken"), Toy(name="sibling")
    after = Toy(name="after", after=(sibling,))
    failed = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Failed):
            failed.set()

    def work(step: AnyStep, _: Tell) -> Outcome:
        if step is broken:
            raise ValueError
        assert failed.wait(SOON)
        return Unchanged(step.key)

    outcomes = Engine(listen).run([broken, sibling, after], needs, work)
    assert outcomes[sibling] == Unchanged("toy/sibling")
    assert outcomes[after] == Unchanged("toy/after")


def test_listeners_are_called_on_the_callers_thread_only() -> None:
    threads: set[threading.Thread] = set()
    told: list[Event] = []

    def listen(event: Event) -> None:
        threads.add(threading.current_thread())
        told.append(event)

    def work(step: AnyStep, tell: Tell) -> Outcome:
        assert threading.current_thread() is not threading.main_thread()
        tell(Waiting(step.key, "the paint is wet", 1))
        return Unchanged(step.key)

    Engine(listen).run([Toy(name="one")], needs, work)
    assert threads == {threading.current_thread()}
    assert told == [
        Started("toy/one"),
        Waiting("toy/one", "the paint is wet", 1),
        Unchanged("toy/one"),
    ]


def test_a_skipped_step_is_never_said_to_start() -> None:
    broken = Toy(name="broken")
    told: list[Event] = []

    def work(_: AnyStep, __: Tell) -> Outcome:
        raise ValueError

    Engine(told.append).run([broken, Toy(name="child", after=(broken,))], needs, work)
    assert [event.step for event in told if isinstance(event, Started)] == ["toy/broken"]


def test_edges_that_lead_out_of_the_list_do_not_count() -> None:
    outside = Toy(name="outside")
    inside = Toy(name="inside", after=(outside,))
    assert Engine(ignore).run([inside], needs, stand) == {inside: Unchanged("toy/inside")}


def test_an_interrupt_ends_waits_lets_calls_return_and_starts_nothing_more() -> None:
    before = Toy(name="before")
    waiting = Toy(name="waiting", after=(before,))
    never = Toy(name="never", after=(waiting,))

    def listen(event: Event) -> None:
        if event == Started("toy/waiting"):
            raise KeyboardInterrupt

    engine = Engine(listen)

    def work(step: AnyStep, _: Tell) -> Outcome:
        if step is waiting:
            assert engine.stop.wait(SOON), "the interrupt did not end the wait"
        return Unchanged(step.key)

    with pytest.raises(KeyboardInterrupt):
        engine.run([before, waiting, never], needs, work)
    assert engine.outcomes == {before: Unchanged("toy/before"), waiting: Unchanged("toy/waiting")}


def test_what_calls_in_flight_bring_is_still_told_after_an_interrupt() -> None:
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)
        if event == Started("toy/one"):
            raise KeyboardInterrupt

    engine = Engine(listen)

    def work(step: AnyStep, _: Tell) -> Outcome:
        engine.stop.wait(SOON)
        return Unchanged(step.key)

    with pytest.raises(KeyboardInterrupt):
        engine.run([Toy(name="one")], needs, work)
    assert told == [Started("toy/one"), Unchanged("toy/one")]


SCRIPT = """
import os, signal, sys
from ordersetup.engine import Engine
from ordersetup.events import Unchanged
from tests.unit.toys import Toy

# Whoever starts the tests in the background lets them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
one = Toy(name="one")
two = Toy(name="two", after=(one,))
engine = Engine(lambda event: None)

def work(step, tell):
    print("work", step.key, flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    assert engine.stop.wait(10)
    return Unchanged(step.key)

try:
    engine.run([one, two], lambda step: step.needs, work)
except KeyboardInterrupt:
    print("interrupted", *(outcome.step for outcome in engine.outcomes.values()))
    sys.exit(130)
"""


def test_a_real_sigint_is_an_interrupt() -> None:
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.stdout.splitlines() == ["work toy/one", "interrupted toy/one"], run.stderr
    assert run.returncode == 130


TELLING = """
import os, signal, sys
from ordersetup.engine import Engine
from ordersetup.events import Removed
from tests.unit.toys import Toy

signal.signal(signal.SIGINT, signal.default_int_handler)
steps = [Toy(name=str(number)) for number in range(6)]

def listen(event):
    if isinstance(event, Removed):
        if event.step == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
        print("told", event.step, flush=True)

engine = Engine(listen, workers=2)
try:
    engine.run(steps, lambda step: step.needs, lambda step, tell: Removed(step.key))
except KeyboardInterrupt:
    print("interrupted", *(outcome.step for outcome in engine.outcomes.values()))
    sys.exit(130)
"""


@pytest.mark.parametrize("hit", ["toy/2", "toy/5"], ids=["amid the run", "at its end"])
def test_an_interrupt_while_an_outcome_is_told_leaves_each_told_once(hit: str) -> None:
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", TELLING, hit],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    *told, last = run.stdout.splitlines()
    assert run.returncode == 130, run.stderr
    assert sorted(told) == sorted(f"told {key}" for key in last.split()[1:])
    assert f"told {hit}" in told


class Interrupt:
    """Raises KeyboardInterrupt before the n-th line that the main thread runs, as Ctrl-C may."""

    STARTING = ("submit", "_adjust_thread_count", "start")
    """Beside our own code, what of the pool finds something half done."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __call__(self, frame: FrameType, event: str, _: object) -> Interrupt | None:
        code = frame.f_code
        ours = code.co_filename == engine_module.__file__ or code.co_name in self.STARTING
        if not ours or self.left == 0:
            return None
        # Tracing stops once more at "with" when its body is left; no signal is heard there.
        with_line = linecache.getline(code.co_filename, frame.f_lineno).lstrip().startswith("with")
        if event == "line" and not with_line:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self

    def run(self, engine: Engine, steps: Sequence[AnyStep], work: Work) -> None:
        former = sys.gettrace()
        sys.settrace(self)
        try:
            engine.run(steps, needs, work)
        finally:
            sys.settrace(former)


def test_wherever_an_interrupt_hits_what_was_worked_on_ends_first_and_is_known() -> None:
    one, two = Toy(name="one"), Toy(name="two")
    steps = [one, two, Toy(name="after", after=(one,))]
    interrupted = 0
    for line in itertools.count(1):
        begun, ended = set[AnyStep](), set[AnyStep]()
        engine = Engine(ignore, workers=2)

        def work(
            step: AnyStep, _: Tell, begun: set[AnyStep] = begun, ended: set[AnyStep] = ended
        ) -> Outcome:
            begun.add(step)
            time.sleep(0.001)
            ended.add(step)
            return Unchanged(step.key)

        interrupt = Interrupt(line)
        try:
            interrupt.run(engine, steps, work)
        except KeyboardInterrupt:
            interrupted += 1
        assert begun == ended == set(engine.outcomes), f"an interrupt before line {line}"
        if interrupt.left:
            break
    assert interrupted > 50


def test_a_listener_that_breaks_ends_the_run_and_its_waits() -> None:
    steps = [Toy(name="one"), Toy(name="two")]
    meeting = threading.Barrier(2)

    def listen(event: Event) -> None:
        if isinstance(event, Started):
            raise BrokenPipeError

    engine = Engine(listen)

    def work(step: AnyStep, _: Tell) -> Outcome:
        meeting.wait(SOON)
        assert engine.stop.wait(SOON)
        return Unchanged(step.key)

    with pytest.raises(BrokenPipeError):
        engine.run(steps, needs, work)


def test_a_step_that_wants_to_end_the_program_ends_the_run() -> None:
    def work(_: AnyStep, __: Tell) -> Outcome:
        sys.exit(7)

    with pytest.raises(SystemExit):
        Engine(ignore).run([Toy(name="one")], needs, work)


def test_a_thousand_steps_are_no_trouble() -> None:
    steps: list[AnyStep] = [Toy(name="0")]
    for number in range(1, 1000):
        steps.append(Toy(name=str(number), after=(steps[number // 2],)))
    outcomes = Engine(ignore).run(steps, needs, stand)
    assert len(outcomes) == 1000


def test_one_engine_runs_twice() -> None:
    one, two = Toy(name="one"), Toy(name="two")
    engine = Engine(ignore)
    assert engine.run([one], needs, stand) == {one: Unchanged("toy/one")}
    assert engine.run([two], needs, stand) == {two: Unchanged("toy/two")}
    assert engine.outcomes == {two: Unchanged("toy/two")}


def test_a_run_does_not_hear_what_an_interrupted_one_has_left() -> None:
    one, two = Toy(name="one"), Toy(name="two")

    def listen(event: Event) -> None:
        if isinstance(event, Started) and event.step == "toy/one":
            raise KeyboardInterrupt

    engine = Engine(listen)
    with pytest.raises(KeyboardInterrupt):
        engine.run([one], needs, stand)
    assert engine.run([two], needs, stand) == {two: Unchanged("toy/two")}


def test_a_chains_length_counts_the_dependents_behind_a_step() -> None:
    a, b, c, d = (Toy(name=name) for name in "abcd")
    assert chain_lengths({a: [], b: [a], c: [b], d: [a]}) == {a: 2, b: 1, c: 0, d: 0}


@given(
    st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=1, max_size=12),
    st.integers(1, 5),
    st.sets(st.integers(0, 11), max_size=2),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_graph_each_step_follows_its_edges(
    graph: list[set[int]], workers: int, broken: set[int]
) -> None:
    steps: list[Toy] = []
    for number, edges in enumerate(graph):
        after = tuple(steps[edge] for edge in sorted(edges) if edge < number)
        steps.append(Toy(name=str(number), after=after, turn="odd" if number % 2 else None))
    ended: list[AnyStep] = []

    def work(step: AnyStep, _: Tell) -> Outcome:
        assert set(step.needs) <= set(ended)
        if steps.index(step) in broken:  # type: ignore[arg-type]  # all are toys here
            raise ValueError
        ended.append(step)
        return Unchanged(step.key)

    outcomes = Engine(ignore, workers=workers).run(steps[::-1], needs, work)
    for step in steps:
        stopped = any(not isinstance(outcomes[edge], Unchanged) for edge in step.needs)
        assert isinstance(outcomes[step], Skipped) == stopped
