"""An audit of the deployed pipeline: everything found, stock to the piece, and a loss seen."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.shop import Shop, eventually


def test_every_order_is_found_and_what_is_lost_is_missed(
    shop: Shop, ordersetup: CommandLine, tmp_path: Path
) -> None:
    shop.put_stock("audited", 5)
    monday = str(tmp_path / "monday.json")
    assert ordersetup("audit", "--save", monday).code == 0
    for number in range(4):
        assert shop.post(f"AU-{number}", {"audited": 2}).status == 202
    run = eventually(
        lambda: ordersetup("audit", "--from", monday, "--json"),
        lambda run: run.result["applied"] + run.result["kept"] == 4 == run.result["accepted"],
        within=60,
    )
    assert run.code == 0, run.out + run.talk
    assert (run.result["accepted"], run.result["applied"], run.result["kept"]) == (4, 2, 2)
    assert run.result["errors"] == {"OutOfStock": 2}
    assert run.result["differences"] == []

    # A replay moves an order from the queue into its rows.
    assert ordersetup("stock", "add", "audited", "1").code == 0
    assert ordersetup("redrive", "--yes", "--max", "1").code == 0
    assert eventually(lambda: shop.stock("audited"), lambda left: left == 0) == 0
    run = ordersetup("audit", "--from", monday, "--json")
    assert run.code == 1
    assert (run.result["applied"], run.result["kept"], run.result["twofold"]) == (3, 1, [])
    assert run.result["differences"] == [{"item_id": "audited", "pieces": 1}]
    assert "@" not in run.out + run.talk
