"""The wire ends a program whole: it neither calls AWS any more nor asks the deployed API."""

from __future__ import annotations

import pytest

from ordersetup.aws import Aws
from tests.wire import Cut, Wire


def test_a_program_that_was_ended_posts_no_order(aws: Aws, wire: Wire) -> None:
    wire.kill("sqs:CreateQueue letters", answered=True)
    with pytest.raises(Cut):
        aws.sqs.create_queue(QueueName="letters")
    for said in (aws.sqs.list_queues, lambda: aws.web.ask("POST", "https://api.example/prod")):
        with pytest.raises(Cut):
            said()
    wire.forget()
    assert aws.sqs.list_queues()["QueueUrls"]


def test_one_that_lives_asks_what_it_is_given_to_ask_with(aws: Aws) -> None:
    with pytest.raises(AssertionError):
        aws.web.ask("POST", "https://api.example/prod")
