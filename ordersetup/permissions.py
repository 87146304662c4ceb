"""What IAM asks of a caller for an API operation: which actions, on what, under which conditions.

Follows the Service Authorization Reference. Most operations ask for the action of their own name on
the thing they are about; this module is the rest. No action is a wildcard, and a resource only
where AWS takes no other, or gives out the name itself: `reason_for` has each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from ordersetup.blueprint import Blueprint
from ordersetup.ownership import STACK
from ordersetup.step import Calls, Step

Conditions: TypeAlias = tuple[tuple[str, str], ...]
"""Condition keys and the value that each must equal (StringEquals)."""

Uses: TypeAlias = Mapping[str, tuple[str, ...]]
"""What a command calls beside the steps: by operation, the guide's names of what that is about."""

ANY = "*"
SELF = "(the caller)"
"""Stands in a `Uses` for whoever runs the command."""

ANY_POLICY = "*policy"
"""Stands in a `Uses` for whatever policy is attached to a role."""

OWN_ROLE = "(our role)"
"""Stands in a `Uses` for the role that we make, also where a role of the user's own is used."""

NO_RESOURCE = frozenset(
    {
        *("cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "dynamodb:ListTables"),
        *("ec2:DescribeRegions", "iam:ListRoles", "lambda:GetAccountSettings"),
        *("lambda:ListEventSourceMappings", "logs:DescribeLogGroups", "ses:GetAccount"),
        *("sns:GetSubscriptionAttributes", "sns:ListTopics", "sns:Unsubscribe", "sqs:ListQueues"),
        *("tag:GetResources",),
    }
)
"""Operations that AWS knows no resource for."""

_AS_WELL = {
    "cloudwatch:PutMetricAlarm": ("cloudwatch:TagResource",),
    "dynamodb:CreateTable": ("dynamodb:TagResource",),
    "iam:CreateRole": ("iam:TagRole",),
    "lambda:CreateFunction": ("lambda:TagResource", "iam:PassRole"),
    "logs:CreateLogGroup": ("logs:TagResource",),
    "ses:CreateEmailIdentity": ("ses:TagResource",),
    "sns:CreateTopic": ("sns:TagResource",),
    "sqs:CreateQueue": ("sqs:TagQueue",),
}
"""What a creating call asks for beside itself, since it bears our tags."""

_ASKED_AS = {
    "dynamodb:TransactWriteItems": "dynamodb:UpdateItem",
    "lambda:Invoke": "lambda:InvokeFunction",
}
"""Operations whose action has another name; of a transaction, that of what is in ours."""

_BOUND = frozenset({"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"})
"""Allowed for a role within the boundary alone, where one is set."""

_VERBS = {
    **{"Get": "GET", "Create": "POST", "Update": "PATCH"},
    **dict.fromkeys(("Put", "Tag"), "PUT"),
    **dict.fromkeys(("Delete", "Untag"), "DELETE"),
}
"""API Gateway's actions are HTTP's methods; which one, the operation's first word tells."""

_ANYBODYS = "what others have built bears names that are not known beforehand"
_REASONS = (
    (":alarm:*", "whoever asks for alarms by their names is asked about all of the region"),
    ("/tags/", "the address of what is tagged holds its id"),
    ("*OrderProcessingRole-*", "the roles name the stacks of all regions"),
    (":role/*", "a function that was built by hand may run with a role of any name"),
    (":policy/*", "a role that was made by hand may have a policy of any name"),
    *((f":{kind}*", _ANYBODYS) for kind in ("table/", "function:", "log-group:", "identity/")),
    ("/restapis/", "API Gateway gives an API its id when it is made"),
    ("/domainnames/", "a custom domain that leads to the API may have any name"),
    (":instance-profile/", "whoever has put the role into an instance profile has named that"),
    ("*OrderProcessingAlerts", "another stack's topic tells whether it sends as the same sender"),
    ("${", "whoever holds the policy, and nobody else"),
)
"""Why a resource that holds such a part is not one single thing."""

_KINDS = ("table/", "function:", "log-group:", "role/", "policy/", "identity/")
"""What stands before a name in the ARNs of those services that have a word for it."""

_PATHS = {
    "GetRestApis": "/restapis",
    "CreateRestApi": "/restapis",
    "GetDomainNames": "/domainnames",
    "GetBasePathMappings": "/domainnames/*/basepathmappings",
    **dict.fromkeys(("TagResource", "UntagResource", "GetTags"), "/tags/*"),
}
"""What operations of API Gateway are about that lie not within one API."""


@dataclass(frozen=True, order=True)
class Right:
    """One action on one resource.

    Args:
        action: as IAM writes it.
        resource: an ARN, with * where a part of it is not ours to know, or *.
        conditions: what must hold besides.
    """

    action: str
    resource: str
    conditions: Conditions = ()


@runtime_checkable
class _Named(Protocol):
    """A step whose thing has an ARN that can be known beforehand."""

    @property
    def arn(self) -> str: ...


def created(calls: Calls) -> tuple[str, ...]:
    """What making a step's thing from nothing calls."""
    return calls.create


def rights_of_steps(
    steps: Iterable[Step[Any]],
    which: Callable[[Calls], tuple[str, ...]],
    blueprint: Blueprint,
) -> frozenset[Right]:
    """What steps ask for.

    Args:
        steps: the steps.
        which: of a step's calls, those that matter, such as `created`.
        blueprint: the stack they are of.
    """
    return frozenset(
        right
        for step in steps
        for operation in which(step.calls)
        for right in rights_of_step(step, operation, blueprint)
    )


def rights_to_make(steps: Iterable[Step[Any]], blueprint: Blueprint) -> frozenset[Right]:
    """What making these steps' things from nothing asks for."""
    return rights_of_steps(steps, created, blueprint)


def rights_of_step(step: Step[Any], operation: str, blueprint: Blueprint) -> Iterator[Right]:
    """What a call of a step asks for: on the thing the step is about, or that it lives in."""
    service = operation.partition(":")[0]
    about: Step[Any] | None = step
    while about is not None:
        if isinstance(about, _Named) and about.arn.split(":")[2] == service:
            yield from rights_of(operation, [about.arn], blueprint)
            return
        about = about.parent
    yield from rights_of(operation, [], blueprint)


def rights_of_use(operation: str, parts: Sequence[str], blueprint: Blueprint) -> Iterator[Right]:
    """What a call of a command asks for.

    Args:
        operation: as "service:Operation".
        parts: what it is about, by the guide's names; as in a `Uses`.
        blueprint: the stack.
    """
    service = operation.partition(":")[0]
    yield from rights_of(operation, [_arn(service, part, blueprint) for part in parts], blueprint)


def rights_of(operation: str, arns: Sequence[str], blueprint: Blueprint) -> Iterator[Right]:
    """What an operation asks for.

    Args:
        operation: as "service:Operation"; "iam:PassRole" is one that other operations imply.
        arns: what it is about; not looked at where the service or the operation decides it.
        blueprint: the stack.
    """
    service, _, name = operation.partition(":")
    boundary = blueprint.settings.permissions_boundary
    if service == "apigateway":
        yield from _of_api_gateway(name, blueprint)
    elif operation == "iam:PassRole":
        passed = ("iam:PassedToService", "lambda.amazonaws.com")
        yield Right(operation, blueprint.role_arn, (passed,))
    elif operation == "iam:DeleteRolePermissionsBoundary" and boundary:
        return  # Whoever may work within a boundary only, may not take it away.
    elif operation == "cloudwatch:DescribeAlarms":
        yield Right(operation, blueprint.place.arn("cloudwatch", f"alarm:{ANY}"))
    elif operation in NO_RESOURCE:
        yield Right(operation, ANY)
    else:
        found = _identities(name, blueprint) if service == "ses" else arns
        yield from _of_things(operation, found, blueprint)


def of_any_name(right: Right) -> Right:
    """The same right on whatever of its kind the account has in the region."""
    arn = right.resource.split(":", 5)
    if len(arn) < 6 or arn[2] == "apigateway":
        return right
    kind = next((kind for kind in _KINDS if arn[5].startswith(kind)), "")
    return Right(right.action, ":".join((*arn[:5], f"{kind}{ANY}")), right.conditions)


def reason_for(right: Right) -> str | None:
    """Why a right's resource is not one single thing; None where it is."""
    resource = right.resource
    for part, reason in _REASONS:
        if part in resource:
            return reason
    if resource == ANY:
        return "AWS knows no resource for this action"
    if resource.rpartition(":")[2] == ANY and right.action.startswith(("sns:", "sqs:")):
        return _ANYBODYS
    several = ANY in resource.removesuffix(":*")
    return "each drill gives its queue a name of its own" if several else None


def _of_api_gateway(name: str, blueprint: Blueprint) -> Iterator[Right]:
    verb = next(verb for word, verb in _VERBS.items() if name.startswith(word))
    place = blueprint.place
    root = f"arn:{place.partition}:apigateway:{place.region}::"
    ours = blueprint.owner.name
    held: Conditions = ()
    if name == "CreateRestApi":
        held = ((f"aws:RequestTag/{STACK}", ours),)
        yield Right("apigateway:PUT", f"{root}{_PATHS['TagResource']}")
    elif name not in _PATHS and verb != "GET":
        # Reading is not held to the tag: an API in our way bears none, and is to be told as such.
        # What lives in an API inherits its tags (API Gateway: resources that can be tagged).
        held = ((f"aws:ResourceTag/{STACK}", ours),)
    yield Right(f"apigateway:{verb}", f"{root}{_PATHS.get(name, '/restapis/*')}", held)


def _of_things(operation: str, arns: Sequence[str], blueprint: Blueprint) -> Iterator[Right]:
    service = operation.partition(":")[0]
    action = _ASKED_AS.get(operation, operation)
    if service == "sqs":
        action = action.removesuffix("Batch")
    if operation == "iam:RemoveRoleFromInstanceProfile":
        place = blueprint.place
        arns = [f"arn:{place.partition}:iam::{place.account}:instance-profile/*"]
    boundary = blueprint.settings.permissions_boundary
    within: Conditions = ()
    if boundary and operation in _BOUND:
        within = (("iam:PermissionsBoundary", boundary),)
    yield from (Right(action, form, within) for arn in arns for form in _forms(operation, arn))
    for further in _AS_WELL.get(operation, ()):
        yield from rights_of(further, arns, blueprint)
    if boundary and operation == "iam:CreateRole":
        yield from rights_of("iam:PutRolePermissionsBoundary", arns, blueprint)


def _arn(service: str, part: str, blueprint: Blueprint) -> str:
    """The ARN of a part of the guide."""
    if service == "iam":
        return _principal_arn(part, blueprint)
    # What begins so is of any stack's name.
    name = part if part.startswith(ANY) else blueprint.names.of(part)
    kinds = {
        "dynamodb": "table/",
        "lambda": "function:",
        "logs": "log-group:/aws/lambda/",
    }
    return blueprint.place.arn(service, f"{kinds.get(service, '')}{name}")


def _principal_arn(part: str, blueprint: Blueprint) -> str:
    place = blueprint.place
    account = f"arn:{place.partition}:iam::{place.account}"
    if part == SELF:
        return f"{account}:user/${{aws:username}}"
    if part == ANY_POLICY:
        return f"{account}:policy/*"
    if part.startswith(ANY):
        return f"{account}:role/{part}"
    return f"{account}:role/{blueprint.names.role}" if part == OWN_ROLE else blueprint.role_arn


def _identities(name: str, blueprint: Blueprint) -> list[str]:
    sender = blueprint.settings.sender
    if sender is None:
        return []
    # A verified domain speaks for its addresses, so that is looked at too.
    names = [sender, sender.rpartition("@")[2]] if name.startswith("Get") else [sender]
    return [blueprint.place.arn("ses", f"identity/{identity}") for identity in names]


def _forms(operation: str, arn: str) -> tuple[str, ...]:
    """An ARN as IAM may meet it: of a log group, or a function by an alias, also with an end."""
    return (arn, f"{arn}:*") if operation.startswith(("logs:", "lambda:Invoke")) else (arn,)
