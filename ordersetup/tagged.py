"""What bears our tag, as the Resource Groups Tagging API tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ordersetup.aws import Aws
from ordersetup.ownership import STACK

if TYPE_CHECKING:
    from mypy_boto3_resourcegroupstaggingapi.type_defs import (
        ResourceTagMappingTypeDef,
        TagFilterTypeDef,
    )


def tagged(aws: Aws, owner: str | None = None) -> Iterator[ResourceTagMappingTypeDef]:
    """What may bear our tag in this region; it is listed late, and longer than it stands.

    Args:
        aws: where.
        owner: the stack; None for any.
    """
    wanted: TagFilterTypeDef = {"Key": STACK}
    if owner is not None:
        wanted["Values"] = [owner]
    for page in aws.tagging.get_paginator("get_resources").paginate(TagFilters=[wanted]):
        yield from page.get("ResourceTagMappingList", [])
