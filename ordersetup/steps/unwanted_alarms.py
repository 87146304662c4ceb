"""The alarms of a stack that asks for them no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ordersetup.aws import Aws
from ordersetup.ownership import owner_of
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.alarms import Alarm, delete, described, tags_of
from ordersetup.transient import Transient


@dataclass(frozen=True, kw_only=True)
class UnwantedAlarmsState(State):
    """Which alarms of the stack's stand."""

    standing: Annotated[tuple[str, ...], Shown("Alarms")]


@dataclass(frozen=True, eq=False, kw_only=True)
class UnwantedAlarms(Step[UnwantedAlarmsState]):
    """CloudWatch › Alarms › Actions › Delete, in the run that unsets `--alarms`.

    The topic that remembers the settings waits for it. So whoever cuts the run off leaves a stack
    that still asks for its alarms, and no alarms that nobody asks for.
    """

    alarms: Sequence[Alarm]

    group: ClassVar[Group] = Group.ALARMS
    calls: ClassVar[Calls] = Calls(
        read=("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
        write=("cloudwatch:DeleteAlarms",),
    )
    transient: ClassVar[tuple[Transient, ...]] = Alarm.transient

    @property
    def key(self) -> str:
        return "unwanted-alarms"

    @property
    def title(self) -> str:
        return "Delete the alarms"

    @property
    def console(self) -> str:
        return "CloudWatch › Alarms › All alarms"

    @property
    def desired(self) -> UnwantedAlarmsState:
        return UnwantedAlarmsState(standing=())

    def read(self, aws: Aws, seen: Seen) -> UnwantedAlarmsState:
        ours = {alarm.name: alarm for alarm in self.alarms}
        names = [alarm.get("AlarmName", "") for alarm in described(aws, list(ours))]
        owners = {name: owner_of(tags_of(aws, ours[name].arn)) for name in names}
        return UnwantedAlarmsState(
            standing=tuple(sorted(n for n in names if owners[n] == ours[n].owner.name))
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: UnwantedAlarmsState | None, drifted: frozenset[str]
    ) -> None:
        delete(aws, [] if actual is None else list(actual.standing))
