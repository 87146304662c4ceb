"""Which resource plays which part, in stacks that were built by other hands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ordersetup.addresses import Address
from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint, Names, Place
from ordersetup.discovery import Taken, discover, roles_of
from ordersetup.errors import BadInput
from ordersetup.foreign import needed, open_taken, with_roles
from ordersetup.settings import Settings
from ordersetup.step import Seen
from ordersetup.steps.brought_role import BroughtRole
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.role import Role
from tests.end_to_end.by_hand import GUIDE, OTHER, ByHand
from tests.stacks import ACCOUNT, CODE, REGION, stack
from tests.wire import Wire

NAMES = Names("default", REGION)
PARTS = [guide for guide in OTHER if guide not in ("Role", "stage", "path", "EcommerceAPI")]
DENIED = "User: ada is not authorized to perform: {} on resource: it"


def build(aws: Aws, names: Mapping[str, str], **more: Any) -> ByHand:
    return ByHand(
        lambda service: aws.client(service, 1), names, region=REGION, account=ACCOUNT, **more
    ).build()


def address(built: ByHand) -> Address:
    return Address(built.api_id, built.names["stage"], f"/{built.names['path']}", REGION)


def actual(taken: Taken) -> dict[str, str | None]:
    return {piece.guide: piece.actual for piece in taken.pieces}


def how(taken: Taken, guide: str) -> str:
    return next(piece.how for piece in taken.pieces if piece.guide == guide)


def all_of(built: ByHand) -> dict[str, str | None]:
    return {
        **built.names,
        "EcommerceAPI": f"{built.names['EcommerceAPI']} ({built.api_id})",
        "path": f"/{built.names['path']}",
        "Role": built.role_arn,
    }


def test_from_the_url_on_everything_is_found_by_reference(aws: Aws, calls: list[str]) -> None:
    build(aws, GUIDE)
    built = build(aws, OTHER, environment=True)
    calls.clear()

    taken = discover(aws, NAMES, address=address(built))

    assert actual(taken) == all_of(built)
    assert how(taken, "EcommerceAPI") == "given"
    assert how(taken, "ProcessOrder") == "by the API's integration"
    assert how(taken, "UpdateInventory") == "by shop-intake's environment, STOCK_FN"
    assert how(taken, "OrderProcessingDLQ") == "by shop-stock-keeper's event-invoke config"
    assert how(taken, "Role") == "by the functions"
    assert taken.names.given == {guide: OTHER[guide] for guide in [*PARTS, "EcommerceAPI"]}
    assert (taken.names.stage, taken.names.path) == ("live", "/checkout")
    assert taken.names.api_id == built.api_id
    reads = ("Get", "List", "Describe")
    assert all(call.partition(":")[2].startswith(reads) for call in calls), calls


def test_from_the_function_on_the_api_is_found_by_who_may_invoke_it(aws: Aws) -> None:
    build(aws, GUIDE)
    built = build(aws, OTHER, environment=True)

    taken = discover(aws, NAMES, function=OTHER["ProcessOrder"])

    assert actual(taken) == all_of(built)
    assert how(taken, "ProcessOrder") == "given"
    assert how(taken, "EcommerceAPI") == "by shop-intake's resource-based policy"
    assert how(taken, "stage") == "it is the only one"
    assert how(taken, "path") == "by its POST method"


def test_what_no_environment_names_is_found_by_the_roles_policy(aws: Aws) -> None:
    build(aws, GUIDE)
    built = build(aws, OTHER, narrow=True)

    taken = discover(aws, NAMES, address=address(built))

    # Nothing in "shop-thanks" says what it is for; it is what is left beside "shop-failures".
    assert actual(taken) == all_of(built)
    assert how(taken, "UpdateInventory") == how(taken, "Inventory") == "by its role's policy"
    assert how(taken, "OrderConfirmationTopic").startswith("guessed")


def test_an_attached_policy_is_read_like_an_inline_one(aws: Aws) -> None:
    built = build(aws, OTHER, narrow=True)
    document = json.dumps({"Version": "2012-10-17", "Statement": built.statements()})
    policy = aws.iam.create_policy(PolicyName="orders", PolicyDocument=document)["Policy"]
    aws.iam.attach_role_policy(RoleName=OTHER["Role"], PolicyArn=policy["Arn"])
    aws.iam.delete_role_policy(RoleName=OTHER["Role"], PolicyName="orders")

    assert actual(discover(aws, NAMES, address=address(built))) == all_of(built)


def test_where_nothing_names_anything_the_guides_names_are_taken(aws: Aws) -> None:
    built = build(aws, GUIDE)
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken) == all_of(built)
    assert how(taken, "UpdateInventory") == how(taken, "Inventory") == "by name"


def test_tables_that_nobody_names_are_known_by_their_keys(aws: Aws) -> None:
    built = build(aws, OTHER)
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["Inventory"] == OTHER["Inventory"]
    assert actual(taken)["InventoryTransactions"] == OTHER["InventoryTransactions"]
    assert how(taken, "Inventory") == "by its keys"


def test_two_tables_that_fit_are_no_guess(aws: Aws) -> None:
    built = build(aws, OTHER)
    another = ByHand(built.client, {"Inventory": "second"})
    another.make_table("Inventory", ["item_id"])
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["Inventory"] is None
    assert how(taken, "Inventory") == "not found"


def test_what_is_not_found_keeps_the_guides_name_and_so_is_missing(aws: Aws) -> None:
    built = build(aws, OTHER)
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["OrderConfirmationTopic"] is None
    assert how(taken, "OrderConfirmationTopic") == "not found"
    assert taken.names.of("OrderConfirmationTopic") == "OrderConfirmationTopic"


def test_a_name_that_is_given_wins_over_every_reference(aws: Aws) -> None:
    built = build(aws, OTHER, environment=True)
    mapping = {
        "Inventory": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/mine",
        "Role": "my-role",
        "stage": "test",
        "path": "buy",
    }
    taken = discover(aws, NAMES, address=address(built), mapping=mapping)
    assert actual(taken)["Inventory"] == "mine"
    assert actual(taken)["Role"] == f"arn:aws:iam::{ACCOUNT}:role/my-role"
    assert set(taken.roles.values()) == {f"arn:aws:iam::{ACCOUNT}:role/my-role"}
    assert (taken.names.stage, taken.names.path) == ("test", "/buy")
    assert how(taken, "Inventory") == how(taken, "Role") == how(taken, "path") == "given"


def test_an_api_can_be_given_by_its_name(aws: Aws) -> None:
    build(aws, GUIDE)
    built = build(aws, OTHER, environment=True)
    mapping = {"EcommerceAPI": OTHER["EcommerceAPI"], "ProcessOrder": OTHER["ProcessOrder"]}
    assert discover(aws, NAMES, mapping=mapping).names.api_id == built.api_id


def test_the_queue_is_found_by_the_older_setting_too(aws: Aws) -> None:
    built = build(aws, OTHER, environment=True)
    for guide in ("UpdateInventory", "SendEmail"):
        aws.lambda_.delete_function_event_invoke_config(FunctionName=OTHER[guide])
    target = built.arn("sqs", "OrderProcessingDLQ")
    aws.lambda_.update_function_configuration(
        FunctionName=OTHER["UpdateInventory"], DeadLetterConfig={"TargetArn": target}
    )
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["OrderProcessingDLQ"] == OTHER["OrderProcessingDLQ"]
    assert how(taken, "OrderProcessingDLQ") == "by shop-stock-keeper's dead-letter queue"


def test_a_queue_that_nothing_refers_to_is_known_by_the_guides_name(aws: Aws) -> None:
    built = build(aws, GUIDE)
    for guide in ("UpdateInventory", "SendEmail"):
        aws.lambda_.delete_function_event_invoke_config(FunctionName=guide)
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["OrderProcessingDLQ"] == "OrderProcessingDLQ"
    assert how(taken, "OrderProcessingDLQ") == "by name"


def test_a_policy_with_a_wildcard_names_nothing(aws: Aws) -> None:
    built = build(aws, OTHER)
    anything = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop-mail*"
    built.allow({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": anything})
    assert actual(discover(aws, NAMES, address=address(built)))["SendEmail"] is None


def test_an_api_that_is_gone_is_not_found_by_the_permission_it_left(aws: Aws) -> None:
    built = build(aws, OTHER, environment=True)
    function = OTHER["ProcessOrder"]
    policy = json.loads(aws.lambda_.get_policy(FunctionName=function)["Policy"])
    (sid,) = (statement["Sid"] for statement in policy["Statement"])
    aws.lambda_.remove_permission(FunctionName=function, StatementId=sid)
    for api_id in ("gone123456", built.api_id):
        aws.lambda_.add_permission(
            FunctionName=function,
            StatementId=api_id,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/*/POST/checkout",
        )
    assert discover(aws, NAMES, function=function).names.api_id == built.api_id


def test_an_arn_that_leads_nowhere_is_taken_at_its_word(aws: Aws) -> None:
    built = build(aws, OTHER, environment=True)
    aws.sns.delete_topic(TopicArn=built.arn("sns", "OrderProcessingAlerts"))
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["OrderProcessingAlerts"] == OTHER["OrderProcessingAlerts"]


def test_where_a_read_is_refused_what_hangs_on_it_is_not_found_and_says_why(
    aws: Aws, wire: Wire
) -> None:
    built = build(aws, OTHER, narrow=True)
    action = "iam:ListRolePolicies"
    wire.refuse(action, "AccessDenied", DENIED.format(action), status=403)
    taken = discover(aws, NAMES, address=address(built))
    assert actual(taken)["ProcessOrder"] == OTHER["ProcessOrder"]
    assert actual(taken)["UpdateInventory"] is None
    assert how(taken, "UpdateInventory").startswith("may not be read: ")
    assert action in how(taken, "UpdateInventory")
    assert len(taken.denied) == 1


def test_a_refusal_for_another_reason_goes_up(aws: Aws, wire: Wire) -> None:
    built = build(aws, OTHER, environment=True)
    wire.refuse("lambda:GetFunction", "ServiceException", "a fire in the data centre")
    with pytest.raises(ClientError, match="fire"):
        discover(aws, NAMES, address=address(built))


def test_an_address_of_another_region_is_refused_before_any_call(
    aws: Aws, calls: list[str]
) -> None:
    with pytest.raises(BadInput, match="us-east-1") as refused:
        discover(aws, NAMES, address=Address("a1", "prod", None, "us-east-1"))
    assert "--region us-east-1" in refused.value.then
    assert calls == []


def test_an_api_that_is_not_there_is_no_crash(aws: Aws) -> None:
    taken = discover(aws, NAMES, address=Address("a1b2c3", "prod", "/orders", REGION))
    assert actual(taken)["ProcessOrder"] is None
    assert actual(taken)["EcommerceAPI"] == "a1b2c3"


# What is made of it


def test_the_role_alone_is_looked_for_where_the_names_are_the_guides(
    aws: Aws, calls: list[str]
) -> None:
    built = build(aws, GUIDE)
    calls.clear()
    taken = roles_of(aws, NAMES)
    assert actual(taken) == {"Role": built.role_arn}
    assert taken.names == NAMES
    assert set(calls) == {"lambda:GetFunction"}


def blueprint(names: Names = NAMES) -> Blueprint:
    return Blueprint(names, Place(ACCOUNT, REGION), Settings(), CODE)


def test_a_role_for_each_function_needs_what_that_function_does() -> None:
    intake = needed(blueprint(), ["ProcessOrder"])
    keeper = needed(blueprint(), ["UpdateInventory"])
    mailer = needed(blueprint(), ["SendEmail"])
    assert intake.keys() == {"InvokeFunctions", "WriteLogs"}
    assert keeper.keys() == {
        *("TakeFromStock", "RecordTransactions", "SendToDeadLetterQueue"),
        *("PublishToTopics", "WriteLogs"),
    }
    assert mailer.keys() == {"SendToDeadLetterQueue", "PublishToTopics", "WriteLogs"}
    assert [arn.rpartition(":")[2] for arn in keeper["PublishToTopics"]["Resource"]] == [
        "OrderProcessingAlerts"
    ]
    assert [arn.rpartition(":")[2] for arn in mailer["PublishToTopics"]["Resource"]] == [
        "OrderConfirmationTopic"
    ]
    assert [arn.split(":")[6] for arn in intake["WriteLogs"]["Resource"]] == [
        "/aws/lambda/ProcessOrder"
    ]


def test_what_only_our_handlers_do_is_asked_of_no_other_role() -> None:
    assert needed(blueprint(), ["UpdateInventory"])["RecordTransactions"]["Action"] == [
        "dynamodb:PutItem"
    ]


def test_each_of_the_functions_roles_takes_the_place_of_ours() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/"
    roles = {
        "ProcessOrder": f"{arn}one",
        "UpdateInventory": f"{arn}two",
        "SendEmail": f"{arn}two",
    }
    steps = with_roles(stack().steps, blueprint(), Taken(NAMES, (), roles))
    assert [s.key for s in steps if isinstance(s, BroughtRole)] == ["role/one", "role/two"]
    assert not [s for s in steps if isinstance(s, Role)]
    assert len(steps) == len(stack().steps)


def test_a_role_that_may_not_be_known_is_not_called_missing() -> None:
    steps = with_roles(stack().steps, blueprint(), Taken(NAMES, (), {}, ("denied",)))
    assert not [s for s in steps if s.key.startswith("role")]
    absent = with_roles(stack().steps, blueprint(), Taken(NAMES, ()))
    assert [s for s in absent if isinstance(s, Role)]


def test_of_two_apis_of_one_name_the_one_that_was_given_is_read(aws: Aws) -> None:
    build(aws, GUIDE)
    second = aws.apigateway.create_rest_api(name=GUIDE["EcommerceAPI"])["id"]
    names = Names("default", REGION, given=GUIDE, api_id=second)
    opened = open_taken(aws, Taken(names, ()), "the function F")
    (api,) = (step for step in opened.steps if isinstance(step, RestApi))
    state = api.read(aws, Seen())
    assert state is not None
    assert (state.api_id, state.others) == (second, ())


def test_the_guides_names_are_those_of_a_plain_stack() -> None:
    given = Names("default", REGION, given={"Inventory": "mine"})
    assert given.of("Inventory") == "mine"
    assert given.of("SendEmail") == "SendEmail"
    assert Names("shop2", REGION, given={"Inventory": "mine"}).of("SendEmail") == "shop2-SendEmail"
