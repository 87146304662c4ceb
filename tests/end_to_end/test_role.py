"""The role with IAM enforced: each of its statements is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from ordersetup import corrections
from ordersetup.blueprint import ROLE_POLICY
from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import Shop, eventually

ROLE = "OrderProcessingRole-ap-south-1"


@pytest.fixture
def without(shop: Shop) -> Iterator[Callable[[str], None]]:
    """Takes a statement out of the role's policy, and puts it back in the end."""
    iam = shop.client("iam")
    whole = iam.get_role_policy(RoleName=ROLE, PolicyName=ROLE_POLICY)["PolicyDocument"]

    def put(document: dict[str, Any]) -> None:
        iam.put_role_policy(
            RoleName=ROLE, PolicyName=ROLE_POLICY, PolicyDocument=json.dumps(document)
        )

    def remove(sid: str) -> None:
        rest = deepcopy(whole)
        rest["Statement"] = [s for s in whole["Statement"] if s["Sid"] != sid]
        assert len(rest["Statement"]) == len(whole["Statement"]) - 1
        put(rest)

    yield remove
    put(whole)


def test_every_statement_of_the_role_has_a_test_here(shop: Shop) -> None:
    policy = shop.client("iam").get_role_policy(RoleName=ROLE, PolicyName=ROLE_POLICY)
    assert {s["Sid"] for s in policy["PolicyDocument"]["Statement"]} == {
        "InvokeFunctions",
        "TakeFromStock",
        "RecordTransactions",
        "PublishToTopics",
        *UNCHECKED,
        *CORRECTED,
    }


def test_without_invoke_functions_the_api_answers_500(
    shop: Shop, without: Callable[[str], None]
) -> None:
    without("InvokeFunctions")
    answer = shop.post("R-1", {"lamp": 1})
    assert answer.status == 500
    assert "AccessDenied" not in answer.body.decode()


@pytest.mark.parametrize("sid", ["TakeFromStock", "RecordTransactions"])
def test_without_its_tables_update_inventory_fails_into_the_queue(
    shop: Shop, without: Callable[[str], None], sid: str
) -> None:
    shop.put_stock("lamp", 5)
    without(sid)
    assert shop.post(f"R-{sid}", {"lamp": 1}).status == 202
    records = eventually(
        shop.dead_letters,
        lambda found: any(r["requestPayload"]["order_id"] == f"R-{sid}" for r in found),
    )
    assert "AccessDenied" in json.dumps(records)
    assert shop.stock("lamp") == 5
    assert shop.rows(f"R-{sid}") == {}


def test_without_publish_to_topics_send_email_fails_into_the_queue(
    shop: Shop, without: Callable[[str], None]
) -> None:
    shop.put_stock("lamp", 5)
    without("PublishToTopics")
    assert shop.post("R-4", {"lamp": 1}).status == 202
    records = eventually(
        shop.dead_letters,
        lambda found: any(r["requestPayload"]["order_id"] == "R-4" for r in found),
    )
    assert [r["requestPayload"]["order_id"] for r in records] == ["R-4"]
    assert shop.log("SendEmail", "R-4")
    assert not [line for line in shop.log("SendEmail", "R-4") if "confirmed" in line]


UNCHECKED = ("SendToDeadLetterQueue", "WriteLogs")
"""The engine delivers records and writes logs without asking the role.

That these two are right is proven by tests/unit/test_role_policy.py alone; once the engine asks,
the tests below fail and belong above.
"""


CORRECTED = ("SendMail",)
"""The engine refuses the statement that AWS takes: see the last test here."""


def test_the_engine_delivers_to_the_queue_without_asking_the_role(
    shop: Shop, without: Callable[[str], None]
) -> None:
    without("SendToDeadLetterQueue")
    assert shop.post("R-5", {"unknown-item": 1}).status == 202
    records = eventually(
        shop.dead_letters,
        lambda found: any(r["requestPayload"]["order_id"] == "R-5" for r in found),
    )
    assert [r["requestPayload"]["order_id"] for r in records] == ["R-5"]


def test_the_engine_writes_logs_without_asking_the_role(
    shop: Shop, without: Callable[[str], None]
) -> None:
    without("WriteLogs")
    shop.put_stock("lamp", 5)
    assert shop.post("R-6", {"lamp": 1}).status == 202
    assert eventually(lambda: shop.log("UpdateInventory", "R-6"), bool)


def test_the_engine_refuses_mail_by_identity_arn_and_sender(
    shop: Shop, ordersetup: CommandLine
) -> None:
    """The correction of the engine, and what makes it needless one day.

    AWS takes ses:SendEmail on an identity's ARN with ses:FromAddress; the engine on "*" alone.
    """
    iam = shop.client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName=corrections.POLICY)
    try:
        assert shop.post("R-7", {"lamp": 1}).status == 202
        records = eventually(
            shop.dead_letters,
            lambda found: any("MailRefused" in json.dumps(r) for r in found),
        )
        assert any("MailRefused" in json.dumps(r) for r in records), "cured: drop the correction"
    finally:
        assert ordersetup("provision").code == 0
    assert shop.client("iam").get_role_policy(RoleName=ROLE, PolicyName=corrections.POLICY)
