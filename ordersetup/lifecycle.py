"""The verbs, as folds over the steps. Each is `engine.run` with another pair of edges and work."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from ordersetup.aws import WORKERS, Aws
from ordersetup.conflicts import difference, failing, refuse_conflicts, untagged
from ordersetup.engine import AnyStep, Engine, Tell, Work
from ordersetup.errand import on_behalf_of
from ordersetup.errors import StepsFailed, StillDiffers
from ordersetup.events import Changed, Failed, Found, Outcome, Skipped, Unchanged, Waited, Waiting
from ordersetup.patience import Patience
from ordersetup.refusals import told
from ordersetup.step import Check, Seen, State
from ordersetup.transient import Transient, left

Outcomes = Mapping[AnyStep, Outcome]


class Lifecycle:
    """Surveys and provisions one stack.

    Args:
        aws: where.
        steps: what, in the guide's order.
        listen: is told each event, on the calling thread.
        timeout: seconds for everything that this object is asked to do.
        adopt: what stands without our tag is taken over, as far as the survey has found it.
    """

    def __init__(
        self,
        aws: Aws,
        steps: Sequence[AnyStep],
        listen: Tell,
        *,
        timeout: float,
        adopt: bool = False,
    ) -> None:
        self.seen = Seen(adopting=adopt)
        self._adopting: frozenset[AnyStep] = frozenset()
        self._tagging: frozenset[AnyStep] = frozenset()
        self._aws = aws
        self._steps = steps
        self._engine = Engine(listen, workers=WORKERS)
        self._ends = time.monotonic() + timeout
        self._writes = False

    def survey(self) -> Outcomes:
        """Read everything, in parallel, as deep as the longest chain of parents."""
        return self._in_order(
            self._engine.run(
                self._steps, lambda step: step.looks_at, on_errand(self._look), lanes=False
            )
        )

    def provision(self) -> Outcomes:
        """Bring what the survey found to what is wanted; nothing that stands right is touched."""
        self._writes = True
        self._tagging = frozenset(
            step for step, state in self.found if "owner" in drifted_attributes(step.checks(state))
        )
        return self._in_order(
            self._engine.run(self._steps, lambda step: step.needs, on_errand(self._bring))
        )

    def _in_order(self, outcomes: Outcomes) -> Outcomes:
        """In the guide's order, whatever the order they came in."""
        return {step: outcomes[step] for step in self._steps}

    def _look(self, step: AnyStep, tell: Tell) -> Outcome:
        state = self._patience(step, tell).attempt(
            lambda: self._read(step), step.transient, step.title
        )
        owner = None if state is None else state.owner
        return Found(step.key, step.checks(state), stands=state is not None, owner=owner)

    def _bring(self, step: AnyStep, tell: Tell) -> Outcome:
        before = self.seen.find(step)
        checks = step.checks(before)
        if before is not None and all(check.holds for check in checks):
            return Unchanged(step.key)
        changed, answer = self._apply(step, tell, surveyed=True)
        if stands(step, answer):
            self.seen.note(step, answer)
        else:
            while not self._settle(step, tell):
                changed |= self._apply(step, tell, surveyed=False)[0]
        if not changed:
            return Unchanged(step.key)
        changes = tuple(c for c in checks if not c.holds and not c.waited)
        return Changed(step.key, created=before is None, changes=changes)

    def _apply(self, step: AnyStep, tell: Tell, *, surveyed: bool) -> tuple[bool, State | None]:
        """Write what differs; after an answer that means "not yet", read again first.

        Returns:
            Whether anything was written, and what AWS's answers tell of all of it, if they do.
        """
        changed = False

        def attempt() -> State | None:
            nonlocal surveyed, changed
            state = self.seen.find(step) if surveyed else self._read(step)
            surveyed = False
            refuse_conflicts([(step, state)], self._adopting)
            drifted = drifted_attributes(step.checks(state))
            # What is absent differs in everything, save where there is nothing to write at all.
            if not drifted:
                return None
            changed = True
            return step.apply(self._aws, self.seen, state, drifted)

        answer = self._patience(step, tell).attempt(attempt, self._transients(step), step.title)
        return changed, answer

    def _settle(self, step: AnyStep, tell: Tell) -> bool:
        """Read until every check holds, as often in a row as the service's replicas demand.

        Returns:
            Whether it all holds; else something was found left over that is to be cleared first.
        """
        patience = self._patience(step, tell)
        began = time.monotonic()

        def look() -> State | None:
            for _ in range(step.steady):
                state = patience.attempt(lambda: self._read(step), step.transient, step.title)
                if not stands(step, state):
                    break
            return state

        state = patience.until(
            look,
            lambda state: (
                stands(step, state) or _leftover(step, state) or _hopeless(step, state) is not None
            ),
            within=step.patience,
            reason=lambda state: difference(step, state),
        )
        if _leftover(step, state):
            return False
        if hopeless := _hopeless(step, state):
            raise StillDiffers(
                f"{step.title}: {hopeless}.",
                f"Look at {step.console}, put it right there, then run: ordersetup provision",
            )
        if not stands(step, state):
            raise StillDiffers(
                f"{step.title}: {difference(step, state)}, still after "
                f"{time.monotonic() - began:.0f} s.",
                f"Look at {step.console}, then run: ordersetup provision",
            )
        return True

    def _read(self, step: AnyStep) -> State | None:
        state: State | None = None
        parent = step.parent
        if parent is None or self.seen.find(parent) is not None:
            state = step.read(self._aws, self.seen)
        self.seen.note(step, state)
        return state

    def _transients(self, step: AnyStep) -> tuple[Transient, ...]:
        """What may answer a write with "not yet"."""
        # What is only being made bears its tag in that call: being denied that is meant for good.
        about: AnyStep | None = step.parent if self.seen.find(step) is None else step
        while about is not None and about not in self._tagging:
            about = about.parent
        return step.transient if about is None else (*step.transient, *step.unheard)

    def _patience(self, step: AnyStep, tell: Tell) -> Patience:
        def say(reason: str, seconds: float) -> None:
            tell(Waiting(step.key, reason, seconds, left(step.transient, reason, seconds)))

        def over(reason: str, seconds: float) -> None:
            tell(Waited(step.key, reason, seconds))

        return Patience(self._engine.stop, say, self._ends, over=over)

    def interrupted(self) -> str:
        """What to say of a run that was interrupted: what stands, and how to go on."""
        if not self._writes:
            return "Interrupted while reading; nothing was changed."
        standing = sum(stands(step, self.seen.find(step)) for step in self._steps)
        return (
            f"Interrupted: {standing} of {len(self._steps)} steps stand; nothing is undone. "
            f"To go on from here, run: ordersetup provision{' --adopt' if self._adopting else ''}"
        )

    def refuse_conflicts(self) -> None:
        """Refuse what the survey found and provision must not touch, before the first write.

        Raises:
            NotOurs: a resource of one of our names bears no tag of this stack.
            Incompatible: what stands cannot become what is wanted, or what is only checked and
                never made is absent.
        """
        if self.seen.adopting:
            self._adopting = frozenset(step for step, state in self.found if untagged(step, state))
        refuse_conflicts(self.found, self._adopting)

    @property
    def found(self) -> list[tuple[AnyStep, State | None]]:
        """Every step, and what was found of it."""
        return [(step, self.seen.find(step)) for step in self._steps]


