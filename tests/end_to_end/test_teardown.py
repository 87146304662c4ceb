"""Teardown on the engine: what holds data stays, the rest goes, and it can all be built again."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from ordersetup.local import Engine
from tests.end_to_end.command_line import REGION, CommandLine
from tests.end_to_end.recorder import recording
from tests.end_to_end.shop import Shop, eventually

PREFIX = "/aws/lambda/"


def left(shop: Shop, name: str = "") -> list[str]:
    """All that stands of the stack whose names begin like this, by a listing of each service."""
    client = shop.client
    apis = client("apigateway").get_rest_apis()["items"]
    found = [
        *client("dynamodb").list_tables()["TableNames"],
        *(url.rpartition("/")[2] for url in client("sqs").list_queues().get("QueueUrls", [])),
        *(t["TopicArn"].rpartition(":")[2] for t in client("sns").list_topics()["Topics"]),
        *(s["TopicArn"].rpartition(":")[2] for s in _subscriptions(shop)),
        *(role["RoleName"] for role in client("iam").list_roles()["Roles"]),
        *(f["FunctionName"] for f in client("lambda").list_functions()["Functions"]),
        *(
            group["logGroupName"].removeprefix(PREFIX)
            for group in client("logs").describe_log_groups()["logGroups"]
        ),
        *(api["name"] for api in apis),
        *(i["IdentityName"] for i in client("sesv2").list_email_identities()["EmailIdentities"]),
    ]
    return sorted(thing for thing in found if thing.startswith(name))


def _subscriptions(shop: Shop) -> list[dict[str, str]]:
    found: list[dict[str, str]] = shop.client("sns").list_subscriptions()["Subscriptions"]
    return found


def order_works(shop: Shop, order_id: str) -> None:
    shop.put_stock("lamp", 5)
    assert shop.post(order_id, {"lamp": 2}).status == 202
    assert eventually(lambda: shop.rows(order_id), bool) == {"lamp": 2}


def test_built_used_torn_down_and_built_again(ordersetup: CommandLine, engine: Engine) -> None:
    settings = ("--sender", "shop@example.com", "--alert-email", "ops@example.com")
    built = ordersetup("provision", *settings, "--json")
    assert built.code == 0, built.talk
    shop = Shop(engine.endpoint_url, built.result["endpoint"])
    order_works(shop, "o-1")

    kept = ordersetup("teardown", "--yes", "--json")
    assert kept.code == 0, kept.out + kept.talk
    assert [k["step"] for k in kept.result["kept"]] == [
        "table/Inventory",
        "table/InventoryTransactions",
    ]
    assert left(shop) == ["Inventory", "InventoryTransactions"]
    assert shop.stock("lamp") == 3

    gone = ordersetup("teardown", "--yes", "--delete-data", "--json")
    assert gone.code == 0, gone.out + gone.talk
    assert gone.result["kept"] == []
    assert left(shop) == []
    nothing = ordersetup("teardown", "--yes", "--json")
    assert (nothing.code, nothing.result["removed"]) == (0, [])

    again = ordersetup("provision", "--json")
    assert again.code == 0, again.out + again.talk
    shop = Shop(engine.endpoint_url, again.result["endpoint"])
    order_works(shop, "o-1")
    assert ordersetup("plan", "--exit-code").code == 0


def test_a_neighbour_stays_whole_and_earlier_settings_leave_nothing(
    ordersetup: CommandLine, engine: Engine
) -> None:
    shop = Shop(engine.endpoint_url, "")
    assert ordersetup("provision", "--stack", "shop2").code == 0
    assert ordersetup("provision", "--stack", "shop3", "--sender", "old@example.com").code == 0
    assert ordersetup("provision", "--stack", "shop3", "--sender", "new@example.com").code == 0
    run = ordersetup("teardown", "--stack", "shop3", "--yes", "--json")
    assert run.code == 0, run.out + run.talk
    assert {"sender", "sender/old@example.com"} <= set(run.result["removed"])
    assert left(shop, "shop3") == []
    assert not [name for name in left(shop) if name.endswith("@example.com")]
    assert ordersetup("plan", "--stack", "shop2", "--exit-code").code == 0


def test_ctrl_c_says_what_is_gone_and_the_next_run_goes_on(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine.endpoint_url, "")
    at = CommandLine.at(tmp_path, engine.endpoint_url)
    assert at("provision", "--stack", "cut").code == 0
    with recording(engine.endpoint_url, delay=0.1) as slow:
        stopped = CommandLine.at(tmp_path, slow.url).interrupted(
            "teardown",
            "--stack",
            "cut",
            "--yes",
            when=lambda: slow.wait_for("lambda:DELETE /2015-03-31/functions/cut-SendEmail"),
        )
    assert stopped.code == 130
    assert "Interrupted: " in stopped.talk
    assert "To go on from here, run: ordersetup teardown --stack cut" in stopped.talk
    assert "Traceback" not in stopped.talk
    assert left(shop, "cut-")
    assert at("teardown", "--stack", "cut", "--yes").code == 0
    assert left(shop, "cut-") == []


def typed(engine: Engine, home: Path, words: str) -> tuple[int, str]:
    """Run teardown at a terminal, and type something when it asks."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{words}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "ordersetup", "teardown", "--stack", "asked"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_DEFAULT_REGION": REGION,
            "ORDERSETUP_LOCAL": "1",
            "ORDERSETUP_STATE_DIR": str(engine.home),
        },
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    return done.returncode, done.stdout + done.stderr


def test_a_person_types_the_stacks_name(
    ordersetup: CommandLine, engine: Engine, tmp_path: Path
) -> None:
    shop = Shop(engine.endpoint_url, "")
    assert ordersetup("provision", "--stack", "asked").code == 0
    code, said = typed(engine, tmp_path, "yes")
    assert code == 1
    assert "Type the stack's name, asked, to remove this" in said
    assert "Nothing was removed." in said
    assert left(shop, "asked-")
    code, said = typed(engine, tmp_path, "asked")
    assert code == 0, said
    assert left(shop, "asked-") == []
