"""The contract of a console step: what is wanted, what is there, and the one difference.

A state is a frozen dataclass. A field annotated with `Shown` is a documented attribute of the
guide, and so a check; the other fields carry what later steps need, such as an id.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar, get_type_hints

from ordersetup.content import Content
from ordersetup.obstacle import Obstacle
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from ordersetup.aws import Aws


@dataclass(frozen=True)
class Shown:
    """Makes a field a check.

    Args:
        label: the console's own word for the attribute.
        waited: AWS moves it, so it is waited for and is no change in a plan.
        ours: this tool's choice where the guide is silent, so only a stack of ours is held to it.
        note: worth telling and no fault: what somebody has added to the guide's pipeline.
    """

    label: str
    waited: bool = False
    ours: bool = False
    note: bool = False


@dataclass(frozen=True, kw_only=True)
class State:
    """What a step is, wanted or found; compared by ==, so `read` removes order, defaults, noise.

    Args:
        owner: the stack whose tag it bears; of a wanted state, None where no tag is called for.
        version: of ordersetup that has tagged it last; of what bears no tag, empty.
        begun: that its deletion was begun before, and perhaps cut off; else empty.
    """

    owner: Annotated[str | None, Shown("Owner")] = None
    version: str = field(default="", compare=False)
    begun: str = field(default="", compare=False)


S = TypeVar("S", bound=State)


class Group(StrEnum):
    """The parts of the pipeline, in the guide's order; what `verify --only` takes."""

    TABLES = "tables"
    QUEUE = "queue"
    TOPICS = "topics"
    MAIL = "mail"
    ROLE = "role"
    LOGS = "logs"
    FUNCTIONS = "functions"
    ASYNC = "async"
    API = "api"
    CORS = "cors"
    STAGE = "stage"
    ALARMS = "alarms"


@dataclass(frozen=True)
class Check:
    """One attribute compared."""

    attribute: str
    label: str
    expected: object
    actual: object
    waited: bool
    ours: bool = False
    note: bool = False

    @property
    def holds(self) -> bool:
        """Whether the attribute is as documented."""
        return self.actual == self.expected


