"""`ordersetup redrive`: lists, foresees, asks, replays or discards, and says what it left."""

from __future__ import annotations

import json
import shlex
import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.views.json_lines import TYPES
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.unit.cli.conftest import CommandLine, Recorder
from tests.unit.operate.mailbox import mail_event, record, stock_event

STACK = stack()
KEYS = (
    *("queue/OrderProcessingDLQ", "table/Inventory", "table/InventoryTransactions"),
    *("function/UpdateInventory", "function/SendEmail"),
)


@pytest.fixture(autouse=True)
def _what_redriving_needs(provision: Provision) -> None:
    provision(with_needs(STACK.steps, *(step for step in STACK.steps if step.key in KEYS)))


class Lambda:
    """An endpoint of Lambda that accepts every event; moto would want Docker for it."""

    def __init__(self) -> None:
        self.url = ""
        self.full = False
        self.lost = 0
        self.broken = False
        self.invoked: list[tuple[str, Any]] = []


@pytest.fixture
def lambda_() -> Iterator[Lambda]:
    found = Lambda()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["X-Amz-Invocation-Type"] == "Event"
            found.invoked.append((self.path.split("/")[3], body))
            if found.lost:
                found.lost -= 1
                self.close_connection = True
                return
            status = 500 if found.broken else 413 if found.full else 202
            self._answer(status, b"" if status == 202 else b"{}")

        def do_GET(self) -> None:
            name = self.path.split("/")[3]
            code = {"CodeSha256": "", "MemorySize": 1, "Timeout": 1, "Role": "r", "FunctionArn": ""}
            told = {"Configuration": code, "Tags": {"ordersetup:stack": "default"}}
            assert name in ("UpdateInventory", "SendEmail")
            self._answer(200, json.dumps(told).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status != 202:
                error = "ServiceException" if found.broken else "RequestTooLargeException"
                self.send_header("x-amzn-errortype", error)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Tests say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def url(aws: Aws) -> str:
    return aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]


def fail(aws: Aws, *bodies: object) -> None:
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body)
        aws.sqs.send_message(QueueUrl=url(aws), MessageBody=text)


def left(aws: Aws) -> list[str]:
    """Bodies of the messages that anybody may receive now."""
    found = aws.sqs.receive_message(
        QueueUrl=url(aws), MaxNumberOfMessages=10, VisibilityTimeout=0
    ).get("Messages", [])
    return sorted(message["Body"] for message in found)


MAIL = record(mail_event("M-1"), function="SendEmail", error="MailRefused")


def test_an_empty_queue_is_said_to_be_empty(ordersetup: CommandLine) -> None:
    run = ordersetup("redrive", "--yes")
    assert (run.code, run.talk) == (0, "")
    assert run.out == "OrderProcessingDLQ holds no message that can be received.\n"


def test_what_is_in_the_queue_is_listed_by_error_and_left(
    ordersetup: CommandLine, aws: Aws
) -> None:
    fail(aws, record(stock_event("A-1")), record(stock_event("A-2")), MAIL, "no JSON")
    run = ordersetup("redrive", "--dry-run")
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[0] == "OutOfStock in UpdateInventory: 2 messages, the oldest under 1 min"
    assert sorted(lines[1:3]) == [f"  A-{n}  3 attempts  under 1 min" for n in (1, 2)]
    assert lines[3] == "MailRefused in SendEmail: 1 message, the oldest under 1 min"
    assert lines[4] == "  M-1  3 attempts  under 1 min  j…@example.com"
    assert lines[5].startswith("Cannot go again: 1 message, the oldest under 1 min, no record")
    assert len(left(aws)) == 4


