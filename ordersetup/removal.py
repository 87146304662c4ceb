"""Teardown: what there is to remove, shown first, and the very same removed.

What a step of the guide lives in takes it along, so only a few are removed one by one: those with
`calls.remove`. Each is read again right before it goes, since an order may have arrived while a
person was thinking.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ordersetup.aws import WORKERS, Aws
from ordersetup.content import Content
from ordersetup.engine import AnyStep, Engine, Tell
from ordersetup.errors import StepsFailed, StillDiffers
from ordersetup.events import Failed, Found, Kept, Outcome, Removed, Skipped, Waited, Waiting
from ordersetup.lifecycle import Outcomes, check_survey, on_errand
from ordersetup.ownership import is_newer
from ordersetup.patience import Patience
from ordersetup.refusals import told
from ordersetup.step import Group, Seen, State
from ordersetup.transient import left

GONE_IN_A_ROW = 2
"""How many readings in a row must find nothing: AWS answers from several replicas."""

UNTAGGED = "it bears no tag of this stack"

_ORDER = (
    # Nobody can order any more and nothing rings, then nothing runs any more; then what the
    # functions used.
    {Group.API, Group.ALARMS},
    {Group.FUNCTIONS},
    {Group.TABLES, Group.QUEUE, Group.TOPICS, Group.MAIL, Group.ROLE, Group.LOGS},
)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person wants to be rid of, and what not.

    Args:
        delete_data: tables and the queue go with what they hold.
        keep_logs: log groups stay.
        keep: things that stay for reasons of their own, by step, with the reason.
        keep_newer: what a newer version has made stays.
        command: what is typed for it, without the options.
    """

    delete_data: bool = False
    keep_logs: bool = False
    keep: tuple[tuple[AnyStep, str], ...] = ()
    keep_newer: bool = False
    command: str = "ordersetup teardown"

    @property
    def again(self) -> str:
        """The command that wishes the same, to go on from where a run was cut off."""
        given = {"--delete-data": self.delete_data, "--keep-logs": self.keep_logs}
        return " ".join([self.command, *(option for option, wished in given.items() if wished)])


@dataclass(frozen=True)
class Removal:
    """Something that stands, and what is to become of it.

    Args:
        step: the step that makes it.
        state: as it was found.
        content: what it holds.
        kept_because: why it stays; None if it goes.
        leaving: whether its deletion is under way already, and its end is only waited for.
    """

    step: AnyStep
    state: State
    content: Content
    kept_because: str | None
    leaving: bool = False


