"""`verify` on stacks that others have built: by hand, under other names, by a template."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ordersetup.local import Engine
from ordersetup.policy import operations
from tests.end_to_end.by_hand import CORS, GUIDE, OTHER, ByHand
from tests.end_to_end.by_template import template
from tests.end_to_end.caller import hired, hold, root
from tests.end_to_end.command_line import REGION, CommandLine, Run
from tests.end_to_end.recorder import Recorder, recording
from tests.end_to_end.shop import Shop
from tests.stacks import stack

READS = [
    *("dynamodb:Describe*", "dynamodb:List*", "dynamodb:Scan", "sqs:Get*", "sqs:List*"),
    *("sns:Get*", "sns:List*", "iam:Get*", "iam:List*", "iam:Simulate*", "lambda:Get*"),
    *("lambda:List*", "logs:Describe*", "logs:List*", "apigateway:GET"),
]
"""What an auditor may do: nothing here writes."""


@pytest.fixture(scope="module")
def guide(engine: Engine) -> ByHand:
    """The guide's stack under the guide's names, whose code has the names of the rest."""
    return ByHand(Shop(engine.endpoint_url, "").client, GUIDE).build()


@pytest.fixture(scope="module")
def other(engine: Engine) -> ByHand:
    """The same under names of its own, which its environment tells."""
    client = Shop(engine.endpoint_url, "").client
    return ByHand(client, OTHER, environment=True, narrow=True).build()


@pytest.fixture(scope="module")
def recorder(engine: Engine) -> Iterator[Recorder]:
    with recording(engine.endpoint_url) as running:
        yield running


@pytest.fixture(scope="module")
def recorded(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine.at(tmp_path_factory.mktemp("home"), recorder.url)


def lines(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.out.splitlines()]


def of_level(run: Run, level: str) -> set[str]:
    return {f["check"] for f in run.result["findings"] if f["level"] == level}


def taken(run: Run) -> dict[str, str]:
    (told,) = (line for line in lines(run) if line["type"] == "taken")
    return {piece["guide"]: piece["actual"] for piece in told["pieces"]}


def how(run: Run) -> dict[str, str]:
    (told,) = (line for line in lines(run) if line["type"] == "taken")
    return {piece["guide"]: piece["how"] for piece in told["pieces"]}


def log_groups(stack: ByHand) -> set[str]:
    functions = ("ProcessOrder", "UpdateInventory", "SendEmail")
    return {f"log-group//aws/lambda/{stack.names[name]}.exists" for name in functions}


# By hand, under the guide's names


def test_a_stack_built_by_hand_holds_and_is_marked(
    guide: ByHand, recorded: CommandLine, recorder: Recorder
) -> None:
    recorder.calls.clear()
    run = recorded("verify", "--json")
    assert of_level(run, "fails") == of_level(run, "unknown") == set()
    # Lambda makes these at the first invocation, and none of the functions has run yet.
    assert of_level(run, "note") == log_groups(guide)
    assert run.code == 0
    assert len(run.result["by_hand"]) == 9
    assert taken(run) == {"Role": guide.role_arn}
    assert len(recorder.calls) > 30
    assert recorder.writes == []


@pytest.mark.usefixtures("guide")
def test_a_person_reads_that_it_was_built_by_hand(recorded: CommandLine) -> None:
    run = recorded("verify")
    assert "built by hand: Create table Inventory" in run.out
    assert run.out.index("LambdaOrderRole") < run.out.index("checks hold")
    assert "ordersetup provision" not in run.out


@pytest.mark.usefixtures("guide")
def test_each_permission_of_the_hand_made_role_is_a_check(recorded: CommandLine) -> None:
    run = recorded("verify", "--json", "--only", "role")
    beside = {
        "additions/LambdaOrderRole.further",
        "key-rights/LambdaOrderRole.lacking",
        "key-rights/LambdaOrderRole.unjudged",
    }
    assert of_level(run, "holds") == beside | {
        f"role/LambdaOrderRole.{check}"
        for check in (
            *("arn", "trusts_lambda", "invoke_functions", "take_from_stock"),
            *("record_transactions", "send_to_queue", "publish", "write_logs"),
        )
    }


@contextmanager
def _retries_zero(stack: ByHand) -> Iterator[None]:
    stack.configure("UpdateInventory", MaximumRetryAttempts=0)
    yield
    stack.configure("UpdateInventory")


@contextmanager
def _dead_letter_config(stack: ByHand) -> Iterator[None]:
    lambda_, name = stack.client("lambda"), stack.names["UpdateInventory"]
    lambda_.delete_function_event_invoke_config(FunctionName=name)
    target = {"TargetArn": stack.arn("sqs", "OrderProcessingDLQ")}
    lambda_.update_function_configuration(FunctionName=name, DeadLetterConfig=target)
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
    yield
    lambda_.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": ""})
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
    stack.configure("UpdateInventory")


@contextmanager
def _quantity_as_text(stack: ByHand) -> Iterator[None]:
    tables, name = stack.client("dynamodb"), stack.names["Inventory"]
    tables.put_item(TableName=name, Item={"item_id": {"S": "vase"}, "quantity": {"S": "5"}})
    yield
    tables.delete_item(TableName=name, Key={"item_id": {"S": "vase"}})


@contextmanager
def _not_deployed(stack: ByHand) -> Iterator[None]:
    # Of a deployment the engine freezes the gateway responses alone, so one of those is the slip.
    apis = stack.client("apigateway")
    which = {"restApiId": stack.api_id, "responseType": "DEFAULT_4XX"}
    stage = {"restApiId": stack.api_id, "stageName": stack.names["stage"]}
    origin = CORS["Access-Control-Allow-Origin"]
    right = {"gatewayresponse.header.Access-Control-Allow-Origin": origin}
    apis.delete_gateway_response(**which)
    apis.create_deployment(**stage)
    apis.put_gateway_response(**which, responseParameters=right)
    yield
    apis.create_deployment(**stage)


@contextmanager
def _may_not_send(stack: ByHand) -> Iterator[None]:
    stack.allow(*(s for s in stack.statements() if s["Action"] != "sqs:SendMessage"))
    yield
    stack.allow(*stack.statements())


@contextmanager
def _queue_deleted(stack: ByHand) -> Iterator[None]:
    queues, name = stack.client("sqs"), stack.names["OrderProcessingDLQ"]
    queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"])
    yield
    queues.create_queue(QueueName=name)


SLIPS = {
    "retry attempts 0": (_retries_zero, {"async-invocation/UpdateInventory.retry_attempts"}),
    "a dead-letter queue in the place of the destination": (
        _dead_letter_config,
        {"async-invocation/UpdateInventory.exists"},
    ),
    "quantity a String": (_quantity_as_text, {"rows/Inventory.quantity"}),
    "not deployed after the last change": (_not_deployed, {"served/EcommerceAPI/prod.otherwise"}),
    "a role that may not send to the queue": (
        _may_not_send,
        {"role/LambdaOrderRole.send_to_queue"},
    ),
    "a destination that is not there": (_queue_deleted, {"queue/OrderProcessingDLQ.exists"}),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_by_hand_is_found_and_nothing_else(
    guide: ByHand, recorded: CommandLine, name: str
) -> None:
    slip, failing = SLIPS[name]
    with slip(guide):
        run = recorded("verify", "--json")
    assert run.code == 1
    assert of_level(run, "fails") == failing
    assert of_level(run, "unknown") == set()
    assert of_level(recorded("verify", "--json"), "fails") == set(), "the slip was undone"


def test_the_dead_letter_queue_is_told_as_what_it_is(guide: ByHand, recorded: CommandLine) -> None:
    with _dead_letter_config(guide):
        run = recorded("verify", "--json")
    (note,) = of_level(run, "note") - log_groups(guide)
    assert note == "additions/UpdateInventory.dead_letter"


def test_a_table_without_its_sort_key_is_found_once_it_is_named(
    guide: ByHand, recorded: CommandLine
) -> None:
    flat = ByHand(guide.client, {"InventoryTransactions": "flat-transactions"})
    flat.make_table("InventoryTransactions", ["order_id"])
    run = recorded("verify", "--json", "--map", "inventory_transactions=flat-transactions")
    assert of_level(run, "fails") == {"table/flat-transactions.sort_key"}
    assert how(run)["InventoryTransactions"] == "given"


# Under other names


@pytest.mark.usefixtures("guide")
def test_from_its_url_on_every_part_of_a_stack_is_found(
    other: ByHand, recorded: CommandLine, recorder: Recorder
) -> None:
    recorder.calls.clear()
    run = recorded("verify", "--json", "--url", recorder.url + other.url)
    assert taken(run) == _as_told(other)
    assert of_level(run, "fails") == of_level(run, "unknown") == set()
    assert of_level(run, "note") == log_groups(other)
    assert (run.code, run.result["proven"]) == (0, True)
    assert f"table/{OTHER['Inventory']}.partition_key" in of_level(run, "holds")
    assert recorder.writes == []


def test_whoever_holds_the_policy_for_it_may_look_at_what_others_have_built(
    engine: Engine, other: ByHand
) -> None:
    (line,) = root(engine)("policy", "--for", "discover", "--json").out.splitlines()
    jane = hired(engine)
    url = engine.endpoint_url + other.url
    hold(engine, [])
    assert "lambda:GetFunction" in jane("verify", "--url", url).denied
    hold(engine, json.loads(line)["documents"])
    run = jane("verify", "--json", "--url", url)
    assert not run.denied, run.said
    assert run.code == 0
    declared = operations("discover", stack().blueprint)
    # The one takes no permission; the other our correction of the engine calls.
    assert run.calls - {"sts:GetCallerIdentity", "apigateway:GetTags"} <= declared


@pytest.mark.usefixtures("guide")
def test_from_its_function_on_every_part_of_a_stack_is_found(
    other: ByHand, recorded: CommandLine, recorder: Recorder
) -> None:
    recorder.calls.clear()
    run = recorded("verify", "--json", "--function", OTHER["ProcessOrder"])
    assert taken(run) == _as_told(other)
    assert how(run)["EcommerceAPI"] == "by shop-intake's resource-based policy"
    assert run.code == 0
    assert recorder.writes == []


def _as_told(stack: ByHand) -> dict[str, str]:
    return {
        **stack.names,
        "EcommerceAPI": f"{stack.names['EcommerceAPI']} ({stack.api_id})",
        "path": f"/{stack.names['path']}",
        "Role": stack.role_arn,
    }


def test_a_slip_under_another_name_is_found_under_that_name(
    other: ByHand, recorded: CommandLine, recorder: Recorder
) -> None:
    with _retries_zero(other):
        run = recorded("verify", "--json", "--url", recorder.url + other.url)
    assert of_level(run, "fails") == {f"async-invocation/{OTHER['UpdateInventory']}.retry_attempts"}
    (finding,) = (f for f in run.result["findings"] if f["level"] == "fails")
    assert "Lambda › shop-stock-keeper › Configuration" in finding["then"]


def test_a_receipt_of_it_is_compared_from_the_same_start_alone(
    other: ByHand, recorded: CommandLine, recorder: Recorder, tmp_path: Path
) -> None:
    url, proof = recorder.url + other.url, str(tmp_path / "proof.json")
    made = recorded("verify", "--url", url, "--receipt", proof)
    assert made.code == 0, made.out + made.talk
    assert json.loads(Path(proof).read_text(encoding="utf-8"))["stack"] == f"found from {url}"
    assert recorded("verify", "--url", url, "--against", proof).code == 0
    elsewhere = recorded("verify", "--function", OTHER["ProcessOrder"], "--against", proof)
    assert elsewhere.code == 1
    assert "begin with the same --url or --function" in elsewhere.talk


def test_a_wrong_guess_is_corrected(
    other: ByHand, recorded: CommandLine, recorder: Recorder
) -> None:
    other.client("sns").create_topic(Name="shop-second.fifo", Attributes={"FifoTopic": "true"})
    run = recorded(
        *("verify", "--json", "--url", recorder.url + other.url),
        *("--map", "Order-Processing-Alerts=shop-second.fifo"),
    )
    assert taken(run) == {**_as_told(other), "OrderProcessingAlerts": "shop-second.fifo"}
    assert of_level(run, "fails") == {
        "topic/shop-second.fifo.topic_type",
        "role/shop-role.publish",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "https://shop.example.com/orders"], "no invoke URL"),
        (["--url", "https://a1.execute-api.eu-west-1.amazonaws.com/"], "names no stage"),
        (["--map", "INVENTRY=x"], "Did you mean Inventory?"),
        (["--map", "INVENTORY"], "--map INVENTORY=my-table"),
    ],
)
def test_what_names_nothing_is_refused_before_any_call(
    recorded: CommandLine, recorder: Recorder, arguments: list[str], said: str
) -> None:
    recorder.calls.clear()
    run = recorded("verify", *arguments)
    assert run.code == 2
    assert said in run.talk
    assert recorder.calls == []


def test_the_url_of_another_region_is_refused_with_the_right_one(recorded: CommandLine) -> None:
    url = "https://a1b2c3.execute-api.us-east-2.amazonaws.com/prod/orders"
    run = recorded("verify", "--url", url)
    assert run.code == 2
    assert "--region us-east-2" in run.talk


# With credentials that may only read


@pytest.fixture(scope="module")
def auditor(
    engine: Engine, guide: ByHand, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., CommandLine]:
    """A user who may read everything but for what is denied."""
    iam = guide.client("iam")
    iam.create_user(UserName="auditor")
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    where = {
        "AWS_ENDPOINT_URL": engine.endpoint_url,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    home = tmp_path_factory.mktemp("home")

    def may_not(*denied: str) -> CommandLine:
        allow = {"Effect": "Allow", "Action": READS, "Resource": "*"}
        deny = [{"Effect": "Deny", "Action": list(denied), "Resource": "*"}] if denied else []
        iam.put_user_policy(
            UserName="auditor",
            PolicyName="audit",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow, *deny]}),
        )
        return CommandLine(home, where)

    return may_not


def test_who_may_only_read_can_verify(auditor: Callable[..., CommandLine]) -> None:
    run = auditor()("verify", "--json")
    assert of_level(run, "unknown") == set()
    assert run.code == 0


def test_who_may_only_read_can_discover(
    auditor: Callable[..., CommandLine], other: ByHand, engine: Engine
) -> None:
    run = auditor()("verify", "--json", "--url", engine.endpoint_url + other.url)
    assert taken(run) == _as_told(other)
    assert run.code == 0


HANGING = {
    "sqs:GetQueueAttributes": dict.fromkeys(
        ("additions/OrderProcessingDLQ.readable", "key-rights/LambdaOrderRole.readable"),
        "queue/OrderProcessingDLQ could not be read, on which this depends.",
    )
}
"""What cannot be looked at since something else could not be read."""


@pytest.mark.parametrize(
    ("action", "unknown"),
    [
        ("sqs:GetQueueAttributes", {"queue/OrderProcessingDLQ.readable"}),
        ("dynamodb:Scan", {"rows/Inventory.readable", "rows/InventoryTransactions.readable"}),
        ("iam:SimulatePrincipalPolicy", {"simulation/LambdaOrderRole.readable"}),
        ("iam:ListAttachedRolePolicies", {"additions/LambdaOrderRole.readable"}),
    ],
)
def test_what_may_not_be_read_is_a_finding_of_its_own(
    auditor: Callable[..., CommandLine], action: str, unknown: set[str]
) -> None:
    run = auditor(action)("verify", "--json")
    assert run.code == 1
    told = {f["check"]: f["actual"] for f in run.result["findings"] if f["level"] == "unknown"}
    assert {check for check, why in told.items() if action in why} == unknown
    hanging = {check: why for check, why in told.items() if check not in unknown}
    assert hanging == HANGING.get(action, {})
    assert of_level(run, "fails") == set()
    assert "Traceback" not in run.talk


def test_a_role_whose_policies_may_not_be_read_says_so_for_what_hangs_on_them(
    auditor: Callable[..., CommandLine], guide: ByHand, engine: Engine
) -> None:
    url = engine.endpoint_url + guide.url
    run = auditor("lambda:GetFunction")("verify", "--json", "--url", url)
    assert run.code == 1
    assert taken(run)["Role"] is None
    assert "may not be read: " in how(run)["Role"]
    assert "lambda:GetFunction" in how(run)["Role"]
    assert not [check for check in of_level(run, "fails") if check.startswith("role")]


# By a template


@pytest.fixture(scope="module")
def web(engine: Engine) -> str:
    """The id of the API of a stack that CloudFormation has made."""
    stacks = Shop(engine.endpoint_url, "").client("cloudformation")
    stacks.create_stack(
        StackName="web",
        TemplateBody=json.dumps(template("web")),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName="web", WaiterConfig={"Delay": 1})
    (output,) = stacks.describe_stacks(StackName="web")["Stacks"][0]["Outputs"]
    return str(output["OutputValue"])


def test_a_stack_of_cloudformation_is_found_from_its_url_on(
    web: str, recorded: CommandLine, recorder: Recorder
) -> None:
    """One finding, and that is the engine's: see the next test."""
    recorder.calls.clear()
    url = f"{recorder.url}/restapis/{web}/prod/_user_request_/orders"
    run = recorded("verify", "--json", "--url", url)
    assert recorder.writes == []
    assert of_level(run, "fails") == {"rest-api/web-api.endpoint_type"}
    assert of_level(run, "unknown") == set()
    assert {
        f"async-invocation/web-{function}.{check}"
        for function in ("UpdateInventory", "SendEmail")
        for check in ("retry_attempts", "on_failure")
    } <= of_level(run, "holds")
    # Their variables do not say which table is which: the keys do.
    assert taken(run)["Inventory"] == "web-goods"
    assert taken(run)["InventoryTransactions"] == "web-bookings"


def test_the_engines_cloudformation_departs_from_aws_in_two_things(
    web: str, engine: Engine
) -> None:
    """Once this fails the engine is cured: then the template's stack has no finding at all.

    It loses EndpointConfiguration (AWS::ApiGateway::RestApi), and answers for an event-invoke
    config (AWS::Lambda::EventInvokeConfig) by its qualifier alone, where to AWS $LATEST is what is
    meant without one.
    """
    client = Shop(engine.endpoint_url, "").client
    api = client("apigateway").get_rest_api(restApiId=web)
    assert "types" not in api["endpointConfiguration"], "AWS: REGIONAL, as the template has it"
    lambda_ = client("lambda")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function_event_invoke_config(FunctionName="web-UpdateInventory")


def test_a_stack_of_ours_is_not_searched(tmp_path: Path, engine: Engine) -> None:
    ours = CommandLine(tmp_path, {**CommandLine.at(tmp_path, engine.endpoint_url).where})
    assert ours("provision", "--stack", "own").code == 0
    run = ours("verify", "--json", "--stack", "own")
    assert [line["type"] for line in lines(run)] == ["report"]
    assert (run.code, run.result["by_hand"]) == (0, [])
    assert run.result["region"] == REGION
