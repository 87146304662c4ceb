"""Where a search begins: what was given is there, or said not to be; and whose it is."""

from __future__ import annotations

import pytest

from ordersetup.addresses import Address, address_of, plain_url
from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.discovery import discover
from ordersetup.errors import Absent
from ordersetup.start import Start, check_there, whose
from tests.conftest import Provision
from tests.stacks import REGION, stack
from tests.wire import Wire

NAMES = Names("default", REGION)
ABSENT = Address("a1b2c3", "prod", "/orders", REGION)


def test_an_api_that_is_not_there_is_named(aws: Aws) -> None:
    with pytest.raises(Absent, match="There is no API a1b2c3 in eu-west-1"):
        check_there(aws, Start("it", address=ABSENT))


def test_a_function_that_is_not_there_is_named_without_its_arn(aws: Aws) -> None:
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:Nope"
    with pytest.raises(Absent, match="There is no function Nope in eu-west-1"):
        check_there(aws, Start("it", function=arn))


@pytest.mark.parametrize(
    ("action", "start"),
    [
        ("apigateway:GetRestApis", Start("it", address=ABSENT)),
        ("lambda:GetFunction", Start("it", function="Nope")),
    ],
    ids=["api", "function"],
)
def test_what_may_not_be_looked_for_is_not_called_missing(
    aws: Aws, wire: Wire, action: str, start: Start
) -> None:
    said = f"User: ada is not authorized to perform: {action} on resource: it"
    wire.refuse(action, "AccessDeniedException", said, status=403)
    check_there(aws, start)


def test_nothing_given_is_nothing_to_look_for(aws: Aws, calls: list[str]) -> None:
    calls.clear()
    check_there(aws, Start("it", mapping={"Inventory": "x"}))
    assert calls == []


class TestWhose:
    def test_a_function_s_tag_says_it(self, aws: Aws, provision: Provision) -> None:
        provision(stack("shop2").steps)
        taken = discover(aws, NAMES, function="shop2-ProcessOrder")
        assert whose(aws, taken) == "shop2"

    def test_where_no_function_bears_one_the_api_s_says_it(
        self, aws: Aws, provision: Provision
    ) -> None:
        provision(stack("shop2").steps)
        for name in ("ProcessOrder", "UpdateInventory", "SendEmail"):
            found = aws.lambda_.get_function(FunctionName=f"shop2-{name}")
            arn = found["Configuration"]["FunctionArn"]
            aws.lambda_.untag_resource(Resource=arn, TagKeys=["ordersetup:stack"])
        (api,) = aws.apigateway.get_rest_apis()["items"]
        address = Address(api["id"], "prod", "/orders", REGION)
        assert whose(aws, discover(aws, NAMES, address=address)) == "shop2"

    def test_what_bears_none_is_nobody_s(self, aws: Aws) -> None:
        api = aws.apigateway.create_rest_api(name="theirs")["id"]
        address = Address(api, "prod", "/orders", REGION)
        assert whose(aws, discover(aws, NAMES, address=address)) is None


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://a1.execute-api.eu-west-1.amazonaws.com/prod/orders/", None),
        ("https://ada:x@a1.execute-api.eu-west-1.amazonaws.com/prod/orders?k=x#y", None),
        (" http://127.0.0.1:4566/_aws/execute-api/a1/prod/orders ", "http://127.0.0.1:4566"),
    ],
)
def test_a_url_is_told_without_what_is_nobody_s_business(url: str, plain: str | None) -> None:
    told = plain_url(url)
    assert told.startswith(plain or "https://a1.execute-api.eu-west-1.amazonaws.com/prod/orders")
    assert told.endswith("/orders")
    assert address_of(told) == address_of(url)