class Teardown:
    """Finds what stands of one stack, and removes it.

    Args:
        aws: where.
        steps: the guide's steps of the stack.
        strays: what further bears the stack's tag; what turns out to be another's is left out.
        listen: is told each event, on the calling thread.
        timeout: seconds for everything that this object is asked to do.
        wishes: what is to stay.
    """

    def __init__(
        self,
        aws: Aws,
        steps: Sequence[AnyStep],
        listen: Tell,
        *,
        timeout: float,
        strays: Sequence[AnyStep] = (),
        wishes: Wishes | None = None,
    ) -> None:
        self.steps = tuple(step for step in (*steps, *strays) if step.calls.remove)
        self._aws = aws
        self._strays = frozenset(strays)
        self.wishes = wishes or Wishes()
        self._again = self.wishes.again
        self._engine = Engine(listen, workers=WORKERS)
        self.allow(timeout)
        self._found: dict[AnyStep, Removal] = {}
        self._started = False

    def allow(self, seconds: float) -> None:
        """From now on, let everything take so long."""
        self._ends = time.monotonic() + seconds

    def doomed(self) -> tuple[Removal, ...]:
        """Everything that stands, what goes and what stays, in the guide's order; reads only.

        Raises:
            StepsFailed: something could not be read, and nothing was changed.
        """
        self._found = {}
        outcomes = self._engine.run(self.steps, lambda _: (), on_errand(self._look), lanes=False)
        check_survey({step: outcomes[step] for step in self.steps})
        return tuple(self._found[step] for step in self.steps if step in self._found)

    def remove(self, removals: Sequence[Removal]) -> Outcomes:
        """Do what `doomed` has shown: API first, then functions, then what they used.

        The topic that remembers the stack's settings is last, so that a run that is cut off does
        not forget them.
        """
        self._started = True
        steps = [removal.step for removal in removals]
        kept = {removal.step: removal.kept_because for removal in removals}

        def work(step: AnyStep, tell: Tell) -> Outcome:
            because = kept[step]
            return self._remove(step, tell) if because is None else Kept(step.key, because)

        outcomes = self._engine.run(
            steps, lambda step: [s for s in steps if _rank(s) < _rank(step)], on_errand(work)
        )
        return {step: outcomes[step] for step in steps}

    def interrupted(self) -> str:
        """What to say of a run that was interrupted: what is gone, and how to go on."""
        if not self._started:
            return "Interrupted while reading; nothing was removed."
        outcomes = self._engine.outcomes
        gone = sum(isinstance(outcome, Removed) for outcome in outcomes.values())
        going = sum(removal.kept_because is None for removal in self._found.values())
        return f"Interrupted: {gone} of {going} are gone. To go on from here, run: {self._again}"

    def _look(self, step: AnyStep, tell: Tell) -> Outcome:
        found = self._patience(step, tell).attempt(
            lambda: self._inspect(step), step.transient, f"Reading {step.thing}"
        )
        if found is not None:
            self._found[step] = found
        owner = None if found is None else found.state.owner
        return Found(step.key, (), stands=found is not None, owner=owner)

    def _remove(self, step: AnyStep, tell: Tell) -> Outcome:
        patience = self._patience(step, tell)
        transients = (*step.lingering, *step.transient)
        reading = f"Reading {step.thing}"

        def quiet() -> Removal | None:
            return patience.until(
                lambda: patience.attempt(lambda: self._inspect(step), transients, reading),
                lambda found: _busy(found) is None,
                within=step.patience,
                reason=lambda found: _busy(found) or "",
            )

        def attempt() -> Removal | None:
            found = quiet()
            if found is not None and found.kept_because is None and not found.leaving:
                step.remove(self._aws, Seen(), found.state)
            return found

        found = patience.attempt(attempt, transients, f"Removing {step.thing}")
        if found is not None and found.kept_because is not None:
            return Kept(step.key, found.kept_because)
        self._settle(step, patience, leaving=found is not None and found.leaving)
        return Removed(step.key)

    def _inspect(self, step: AnyStep) -> Removal | None:
        """What stands of a step, and what is to become of it; None if there is nothing."""
        state = step.remains(self._aws, Seen())
        if state is None:
            return None
        if step.leaving(state) and state.owner in (None, step.tagged):
            # Its tags may have gone before it; it takes a name of ours until its end.
            return Removal(step, state, Content(), None, leaving=True)
        if not _ours(step, state):
            # What is another's is not counted: it is not ours to look into.
            stray = step in self._strays
            return None if stray else Removal(step, state, Content(), _foreign(state))
        content = step.holds(self._aws, state)
        because = self._kept_because(step, state, content)
        return Removal(step, state, content, because)

    def _kept_because(self, step: AnyStep, state: State, content: Content) -> str | None:
        if step.group is Group.LOGS and self.wishes.keep_logs:
            return "--keep-logs"
        if step.locked(state):
            return f"it is protected against deletion: switch that off in {step.console}"
        if because := dict(self.wishes.keep).get(step):
            return because
        if self.wishes.keep_newer and is_newer(state.version):
            return f"it was made by ordersetup {state.version}, which is newer than this one"
        if step.precious and content and not self.wishes.delete_data:
            return f"it holds {content}" + (f", {state.begun}" if state.begun else "")
        return None

    def _settle(self, step: AnyStep, patience: Patience, *, leaving: bool) -> None:
        """Read until nothing is found, as often in a row as AWS's replicas demand."""
        began = time.monotonic()

        def look() -> bool:
            return all(
                patience.attempt(
                    lambda: step.gone(self._aws, Seen()), step.transient, f"Reading {step.thing}"
                )
                for _ in range(GONE_IN_A_ROW)
            )

        reason = "it is being deleted already" if leaving else "it can still be read"
        if not patience.until(look, bool, within=step.patience, reason=lambda _: reason):
            raise StillDiffers(
                f"{step.thing} can still be read {time.monotonic() - began:.0f} s after it was "
                "deleted.",
                f"Look at {step.console}, then run: {self._again}",
            )

    def _patience(self, step: AnyStep, tell: Tell) -> Patience:
        transients = (*step.lingering, *step.transient)

        def say(reason: str, seconds: float) -> None:
            tell(Waiting(step.key, reason, seconds, left(transients, reason, seconds)))

        def over(reason: str, seconds: float) -> None:
            tell(Waited(step.key, reason, seconds))

        return Patience(self._engine.stop, say, self._ends, over=over, again=self._again)


def check_removals(outcomes: Outcomes) -> None:
    """Raise if a removal failed.

    Raises:
        StepsFailed: says what is gone, what failed and why, and that a rerun continues.
    """
    failed = [outcome for outcome in outcomes.values() if isinstance(outcome, Failed)]
    if not failed:
        return
    gone = sum(isinstance(outcome, Removed) for outcome in outcomes.values())
    skipped = sum(isinstance(outcome, Skipped) for outcome in outcomes.values())
    first = told(failed[0].error)
    others = ", ".join(outcome.step for outcome in failed[1:])
    raise StepsFailed(
        f"{gone} are gone, {len(failed)} failed, {skipped} not tried. "
        f"{failed[0].step}: {first.happened}" + (f" Failed too: {others}." if others else ""),
        f"{first.then.rstrip('.')}. A rerun continues from here.",
    ) from failed[0].error


def _rank(step: AnyStep) -> int:
    """When its turn is."""
    if step.goes_last:
        return len(_ORDER)
    return next(rank for rank, groups in enumerate(_ORDER) if step.group in groups)


def _busy(found: Removal | None) -> str | None:
    """What its removal has to wait for; None if it can go now, or is to stay."""
    if found is None or found.kept_because is not None:
        return None
    return found.step.busy(found.state)


def _ours(step: AnyStep, state: State) -> bool:
    return step.tagged is not None and state.owner == step.tagged


def _foreign(state: State) -> str:
    if state.owner:
        return f"it belongs to the stack {state.owner}"
    return UNTAGGED
