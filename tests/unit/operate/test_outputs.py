"""What a person needs once the pipeline stands."""

from __future__ import annotations

from ordersetup.aws import Aws
from ordersetup.operate.outputs import Outputs, outputs
from ordersetup.step import Seen
from ordersetup.steps.endpoint import Endpoint, EndpointState
from ordersetup.steps.sender import SenderIdentity
from ordersetup.steps.subscriptions import Subscriptions, SubscriptionsState
from ordersetup.steps.topics import PENDING
from tests.conftest import Provision
from tests.stacks import ACCOUNT, REGION, Built, stack, with_needs

URL = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/orders"


def gathered(aws: Aws, built: Built, seen: Seen) -> Outputs:
    return outputs(aws, built.blueprint, built.steps, seen)


def test_addresses_are_called_as_in_the_guide(aws: Aws) -> None:
    found = gathered(aws, stack(), Seen())
    assert list(found.addresses) == [
        *("Inventory", "InventoryTransactions", "OrderProcessingDLQ", "OrderProcessingDLQ URL"),
        *("OrderConfirmationTopic", "OrderProcessingAlerts", "Role"),
        *("ProcessOrder", "UpdateInventory", "SendEmail"),
    ]
    assert found.addresses["UpdateInventory"] == (
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:UpdateInventory"
    )
    assert (found.stack, found.account, found.region) == ("default", ACCOUNT, REGION)


def test_another_stack_s_addresses_bear_its_name(aws: Aws) -> None:
    found = gathered(aws, stack("shop2"), Seen())
    assert found.addresses["Inventory"].endswith(":table/shop2-Inventory")


def test_the_endpoint_is_where_it_was_found(aws: Aws) -> None:
    built, seen = stack(), Seen()
    [endpoint] = [step for step in built.steps if isinstance(step, Endpoint)]
    seen.note(endpoint, EndpointState(preflight="200", allow_origin="*", url=URL))
    found = gathered(aws, built, seen)
    assert found.endpoint == URL
    assert found.curl.startswith(f"curl -X POST {URL} ")


def test_that_the_api_is_open_is_always_said(aws: Aws, calls: list[str]) -> None:
    found = gathered(aws, stack(), Seen())
    assert found.by_hand == (
        "No customer is mailed, since no --sender is set; confirmations go to the topic.",
        "POST /orders is open to the world without a key; it is throttled to 50 requests a "
        "second, 100 at once.",
    )
    assert calls == []


def test_who_has_not_confirmed_is_named(aws: Aws) -> None:
    built, seen = stack(alert_emails=("ada@example.com", "bob@example.com")), Seen()
    [subscriptions] = [step for step in built.steps if isinstance(step, Subscriptions)]
    arns = {"ada@example.com": "arn:aws:sns:x", "bob@example.com": PENDING}
    seen.note(subscriptions, SubscriptionsState(endpoints=tuple(arns), arns=arns))
    assert gathered(aws, built, seen).by_hand[0] == (
        "bob@example.com gets no alerts before the link in the mail from AWS Notifications is "
        "clicked."
    )


def test_a_sender_that_is_not_verified_and_a_sandbox_are_told(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    built = stack(sender="shop@example.com")
    [sender] = [step for step in built.steps if isinstance(step, SenderIdentity)]
    seen = provision(with_needs(built.steps, sender)).seen
    calls.clear()
    told = gathered(aws, built, seen).by_hand
    assert calls == ["ses:GetAccount"]
    state = seen.of(sender)
    assert any("cannot send before" in line for line in told) is not state.verified
    assert any("SES sandbox" in line for line in told)
