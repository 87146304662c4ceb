"""The functions' log groups, made before the functions so that they are ours and end some day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.ownership import Owner, Tags, chosen_of, owner_of, stale_keys, version_of
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.transient import Transient


@dataclass(frozen=True, kw_only=True)
class LogGroupState(State):
    """A log group as wanted or found; retention None is CloudWatch's "Never expire"."""

    retention_days: Annotated[int | None, Shown("Retention", ours=True)]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    protected: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class LogGroup(Step[LogGroupState]):
    """CloudWatch › Log groups › Create log group.

    CreateLogGroup takes tags but no retention, so a crash between the two calls leaves a group that
    keeps everything for ever: the next run sees that. An untagged group of this name is one that
    Lambda has made by itself, and is taken over.
    """

    name: str
    arn: str
    owner: Owner
    retention_days: int
    after: tuple[Step[Any], ...] = ()

    group: ClassVar[Group] = Group.LOGS
    calls: ClassVar[Calls] = Calls(
        read=("logs:DescribeLogGroups", "logs:ListTagsForResource"),
        write=(
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ),
        remove=("logs:DeleteLogGroup",),
        create=(
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
        ),
    )
    adoptable: ClassVar[bool] = True
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "OperationAbortedException",
            "",
            "another change of the log group is under way",
            "See whether another program changes the log group",
            60,
        ),
        Transient(
            "ResourceAlreadyExistsException",
            "",
            "the log group was made meanwhile; looking at it",
            "See the log group in the CloudWatch console",
            30,
        ),
        Transient(
            "ResourceNotFoundException",
            "",
            "the log group is not yet known everywhere, or is being deleted",
            "See the log group in the CloudWatch console",
            30,
        ),
    )

    @property
    def key(self) -> str:
        return f"log-group/{self.name}"

    @property
    def title(self) -> str:
        return f"Create log group {self.name}"

    @property
    def console(self) -> str:
        return f"CloudWatch › Log groups › {self.name}"

    def console_page(self, region: str) -> str:
        # The console escapes its slashes twice, with a dollar sign for the per cent.
        name = self.name.replace("/", "$252F")
        return f"cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}"

    @property
    def desired(self) -> LogGroupState:
        return LogGroupState(
            owner=self.owner.name, retention_days=self.retention_days, tags=self.owner.chosen
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    def read(self, aws: Aws, seen: Seen) -> LogGroupState | None:
        # The filter is a prefix: /aws/lambda/SendEmail would find …/SendEmailToo as well.
        pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self.name)
        for group in (group for page in pages for group in page.get("logGroups", [])):
            if group.get("logGroupName") == self.name:
                tags = aws.logs.list_tags_for_resource(resourceArn=self.arn).get("tags", {})
                return LogGroupState(
                    owner=owner_of(tags),
                    version=version_of(tags),
                    retention_days=group.get("retentionInDays"),
                    tags=chosen_of(tags, dict(self.owner.chosen)),
                    protected=group.get("deletionProtectionEnabled", False),
                )
        return None

    def apply(
        self, aws: Aws, seen: Seen, actual: LogGroupState | None, drifted: frozenset[str]
    ) -> None:
        if actual is None:
            aws.logs.create_log_group(logGroupName=self.name, tags=self.owner.tags())
        elif drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.logs.untag_resource(resourceArn=self.arn, tagKeys=stale)
            aws.logs.tag_resource(resourceArn=self.arn, tags=self.owner.tags())
        if actual is None or "retention_days" in drifted:
            aws.logs.put_retention_policy(
                logGroupName=self.name, retentionInDays=self.retention_days
            )

    def locked(self, state: LogGroupState) -> bool:
        return state.protected

    def remove(self, aws: Aws, seen: Seen, state: LogGroupState) -> None:
        try:
            aws.logs.delete_log_group(logGroupName=self.name)
        except aws.logs.exceptions.ResourceNotFoundException:
            return