def test_a_program_is_told_of_each(ordersetup: CommandLine, aws: Aws) -> None:
    fail(aws, record(stock_event("A-1")), MAIL, "no JSON")
    run = ordersetup("redrive", "--dry-run", "--json", "--function", "SendEmail")
    assert (run.code, run.talk) == (0, "")
    *records, result = run.lines
    by_order = {line["order_id"]: line for line in records}
    assert {line["type"] for line in run.lines} <= set(TYPES)
    assert by_order["M-1"] | {"message_id": "", "sent": ""} == {
        **{"type": "record", "message_id": "", "order_id": "M-1", "function": "SendEmail"},
        **{"error": "MailRefused", "condition": "RetriesExhausted", "attempts": 3, "sent": ""},
        **{"customer": "j…@example.com", "chosen": True, "because": None},
        **{"verdict": None, "detail": None},
    }
    assert by_order["unknown"]["because"] == "no record of Lambda"
    assert not by_order["A-1"]["chosen"]
    assert (result["action"], result["messages"], result["chosen"]) == ("list", 3, 1)
    assert (result["others"], result["done"], result["file"]) == (1, 0, None)
    assert [group["count"] for group in result["left"]] == [1]
    assert "jane" not in run.out


def test_what_a_replay_would_meet_is_foreseen_and_nothing_is_done(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda
) -> None:
    row = {"item_id": {"S": "lamp"}, "quantity": {"N": "1"}}
    aws.dynamodb.put_item(TableName="Inventory", Item=row)
    fail(aws, *(record(stock_event(f"A-{n}")) for n in (1, 2)))
    run = ordersetup("redrive", "--what-if", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert run.code == 0
    assert "3 attempts  under 1 min  would succeed\n" in run.out
    assert "OutOfStock: item lamp has 0 left, the order wants 1\n" in run.out
    assert "Replayed now, one after another: 1 OutOfStock, 1 would apply.\n" in run.out
    assert (len(left(aws)), lambda_.invoked) == (2, [])
    result = ordersetup("redrive", "--what-if", "--json").lines[-1]
    assert result["verdicts"] == {"OutOfStock": 1, "would apply": 1}


def test_after_a_yes_each_goes_to_its_function_and_the_rest_stays(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda
) -> None:
    other = record(stock_event("B-1"), function="Other")
    fail(aws, record(stock_event("A-1")), MAIL, "no JSON", other)
    run = ordersetup("redrive", "--yes", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert run.code == 0, run.talk
    assert run.out.splitlines()[-1] == "2 of 2 records accepted by Lambda."
    assert "ordersetup redrive --dry-run" in run.talk
    assert sorted(lambda_.invoked, key=lambda call: call[0]) == [
        ("SendEmail", mail_event("M-1")),
        ("UpdateInventory", stock_event("A-1")),
    ]
    assert left(aws) == sorted(["no JSON", json.dumps(other)])


def test_one_order_is_replayed_and_kept(ordersetup: CommandLine, aws: Aws, lambda_: Lambda) -> None:
    fail(aws, *(record(stock_event(f"A-{n}")) for n in (1, 2)))
    words = ("redrive", "--yes", "--order", "A-2", "--keep", "--json")
    run = ordersetup(*words, AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert run.code == 0
    assert (run.lines[-1]["done"], run.lines[-1]["kept"]) == (1, 1)
    assert [event["order_id"] for _, event in lambda_.invoked] == ["A-2"]
    assert len(left(aws)) == 2


def test_what_lambda_does_not_take_is_left_and_exit_code_1(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda
) -> None:
    lambda_.full = True
    fail(aws, record(stock_event("A-1")))
    run = ordersetup("redrive", "--yes", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert run.code == 1
    assert run.out.splitlines()[-2:] == [
        "0 of 1 record accepted by Lambda.",
        "1 left in the queue: Lambda does not take its event (RequestTooLargeException).",
    ]
    assert len(left(aws)) == 1


def mails(count: int) -> list[Any]:
    return [record(mail_event(f"M-{n}"), function="SendEmail") for n in range(count)]


@pytest.mark.parametrize("fault", ["lost", "broken"])
def test_no_second_mail_is_sent_for_want_of_an_answer(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda, fault: str
) -> None:
    lambda_.lost, lambda_.broken = (99, False) if fault == "lost" else (0, True)
    fail(aws, MAIL)
    run = ordersetup("redrive", "--yes", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert lambda_.invoked == [("SendEmail", mail_event("M-1"))]
    assert run.code == 1
    assert run.out.splitlines()[-2:] == [
        "0 of 1 record accepted by Lambda.",
        "1 of SendEmail left in the queue, though Lambda may have taken that: no clear answer "
        "came, and another replay may send the customer a second mail.",
    ]
    assert left(aws) == [json.dumps(MAIL)]


@pytest.mark.parametrize("fault", ["lost", "broken"])
def test_a_stock_event_without_an_answer_goes_once_more_and_stays(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda, fault: str
) -> None:
    lambda_.lost, lambda_.broken = (99, False) if fault == "lost" else (0, True)
    fail(aws, record(stock_event("A-1")))
    run = ordersetup("redrive", "--yes", "--json", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert lambda_.invoked == [("UpdateInventory", stock_event("A-1"))] * 2
    assert run.code == 1
    assert (run.lines[-1]["done"], run.lines[-1]["unsure"]) == (0, {"UpdateInventory": 1})
    assert len(left(aws)) == 1


def test_a_stock_event_whose_second_answer_comes_is_taken_out(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda
) -> None:
    lambda_.lost = 1
    fail(aws, record(stock_event("A-1")))
    run = ordersetup("redrive", "--yes", "--json", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert (run.code, len(lambda_.invoked)) == (0, 2)
    assert (run.lines[-1]["done"], run.lines[-1]["unsure"]) == (1, {})
    assert left(aws) == []


def test_where_no_answer_comes_at_all_the_run_ends(
    ordersetup: CommandLine, aws: Aws, lambda_: Lambda
) -> None:
    lambda_.lost = 99
    fail(aws, *mails(8))
    run = ordersetup("redrive", "--yes", "--json", AWS_ENDPOINT_URL_LAMBDA=lambda_.url)
    assert (run.code, len(lambda_.invoked)) == (1, 3)
    assert (run.lines[-1]["unsure"], run.lines[-1]["unseen"]) == ({"SendEmail": 3}, 5)
    assert len(left(aws)) == 8


def test_nothing_is_told_of_an_address_that_is_none(ordersetup: CommandLine, aws: Aws) -> None:
    bad = record(mail_event("M-2", "kate@localhost"), function="SendEmail")
    odd = record(mail_event("M-3", "jane.doe@192.168.0.1"), function="SendEmail")
    fail(aws, bad, odd)
    run = ordersetup("redrive", "--dry-run", "--json")
    told = {line["order_id"]: line["customer"] for line in run.lines[:-1]}
    assert told == {"M-2": "…", "M-3": "j…@192.168.0.1"}
    out = ordersetup("redrive", "--dry-run").out
    assert "kate" not in out + run.out
    assert "jane" not in out + run.out


def test_discarded_ones_are_in_a_file_that_is_named(
    ordersetup: CommandLine, aws: Aws, tmp_path: Path
) -> None:
    fail(aws, record(stock_event("A-1")), "no JSON")
    path = tmp_path / "dropped.jsonl"
    words = ("redrive", "--discard", "--reason", "old", "--to", str(path), "--yes")
    run = ordersetup(*words)
    assert run.code == 0
    assert f"1 of 1 record written to {path} and taken out of the queue." in run.out
    assert "may hold their addresses" in run.out
    assert json.loads(path.read_text())["reason"] == "old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert left(aws) == ["no JSON"]
    more = tmp_path / "more.jsonl"
    run = ordersetup(*words[:4], "--to", str(more), "--yes", "--malformed", "--json")
    assert (run.lines[-1]["done"], run.lines[-1]["file"]) == (1, str(more))
    assert left(aws) == []


def test_a_queue_that_passes_messages_on_is_not_looked_at(
    ordersetup: CommandLine, aws: Aws
) -> None:
    fail(aws, record(stock_event("A-1")))
    other = aws.sqs.create_queue(QueueName="other")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 1}
    attributes: Any = {"RedrivePolicy": json.dumps(policy)}
    aws.sqs.set_queue_attributes(QueueUrl=url(aws), Attributes=attributes)
    run = ordersetup("redrive", "--dry-run")
    assert run.code == 1
    assert "passes a message on to another queue after 1 receives" in run.talk
    aws.sqs.set_queue_attributes(QueueUrl=url(aws), Attributes={"RedrivePolicy": ""})
    assert len(left(aws)) == 1


def test_a_stack_that_does_not_stand_is_said_so(ordersetup: CommandLine) -> None:
    run = ordersetup("redrive", "--dry-run", "--stack", "shop2")
    assert (run.code, run.out) == (1, "")
    assert run.talk.splitlines() == [
        "Error: The stack shop2 has no queue shop2-OrderProcessingDLQ in eu-west-1.",
        "       Build it with: ordersetup provision --stack shop2",
    ]


@pytest.mark.parametrize("action", ["--dry-run", "--discard --reason x --yes --to kept"])
def test_the_queue_alone_has_to_stand_for_looking_and_discarding(
    ordersetup: CommandLine, aws: Aws, action: str, tmp_path: Path
) -> None:
    fail(aws, MAIL)
    aws.lambda_.delete_function(FunctionName="SendEmail")
    aws.dynamodb.delete_table(TableName="Inventory")
    words = action.replace("kept", str(tmp_path / "kept")).split()
    assert ordersetup("redrive", *words, "--json").code == 0
    run = ordersetup("redrive", "--yes")
    assert (run.code, "has no table Inventory" in run.talk) == (1, True)
    assert ordersetup("redrive", "--what-if").code == 1


def test_a_missing_permission_is_named(
    ordersetup: CommandLine, aws: Aws, recorder: Recorder
) -> None:
    fail(aws, record(stock_event("A-1")))
    told = "User: jane is not authorized to perform: lambda:GetFunction on resource: arn:aws:x"
    recorder.words = json.dumps({"__type": "AccessDeniedException", "message": told})
    run = ordersetup("redrive", "--yes", AWS_ENDPOINT_URL_LAMBDA=recorder.url)
    assert run.code == 1
    assert "lambda:GetFunction" in run.talk
    assert len(left(aws)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--order A-1 --order A-2",
        "--function SendEmail",
        "--error 'Out; of'",
        "--max 1",
        "--rate 1.5",
        "--keep",
        "--discard --reason 'it is old'",
        "--order A-1 --discard --reason x --to 'my file' --malformed",
    ],
)
def test_without_a_terminal_the_same_with_yes_is_advised(
    ordersetup: CommandLine, recorder: Recorder, words: str
) -> None:
    run = ordersetup("redrive", *shlex.split(words), AWS_ENDPOINT_URL=recorder.url)
    assert (run.code, recorder.requests) == (2, [])
    told = " ".join(run.talk.split())
    look = "--dry-run" if "--discard" in words else "--dry-run or --what-if"
    advised = " ".join(f"ordersetup redrive {words} --yes".split())
    assert told.endswith(f"Look first with {look}, or say that you mean it: {advised}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "there is no terminal to ask at."),
        (("--discard", "--yes"), "--discard is given without --reason."),
        (("--reason", "x", "--yes"), "--reason, --to and --malformed go with --discard only."),
        (("--malformed", "--yes"), "--reason, --to and --malformed go with --discard only."),
        (("--discard", "--reason", "x", "--keep"), "--discard does not go with --keep or"),
        (("--discard", "--reason", "x", "--what-if"), "--discard does not go with --keep or"),
        (("--max", "0"), "0 is not in the range x>=1."),
        (("--function", "ProcessOrder"), "'ProcessOrder' is not one of"),
        (("--rate", "0"), "0 is not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_go_together_is_refused_before_any_call(
    ordersetup: CommandLine, recorder: Recorder, words: tuple[str, ...], told: str
) -> None:
    run = ordersetup("redrive", *words, AWS_ENDPOINT_URL=recorder.url)
    assert (run.code, run.out) == (2, "")
    assert told in run.talk.replace("\n       ", " ")
    assert recorder.requests == []
