"""Results on stdout: what was provisioned, what is planned, and an order on its way."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from ordersetup.engine import AnyStep
from ordersetup.events import Changed, Found, Outcome, Unchanged
from ordersetup.operate.order import TestOrder
from ordersetup.operate.orders import Hop
from ordersetup.operate.outputs import Outputs
from ordersetup.views.followed import OrderJson, OrderLines
from ordersetup.views.json_lines import TYPES
from ordersetup.views.planned import tell_plan
from ordersetup.views.provisioned import tell_provisioned
from tests.unit.toys import Toy, ToyState

URL = "https://a1b2c3.execute-api.ap-south-1.amazonaws.com/prod/orders"
LONG = "arn:aws:lambda:ap-south-1:123456789012:function:" + "x" * 60
OUTPUTS = Outputs(
    stack="default",
    account="123456789012",
    region="ap-south-1",
    endpoint=URL,
    addresses={"Inventory": LONG, "Role": "arn:aws:iam::123456789012:role/[x]:key:"},
    by_hand=("POST /orders is open to the world.",),
)
CAR, DOLL, BALL = (Toy(name=name) for name in ("car", "doll", "ball"))


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def out(capsys: pytest.CaptureFixture[str]) -> str:
    found = capsys.readouterr()
    assert found.err == ""
    return found.out


class TestProvisioned:
    made: dict[AnyStep, Outcome] = {  # noqa: RUF012 - never changed
        CAR: Changed("toy/car", created=True, changes=()),
        DOLL: Changed("toy/doll", created=False, changes=()),
        BALL: Unchanged("toy/ball"),
    }
    same: dict[AnyStep, Outcome] = {CAR: Unchanged("toy/car")}  # noqa: RUF012 - never changed

    def test_it_ends_with_what_a_person_needs_next(self, capsys: Any) -> None:
        tell_provisioned(self.made, OUTPUTS, json=False, color=True)
        assert out(capsys) == (
            "The pipeline stands: 1 step created, 1 changed, 1 left as it was.\n"
            "\n"
            f"  Endpoint   {URL}\n"
            f"  Inventory  {LONG}\n"
            "  Role       arn:aws:iam::123456789012:role/[x]:key:\n"
            "\n"
            "Post an order\n"
            "  ordersetup send-test-order puts the item into stock\n"
            f"  {OUTPUTS.curl}\n"
            "\n"
            "Left to you\n"
            "  • POST /orders is open to the world.\n"
        )

    def test_a_run_that_changed_nothing_is_told_shortly(self, capsys: Any) -> None:
        tell_provisioned(self.same, OUTPUTS, json=False, color=True)
        assert out(capsys) == (
            "Nothing to do: all 1 steps stand as they shall, and nothing was written.\n"
            "\n"
            f"  Endpoint  {URL}\n"
            "\n"
            "Left to you\n"
            "  • POST /orders is open to the world.\n"
            "\n"
            "Every address: ordersetup provision --verbose\n"
        )

    def test_verbose_tells_every_address_all_the_same(self, capsys: Any) -> None:
        tell_provisioned(self.same, OUTPUTS, json=False, color=True, verbose=True)
        assert LONG in out(capsys)

    def test_a_program_gets_one_line(self, capsys: Any) -> None:
        tell_provisioned(self.made, OUTPUTS, json=True, color=True)
        fields = json.loads(out(capsys))
        assert fields == {
            "type": "result",
            "stack": "default",
            "account": "123456789012",
            "region": "ap-south-1",
            "created": 1,
            "changed": 1,
            "unchanged": 1,
            "endpoint": URL,
            "addresses": dict(OUTPUTS.addresses),
            "curl": OUTPUTS.curl,
            "by_hand": list(OUTPUTS.by_hand),
        }
        assert fields["type"] in TYPES

    def test_the_command_posts_an_order_that_the_api_takes(self) -> None:
        words = shlex.split(OUTPUTS.curl)
        assert words[:4] == ["curl", "-X", "POST", URL]
        order = json.loads(words[words.index("-d") + 1])
        assert order.keys() == {"customer_email", "items"}


class TestPlan:
    def outcomes(self) -> dict[AnyStep, Outcome]:
        found = {
            CAR: None,
            DOLL: ToyState(owner="default", size=2, status="Painting"),
            BALL: ToyState(owner="default"),
        }
        return {
            step: Found(step.key, step.checks(state), stands=state is not None)
            for step, state in found.items()
        }

    def test_it_says_what_would_be_made_and_changed(self, capsys: Any) -> None:
        tell_plan(self.outcomes(), json=False, color=True, verbose=False)
        assert out(capsys) == (
            "+ Put car on the shelf\n"
            "~ Put doll on the shelf\n"
            "    Size: 2 → 1\n"
            "1 to create, 1 to change, 1 to leave as they are.\n"
        )

    def test_verbose_tells_what_is_left_too(self, capsys: Any) -> None:
        tell_plan(self.outcomes(), json=False, color=True, verbose=True)
        assert "= Put ball on the shelf\n" in out(capsys)

    def test_nothing_to_do_is_said_in_one_line(self, capsys: Any) -> None:
        outcomes: dict[AnyStep, Outcome] = {BALL: self.outcomes()[BALL]}
        tell_plan(outcomes, json=False, color=True, verbose=False)
        assert out(capsys) == "Nothing to do: all 1 steps stand as they shall.\n"

    def test_a_program_gets_one_line(self, capsys: Any) -> None:
        tell_plan(self.outcomes(), json=True, color=True, verbose=False)
        fields = json.loads(out(capsys))
        assert fields["type"] in TYPES
        steps = fields.pop("steps")
        assert fields == {"type": "plan", "create": 1, "change": 1, "keep": 1}
        assert [step["action"] for step in steps] == ["create", "change", "keep"]
        assert steps[1] == {
            "step": "toy/doll",
            "title": "Put doll on the shelf",
            "console": "Shelf › Toys › doll",
            "action": "change",
            "adopt": False,
            "changes": [
                {"attribute": "size", "label": "Size", "expected": 1, "actual": 2, "holds": False}
            ],
        }


class TestFollowed:
    order = TestOrder("test-1", "a@x.io", (("lamp-1", 2),))
    hops = (Hop("accepted", 12, f"{URL} answered 202"), Hop("stock", 34, "lamp-1 5 → [3]"))

    def test_each_hop_is_a_line(self, capsys: Any) -> None:
        view = OrderLines(color=True, quiet=False)
        for hop in self.hops:
            view.hop(hop)
        view.done(self.order, self.hops)
        assert out(capsys) == (
            f"  ✓ Accepted by the API            12 ms  {URL} answered 202\n"
            "  ✓ Stock                          34 ms  lamp-1 5 → [3]\n"
            "Order test-1 went through all 2 hops.\n"
        )

    def test_a_wait_is_talk_and_said_once(self, capsys: Any) -> None:
        view = OrderLines(color=True, quiet=False)
        for seconds in (0, 2, 4):
            view.wait("0 of 1 transaction rows are written", seconds)
        found = capsys.readouterr()
        assert found.out == ""
        assert found.err == "  … 0 of 1 transaction rows are written\n"

    def test_quiet_says_nothing(self, capsys: Any) -> None:
        view = OrderLines(color=True, quiet=True)
        view.hop(self.hops[0])
        view.wait("x", 9)
        view.done(self.order, self.hops)
        assert out(capsys) == ""

    def test_a_program_gets_a_line_a_hop_and_the_result(self, capsys: Any) -> None:
        view = OrderJson()
        view.hop(self.hops[0])
        view.wait("x", 9)
        view.done(self.order, self.hops[:1])
        hop = {"hop": "accepted", "milliseconds": 12, "detail": f"{URL} answered 202"}
        assert [json.loads(line) for line in out(capsys).splitlines()] == [
            {"type": "hop", **hop},
            {
                "type": "result",
                "order_id": "test-1",
                "items": [{"item_id": "lamp-1", "quantity": 2}],
                "hops": [hop],
            },
        ]

    def test_no_address_is_told(self, capsys: Any) -> None:
        OrderJson().done(self.order, self.hops)
        OrderLines(color=True, quiet=False).done(self.order, self.hops)
        assert "a@x.io" not in out(capsys)
