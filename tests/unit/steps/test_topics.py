"""SNS topics: what remembers the settings, and what is not one of ours."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import Incompatible
from ordersetup.ownership import CHOSEN, SETTING, unpaired
from ordersetup.settings import Settings
from ordersetup.steps.topics import Topic
from tests.conftest import Provision
from tests.stacks import drift, stack
from tests.wire import Wire

ALERTS: Topic = stack().step("topic/OrderProcessingAlerts")


def _tags(aws: Aws) -> dict[str, str]:
    return unpaired(aws.sns.list_tags_for_resource(ResourceArn=ALERTS.arn)["Tags"])


def test_the_alerts_topic_bears_the_settings_from_its_creating_call_on(
    aws: Aws, provision: Provision, calls: list[str]
) -> None:
    topic = stack(retention_days=7, cors_origin="https://shop.example.com").step(ALERTS.key)
    provision([topic])
    assert "sns:TagResource" not in calls
    assert _tags(aws)[f"{SETTING}retention-days"] == "7"


def test_a_setting_that_is_unset_is_forgotten(aws: Aws, provision: Provision) -> None:
    former = Settings(retention_days=7)
    provision([stack(retention_days=7).step(ALERTS.key)])
    topic = stack(former=former).step(ALERTS.key)

    run = provision([topic])

    assert drift(run.seen, [topic]) == set()
    assert not [key for key in _tags(aws) if key.startswith(SETTING)]


def test_a_tag_of_somebody_elses_stays(aws: Aws, provision: Provision) -> None:
    provision([stack(tags=(("Team", "orders"),)).step(ALERTS.key)])
    aws.sns.tag_resource(ResourceArn=ALERTS.arn, Tags=[{"Key": "Audit", "Value": "yes"}])

    provision([ALERTS])

    tags = _tags(aws)
    assert tags["Audit"] == "yes"
    assert "Team" not in tags
    assert CHOSEN not in tags


def test_a_fifo_topic_is_refused(provision: Provision, wire: Wire) -> None:
    provision([ALERTS])
    wire.calls.clear()
    wire.bend(
        "sns:GetTopicAttributes", lambda answer: answer["Attributes"].update(FifoTopic="true")
    )

    with pytest.raises(Incompatible, match="Type is FIFO, not Standard"):
        provision([ALERTS])

    assert set(wire.calls) <= set(ALERTS.calls.read)
