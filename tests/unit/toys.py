"""Steps of a guide that knows no AWS: what they stand for lies on a shelf in memory."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, cast

from ordersetup.aws import Aws
from ordersetup.step import Calls, Seen, Shown, State, Step
from ordersetup.transient import Transient

NO_AWS = cast("Aws", None)
"""Toys never look at it."""

BUSY = Transient(
    code="Busy",
    fragment="not yet",
    reason="the shelf is still being built",
    remedy="Look at the shelf",
    within=60,
)


@dataclass(frozen=True, kw_only=True)
class ToyState(State):
    """A toy as wanted or found."""

    size: Annotated[int, Shown("Size")] = 1
    colour: Annotated[str | None, Shown("Colour")] = "red"
    status: Annotated[str, Shown("Status", waited=True)] = "Ready"
    note: str = ""


@dataclass
class Shelf:
    """Where toys stand; it keeps account of who looked and who wrote."""

    toys: dict[str, ToyState] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    writes: list[tuple[str, ToyState | None, AbstractSet[str]]] = field(default_factory=list)
    on_read: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    """What happens at the next looks at a toy, before it is seen."""
    on_write: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    """What happens at the next writes of a toy, before they have an effect."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Toy(Step[ToyState]):
    """A step that is written by putting a toy on the shelf."""

    name: str
    shelf: Shelf = field(default_factory=Shelf)
    after: tuple[Step[Any], ...] = ()
    inside: Step[Any] | None = None
    turn: str | None = None
    wanted: ToyState = field(default_factory=lambda: ToyState(owner="default"))
    becomes: ToyState | None = None
    """What a write really makes of it, where that is not what was wanted."""
    answer: ToyState | None = None
    """What is answered to a write, where that tells all of the state."""

    calls: ClassVar[Calls] = Calls(read=("toy:Look",), write=("toy:Put",))
    transient: ClassVar[tuple[Transient, ...]] = (BUSY,)

    @property
    def key(self) -> str:
        return f"toy/{self.name}"

    @property
    def title(self) -> str:
        return f"Put {self.name} on the shelf"

    @property
    def console(self) -> str:
        return f"Shelf › Toys › {self.name}"

    @property
    def desired(self) -> ToyState:
        return self.wanted

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after if self.inside is None else (self.inside, *self.after)

    @property
    def parent(self) -> Step[Any] | None:
        return self.inside

    @property
    def lane(self) -> str | None:
        return self.turn

    def read(self, aws: Aws, seen: Seen) -> ToyState | None:  # noqa: ARG002 - the contract
        self.shelf.reads.append(self.name)
        _next(self.shelf.on_read, self.name)
        return self.shelf.toys.get(self.name)

    def apply(
        self,
        aws: Aws,  # noqa: ARG002 - the contract
        seen: Seen,  # noqa: ARG002 - the contract
        actual: ToyState | None,
        drifted: frozenset[str],
    ) -> ToyState | None:
        self.shelf.writes.append((self.name, actual, drifted))
        _next(self.shelf.on_write, self.name)
        self.shelf.toys[self.name] = self.becomes or self.wanted
        return self.answer


@dataclass(frozen=True, eq=False, kw_only=True)
class Glance(Toy):
    """A step that only looks and has nothing to write."""

    calls: ClassVar[Calls] = Calls(read=("toy:Look",), write=())


@dataclass(frozen=True, eq=False, kw_only=True)
class Heirloom(Toy):
    """A toy whose size cannot be changed once it stands."""

    fixed: ClassVar[frozenset[str]] = frozenset({"size"})


def raising(error: Exception) -> Callable[[], None]:
    """Something that happens: this error."""

    def happen() -> None:
        raise error

    return happen


def _next(happenings: dict[str, list[Callable[[], None]]], name: str) -> None:
    if happenings.get(name):
        happenings[name].pop(0)()
