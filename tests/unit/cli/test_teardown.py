"""`ordersetup teardown` in words: what it shows, asks, tells, and with which code it ends."""

from __future__ import annotations

import io
import re
import sys
import time

import pytest
from click.testing import CliRunner, Result

from ordersetup import __version__
from ordersetup.aws import Aws
from ordersetup.cli import group
from ordersetup.cli.options import Options
from ordersetup.content import Content
from ordersetup.ownership import DELETED
from ordersetup.removal import Removal
from ordersetup.views.json_lines import TYPES
from ordersetup.views.torn_down import TEARDOWN, TornDown, Where
from tests.conftest import Provision
from tests.listing import everything
from tests.stacks import stack
from tests.unit.cli.conftest import CommandLine, Terminal
from tests.wire import Visitor

pytestmark = pytest.mark.usefixtures("aws")

SMALL = [stack().step("table/Inventory"), stack().step("queue/OrderProcessingDLQ")]


@pytest.fixture
def holding(aws: Aws, provision: Provision) -> Aws:
    """A table with an item, and an empty queue."""
    provision(SMALL)
    item = {"item_id": {"S": "lamp"}, "quantity": {"N": "1"}}
    aws.dynamodb.put_item(TableName="Inventory", Item=item)
    return aws


def at_terminal(answer: bytes, *args: str) -> Result:
    """What comes of it where a person can answer."""
    options = Options(web=Visitor())
    return CliRunner().invoke(group, ["teardown", *args], Terminal(answer), obj=options)


def test_without_a_terminal_it_wants_to_be_told_that_it_is_meant(
    ordersetup: CommandLine, holding: Aws, calls: list[str]
) -> None:
    calls.clear()
    run = ordersetup("teardown", "--stack", "shop2")
    assert run.code == 2
    assert run.talk.splitlines() == [
        "Error: teardown asks before it removes anything, and there is no terminal to ask at.",
        "       Say that you mean it with: ordersetup teardown --stack shop2 --yes",
    ]
    assert calls == []
    assert holding.dynamodb.list_tables()["TableNames"] == ["Inventory"]


def test_it_shows_first_and_tells_what_stays_and_how_to_be_rid_of_it(
    ordersetup: CommandLine, holding: Aws
) -> None:
    run = ordersetup("teardown", "--yes")
    assert run.code == 0
    assert run.talk.splitlines() == [
        "Looking for what stands of the stack default in eu-west-1 of account 123456789012, as "
        f"{holding.caller}",
        "What stands of the stack default in eu-west-1, account 123456789012:",
        "  = table Inventory           stays: it holds 1 item",
        "  - queue OrderProcessingDLQ",
        "Removing",
        "  = table Inventory: kept: it holds 1 item",
        "  - queue OrderProcessingDLQ",
    ]
    assert run.out.splitlines() == [
        "Removed: 1 thing of the stack default in eu-west-1, account 123456789012.",
        "  table Inventory stays: it holds 1 item",
        "    Look at it in DynamoDB › Tables › Inventory",
        "Remove it with what it holds: ordersetup teardown --delete-data",
    ]


def test_what_bears_no_tag_is_kept_with_the_way_to_take_it_over(
    ordersetup: CommandLine, aws: Aws
) -> None:
    aws.sqs.create_queue(QueueName="shop2-OrderProcessingDLQ")
    run = ordersetup("teardown", "--yes", "--stack", "shop2")
    assert run.code == 0
    assert run.out.splitlines()[1:] == [
        "  queue shop2-OrderProcessingDLQ stays: it bears no tag of this stack",
        "    Look at it in SQS › Queues › shop2-OrderProcessingDLQ",
        "Take over what bears no tag: ordersetup provision --stack shop2 --adopt",
    ]


def test_a_table_that_is_being_deleted_already_is_shown_as_such(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = SMALL[0]
    told = TornDown(
        Where("default", "1", "eu-west-1"), TEARDOWN, json=False, color=False, pasteable=str
    )
    told.before([Removal(table, table.desired, Content(), None, leaving=True)])
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  - table Inventory  is being deleted already: waited for"
    ]


@pytest.mark.usefixtures("holding")
def test_with_its_data_it_goes_and_a_second_run_says_that_nothing_stands(
    ordersetup: CommandLine,
) -> None:
    run = ordersetup("teardown", "--yes", "--delete-data")
    assert run.code == 0
    assert "  - table Inventory           1 item" in run.talk.splitlines()
    assert everything() == {}
    again = ordersetup("teardown", "--yes")
    assert again.code == 0
    assert again.out == (
        "Nothing stands of the stack default in eu-west-1, account 123456789012.\n"
    )


