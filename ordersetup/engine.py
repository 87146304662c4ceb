"""Runs work along a graph: scheduling only. It knows no AWS and prints nothing.

A step starts the moment its edges are done; among those that could start, the one with the longest
chain behind it goes first. Steps of one lane take turns. Workers put events into one inbox, and the
caller's thread takes them out: listeners need no lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from queue import SimpleQueue
from typing import Any, TypeAlias

from ordersetup.events import Event, Failed, Outcome, Skipped, Started
from ordersetup.interrupts import in_turn
from ordersetup.step import Step

AnyStep: TypeAlias = Step[Any]
Tell: TypeAlias = Callable[[Event], None]
Edges: TypeAlias = Callable[[AnyStep], Sequence[AnyStep]]
Work: TypeAlias = Callable[[AnyStep, Tell], Outcome]

_Message: TypeAlias = Event | tuple[AnyStep, Outcome] | BaseException
_Inbox: TypeAlias = "SimpleQueue[_Message]"


class Engine:
    """A graph and a thread pool around one inbox.

    Args:
        listen: is told each event, on the thread that calls `run`.
        workers: how many steps may be under way at once.
    """

    def __init__(self, listen: Tell, *, workers: int = 16) -> None:
        self.stop = threading.Event()
        self._listen = listen
        self._workers = workers
        self.outcomes: dict[AnyStep, Outcome] = {}
        """What has come of the steps so far, an interrupted run's too."""

    def run(
        self, steps: Sequence[AnyStep], edges: Edges, work: Work, *, lanes: bool = True
    ) -> dict[AnyStep, Outcome]:
        """Do the work of every step, in the order of its edges.

        Args:
            steps: all there is to do.
            edges: of a step, those that are done before it.
            work: does one.
            lanes: whether steps of one lane take turns; those who only read need not.

        A step's exception becomes Failed and its dependents Skipped; siblings finish. On
        KeyboardInterrupt `stop` is set, which ends all waits; calls in flight return, and then
        the interrupt goes up. An error of the listener ends the run in the same way.
        """
        self.outcomes = {}
        schedule = _Schedule(steps, edges, self._workers, lanes=lanes)
        crew = _Crew(self._workers, work, self.outcomes)
        try:
            with in_turn(crew.inbox.put):
                while not schedule.finished:
                    for step in schedule.startable():
                        crew.send(step, schedule.blocked_by(step))
                    self._take(crew.inbox.get(), schedule)
        except BaseException:
            self.stop.set()
            crew.finish()
            while not crew.inbox.empty():
                self._take(crew.inbox.get(), schedule)
            raise
        finally:
            crew.dismiss()
        return self.outcomes

    def _take(self, message: _Message, schedule: _Schedule) -> None:
        if isinstance(message, BaseException):
            raise message
        if isinstance(message, tuple):
            step, message = message
            schedule.done(step, message)
        self._listen(message)


class _Crew:
    """The threads that work, and the inbox they report to.

    An interrupt hits the caller's thread between any two lines, be it with a message in its hands
    or inside the pool that is starting a thread and has not yet noted it. So what is under way is
    counted, and what came of it is written down, by the workers, whom no interrupt hits.

    Args:
        workers: how many threads there may be.
        work: what they do with a step.
        outcomes: where they note what came of it.
    """

    def __init__(self, workers: int, work: Work, outcomes: dict[AnyStep, Outcome]) -> None:
        self.inbox: _Inbox = SimpleQueue()
        self._work = work
        self._outcomes = outcomes
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="step")
        self._changed = threading.Condition()
        self._under_way = 0
        self._closed = False

    def send(self, step: AnyStep, blocker: str | None) -> None:
        """Have a step worked on, or skipped because of the step that blocks it."""
        self._pool.submit(self._begin, step, blocker)

    def finish(self) -> None:
        """Start nothing more, and wait for what is under way."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._under_way == 0)

    def dismiss(self) -> None:
        """Let the threads end; there is no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, step: AnyStep, blocker: str | None) -> None:
        with self._changed:
            if self._closed:
                return
            self._under_way += 1
        try:
            self._report(step, blocker)
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def _report(self, step: AnyStep, blocker: str | None) -> None:
        outcome: Outcome
        try:
            if blocker is None:
                self.inbox.put(Started(step.key))
                outcome = self._work(step, self.inbox.put)
            else:
                outcome = Skipped(step.key, because=blocker)
        except Exception as error:  # noqa: BLE001 - the border where a fault becomes an outcome
            outcome = Failed(step.key, error)
        except BaseException as error:
            # Not a fault of the step's but somebody's wish to end the program: the caller's affair.
            self.inbox.put(error)
            raise
        self._outcomes[step] = outcome
        self.inbox.put((step, outcome))


class _Schedule:
    """Which steps are ready, which lanes are busy, and what came of the steps so far."""

    def __init__(
        self, steps: Sequence[AnyStep], edges: Edges, workers: int, *, lanes: bool
    ) -> None:
        inside = set(steps)
        self._edges = {step: [e for e in edges(step) if e in inside] for step in steps}
        self._weight = chain_lengths(self._edges)
        self._sorter: TopologicalSorter[AnyStep] = TopologicalSorter(self._edges)
        self._sorter.prepare()
        self._ready: list[AnyStep] = []
        self._workers = workers
        self._lane = {step: step.lane if lanes else None for step in steps}
        self.running: set[AnyStep] = set()
        self.outcomes: dict[AnyStep, Outcome] = {}

    @property
    def finished(self) -> bool:
        return len(self.outcomes) == len(self._edges)

    def startable(self) -> list[AnyStep]:
        """Steps to start now: ready, and alone in their lane. They count as running from here.

        No more than there are free workers: whoever waits for one may yet be overtaken by a step
        with a longer chain behind it.
        """
        self._ready += self._sorter.get_ready()
        self._ready.sort(key=lambda step: -self._weight[step])
        busy = {self._lane[step] for step in self.running} - {None}
        started: list[AnyStep] = []
        for step in self._ready:
            if len(self.running) == self._workers:
                break
            if self._lane[step] not in busy:
                started.append(step)
                self.running.add(step)
                busy |= {self._lane[step]} - {None}
        self._ready = [step for step in self._ready if step not in self.running]
        return started

    def blocked_by(self, step: AnyStep) -> str | None:
        """The failed step that this one cannot do without, through whatever chain; or None."""
        for edge in self._edges[step]:
            match self.outcomes[edge]:
                case Failed():
                    return edge.key
                case Skipped(because=failed):
                    return failed
        return None

    def done(self, step: AnyStep, outcome: Outcome) -> None:
        self.running.discard(step)
        self.outcomes[step] = outcome
        self._sorter.done(step)


def chain_lengths(edges: Mapping[AnyStep, Sequence[AnyStep]]) -> dict[AnyStep, int]:
    """How many steps the longest chain of dependents behind each step has."""
    length = dict.fromkeys(edges, 0)
    for step in reversed(list(TopologicalSorter(edges).static_order())):
        for edge in edges[step]:
            length[edge] = max(length[edge], length[step] + 1)
    return length
