"""Which answers mean "not yet", and which mean no."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from ordersetup.steps.api_removal import ONE_AT_A_TIME
from ordersetup.transient import (
    LOST_ANSWER,
    SERVER_FAULT,
    THROTTLED,
    UNREACHED,
    Transient,
    weather,
)

URL = "https://sns.ap-south-1.amazonaws.com"


def answer(code: str, status: int, message: str = "") -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "1",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
                "HostId": "",
            },
        },
        "Any",
    )


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        ResponseStreamingError(error="the connection broke"),
        ResponseParserError("half of an answer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_or_half_of_one_is_a_lost_answer(error: Exception) -> None:
    assert weather(error) is LOST_ANSWER


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ProxyConnectionError(proxy_url="http://proxy.example:3128"),
        SSLError(endpoint_url=URL, error=OSError("bad handshake")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_is_lost_in_mid_run_is_waited_for_and_for_seconds_only(
    error: Exception,
) -> None:
    assert weather(error) is UNREACHED
    assert UNREACHED.within < LOST_ANSWER.within


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("apigateway", "TooManyRequestsException", 429),
        ("dynamodb", "ThrottlingException", 400),
        ("dynamodb", "RequestLimitExceeded", 400),
        ("dynamodb", "ProvisionedThroughputExceededException", 400),
        ("iam", "Throttling", 400),
        ("lambda", "TooManyRequestsException", 429),
        ("logs", "ThrottlingException", 400),
        ("sesv2", "TooManyRequestsException", 429),
        ("sns", "Throttled", 429),
        ("sns", "Throttling", 400),
        ("sqs", "RequestThrottled", 403),
        ("sts", "Throttling", 400),
    ],
)
def test_each_service_s_own_throttle_is_known(service: str, code: str, status: int) -> None:
    assert weather(answer(code, status, "Rate exceeded")) is THROTTLED, service


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_of_the_server_is_weather(status: int) -> None:
    assert weather(answer("InternalFailure", status)) is SERVER_FAULT


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 403),
        ("ResourceNotFoundException", 404),
        ("ResourceConflictException", 409),
        ("ValidationException", 400),
        ("LimitExceededException", 429),
        ("ExpiredToken", 400),
    ],
)
def test_an_answer_about_the_request_is_no_weather(code: str, status: int) -> None:
    assert weather(answer(code, status, "no")) is None


@pytest.mark.parametrize(
    "error",
    [NoCredentialsError(), ParamValidationError(report="x"), BotoCoreError(), ValueError("a bug")],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_ours_is_no_weather(error: Exception) -> None:
    assert weather(error) is None


class TestMatches:
    transient = Transient("Busy", "try later", "it is busy", "Look at it", within=1)

    def test_code_and_fragment_must_both_match(self) -> None:
        assert self.transient.matches(answer("Busy", 400, "Please try later."))
        assert not self.transient.matches(answer("Busy", 400, "Never."))
        assert not self.transient.matches(answer("BusyException", 400, "Please try later."))

    def test_an_answer_without_code_or_message_does_not_match(self) -> None:
        assert not self.transient.matches(ClientError({}, "Any"))

    def test_an_error_that_is_no_answer_does_not_match(self) -> None:
        assert not self.transient.matches(ValueError("Busy: try later"))

    def test_a_step_s_own_limit_on_the_rate_is_one_too(self) -> None:
        assert ONE_AT_A_TIME.throttles
        assert not self.transient.throttles
        assert not SERVER_FAULT.throttles
