"""Whether the caller may do what a command will do, asked of IAM's policy simulator beforehand.

Follows SimulatePrincipalPolicy. It sees the caller's own policies and their boundary, and not what
an organisation, a session or a resource's own policy adds. So what it denies counts only where
nothing else could turn the answer: a false alarm would keep people from what they may do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.errors import ASK_FOR_IT, Denied
from ordersetup.permissions import ANY, SELF, Conditions, Right, Uses
from ordersetup.refusals import AWS_ERRORS, told, understood

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import ContextEntryTypeDef, EvaluationResultTypeDef

USES: Uses = {"iam:SimulatePrincipalPolicy": (SELF,)}
"""What asking about oneself calls; of a role, iam:GetRole as well, which no policy can name."""

AT_ONCE = 8
"""Questions at once; the survey beside them needs connections too."""

_WHO = re.compile(
    r"arn:(?P<partition>[^:]+):(?P<kind>iam::\d+:root|iam::\d+:user|sts::\d+:assumed-role)"
    r"(?:/(?P<name>[^/]+).*)?"
)
_STANDS_FOR_ANY = "ordersetup"

_BY_THE_TOPIC = frozenset(
    {
        *("sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:Subscribe"),
        *("sns:ListSubscriptionsByTopic", "sns:Publish"),
    }
)
"""What a topic's own policy, as SNS makes it, allows everybody in the account."""


@dataclass(frozen=True)
class Foreseen:
    """What the simulator says.

    Args:
        lacking: what the caller may not do for certain.
        unsure: what it denies, and something that it does not know may allow.
        untold: why it could not be asked; empty if it could.
    """

    lacking: tuple[Right, ...] = ()
    unsure: tuple[Right, ...] = ()
    untold: str = ""


class Foresight:
    """The simulator, asked in the background from the beginning on.

    Args:
        aws: the account.
        wanted: what shall be done.
        blueprint: the stack, whose tags the requests will bear.
    """

    def __init__(self, aws: Aws, wanted: Iterable[Right], blueprint: Blueprint) -> None:
        self._aws = aws
        self._blueprint = blueprint
        self._groups: dict[tuple[str, str, Conditions], list[Right]] = {}
        for right in sorted(wanted):
            if "${" in right.resource:
                continue  # The right to ask this very question: the answer tells.
            service = right.action.partition(":")[0]
            key = (service, right.resource, right.conditions)
            self._groups.setdefault(key, []).append(right)
        self._pool = ThreadPoolExecutor(AT_ONCE, "foresight")
        # Asked first, so that those who wait for it never keep it from being asked.
        self._who = self._pool.submit(_understood, aws)
        self._answers = [self._pool.submit(self._asked, rights) for rights in self._groups.values()]
        self._pool.shutdown(wait=False)

    def drop(self) -> None:
        """Ask no more: the answer does not matter."""
        self._who.cancel()
        for answer in self._answers:
            answer.cancel()

    def refuse_lacking(self, needed: Collection[Right]) -> str:
        """Refuse to begin what the caller may not finish.

        Args:
            needed: what is to be done indeed; some of what was asked about.

        Returns:
            Why the simulator could not be asked; empty if it could.

        Raises:
            Denied: names what is lacking.
        """
        if not needed:
            self.drop()
            return ""
        foreseen = self.told()
        if lacking := [right for right in foreseen.lacking if right in needed]:
            raise Denied(
                f"Your credentials may not {listed(lacking)}. Nothing was changed.", ASK_FOR_IT
            )
        return foreseen.untold

    def told(self) -> Foreseen:
        """What the simulator says, once it has said all."""
        try:
            if self._who.result() is None:
                return Foreseen()
            answers = [found for answer in self._answers for found in _result(answer)]
        except AWS_ERRORS as error:
            return Foreseen(untold=told(error).happened)
        except Unknowable as error:
            return Foreseen(untold=str(error))
        denied = [right for right, decisive in answers if decisive is not None]
        certain = [right for right, decisive in answers if decisive]
        lacking = tuple(right for right in certain if self._certain(right, denied))
        unsure = tuple(right for right in denied if right not in lacking)
        return Foreseen(lacking, unsure)

    def _asked(self, rights: list[Right]) -> list[tuple[Right, bool | None]]:
        """Of each right: None if it is allowed, else whether that is decisive."""
        who = self._who.result()
        if who is None:
            return []
        with understood():
            try:
                results = self._simulated(who, rights)
            except self._aws.iam.exceptions.InvalidInputException:
                results = {}
            return [(right, _decisive(results.get(right.action.lower()))) for right in rights]

    def _simulated(self, who: str, rights: Sequence[Right]) -> dict[str, EvaluationResultTypeDef]:
        """The simulator's results about rights on one resource, by action in lower case."""
        resource = rights[0].resource
        pages = self._aws.iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=who,
            ActionNames=[right.action for right in rights],
            ResourceArns=[resource if resource == ANY else resource.replace("*", _STANDS_FOR_ANY)],
            ContextEntries=self._context(rights[0]),
        )
        return {
            result["EvalActionName"].lower(): result
            for page in pages
            for result in page.get("EvaluationResults", [])
        }

    def _context(self, right: Right) -> list[ContextEntryTypeDef]:
        """What the requests will bear; a key that is left out makes a denial undecided."""
        service = right.action.partition(":")[0]
        blueprint = self._blueprint
        owner = blueprint.role_owner if service == "iam" else blueprint.owner
        texts = {f"aws:RequestTag/{key}": value for key, value in owner.tags().items()}
        if service != "iam":  # which is asked in another region than the stack's
            texts["aws:RequestedRegion"] = blueprint.place.region
        texts |= dict(right.conditions)
        return [
            *(_entry(key, [value], "string") for key, value in texts.items()),
            _entry("aws:TagKeys", list(owner.tags()), "stringList"),
            _entry("aws:SecureTransport", ["true"], "boolean"),
        ]

    def _certain(self, right: Right, denied: list[Right]) -> bool:
        """Whether nothing that the simulator does not know can allow it after all."""
        if right.action in _BY_THE_TOPIC or right.action.startswith("apigateway:"):
            # Of an API nothing but the address that it is made at is known beforehand.
            return right.action == "apigateway:POST" and right.resource.endswith("/restapis")
        if right.action.startswith("logs:") and right.resource != ANY:
            other = right.resource.removesuffix(":*")
            forms = {other, f"{other}:*"}
            return forms <= {r.resource for r in denied if r.action == right.action}
        return right.resource == ANY or "*" not in right.resource