@pytest.mark.usefixtures("holding")
def test_what_it_tells_to_run_wishes_what_was_wished(ordersetup: CommandLine) -> None:
    refused = ordersetup("teardown", "--keep-logs", "--delete-data")
    assert refused.talk.endswith("ordersetup teardown --delete-data --keep-logs --yes\n")
    told = ordersetup("teardown", "--yes", "--keep-logs", "--stack", "default")
    assert told.out.endswith(
        "with what it holds: ordersetup teardown --stack default --delete-data --keep-logs\n"
    )


def test_a_queue_that_is_dying_is_no_stack_that_stands(aws: Aws, provision: Provision) -> None:
    provision(SMALL[1:])
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.tag_queue(QueueUrl=url, Tags={DELETED: str(int(time.time()) - 5)})
    # The end of the file, should anybody be asked.
    run = at_terminal(b"")
    assert run.exit_code == 0
    assert re.search(r"- queue OrderProcessingDLQ  marked as deleted \d s ago", run.stderr)
    assert "to remove this" not in run.stderr
    assert re.fullmatch(
        r"Nothing stands of the stack default in eu-west-1, account 123456789012\.\n"
        r"  queue OrderProcessingDLQ: marked as deleted \d s ago\n",
        run.stdout,
    )


def test_but_what_it_holds_is_asked_for(aws: Aws, provision: Provision) -> None:
    provision(SMALL[1:])
    url = aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]
    aws.sqs.tag_queue(QueueUrl=url, Tags={DELETED: str(int(time.time()) - 5)})
    aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    run = at_terminal(b"\n", "--delete-data")
    assert run.exit_code == 1
    assert "- queue OrderProcessingDLQ  1 message, marked as deleted" in run.stderr
    assert run.stderr.endswith("Nothing was removed.\n")
    assert aws.sqs.receive_message(QueueUrl=url)["Messages"]


@pytest.mark.usefixtures("holding")
def test_a_program_gets_what_is_shown_what_happens_and_the_result(
    ordersetup: CommandLine,
) -> None:
    run = ordersetup("teardown", "--yes", "--json")
    assert run.talk == ""
    lines = {line["type"]: line for line in run.lines}
    assert lines.keys() <= set(TYPES)
    assert lines["removals"]["removals"] == [
        {
            "step": "table/Inventory",
            "thing": "table Inventory",
            "console": "DynamoDB › Tables › Inventory",
            "holds": 1,
            "of": "item",
            "more": False,
            "remark": None,
            "version": __version__,
            "kept_because": "it holds 1 item",
            "leaving": False,
            "begun": None,
        },
        {
            "step": "queue/OrderProcessingDLQ",
            "thing": "queue OrderProcessingDLQ",
            "console": "SQS › Queues › OrderProcessingDLQ",
            "holds": 0,
            "of": None,
            "more": False,
            "remark": None,
            "version": __version__,
            "kept_because": None,
            "leaving": False,
            "begun": None,
        },
    ]
    assert lines["kept"] == {
        "type": "kept",
        "step": "table/Inventory",
        "because": "it holds 1 item",
    }
    assert run.lines[-1] == {
        "type": "result",
        "stack": "default",
        "account": "123456789012",
        "region": "eu-west-1",
        "removed": ["queue/OrderProcessingDLQ"],
        "kept": [{"step": "table/Inventory", "because": "it holds 1 item"}],
    }


@pytest.mark.usefixtures("holding")
def test_ctrl_c_at_the_question_says_that_nothing_was_changed() -> None:
    run = CliRunner().invoke(
        group, ["teardown"], Terminal(b"", pressed), obj=Options(web=Visitor())
    )
    assert run.exit_code == 130
    assert run.stderr.splitlines()[-1] == "Interrupted; nothing was changed."


def pressed() -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("holding")
def test_ctrl_c_right_at_the_removal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pressing(io.StringIO):
        """Where somebody presses it as soon as they read that things are being removed."""

        def write(self, text: str) -> int:
            if "Removing" in text and "Interrupted" not in self.getvalue():
                super().write(text)
                raise KeyboardInterrupt
            return super().write(text)

    talk = Pressing()
    monkeypatch.setattr(sys, "stderr", talk)
    with pytest.raises(SystemExit) as ended:
        group.main(["teardown", "--yes"], "ordersetup", obj=Options(web=Visitor()))
    assert ended.value.code == 130
    assert talk.getvalue().splitlines()[-1].startswith("Interrupted")
