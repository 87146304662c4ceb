"""What refers to what in a stack that somebody else has built: reads, and nothing else.

A read that is refused is no crash: it is kept, so that what could not be found can say why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ordersetup.addresses import name_of
from ordersetup.aws import Aws
from ordersetup.documents import several
from ordersetup.errors import Denied
from ordersetup.permissions import ANY, ANY_POLICY, Uses
from ordersetup.refusals import told

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationTypeDef,
        FunctionEventInvokeConfigResponseTypeDef,
        GetFunctionResponseTypeDef,
    )

USES: Uses = {
    "dynamodb:DescribeTable": (ANY,),
    "dynamodb:ListTables": (),
    "iam:GetPolicy": (ANY_POLICY,),
    "iam:GetPolicyVersion": (ANY_POLICY,),
    "iam:GetRolePolicy": (ANY,),
    "iam:ListAttachedRolePolicies": (ANY,),
    "iam:ListRolePolicies": (ANY,),
    "lambda:GetFunction": (ANY,),
    "lambda:GetFunctionEventInvokeConfig": (ANY,),
    "sns:GetTopicAttributes": (ANY,),
    "sqs:GetQueueUrl": (ANY,),
}
"""What following references calls; what they lead to has whatever name it has."""

T = TypeVar("T")
Kind = Literal["function", "table", "topic", "queue"]

_ABSENT = frozenset(
    {
        *("ResourceNotFoundException", "NoSuchEntity", "NotFoundException", "NotFound"),
        *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidParameter"),
        *("ValidationException", "InvalidParameterValueException"),
    }
)
_SERVICES: Mapping[str, Kind] = {
    "lambda": "function",
    "dynamodb": "table",
    "sns": "topic",
    "sqs": "queue",
}
_ACTIONS: Mapping[Kind, str] = {
    "function": "lambda:InvokeFunction",
    "table": "dynamodb:",
    "topic": "sns:Publish",
    "queue": "sqs:SendMessage",
}
_NAME = re.compile(r"[\w.-]{3,256}")


@dataclass(frozen=True)
class Reference:
    """That something names a thing.

    Args:
        name: the thing's name.
        how: what names it.
        hint: the words around it, which may tell what it is for.
        by: the guide's name of the function that it was found with.
    """

    name: str
    how: str
    hint: str = ""
    by: str = ""


class References:
    """Reads of one account and region, each made once.

    Args:
        aws: the account and region.
    """

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.denied: list[str] = []
        self._known: dict[tuple[str, str], Any] = {}

    def ask(self, what: str, name: str, call: Callable[[], T]) -> T | None:
        """What a call answers; None if there is no such thing, or it may not be read."""
        if (what, name) not in self._known:
            self._known[what, name] = self._asked(call, what)
        found: T | None = self._known[what, name]
        return found

    def _asked(self, call: Callable[[], T], what: str) -> T | None:
        try:
            return self.aws.ask(call, f"Reading the {what}")
        except self.aws.sts.exceptions.ClientError as error:
            refused = told(error)
            if isinstance(refused, Denied):
                self.denied.append(refused.happened)
            elif error.response["Error"]["Code"] not in _ABSENT:
                raise
            return None

    def function(self, name: str) -> FunctionConfigurationTypeDef | None:
        """A function's configuration."""
        found = self._whole(name)
        return None if found is None else found["Configuration"]

    def tags(self, function: str) -> Mapping[str, str]:
        """A function's tags, as far as they may be read."""
        found = self._whole(function)
        return {} if found is None else found.get("Tags", {})

    def _whole(self, name: str) -> GetFunctionResponseTypeDef | None:
        lambda_ = self.aws.lambda_
        return self.ask("function", name, lambda: lambda_.get_function(FunctionName=name))

    def event_invoke_config(
        self, function: str, qualifier: str
    ) -> FunctionEventInvokeConfigResponseTypeDef | None:
        """A function's asynchronous invocation; an empty qualifier is left out."""
        lambda_ = self.aws.lambda_
        more: dict[str, Any] = {"Qualifier": qualifier} if qualifier else {}
        return self.ask(
            f"event-invoke config {qualifier}",
            function,
            lambda: lambda_.get_function_event_invoke_config(FunctionName=function, **more),
        )

    def keys(self, table: str) -> tuple[str, ...] | None:
        """A table's partition key and, if it has one, its sort key."""

        def read() -> tuple[str, ...]:
            schema = self.aws.dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
            kinds = {key["KeyType"]: key["AttributeName"] for key in schema}
            return tuple(kinds[kind] for kind in ("HASH", "RANGE") if kind in kinds)

        return self.ask("table", table, read)

    def exists(self, kind: Kind, name: str) -> bool:
        """Whether there is a thing of that name."""
        aws = self.aws
        if kind == "function":
            return self.function(name) is not None
        if kind == "table":
            return self.keys(name) is not None
        if kind == "queue":
            return bool(
                self.ask("queue", name, lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])
            )
        arn = f"arn:{aws.partition}:sns:{aws.region}:{aws.account}:{name}"
        return bool(
            self.ask(
                "topic", name, lambda: aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
            )
        )

    def tables(self) -> list[str]:
        """The names of all tables."""

        def read() -> list[str]:
            pages = self.aws.dynamodb.get_paginator("list_tables").paginate()
            return [name for page in pages for name in page.get("TableNames", [])]

        return self.ask("tables", "", read) or []

    def named_in(self, function: str, kind: Kind, by: str) -> Iterator[Reference]:
        """What a function's environment names, then what its role's policies name.

        An ARN is taken at its word; a bare name only where such a thing exists, or where the
        variable's own name says what it is.
        """
        found = self.function(function)
        if found is None:
            return
        for key, value in found.get("Environment", {}).get("Variables", {}).items():
            if self._names(kind, key, value):
                yield Reference(
                    name_of(value), f"by {function}'s environment, {key}", f"{key} {value}", by
                )
        for arn in self.granted(found["Role"], kind):
            yield Reference(name_of(arn), "by its role's policy", arn.split(":", 5)[-1], by)

    def _names(self, kind: Kind, key: str, value: str) -> bool:
        if value.startswith("arn:"):
            parts = value.split(":")
            return len(parts) > 5 and _SERVICES.get(parts[2]) == kind and "*" not in value
        if "://" in value:
            return kind == "queue" and self.exists(kind, name_of(value))
        if not _NAME.fullmatch(value):
            return False
        return kind.upper() in key.upper() or self.exists(kind, value)

    def granted(self, role_arn: str, kind: Kind) -> list[str]:
        """The ARNs, without wildcards, that a role may use in the way the pipeline does."""
        statements = self.ask("role", role_arn, lambda: list(self._statements(role_arn))) or []
        found: list[str] = []
        for statement in statements:
            actions = several(statement.get("Action"))
            wanted = _ACTIONS[kind]
            if statement.get("Effect") == "Allow" and any(a.startswith(wanted) for a in actions):
                found += [
                    arn
                    for arn in several(statement.get("Resource"))
                    if _is(kind, arn) and arn not in found
                ]
        return found

    def _statements(self, role_arn: str) -> Iterator[Mapping[str, Any]]:
        iam, role = self.aws.iam, role_arn.rpartition("/")[2]
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
            for name in page["PolicyNames"]:
                inline: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                yield from several(inline.get("Statement"))
        for attached in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
            for policy in attached["AttachedPolicies"]:
                arn = policy["PolicyArn"]
                if ":iam::aws:" in arn:
                    continue  # Amazon's own name no resource of anybody's.
                version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
                document: Any = found["Document"]
                yield from several(document.get("Statement"))


def _is(kind: Kind, arn: str) -> bool:
    parts = arn.split(":")
    if len(parts) < 6 or "*" in arn or _SERVICES.get(parts[2]) != kind:
        return False
    return kind != "table" or "/index/" not in arn
