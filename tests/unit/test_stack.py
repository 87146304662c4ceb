"""Opening a stack: what AWS remembers of it, and what the command line changes."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ordersetup.aws import Aws
from ordersetup.blueprint import Names, Place
from ordersetup.errors import BadInput
from ordersetup.ownership import Owner, pairs, remembered
from ordersetup.settings import Settings
from ordersetup.stack import open_stack, recall, remembering_tags
from ordersetup.steps.sender import SenderIdentity
from tests.wire import Wire


def remember(aws: Aws, settings: Settings, *, owner: str = "default") -> str:
    """Put a topic with these settings where the default stack looks for its own."""
    tags = Owner(owner, settings.tags).tags(remembered(settings))
    return aws.sns.create_topic(Name="OrderProcessingAlerts", Tags=pairs(tags))["TopicArn"]


def place(aws: Aws) -> Place:
    return Place(aws.account, aws.region, aws.partition)


def recalled(aws: Aws, stack: str = "default") -> Settings | None:
    names = Names(stack, aws.region)
    return recall(remembering_tags(aws, names, place(aws)), names, place(aws))


class TestRecall:
    def test_without_a_topic_there_is_nothing_to_recall(self, aws: Aws) -> None:
        assert recalled(aws) is None

    @pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceNotFoundException", "NotFound"])
    def test_absence_is_known_by_each_of_its_codes(self, aws: Aws, wire: Wire, code: str) -> None:
        wire.refuse("sns:ListTagsForResource", code, "Resource does not exist", status=404)
        assert recalled(aws) is None

    def test_a_refusal_is_no_absence(self, aws: Aws, wire: Wire) -> None:
        wire.refuse("sns:ListTagsForResource", "AuthorizationError", "no", status=403)
        with pytest.raises(ClientError):
            recalled(aws)

    def test_what_somebody_else_s_topic_says_does_not_count(self, aws: Aws) -> None:
        remember(aws, Settings(retention_days=90), owner="another")
        assert recalled(aws) is None

    def test_a_topic_without_tags_says_nothing(self, aws: Aws) -> None:
        aws.sns.create_topic(Name="OrderProcessingAlerts")
        assert recalled(aws) is None

    def test_the_settings_of_the_stack_are_recalled(self, aws: Aws) -> None:
        settings = Settings(retention_days=90, alert_emails=("a@x.io",), tags=(("Team", "x"),))
        remember(aws, settings)
        assert recalled(aws) == settings

    def test_another_stack_has_a_topic_of_its_own(self, aws: Aws) -> None:
        remember(aws, Settings(retention_days=90))
        assert recalled(aws, "shop2") is None

    def test_a_spoilt_setting_is_named_with_its_place(self, aws: Aws) -> None:
        arn = remember(aws, Settings())
        aws.sns.tag_resource(
            ResourceArn=arn, Tags=pairs({"ordersetup:setting:retention-days": "many"})
        )
        with pytest.raises(BadInput) as caught:
            recalled(aws)
        assert caught.value.happened == (
            f"The settings remembered on {arn} are not what ordersetup wrote: "
            "The tag ordersetup:setting:retention-days says 'many'."
        )
        assert f"SNS › Topics › {arn} › Tags" in caught.value.then


class TestOpen:
    def test_a_stack_that_does_not_stand_has_the_defaults(self, aws: Aws) -> None:
        stack = open_stack(aws, "default", {})
        assert stack.former is None
        assert stack.blueprint.settings == Settings()

    def test_what_is_remembered_is_expected(self, aws: Aws) -> None:
        remember(aws, Settings(sender="shop@example.com"))
        stack = open_stack(aws, "default", {})
        assert stack.blueprint.settings == stack.former == Settings(sender="shop@example.com")
        assert any(isinstance(step, SenderIdentity) for step in stack.steps)

    def test_flags_go_over_what_is_remembered(self, aws: Aws) -> None:
        remember(aws, Settings(sender="shop@example.com", retention_days=90))
        stack = open_stack(aws, "default", {"retention_days": 7})
        assert stack.blueprint.settings == Settings(sender="shop@example.com", retention_days=7)
        assert stack.former == Settings(sender="shop@example.com", retention_days=90)

    def test_unset_forgets_what_is_remembered(self, aws: Aws) -> None:
        remember(aws, Settings(sender="shop@example.com", retention_days=90))
        stack = open_stack(aws, "default", {}, ("sender",))
        assert stack.blueprint.settings == Settings(retention_days=90)

    def test_a_role_of_the_account_is_taken(self, aws: Aws) -> None:
        arn = f"arn:aws:iam::{aws.account}:role/orders"
        assert open_stack(aws, "default", {"role_arn": arn}).blueprint.role_arn == arn

    def test_a_role_of_another_account_is_refused(self, aws: Aws, calls: list[str]) -> None:
        arn = "arn:aws:iam::999999999999:role/orders"
        with pytest.raises(BadInput) as caught:
            open_stack(aws, "default", {"role_arn": arn})
        assert caught.value.happened == (
            f"--role-arn {arn} is of another account than yours, {aws.account}."
        )
        assert calls == ["sns:ListTagsForResource"]

    def test_names_bear_the_stack_s_own(self, aws: Aws) -> None:
        keys = {step.key for step in open_stack(aws, "shop2", {}).steps}
        assert {"table/shop2-Inventory", "topic/shop2-OrderProcessingAlerts"} <= keys