@dataclass(frozen=True)
class Calls:
    """The operations a step may use, as "service:Operation"; `create` are the least to make it."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    remove: tuple[str, ...] = ()
    create: tuple[str, ...] = ()


class Seen:
    """The states found so far; when adopting, what bears no tag is read as about to be ours."""

    def __init__(self, *, adopting: bool = False) -> None:
        self.adopting = adopting
        self._states: dict[Step[Any], State | None] = {}

    def of(self, step: Step[S]) -> S:
        """The state of a step that must stand before the asking one; absent, it is our bug."""
        state = self.find(step)
        if state is None:
            raise LookupError(f"{step.key} was asked for before it stood")
        return state

    def find(self, step: Step[S]) -> S | None:
        """The state of a step, or None if it was not found or not looked for."""
        # A step only ever notes a state of its own type.
        return self._states.get(step)  # type: ignore[return-value]

    def note(self, step: Step[S], state: S | None) -> None:
        """Keep what was found."""
        self._states[step] = state


class Step(ABC, Generic[S]):
    """One step of the console guide. Subclasses are frozen dataclasses with eq=False."""

    group: ClassVar[Group]
    calls: ClassVar[Calls]
    transient: ClassVar[tuple[Transient, ...]] = ()
    lingering: ClassVar[tuple[Transient, ...]] = ()
    """The further "not yet" answers that only its removal may meet."""
    unheard: ClassVar[tuple[Transient, ...]] = ()
    """The further ones while this very run has tagged it, or what it lives in."""
    adoptable: ClassVar[bool] = False
    """Standing without our tag is no conflict: it is taken over (log group) or shared (SES)."""
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Attributes that cannot be changed once the thing stands; it is never made anew instead."""
    remnants: ClassVar[frozenset[str]] = frozenset()
    """Attributes that tell of what is left over; seen after a write, they are cleared at once."""
    steady: ClassVar[int] = 1
    """How many equal reads in a row prove a write where AWS answers from several replicas."""
    patience: ClassVar[float] = 120
    """Seconds until a write must be visible."""

    @property
    @abstractmethod
    def key(self) -> str:
        """Stable name, such as "async-invocation/UpdateInventory"."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The guide's words for the step."""

    @property
    @abstractmethod
    def console(self) -> str:
        """Where a person clicks it: service › page › field."""

    def console_page(self, region: str) -> str:
        """The nearest console page that can be named without asking AWS: what follows the host."""
        return f"console/home?region={region}"

    @property
    @abstractmethod
    def desired(self) -> S:
        """The wanted state."""

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        """What must stand before this step is written."""
        return ()

    @property
    def parent(self) -> Step[Any] | None:
        """What this lives in: absent parent, absent child; its tag speaks for the child."""
        return None

    @property
    def looks_at(self) -> tuple[Step[Any], ...]:
        """What must have been read before this can be read."""
        return () if self.parent is None else (self.parent,)

    @property
    def lane(self) -> str | None:
        """Steps of one lane write one at a time (one REST API)."""
        return None

    @abstractmethod
    def read(self, aws: Aws, seen: Seen) -> S | None:
        """The state found, or None. Read calls only; any error but "not found" goes up."""

    def obstacle(self, actual: S) -> Obstacle | None:  # noqa: ARG002 - the contract
        """Why what stands without our tag cannot be adopted, beside what is fixed."""
        return None

    @abstractmethod
    def apply(self, aws: Aws, seen: Seen, actual: S | None, drifted: frozenset[str]) -> S | None:
        """Create (actual is None, tag in the same call) or repair what drifted, in few writes.

        Tags go first: what is adopted is marked as ours before it is changed. Returns the state
        where AWS documents that its answers tell all of it; None where it is to be read.
        """

    @property
    def thing(self) -> str:
        """What the step makes, as a noun."""
        return self.title.removeprefix("Create ")

    @property
    def thing_id(self) -> str:
        """What tells it from others of its kind."""
        return self.key

    @property
    def tagged(self) -> str | None:
        """The tag's value that makes it ours; None where its parent's tag speaks for it."""
        return self.desired.owner

    @property
    def precious(self) -> bool:
        """Whether what it holds is people's data, which is kept unless they say otherwise."""
        return False

    @property
    def goes_last(self) -> bool:
        """Whether it tells what else there is to remove."""
        return False

    def locked(self, state: S) -> bool:  # noqa: ARG002 - the contract
        """Whether somebody has put a protection against deletion on it."""
        return False

    def by_hand(self, attribute: str) -> str:  # noqa: ARG002 - the contract
        """Where in the console a person puts an attribute right."""
        return self.console

    def leaving(self, state: S) -> bool:  # noqa: ARG002 - the contract
        """Whether its deletion is under way already, so that there is only its end to wait for."""
        return False

    def busy(self, state: S) -> str | None:  # noqa: ARG002 - the contract
        """What is under way that its removal has to wait for, for people; None if nothing is."""
        return None

    def remains(self, aws: Aws, seen: Seen) -> S | None:
        """What there is to remove, or None; what is marked as deleted may yet stand."""
        return self.read(aws, seen)

    def holds(self, aws: Aws, state: S) -> Content:  # noqa: ARG002 - the contract
        """What it contains that is worth telling before it is removed. Read calls only."""
        return Content()

    def remove(self, aws: Aws, seen: Seen, state: S) -> None:
        """Take it away; "already gone" is done. Whose it is was looked at by the caller.

        Nothing, and `calls.remove` is empty, where it goes with its parent.
        """

    def gone(self, aws: Aws, seen: Seen) -> bool:
        """Whether nothing of it remains."""
        return self.remains(aws, seen) is None

    def hopeless(self, state: S) -> str | None:  # noqa: ARG002 - for steps that can tell
        """Why no waiting brings this state right; None where it may."""
        return None

    def checks(self, actual: S | None) -> tuple[Check, ...]:
        """Every shown attribute, wanted against found; the one diff of the program."""
        desired = self.desired
        return tuple(
            Check(
                attribute=name,
                label=shown.label,
                expected=getattr(desired, name),
                actual=None if actual is None else getattr(actual, name),
                waited=shown.waited,
                ours=shown.ours,
                note=shown.note,
            )
            for name, shown in shown_fields(type(desired)).items()
            if name != "owner" or desired.owner is not None
        )


def compared(state: State) -> dict[str, Any]:
    """The fields of a state that make it equal to another, by name."""
    return {f.name: getattr(state, f.name) for f in fields(state) if f.compare}


def shown_fields(state: type[State]) -> dict[str, Shown]:
    """The documented attributes of a state's type, in order."""
    found: dict[str, Shown] = {}
    for name, hint in get_type_hints(state, include_extras=True).items():
        for mark in getattr(hint, "__metadata__", ()):
            if isinstance(mark, Shown):
                found[name] = mark
    return found
