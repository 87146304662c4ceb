"""The two DynamoDB tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.content import Content
from ordersetup.ownership import (
    Owner,
    Tags,
    chosen_of,
    owner_of,
    pairs,
    stale_keys,
    unpaired,
    version_of,
)
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.transient import Transient

DELETING = "DELETING"
MOST_PAGES = 10
"""Pages of 1 MB that are read to count a table's items."""


@dataclass(frozen=True, kw_only=True)
class TableState(State):
    """A table as wanted or found."""

    partition_key: Annotated[str, Shown("Partition key")]
    sort_key: Annotated[str, Shown("Sort key")]
    capacity_mode: Annotated[str, Shown("Capacity mode", ours=True)]
    status: Annotated[str, Shown("Table status", waited=True)]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    protected: bool = False
    created: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(Step[TableState]):
    """DynamoDB › Tables › Create table.

    CreateTable takes the tags along, so a table is ours from its first moment. A key cannot be
    changed once the table stands, and a table is never dropped to be made again.
    """

    name: str
    arn: str
    owner: Owner
    partition_key: str
    sort_key: str | None = None
    after: tuple[Step[Any], ...] = ()

    group: ClassVar[Group] = Group.TABLES
    calls: ClassVar[Calls] = Calls(
        read=("dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"),
        write=(
            "dynamodb:CreateTable",
            "dynamodb:UpdateTable",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
        ),
        remove=("dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:DeleteTable"),
        create=("dynamodb:CreateTable",),
    )
    fixed: ClassVar[frozenset[str]] = frozenset({"partition_key", "sort_key"})
    # The first switch of a provisioned table to on demand takes 130 to 170 s.
    patience: ClassVar[float] = 300
    transient: ClassVar[tuple[Transient, ...]] = (
        Transient(
            "ResourceInUseException",
            "",
            "the table is being made, changed or deleted",
            "See the table's status in the DynamoDB console",
            180,
        ),
        Transient(
            "ResourceNotFoundException",
            "",
            "the table's tags cannot be read before it is active",
            "See the table's status in the DynamoDB console",
            60,
        ),
        Transient(
            "LimitExceededException",
            "tags are being updated",
            "the table's tags are still being changed",
            "See the table's tags in the DynamoDB console",
            30,
        ),
        Transient(
            "LimitExceededException",
            "simultaneously",
            "too many tables of the account are being made at once",
            "See the quota of concurrent table operations",
            120,
        ),
    )

    @property
    def key(self) -> str:
        return f"table/{self.name}"

    @property
    def title(self) -> str:
        return f"Create table {self.name}"

    @property
    def console(self) -> str:
        return f"DynamoDB › Tables › {self.name}"

    def console_page(self, region: str) -> str:
        return f"dynamodbv2/home?region={region}#table?name={self.name}"

    @property
    def desired(self) -> TableState:
        return TableState(
            owner=self.owner.name,
            partition_key=f"{self.partition_key} (String)",
            sort_key=f"{self.sort_key} (String)" if self.sort_key else "none",
            capacity_mode="On-demand",
            status="Active",
            tags=self.owner.chosen,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return self.after

    @property
    def precious(self) -> bool:
        return True

    def read(self, aws: Aws, seen: Seen) -> TableState | None:
        found = self.remains(aws, seen)
        return None if found is None or self.leaving(found) else found

    def remains(self, aws: Aws, seen: Seen) -> TableState | None:
        """Also one that is being deleted: until it is forgotten, its name is taken."""
        try:
            table = aws.dynamodb.describe_table(TableName=self.name)["Table"]
        except aws.dynamodb.exceptions.ResourceNotFoundException:
            return None
        tags = self._tags(aws, table["TableArn"], dying=table["TableStatus"] == DELETING)
        types = {
            a["AttributeName"]: a["AttributeType"] for a in table.get("AttributeDefinitions", [])
        }
        keys = {k["KeyType"]: k["AttributeName"] for k in table.get("KeySchema", [])}
        # A table that has always been provisioned has no BillingModeSummary at all.
        mode = table.get("BillingModeSummary", {}).get("BillingMode")
        return TableState(
            owner=owner_of(tags),
            version=version_of(tags),
            partition_key=_key_text(keys.get("HASH"), types),
            sort_key=_key_text(keys.get("RANGE"), types),
            capacity_mode="On-demand" if mode == "PAY_PER_REQUEST" else "Provisioned",
            status=table["TableStatus"].capitalize(),
            tags=chosen_of(tags, dict(self.owner.chosen)),
            protected=table.get("DeletionProtectionEnabled", False),
            created=table.get("CreationDateTime"),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: TableState | None, drifted: frozenset[str]
    ) -> None:
        if actual is None:
            self._create(aws)
            return
        if drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.dynamodb.untag_resource(ResourceArn=self.arn, TagKeys=stale)
            aws.dynamodb.tag_resource(ResourceArn=self.arn, Tags=pairs(self.owner.tags()))
        if "capacity_mode" in drifted:
            aws.dynamodb.update_table(TableName=self.name, BillingMode="PAY_PER_REQUEST")

    def _tags(self, aws: Aws, arn: str, *, dying: bool) -> dict[str, str]:
        pages = aws.dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
        try:
            return unpaired(tag for page in pages for tag in page.get("Tags", []))
        except aws.dynamodb.exceptions.ResourceNotFoundException:
            # They go before their table does; before it is active they are not there yet.
            if dying:
                return {}
            raise

    def locked(self, state: TableState) -> bool:
        return state.protected

    def leaving(self, state: TableState) -> bool:
        return state.status == DELETING.capitalize()

    def busy(self, state: TableState) -> str | None:
        passing = state.status in ("Creating", "Updating")
        return f"the table is still {state.status.lower()}" if passing else None

    def holds(self, aws: Aws, state: TableState) -> Content:
        """How many items, as far as they can be counted in a few pages of 1 MB."""
        pages = aws.dynamodb.get_paginator("scan").paginate(
            TableName=self.name, Select="COUNT", ConsistentRead=True
        )
        count = 0
        for number, page in enumerate(pages, start=1):
            count += page["Count"]
            if number == MOST_PAGES:
                return Content(count, more="LastEvaluatedKey" in page)
        return Content(count)

    def remove(self, aws: Aws, seen: Seen, state: TableState) -> None:
        try:
            aws.dynamodb.delete_table(TableName=self.name)
        except aws.dynamodb.exceptions.ResourceNotFoundException:
            return

    def _create(self, aws: Aws) -> None:
        names = [self.partition_key, *([self.sort_key] if self.sort_key else [])]
        aws.dynamodb.create_table(
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=[
                {"AttributeName": name, "KeyType": "RANGE" if place else "HASH"}
                for place, name in enumerate(names)
            ],
            BillingMode="PAY_PER_REQUEST",
            Tags=pairs(self.owner.tags()),
        )


_TYPES = {"S": "String", "N": "Number", "B": "Binary"}


def _key_text(name: str | None, types: Mapping[str, str]) -> str:
    if name is None:
        return "none"
    kind = types.get(name, "unknown")
    return f"{name} ({_TYPES.get(kind, kind)})"
