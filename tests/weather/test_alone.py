"""Each rule of the weather alone, in memory: a stack is built, changed, verified and taken down."""

from __future__ import annotations

import pytest

from tests.weather.life import LATER, Life
from tests.weather.sky import BEFORE_ALL, ON_AN_ENGINE, Sky, rules, touching
from tests.wire import Wire

IN_MEMORY = {a: rule for a, rule in rules().items() if a not in ON_AN_ENGINE | BEFORE_ALL}
CHANGES = {
    *("UpdateFunctionCode", "UpdateFunctionConfiguration"),
    *("TagResource", "DeleteDeployment", "GetMethod", "GetGatewayResponse"),
    *("UpdateTable", "SetQueueAttributes", "UpdateAssumeRolePolicy", "TagRole"),
    *("PutRolePermissionsBoundary", "RemovePermission", "UpdateRestApi", "UpdateMethod"),
    *("UpdateMethodResponse", "TagQueue", "DeleteMethodResponse"),
}
"""What is called only where a stack stands that is to be another.

What the answer to a write has told is not read again in the same run, so there the next run is the
first to miss it."""


EACH = [
    pytest.param(about, marks=[] if number % 4 == 0 else [pytest.mark.slow])
    for number, about in enumerate(IN_MEMORY)
]
"""One rule in four is for every run of the tests; `make test-all` has all."""


@pytest.mark.parametrize("about", EACH)
def test_a_stack_lives_through_it(about: str, life: Life, wire: Wire) -> None:
    rule = IN_MEMORY[about]
    wire.weather = sky = Sky([rule], wire.lose)
    waited = life.live(touching(rule), changing=rule["operation"] in CHANGES)
    assert sky.unmet == []
    # An answer that is lost on its way is asked for again by botocore, where that is harmless; and
    # a gateway response that seems to be untouched is put once more.
    assert waited or "response" in rule or rule["operation"] == "GetGatewayResponse"


def test_every_not_yet_that_a_step_declares_is_in_the_weather() -> None:
    said = [
        (touching(rule).partition(":")[0], rule["error"])
        for rule in rules().values()
        if "operation" in rule and "error" in rule
    ]
    missing = [
        f"{type(step).__name__}: {transient.code} {transient.fragment}"
        for step in LATER.steps
        for transient in (*step.transient, *step.unheard, *step.lingering)
        if not any(
            transient.code == error["code"]
            and transient.fragment in error["message"]
            and any(call.startswith(f"{service}:") for call in step.calls.write + step.calls.remove)
            for service, error in said
        )
    ]
    assert missing == []
