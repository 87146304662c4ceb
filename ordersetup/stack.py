"""One stack, opened: where it is, what it shall be, and the steps that make it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint, Names, Place
from ordersetup.bundle import bundle
from ordersetup.engine import AnyStep
from ordersetup.errors import BadInput
from ordersetup.masked import masked
from ordersetup.ownership import dropped_of, owner_of, recalled, unpaired
from ordersetup.permissions import Uses
from ordersetup.settings import Settings
from ordersetup.step import Seen
from ordersetup.steps import only, pipeline
from ordersetup.steps.rest_api import RestApi

USES: Uses = {"sns:ListTagsForResource": ("OrderProcessingAlerts",)}
"""What opening a stack calls."""

SERVICES = ("sns", "apigateway", "iam", "lambda", "dynamodb", "logs", "sqs")
"""The services that a stack is read from, in the order in which they are first called."""

# AWS answers with the query protocol's code, the embedded engine with the newer name.
_NO_SUCH_TOPIC = frozenset({"ResourceNotFound", "ResourceNotFoundException", "NotFound"})


@dataclass(frozen=True)
class Stack:
    """A stack that a command works on.

    Args:
        aws: the account and region.
        blueprint: what it shall be.
        former: the settings it has had until now, or None if it does not stand.
        steps: the guide's steps for it.
        found_from: what it was found from, if it is another's; None for one that was named.
    """

    aws: Aws
    blueprint: Blueprint
    former: Settings | None
    steps: tuple[AnyStep, ...]
    found_from: str | None = None

    @property
    def label(self) -> str:
        """Its name, or what it was found from."""
        return f"found from {self.found_from}" if self.found_from else self.blueprint.names.stack

    @property
    def where(self) -> str:
        """The stack, where it is, and as whom: what is told before anything is written."""
        of = f"{self.aws.region} of account {self.aws.account}"
        return f"the stack {self.label} in {of}, as {masked(self.aws.caller)}"

    def orders_url(self, *, own: bool = False) -> str | None:
        """Where the stack takes orders; None if it has no API.

        Args:
            own: whether the API must bear the stack's tag.
        """
        names = self.blueprint.names
        api = only(RestApi, self.steps)
        state = self.aws.ask(lambda: api.read(self.aws, Seen()), "Reading the API")
        if state is None or (own and state.owner != self.blueprint.owner.name):
            return None
        return self.aws.orders_url(state.api_id, names.stage, names.path)


def open_stack(
    aws: Aws,
    name: str,
    flags: Mapping[str, object],
    unset: Iterable[str] = (),
    *,
    seen_as: Names | None = None,
    remembering: bool = True,
) -> Stack:
    """The stack of that name, as it is remembered in AWS and changed by the flags given.

    Args:
        aws: the account and region.
        name: the stack's name.
        flags: settings given on the command line, by field name of Settings.
        unset: settings to return to their default.
        seen_as: what its parts are called, where that is other than they should be.
        remembering: whether to ask AWS what is remembered.

    Raises:
        BadInput: the settings do not go together.
    """
    names = Names(name, aws.region)
    place = Place(aws.account, aws.region, aws.partition)
    tags = remembering_tags(aws, names, place) if remembering else {}
    former = recall(tags, names, place)
    settings = (former or Settings()).changed(flags, unset)
    _check_account(settings.role_arn, aws.account)
    blueprint = Blueprint(seen_as or names, place, settings, bundle())
    return Stack(aws, blueprint, former, pipeline(blueprint, former, tuple(dropped_of(tags))))


def remembering_tags(aws: Aws, names: Names, place: Place) -> Mapping[str, str]:
    """The tags of the topic that remembers the settings; none, if there is none of this stack's."""
    try:
        arn = _remembering_arn(names, place)
        answer = aws.ask(
            lambda: aws.sns.list_tags_for_resource(ResourceArn=arn), "Reading the settings"
        )
        tags = unpaired(answer["Tags"])
    except aws.sns.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _NO_SUCH_TOPIC:
            raise
        return {}
    return tags if owner_of(tags) == names.stack else {}


def recall(tags: Mapping[str, str], names: Names, place: Place) -> Settings | None:
    """The settings that the remembering tags tell; None if there are no such tags.

    Raises:
        BadInput: somebody has made of them what can be no setting.
    """
    if not tags:
        return None
    try:
        return recalled(tags)
    except BadInput as error:
        arn = _remembering_arn(names, place)
        raise BadInput(
            f"The settings remembered on {arn} are not what ordersetup wrote: {error.happened}",
            f"{error.then} Put that tag right, or remove it, in SNS › Topics › {arn} › Tags.",
        ) from error


def _remembering_arn(names: Names, place: Place) -> str:
    return place.arn("sns", names.of("OrderProcessingAlerts"))


def _check_account(role_arn: str | None, account: str) -> None:
    if role_arn is not None and role_arn.split(":")[4] != account:
        raise BadInput(
            f"--role-arn {role_arn} is of another account than yours, {account}.",
            "Lambda takes roles of its own account only: give one of those.",
        )