def on_errand(work: Work) -> Work:
    """The same work, whose calls bear the step's name."""

    def named(step: AnyStep, tell: Tell) -> Outcome:
        with on_behalf_of(step.key):
            return work(step, tell)

    return named


def stands(step: AnyStep, state: State | None) -> bool:
    """Whether the step is there, and as it shall be."""
    return state is not None and not failing(step.checks(state))


def _leftover(step: AnyStep, state: State | None) -> bool:
    """Whether something stands that should not, and that no write of ours leaves behind."""
    if state is None:
        return False
    return any(check.attribute in step.remnants for check in failing(step.checks(state)))


def _hopeless(step: AnyStep, state: State | None) -> str | None:
    return None if state is None else step.hopeless(state)


def drifted_attributes(checks: Iterable[Check]) -> frozenset[str]:
    """The attributes that differ and that a write can bring back."""
    return frozenset(check.attribute for check in failing(checks) if not check.waited)


def check_survey(outcomes: Outcomes) -> None:
    """Refuse to go on from a survey that could not read everything.

    Raises:
        StepsFailed: names the first step that could not be read, and why.
    """
    if failed := _failed(outcomes):
        first = told(failed[0].error)
        raise StepsFailed(
            f"{len(failed)} of {len(outcomes)} steps could not be read, so nothing was changed. "
            f"{failed[0].step}: {first.happened}",
            first.then,
        ) from failed[0].error


def check_steps(outcomes: Outcomes) -> None:
    """Raise if a step of a provision failed.

    Raises:
        StepsFailed: says what stands, what failed and why, and that a rerun continues.
    """
    failed = _failed(outcomes)
    if not failed:
        return
    skipped = sum(isinstance(outcome, Skipped) for outcome in outcomes.values())
    standing = len(outcomes) - len(failed) - skipped
    first = told(failed[0].error)
    others = ", ".join(outcome.step for outcome in failed[1:])
    raise StepsFailed(
        f"{standing} of {len(outcomes)} steps stand, {len(failed)} failed, {skipped} not tried. "
        f"{failed[0].step}: {first.happened}" + (f" Failed too: {others}." if others else ""),
        f"{first.then.rstrip('.')}. What stands is kept: a rerun continues from here.",
    ) from failed[0].error


def _failed(outcomes: Outcomes) -> list[Failed]:
    return [outcome for outcome in outcomes.values() if isinstance(outcome, Failed)]
