"""What a person needs once the pipeline stands: addresses, and what still needs their hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ordersetup.aws import Aws
from ordersetup.blueprint import THROTTLE_BURST, THROTTLE_RATE, Blueprint
from ordersetup.engine import AnyStep
from ordersetup.operate.order import OWN_ITEM
from ordersetup.permissions import Uses
from ordersetup.step import Seen, State
from ordersetup.steps.brought_role import BroughtRoleState
from ordersetup.steps.endpoint import EndpointState
from ordersetup.steps.queue import QueueState
from ordersetup.steps.sender import SenderState
from ordersetup.steps.subscriptions import SubscriptionsState

S = TypeVar("S", bound=State)

USES: Uses = {"ses:GetAccount": ()}
"""What the outputs of a stack that mails its customers call."""


@dataclass(frozen=True)
class Outputs:
    """The stack's addresses, and what is left to a person.

    Args:
        endpoint: where orders are posted.
        addresses: ARNs and URLs, by the guide's name of the thing.
        by_hand: what no program can or should do, one sentence each.
        names: what things are called in this stack, by the guide's name.
    """

    stack: str
    account: str
    region: str
    endpoint: str
    addresses: Mapping[str, str]
    by_hand: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def curl(self) -> str:
        """A command that posts an order, of the item that `send-test-order` puts into stock."""
        order = {
            "customer_email": "success@simulator.amazonses.com",
            "items": [{"item_id": OWN_ITEM, "quantity": 1}],
        }
        return (
            f"curl -X POST {shlex.quote(self.endpoint)} -H 'Content-Type: application/json' "
            f"-d {shlex.quote(json.dumps(order))}"
        )


def outputs(aws: Aws, blueprint: Blueprint, steps: Sequence[AnyStep], seen: Seen) -> Outputs:
    """Gather the outputs of a stack that has been surveyed or provisioned.

    One call at most, and only with a sender: SES GetAccount, for the sandbox.
    """
    endpoint = _found(EndpointState, steps, seen)
    queue = _found(QueueState, steps, seen)
    addresses = {
        "Inventory": blueprint.table_arn("Inventory"),
        "InventoryTransactions": blueprint.table_arn("InventoryTransactions"),
        "OrderProcessingDLQ": blueprint.queue_arn,
        "OrderProcessingDLQ URL": queue.url if queue else "",
        "OrderConfirmationTopic": blueprint.topic_arn("OrderConfirmationTopic"),
        "OrderProcessingAlerts": blueprint.topic_arn("OrderProcessingAlerts"),
        "Role": blueprint.role_arn,
        **{name: blueprint.function_arn(name) for name in _FUNCTIONS},
    }
    return Outputs(
        stack=blueprint.names.stack,
        account=aws.account,
        region=aws.region,
        endpoint=endpoint.url if endpoint else "",
        addresses=addresses,
        by_hand=(
            *_unconfirmed(_found(SubscriptionsState, steps, seen)),
            *_mail(aws, blueprint.settings.sender, _found(SenderState, steps, seen)),
            *_unasked(_found(BroughtRoleState, steps, seen)),
            "POST /orders is open to the world without a key; it is throttled to "
            f"{THROTTLE_RATE:g} requests a second, {THROTTLE_BURST} at once.",
        ),
        names={
            **{name: blueprint.names.of(name) for name in _NAMED},
            "Role": blueprint.role_arn.rpartition("/")[2],
        },
    )


_FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
_NAMED = (
    *("Inventory", "InventoryTransactions", "OrderProcessingDLQ"),
    *("OrderConfirmationTopic", "OrderProcessingAlerts", *_FUNCTIONS, "EcommerceAPI"),
)


def _found(kind: type[S], steps: Sequence[AnyStep], seen: Seen) -> S | None:
    """The one state of its kind, where the stack has such a step at all."""
    states = (seen.find(step) for step in steps)
    return next((state for state in states if isinstance(state, kind)), None)


def _unconfirmed(subscriptions: SubscriptionsState | None) -> list[str]:
    return [
        f"{address} gets no alerts before the link in the mail from AWS Notifications is clicked."
        for address in (subscriptions.unconfirmed if subscriptions else ())
    ]


def _mail(aws: Aws, sender: str | None, identity: SenderState | None) -> list[str]:
    if sender is None:
        return ["No customer is mailed, since no --sender is set; confirmations go to the topic."]
    told = []
    if identity is not None and not identity.verified:
        told.append(
            f"{sender} cannot send before the link in SES's mail to it is clicked (within 24 h)."
        )
    if (production := _production(aws)) is None:
        told.append(
            "Whether this account is in the SES sandbox could not be asked: your credentials lack "
            "ses:GetAccount."
        )
    elif not production:
        told.append(
            "This account is in the SES sandbox here: only verified addresses get mail, 200 a day. "
            "Ask for production access in the SES console."
        )
    return told


def _production(aws: Aws) -> bool | None:
    """Whether SES sends to everybody from this account and region; None if it may not be asked."""
    try:
        account = aws.ask(aws.sesv2.get_account, "Asking SES for the sandbox")
        return account.get("ProductionAccessEnabled", False)
    except aws.sesv2.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
            raise
        return None


def _unasked(role: BroughtRoleState | None) -> list[str]:
    if role is None or role.simulated:
        return []
    return [
        "Whether your role may do what the functions need could not be asked: "
        "your credentials lack iam:SimulatePrincipalPolicy."
    ]
