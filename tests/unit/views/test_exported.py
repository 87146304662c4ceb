"""What is said of an export beside its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordersetup.export.exported import FORMATS
from ordersetup.views.exported import Told, remarks
from tests.stacks import stack

BUILT = stack()


@pytest.mark.parametrize("local", [True, False], ids=["embedded engine", "account"])
def test_the_embedded_engine_s_stack_is_told_apart_from_an_account_s(local: bool) -> None:
    told = Told(
        exported=FORMATS["terraform"](BUILT.blueprint, BUILT.steps, None),
        form="terraform",
        folder=Path("infra"),
        names=BUILT.blueprint.names,
        account="000000000000",
        local=local,
        missing=1,
        steps=2,
        drifted=0,
        again="",
        provision="",
    )
    assert any("the embedded engine" in remark for remark in remarks(told)) is local
