"""What AWS's answers are told as: a sentence on what happened, one on what to do, no secrets."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from hypothesis import given
from hypothesis import strategies as st

from ordersetup.aws import Aws
from ordersetup.errors import BadInput, CannotReachAws, Denied, OrdersetupError
from ordersetup.masked import masked
from ordersetup.refusals import Refused, Unreadable, discreet, message_of, told, understood
from tests.unit.choices import emails, unhurried


def answer(code: str, message: str, operation: str = "CreateRole") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def test_an_error_of_ours_is_told_as_it_is() -> None:
    error = BadInput("--stack 'A' is not accepted.", "It takes a-z.")
    assert told(error) is error


@pytest.mark.parametrize(
    "code",
    ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"],
)
def test_a_denial_names_action_and_resource(code: str) -> None:
    message = (
        "User: arn:aws:sts::123456789012:assumed-role/dev/jane@example.com is not authorized to "
        "perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/orders "
        "because no identity-based policy allows the iam:CreateRole action"
    )
    error = told(answer(code, message))
    assert isinstance(error, Denied)
    assert error.happened == (
        "Your credentials may not iam:CreateRole on arn:aws:iam::123456789012:role/orders: "
        "because no identity-based policy allows the iam:CreateRole action."
    )
    assert error.then == (
        "Give whoever administers the account what this prints, then run it again: "
        "ordersetup policy"
    )


def test_a_denial_by_an_organisation_says_so() -> None:
    message = (
        "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: sqs:CreateQueue "
        "on resource: arn:aws:sqs:ap-south-1:123456789012:q with an explicit deny in a service "
        "control policy"
    )
    assert "with an explicit deny in a service control policy." in (
        told(answer("AccessDenied", message)).happened
    )


def test_a_denial_that_names_no_action_names_the_call() -> None:
    assert told(answer("AccessDenied", "Access Denied", "CreateQueue")).happened == (
        "Your credentials may not CreateQueue: Access Denied."
    )
    assert told(answer("AccessDenied", "", "CreateQueue")).happened == (
        "Your credentials may not CreateQueue: it gave no reason."
    )


@pytest.mark.parametrize("code", ["LimitExceededException", "LimitExceeded", "TopicLimitExceeded"])
def test_a_used_up_quota_is_said_to_be_one(code: str) -> None:
    error = told(answer(code, "Cannot exceed quota for RolesPerAccount: 1000", "CreateRole"))
    assert isinstance(error, Refused)
    assert error.happened == (
        "AWS refused CreateRole: a quota of the account is used up "
        "(Cannot exceed quota for RolesPerAccount: 1000)."
    )


@pytest.mark.parametrize(
    "code", ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"]
)
def test_credentials_that_expire_in_the_middle_are_no_fault_of_the_step_s(code: str) -> None:
    error = told(answer(code, "The security token included in the request is expired"))
    assert isinstance(error, CannotReachAws)
    assert "credentials" in error.happened
    assert "goes on from here" in error.then


def test_any_other_answer_is_told_with_its_call_code_and_message() -> None:
    error = told(answer("InvalidParameterValue", "Retention is out of range.", "CreateQueue"))
    assert isinstance(error, Refused)
    assert error.happened == (
        "AWS refused CreateQueue (InvalidParameterValue): Retention is out of range."
    )
    assert told(answer("Odd", "", "CreateQueue")).happened == (
        "AWS refused CreateQueue (Odd): it gave no reason."
    )


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://sqs.moon-1.amazonaws.com"),
        ReadTimeoutError(endpoint_url="https://sqs.moon-1.amazonaws.com"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_without_an_answer_the_endpoint_is_named(error: Exception) -> None:
    said = told(error)
    assert isinstance(said, CannotReachAws)
    assert "https://sqs.moon-1.amazonaws.com" in said.happened
    assert said.then == "Check your network and the region, then run it again."


def test_a_fault_of_the_configuration_is_said_to_be_one() -> None:
    said = told(NoCredentialsError())
    assert isinstance(said, CannotReachAws)
    assert said.happened == "Unable to locate credentials."


def test_an_unforeseen_error_is_told_with_its_kind_and_how_to_report_it() -> None:
    said = told(KeyError("Tags"))
    assert type(said) is OrdersetupError
    assert said.happened == "Something unforeseen went wrong: KeyError: 'Tags'."
    assert said.then == "Run it again with --debug and report what that shows."


class TestNothingPrivate:
    @unhurried
    @given(emails)
    def test_no_address_is_repeated(self, address: str) -> None:
        answers = (
            answer("MessageRejected", f"Email address is not verified: {address}"),
            answer("AccessDenied", f"User {address} is not authorized to perform: a:b"),
            ValueError(f"no mail to <{address}>"),
        )
        for error in answers:
            assert address not in told(error).happened

    def test_no_password_of_a_proxy_is_repeated(self) -> None:
        error = ProxyConnectionError(proxy_url="http://jane:hunter2@proxy.example:3128")
        said = told(error).happened
        assert "hunter2" not in said
        assert "http://proxy.example:3128" in said

    def test_no_access_key_is_repeated(self) -> None:
        error = answer("InvalidClientTokenId", "The key AKIAIOSFODNN7EXAMPLE does not exist")
        assert told(error).happened == (
            "AWS does not accept your credentials any more: The key (access key) does not exist."
        )

    def test_the_request_that_follows_a_refused_signature_is_left_out(self) -> None:
        error = answer(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match.\n\nThe Canonical String was\n"
            "'POST\n/\nx-amz-security-token:FwoGZXIvYXdzE'",
        )
        assert message_of(error) == "The request signature we calculated does not match"

    def test_a_very_long_word_takes_no_time(self) -> None:
        began = time.process_time()
        text = "1" * 200_000
        assert message_of(ValueError(text)) == text
        assert masked(text) == text
        assert time.process_time() - began < 2

    @unhurried
    @given(st.text())
    def test_whatever_the_words_there_is_a_sentence(self, text: str) -> None:
        said = told(ValueError(text))
        assert said.happened.endswith(".")
        assert "\n" not in said.happened


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://jane:hunter2@proxy.example:3128/x", "http://proxy.example:3128/x"),
        ("https://b.s3/f.zip?X-Amz-Signature=ab&X=1 is gone", "https://b.s3/f.zip?… is gone"),
        ("x-amz-security-token:FwoG//abc==\nnext", "x-amz-security-token:(token)\nnext"),
        ("{'X-Amz-Security-Token': 'FwoG'}", "{'X-Amz-Security-Token': '(token)'}"),
        ("the key ASIAIOSFODNN7EXAMPLE", "the key (access key)"),
        ("nothing of the kind?", "nothing of the kind?"),
    ],
)
def test_what_is_shown_of_an_error_is_discreet(text: str, said: str) -> None:
    assert discreet(text) == said


class TestUnderstood:
    def test_an_answer_that_makes_no_sense_is_named(self, aws: Aws) -> None:
        with pytest.raises(Unreadable) as error, understood():
            _ = aws.sns.list_topics()["Topics"][7]
        assert error.value.happened == (
            "AWS's answer to sns:ListTopics makes no sense: IndexError: list index out of range."
        )

    def test_where_nothing_was_asked_the_fault_is_ours(self, aws: Aws) -> None:
        aws.sns.list_topics()
        with pytest.raises(KeyError), understood():
            _ = dict[str, str]()["x"]

    def test_a_parser_s_despair_is_one_line(self) -> None:
        error = told(ResponseParserError("Unable to parse response, invalid XML:\n<html>secret"))
        assert error.happened == (
            "An answer of AWS cannot be read: Unable to parse response, invalid XML."
        )
