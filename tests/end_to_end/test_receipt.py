"""A proof written down on the engine, held as a gate, and found to be of yesterday's stack."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.drills import wait_until_it_listens
from tests.end_to_end.shop import CUSTOMER, Shop

SENDER = "shop@example.com"


@pytest.fixture(scope="module")
def proof(shop: Shop, ordersetup: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A receipt of the stack after an order went through it, customer's address and all."""
    shop.put_stock("lamp", 3)
    assert shop.post("receipt-1", {"lamp": 1}).status == 202
    path = tmp_path_factory.mktemp("proof") / "proof.json"
    run = ordersetup("verify", "--receipt", str(path))
    assert run.code == 0, run.out + run.talk
    return path


def test_the_receipt_says_what_was_proven_and_of_what(proof: Path) -> None:
    text = proof.read_text(encoding="utf-8")
    receipt = json.loads(text)
    assert receipt["proven"]["checks"] > 100
    assert receipt["proven"]["drill"] is None
    assert receipt["of"]["async-invocation/UpdateInventory.retry_attempts"] == 2
    assert receipt["of"]["stage/EcommerceAPI/prod.deployment"]
    assert "@" not in text


def test_a_second_run_of_the_gate_passes(proof: Path, ordersetup: CommandLine) -> None:
    run = ordersetup("verify", "--against", str(proof))
    assert run.code == 0, run.out + run.talk
    assert "still covers what runs." in run.out


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("ending", ["html", "svg", "md"])
def test_a_report_for_a_colleague_shows_no_address(
    ordersetup: CommandLine, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"report.{ending}"
    run = ordersetup("verify", "--verbose", "--report", str(path))
    assert run.code == 0, run.out + run.talk
    text = path.read_text(encoding="utf-8")
    assert SENDER not in text
    assert CUSTOMER not in text + run.out + run.talk


def test_what_moved_fails_the_gate_and_provision_opens_it_again(
    proof: Path, shop: Shop, ordersetup: CommandLine
) -> None:
    shop.client("lambda").put_function_event_invoke_config(
        FunctionName="UpdateInventory", MaximumRetryAttempts=0
    )
    run = ordersetup("verify", "--against", str(proof), "--json")
    assert run.code == 1
    moved = {one["attribute"]: (one["then"], one["now"]) for one in run.result["moved"]}
    assert moved["async-invocation/UpdateInventory.retry_attempts"] == (2, 0)
    assert all(name.startswith("async-invocation/UpdateInventory.") for name in moved)
    assert ordersetup("provision").code == 0
    assert ordersetup("verify", "--against", str(proof)).code == 0


def test_a_drill_stands_in_its_report_and_in_its_receipt(
    shop: Shop, ordersetup: CommandLine, tmp_path: Path
) -> None:
    report, proof = tmp_path / "report.html", tmp_path / "proof.json"
    run = ordersetup("verify", "--drill", "--report", str(report), "--receipt", str(proof))
    assert run.code == 0, run.out + run.talk
    text = report.read_text(encoding="utf-8")
    assert "Live failure drill" in text
    assert "<td>record in OrderProcessingDLQ</td>" in text
    assert json.loads(proof.read_text(encoding="utf-8"))["proven"]["drill"]["proven"] is True
    assert ordersetup("verify", "--against", str(proof)).code == 0
    assert shop.dead_letters() == []


def test_what_moves_while_the_drill_is_held_gets_no_receipt(
    shop: Shop, ordersetup: CommandLine, tmp_path: Path
) -> None:
    def move() -> None:
        wait_until_it_listens(shop)
        # The drill does not look at this function, so it is the second survey that must.
        shop.client("lambda").put_function_event_invoke_config(
            FunctionName="SendEmail", MaximumRetryAttempts=1
        )

    mover = threading.Thread(target=move)
    mover.start()
    proof = tmp_path / "proof.json"
    try:
        run = ordersetup("verify", "--drill", "--receipt", str(proof))
    finally:
        mover.join()
        assert ordersetup("provision").code == 0
    assert run.code == 1
    assert "The failure path works" in run.out
    assert "async-invocation/SendEmail.retry_attempts" in run.talk
    assert "moved while the drill was held" in run.talk
    assert not proof.exists()
