"""What is nearly right is answered with what is right, and refused with exit code 2."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (("provison",), "'provision'"),
        (("stock", "lst"), "'list'"),
        (("local", "sotp"), "'stop'"),
        (("provision", "--alert-mail", "x"), "--alert-email"),
        (("verify", "--only", "asinc"), "'async'"),
        (("export", "--format", "cloudfromation"), "'cloudformation'"),
        (("outputs", "--format", "jsn"), "'json'"),
        (("redrive", "--function", "UpdateInventry"), "'UpdateInventory'"),
        (("logs", "SendMail"), "'SendEmail'"),
        (("provision", "--unset", "sendr"), "sender"),
        (("explain", "queue/OrderProcesingDLQ"), "queue/OrderProcessingDLQ"),
        (("policy", "--for", "provison"), "provision"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_near_miss_is_named(ordersetup: CommandLine, args: tuple[str, ...], meant: str) -> None:
    run = ordersetup(*args)
    assert run.code == 2
    assert "Did you mean" in run.talk
    assert meant in run.talk


def test_a_choice_that_is_near_to_none_is_told_the_choices_alone(ordersetup: CommandLine) -> None:
    run = ordersetup("verify", "--only", "xyzzy")
    assert run.code == 2
    assert "'tables'" in run.talk
    assert "Did you mean" not in run.talk
