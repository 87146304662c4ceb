"""What a person may write to say which stack is meant."""

from __future__ import annotations

import pytest

from ordersetup.addresses import GUIDE_NAMES, Address, address_of, mapping_of, name_of
from ordersetup.errors import BadInput


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (
            "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/orders",
            Address("a1b2c3", "prod", "/orders", "eu-west-1"),
        ),
        (
            "  https://a1b2c3.execute-api.cn-north-1.amazonaws.com.cn/live/v1/orders/ ",
            Address("a1b2c3", "live", "/v1/orders", "cn-north-1"),
        ),
        (
            "https://a1b2c3-vpce-0123.execute-api.eu-west-1.amazonaws.com/prod",
            Address("a1b2c3", "prod", None, "eu-west-1"),
        ),
        (
            "https://a1b2c3.execute-api.eu-west-1.api.aws/prod/orders?x=1#top",
            Address("a1b2c3", "prod", "/orders", "eu-west-1"),
        ),
        (
            "http://127.0.0.1:4566/restapis/a1b2c3/prod/_user_request_/orders",
            Address("a1b2c3", "prod", "/orders"),
        ),
        (
            "http://localhost:4566/restapis/a1b2c3/prod/_user_request_/",
            Address("a1b2c3", "prod", None),
        ),
        (
            "http://localhost:4566/_aws/execute-api/a1b2c3/prod/orders",
            Address("a1b2c3", "prod", "/orders"),
        ),
    ],
)
def test_every_form_of_an_invoke_url_is_read(url: str, address: Address) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "orders",
        "https://shop.example.com/orders",
        "ftp://a1.execute-api.eu-west-1.amazonaws.com/prod/orders",
        "https://a1.execute-api.eu-west-1.amazonaws.com.example.com/prod/orders",
        "https://a1.lambda-url.eu-west-1.on.aws/",
        "http://[::1/restapis/a/prod/_user_request_/orders",
        "http://localhost:4566/restapis/a1b2c3",
    ],
)
def test_what_is_no_invoke_url_is_refused_with_the_place_to_find_one(url: str) -> None:
    with pytest.raises(BadInput, match="no invoke URL") as refused:
        address_of(url)
    assert "Invoke URL" in refused.value.then
    assert "--function" in refused.value.then


def test_an_invoke_url_without_a_stage_is_refused() -> None:
    with pytest.raises(BadInput, match="names no stage"):
        address_of("https://a1b2c3.execute-api.eu-west-1.amazonaws.com/")


@pytest.mark.parametrize(
    ("written", "guide"),
    [
        ("INVENTORY", "Inventory"),
        ("inventory-transactions", "InventoryTransactions"),
        ("Order_Processing_DLQ", "OrderProcessingDLQ"),
        ("ecommerceapi", "EcommerceAPI"),
        *((name, name) for name in GUIDE_NAMES),
    ],
)
def test_the_guides_names_are_taken_however_they_are_written(written: str, guide: str) -> None:
    assert mapping_of([f" {written} = mine "]) == {guide: "mine"}


def test_only_the_first_equals_sign_divides() -> None:
    assert mapping_of(["path=/a=b"]) == {"path": "/a=b"}


@pytest.mark.parametrize("pair", ["INVENTORY", "INVENTORY=", "=mine", "="])
def test_half_a_pair_is_refused_with_an_example(pair: str) -> None:
    with pytest.raises(BadInput, match="form NAME=ACTUAL") as refused:
        mapping_of([pair])
    assert "--map INVENTORY=my-table" in refused.value.then


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="nothing called 'INVENTRY'") as refused:
        mapping_of(["INVENTRY=mine"])
    assert refused.value.then.startswith("Did you mean Inventory?")


@pytest.mark.parametrize(
    ("actual", "name"),
    [
        ("my-table", "my-table"),
        ("arn:aws:dynamodb:eu-west-1:1:table/my-table", "my-table"),
        ("arn:aws:dynamodb:eu-west-1:1:table/my-table/stream/x", "my-table"),
        ("arn:aws:sns:eu-west-1:1:my-topic", "my-topic"),
        ("arn:aws:sqs:eu-west-1:1:my-queue", "my-queue"),
        ("arn:aws:lambda:eu-west-1:1:function:mine", "mine"),
        ("arn:aws:lambda:eu-west-1:1:function:mine:live", "mine"),
        ("https://sqs.eu-west-1.amazonaws.com/1/my-queue", "my-queue"),
    ],
)
def test_a_name_is_found_in_whatever_has_it(actual: str, name: str) -> None:
    assert name_of(actual) == name