class Unknowable(Exception):
    """The simulator has no answer for this caller; the text says why."""


def principal(aws: Aws) -> str | None:
    """The ARN by which the simulator knows the caller; None is the account's root user.

    A session of a role stands for its role, whose path only IAM knows.

    Raises:
        Unknowable: it knows users and roles alone.
    """
    found = _WHO.fullmatch(aws.caller)
    if found is None:
        raise Unknowable("IAM's policy simulator knows users and roles only, and you are neither")
    if found["kind"].endswith(":root"):
        return None
    if found["kind"].endswith(":user"):
        return aws.caller
    try:
        return aws.iam.get_role(RoleName=found["name"])["Role"]["Arn"]
    except aws.iam.exceptions.ClientError as error:
        if not isinstance(told(error), Denied):
            raise
    return f"arn:{found['partition']}:iam::{aws.account}:role/{found['name']}"


def _understood(aws: Aws) -> str | None:
    with understood():
        return principal(aws)


def listed(rights: Iterable[Right]) -> str:
    """Rights for people: each action, and what it is on."""
    on: dict[str, list[str]] = {}
    for right in rights:
        if not right.resource.endswith(":*"):
            on.setdefault(right.action, []).append(right.resource)
    return "; ".join(f"{action} on {', '.join(of)}" for action, of in on.items())


def _result(
    answer: Future[list[tuple[Right, bool | None]]],
) -> list[tuple[Right, bool | None]]:
    return answer.result()


def _decisive(result: EvaluationResultTypeDef | None) -> bool | None:
    """Whether a denial is decisive; None if it is none."""
    if result is None:
        return False
    decisions = [result["EvalDecision"]] + [
        of_one["EvalResourceDecision"] for of_one in result.get("ResourceSpecificResults", [])
    ]
    if set(decisions) == {"allowed"}:
        return None
    missing = [
        *result.get("MissingContextValues", []),
        *(k for r in result.get("ResourceSpecificResults", []) for k in r["MissingContextValues"]),
    ]
    organisation = result.get("OrganizationsDecisionDetail", {})
    return not missing and organisation.get("AllowedByOrganizations", True)


def _entry(key: str, values: list[str], kind: str) -> ContextEntryTypeDef:
    return {
        "ContextKeyName": key,
        "ContextKeyValues": values,
        "ContextKeyType": kind,  # type: ignore[typeddict-item]  # one of the API's own words
    }
