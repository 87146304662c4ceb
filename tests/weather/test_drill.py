"""Each rule that a drill may meet, alone, in memory: the pipeline is sound, and all is cleared."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from tests.unit.operate import played
from tests.unit.stories import held, played_stack
from tests.weather.sky import DRILL, Sky, rules
from tests.wire import Wire

RULES = rules(DRILL)


@pytest.mark.parametrize("about", RULES)
def test_a_drill_comes_through_it_and_leaves_nothing(
    about: str, aws: Aws, rival: Aws, wire: Wire
) -> None:
    played_stack(aws, rival)
    wire.weather = sky = Sky([RULES[about]], wire.lose)
    held(aws, rival)
    assert sky.unmet == []
    assert rival.sqs.list_queues()["QueueUrls"] == [played.url_of(rival)]
    assert rival.sns.list_subscriptions()["Subscriptions"] == []
