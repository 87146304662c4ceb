"""Edits of the handlers, put live as they are made: what has changed, whether it can run, and how.

All three functions run one zip, so an edit goes to all of them; nothing but their code is touched.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import decode_source
from pathlib import Path

from ordersetup.aws import WORKERS, Aws
from ordersetup.bundle import Bundle, bundle
from ordersetup.engine import Engine, Tell
from ordersetup.errand import on_behalf_of
from ordersetup.errors import NotOurs, StillDiffers
from ordersetup.events import Changed, Outcome, Unchanged, Waiting
from ordersetup.patience import Patience
from ordersetup.step import Seen
from ordersetup.steps.functions import Function, FunctionState

POLL_SECONDS = 0.3
"""Long enough for an editor to be done with a file, short enough not to be waited for."""

_AGAIN = "ordersetup provision --watch"


@dataclass(frozen=True)
class Edit:
    """What lies in the folder now, and is not live.

    Args:
        code: all of it.
        files: what differs from what is live; empty if an edit was taken back.
        faults: why it could not run, sentences; empty where nothing speaks against it.
    """

    code: Bundle
    files: tuple[str, ...]
    faults: tuple[str, ...] = ()


class Edits:
    """Looks into the handlers' folder.

    Args:
        folder: where the sources are.
        live: what runs.
        needed: modules that must be there, as "handlers.process_order".
    """

    def __init__(self, folder: Path, live: Bundle, needed: Sequence[str]) -> None:
        self.live = live
        self._folder = folder
        self._needed = needed
        self._stamp: object = None
        self._judged = live
        self._settled = False

    def look(self) -> Edit | None:
        """An edit that is not live; None if there is none, or it may still be being written.

        An editor may empty a file before it fills it, and empty code is code: so only what was the
        same in two looks is judged. Each state of the folder is told once.
        """
        stamp = self._look_at_files()
        settled, self._settled = self._settled, stamp == self._stamp
        self._stamp = stamp
        if settled or not self._settled:
            return None
        code = bundle(self._folder)
        if self._look_at_files() != stamp:
            self._settled = False
            return None
        return self._judge(code)

    def put(self, edit: Edit, *, live: bool) -> None:
        """What became of an edit; of one that is not live, saving the same is another try."""
        if live:
            self.live = edit.code
        else:
            self._judged = self.live

    def _judge(self, code: Bundle) -> Edit | None:
        before, self._judged = self._judged, code
        if code.sha256 in (before.sha256, self.live.sha256):
            return Edit(code, ()) if code.sha256 != before.sha256 else None
        return Edit(code, tuple(_differing(self.live, code)), tuple(self._faults(code)))

    def _look_at_files(self) -> object:
        found = []
        for path in sorted(self._folder.rglob("*.py")):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append((path, status.st_mtime_ns, status.st_size, status.st_ino))
        return found

    def _faults(self, code: Bundle) -> Iterator[str]:
        sources = _sources(code)
        for module in self._needed:
            name = f"{module.replace('.', '/')}.py"
            if name not in sources:
                yield f"{name} is missing, and a function runs it"
        for name, source in sources.items():
            if fault := _fault(name, source):
                yield fault


def _sources(code: Bundle) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(code.zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _differing(one: Bundle, other: Bundle) -> list[str]:
    before, now = _sources(one), _sources(other)
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _fault(name: str, source: bytes) -> str | None:
    """Why Python cannot read a source, with the line; None if it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(decode_source(source), name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{name}, line {error.lineno or 1}: {error.msg}"
    except ValueError as error:
        return f"{name}: {error}"
    return None


class PutLive:
    """Puts code into functions that stand.

    Args:
        aws: where.
        functions: the stack's.
    """

    def __init__(self, aws: Aws, functions: Sequence[Function]) -> None:
        self._aws = aws
        self._functions = functions

    def put(self, code: Bundle, ends: float) -> Mapping[str, Outcome]:
        """Put code into all functions at once, and wait until Lambda runs it; outcomes by name.

        Args:
            code: what they shall run.
            ends: the moment, on the monotonic clock, at which the time is up.
        """
        engine = Engine(lambda _: None, workers=WORKERS)
        steps = [replace(function, code=code) for function in self._functions]

        def work(step: Function, tell: Tell) -> Outcome:
            def say(reason: str, seconds: float) -> None:
                tell(Waiting(step.key, reason, seconds))

            with on_behalf_of(step.key):
                return self._bring(step, Patience(engine.stop, say, ends, again=_AGAIN))

        outcomes = engine.run(steps, lambda _: (), work)  # type: ignore[arg-type]  # all are Function
        return {step.name: outcomes[step] for step in steps}

    def _bring(self, step: Function, patience: Patience) -> Outcome:
        def read() -> FunctionState | None:
            return patience.attempt(lambda: step.read(self._aws, Seen()), step.transient, step.name)

        before = read()
        if before is None or before.owner != step.owner.name:
            raise NotOurs(
                f"The function {step.name} of this stack does not stand any more.",
                "Bring it back with: ordersetup provision",
            )
        if _runs(step, before):
            return Unchanged(step.key)

        def apply() -> None:
            step.apply(self._aws, Seen(), before, frozenset({"code_sha256"}))

        patience.attempt(apply, step.transient, step.name)
        after = patience.until(
            read,
            lambda state: state is None or _runs(step, state) or step.hopeless(state) is not None,
            within=step.patience,
            reason=lambda _: "Lambda is taking over the code",
        )
        if after is None or not _runs(step, after):
            why = None if after is None else step.hopeless(after)
            raise StillDiffers(
                f"{step.name} does not run the new code: {why or 'Lambda is not done with it'}.",
                f"Look at {step.console}, then save the handler again.",
            )
        return Changed(step.key, created=False, changes=())


def _runs(step: Function, state: FunctionState) -> bool:
    wanted = step.desired
    return (state.code_sha256, state.state, state.last_update) == (
        wanted.code_sha256,
        wanted.state,
        wanted.last_update,
    )
