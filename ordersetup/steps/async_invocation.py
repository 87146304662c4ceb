"""Retries and the on-failure destination: what this whole pipeline is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import MOST_EVENT_AGE_SECONDS, RETRY_ATTEMPTS
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.function_answers import POLICY_NOT_KNOWN, UNDER_WAY
from ordersetup.steps.functions import Function
from ordersetup.steps.queue import Queue
from ordersetup.transient import Transient

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionEventInvokeConfigResponseTypeDef as Config


@dataclass(frozen=True, kw_only=True)
class AsyncInvocationState(State):
    """A function's asynchronous invocation as wanted or found."""

    retry_attempts: Annotated[int, Shown("Retry attempts")]
    maximum_age_seconds: Annotated[int, Shown("Maximum age of event (seconds)")]
    on_failure: Annotated[str | None, Shown("On failure")]
    on_success: Annotated[str | None, Shown("On success", ours=True)]


@dataclass(frozen=True, eq=False, kw_only=True)
class AsyncInvocation(Step[AsyncInvocationState]):
    """Lambda › function › Configuration › Asynchronous invocation › Edit.

    Retry attempts → 2, and Add destination → On failure → SQS queue OrderProcessingDLQ.
    PutFunctionEventInvokeConfig replaces the whole record: what is left out is reset, so all of it
    is always sent. Lambda refuses a destination that the role may not send to.
    """

    function: Function
    dead_letters: Queue
    permissions: Step[Any]

    group: ClassVar[Group] = Group.ASYNC
    calls: ClassVar[Calls] = Calls(
        read=("lambda:GetFunctionEventInvokeConfig",),
        write=("lambda:PutFunctionEventInvokeConfig",),
        create=("lambda:PutFunctionEventInvokeConfig",),
    )
    transient: ClassVar[tuple[Transient, ...]] = (
        POLICY_NOT_KNOWN,
        Transient(
            "InvalidParameterValueException",
            "The destination ARN",
            "the new queue is not yet known to Lambda",
            "Check that the queue exists in this account and region",
            60,
        ),
        Transient(
            "ResourceNotFoundException",
            "The function",
            "the new function is not yet known everywhere in Lambda",
            "See the function in the Lambda console",
            20,
        ),
        *UNDER_WAY,
    )

    @property
    def key(self) -> str:
        return f"async-invocation/{self.function.name}"

    @property
    def title(self) -> str:
        return f"Edit asynchronous invocation of {self.function.name}"

    @property
    def console(self) -> str:
        return f"Lambda › {self.function.name} › Configuration › Asynchronous invocation"

    def console_page(self, region: str) -> str:
        return f"{self.function.console_page(region)}?tab=configure"

    @property
    def desired(self) -> AsyncInvocationState:
        return AsyncInvocationState(
            retry_attempts=RETRY_ATTEMPTS,
            maximum_age_seconds=MOST_EVENT_AGE_SECONDS,
            on_failure=self.dead_letters.arn,
            on_success=None,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return (self.function, self.dead_letters, self.permissions)

    @property
    def parent(self) -> Function:
        return self.function

    def read(self, aws: Aws, seen: Seen) -> AsyncInvocationState | None:
        found = _config(aws, self.function.name)
        if found is None:
            return None
        destinations = found.get("DestinationConfig", {})
        return AsyncInvocationState(
            # What was never set is absent from the answer and has Lambda's default.
            retry_attempts=found.get("MaximumRetryAttempts", 2),
            maximum_age_seconds=found.get("MaximumEventAgeInSeconds", 21_600),
            on_failure=destinations.get("OnFailure", {}).get("Destination"),
            on_success=destinations.get("OnSuccess", {}).get("Destination"),
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: AsyncInvocationState | None, drifted: frozenset[str]
    ) -> None:
        aws.lambda_.put_function_event_invoke_config(
            FunctionName=self.function.name,
            MaximumRetryAttempts=RETRY_ATTEMPTS,
            MaximumEventAgeInSeconds=MOST_EVENT_AGE_SECONDS,
            DestinationConfig={"OnFailure": {"Destination": self.dead_letters.arn}},
        )


def _config(aws: Aws, function: str) -> Config | None:
    """The configuration of the function itself; $LATEST is what no qualifier means.

    An emulator may know one that CloudFormation has made by the qualifier alone.
    """
    qualifiers: tuple[dict[str, Any], ...] = ({}, {"Qualifier": "$LATEST"})
    for qualifier in qualifiers:
        try:
            return aws.lambda_.get_function_event_invoke_config(FunctionName=function, **qualifier)
        except aws.lambda_.exceptions.ResourceNotFoundException:
            continue
    return None
