"""The three Lambda functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.blueprint import ARCHITECTURE, MEMORY_MB, RUNTIME, FunctionPlan
from ordersetup.bundle import Bundle
from ordersetup.errors import ASK_FOR_IT, Denied
from ordersetup.obstacle import Obstacle
from ordersetup.ownership import Owner, Tags, chosen_of, owner_of, stale_keys, version_of
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.function_answers import (
    KMS_GRANT,
    MADE_MEANWHILE,
    NOT_ASSUMABLE,
    NOT_KNOWN_EVERYWHERE,
    POLICY_NOT_KNOWN,
    UNDER_WAY,
)
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.role import Role
from ordersetup.transient import Transient

LEVEL = "INFO"
"""Below it the platform no longer tells when an attempt begins and ends."""
LOG_LEVELS = f"{LEVEL}, {LEVEL}"

HIDDEN = "(not shown)"
"""Stands for the value of an environment variable that is not ours."""

CONFIGURATION = frozenset(
    {
        *("handler", "runtime", "memory_mb", "timeout_seconds", "role"),
        *("environment", "log_format", "log_group", "log_levels"),
    }
)


@dataclass(frozen=True, kw_only=True)
class FunctionState(State):
    """A function as wanted or found.

    Of the environment variables that are not ours it holds the names alone. `vpc` and `dead_letter`
    are what asks of the role more than the guide does.
    """

    package_type: Annotated[str, Shown("Package type", ours=True)]
    code_sha256: Annotated[str, Shown("Code (SHA-256)", ours=True)]
    handler: Annotated[str, Shown("Handler", ours=True)]
    runtime: Annotated[str, Shown("Runtime", ours=True)]
    architecture: Annotated[str, Shown("Architecture", ours=True)]
    memory_mb: Annotated[int, Shown("Memory (MB)", ours=True)]
    timeout_seconds: Annotated[int, Shown("Timeout (seconds)", ours=True)]
    role: Annotated[str, Shown("Execution role", ours=True)]
    environment: Annotated[Tags, Shown("Environment variables", ours=True)]
    log_format: Annotated[str, Shown("Log format", ours=True)]
    log_group: Annotated[str, Shown("Log group", ours=True)]
    log_levels: Annotated[str, Shown("Log levels: application, system", ours=True)]
    state: Annotated[str, Shown("State", waited=True)]
    last_update: Annotated[str, Shown("Last update status", waited=True)]
    tags: Annotated[Tags, Shown("Tags", ours=True)]
    reason: str = ""
    """Why it is in that state, as Lambda says."""
    vpc: str = ""
    dead_letter: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Function(Step[FunctionState]):
    """Lambda › Functions › Create function.

    Code and configuration are two calls, and each closes the function to the other until Lambda is
    done with it: the second is refused, read again, and sent again. The environment is replaced as
    a whole. An architecture goes with the code. What the guide does not speak of stays as it is:
    layers, reserved concurrency, triggers, a dead-letter queue, a VPC.

    Args:
        reachable: what the role may send to, as a function's dead-letter queue asks of it.
    """

    plan: FunctionPlan
    arn: str
    owner: Owner
    code: Bundle
    role_arn: str
    role: Step[Any]
    logs: LogGroup
    reachable: tuple[str, ...] = ()

    group: ClassVar[Group] = Group.FUNCTIONS
    calls: ClassVar[Calls] = Calls(
        # GetFunction tells the tags to those alone who may list them.
        read=("lambda:GetFunction", "lambda:ListTags"),
        write=(
            "lambda:CreateFunction",
            "lambda:UpdateFunctionConfiguration",
            "lambda:UpdateFunctionCode",
            "lambda:TagResource",
            "lambda:UntagResource",
            "iam:PassRole",
        ),
        remove=("lambda:DeleteFunction",),
        create=("lambda:CreateFunction",),
    )
    fixed: ClassVar[frozenset[str]] = frozenset({"package_type"})
    transient: ClassVar[tuple[Transient, ...]] = (
        NOT_ASSUMABLE,
        POLICY_NOT_KNOWN,
        KMS_GRANT,
        *UNDER_WAY,
        MADE_MEANWHILE,
        NOT_KNOWN_EVERYWHERE,
    )

    @property
    def name(self) -> str:
        """The function's name in this stack."""
        return self.plan.name

    @property
    def key(self) -> str:
        return f"function/{self.name}"

    @property
    def title(self) -> str:
        return f"Create function {self.name}"

    @property
    def console(self) -> str:
        return f"Lambda › Functions › {self.name}"

    def console_page(self, region: str) -> str:
        return f"lambda/home?region={region}#/functions/{self.name}"

    @property
    def desired(self) -> FunctionState:
        return FunctionState(
            owner=self.owner.name,
            package_type="Zip",
            code_sha256=self.code.sha256,
            handler=self.plan.handler,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            memory_mb=MEMORY_MB,
            timeout_seconds=self.plan.timeout_seconds,
            role=self.role_arn,
            environment=tuple(sorted(self.plan.environment.items())),
            log_format="JSON",
            log_group=self.plan.log_group,
            log_levels=LOG_LEVELS,
            state="Active",
            last_update="Successful",
            tags=self.owner.chosen,
        )

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return (self.role, self.logs)

    def read(self, aws: Aws, seen: Seen) -> FunctionState | None:
        found = self.remains(aws, seen)
        return None if found is None or self.leaving(found) else found

    def remains(self, aws: Aws, seen: Seen) -> FunctionState | None:
        try:
            answer = aws.lambda_.get_function(FunctionName=self.name)
        except aws.lambda_.exceptions.ResourceNotFoundException:
            return None
        if "TagsError" in answer:
            raise Denied(
                f"Your credentials may not lambda:ListTags on {self.arn}, so that whose function "
                "it is cannot be told.",
                ASK_FOR_IT,
            )
        found = answer["Configuration"]
        tags = answer.get("Tags", {})
        logging = found.get("LoggingConfig", {})
        return FunctionState(
            owner=owner_of(tags),
            version=version_of(tags),
            package_type=found.get("PackageType", "Zip"),
            code_sha256=found["CodeSha256"],
            handler=found.get("Handler", ""),
            runtime=found.get("Runtime", ""),
            architecture=found.get("Architectures", ["x86_64"])[0],
            memory_mb=found["MemorySize"],
            timeout_seconds=found["Timeout"],
            role=found["Role"],
            environment=self._told(found.get("Environment", {}).get("Variables", {})),
            log_format=logging.get("LogFormat", "Text"),
            log_group=logging.get("LogGroup", f"/aws/lambda/{self.name}"),
            log_levels=_levels(logging),
            state=found.get("State", "Active"),
            # Absent while a function is being created, when State tells all.
            last_update=found.get("LastUpdateStatus") or "Successful",
            tags=chosen_of(tags, dict(self.owner.chosen)),
            reason=found.get("StateReason", "") or found.get("LastUpdateStatusReason", ""),
            vpc=found.get("VpcConfig", {}).get("VpcId") or "",
            dead_letter=found.get("DeadLetterConfig", {}).get("TargetArn") or "",
        )

    def hopeless(self, state: FunctionState) -> str | None:
        if "Failed" not in (state.state, state.last_update):
            return None
        return f"Lambda could not make it: {state.reason or 'it gives no reason'}"

    def obstacle(self, actual: FunctionState) -> Obstacle | None:
        if not isinstance(self.role, Role):
            return None
        asks = [f"is in {actual.vpc}"] if actual.vpc else []
        if actual.dead_letter and actual.dead_letter not in self.reachable:
            asks.append(f"has the dead-letter queue {actual.dead_letter}")
        why = f"it {' and '.join(asks)}, for which the role of this stack has no permission"
        then = "Take that away by hand, or bring a role that may with --role-arn."
        return Obstacle(why, then) if asks else None

    def _told(self, variables: Mapping[str, str]) -> Tags:
        """The environment; of variables that are not ours only that they are there.

        What somebody has added may be a secret, and a state is told: in plans, reports and errors.
        """
        ours = self.plan.environment
        return tuple(
            (key, text if key in ours else HIDDEN) for key, text in sorted(variables.items())
        )

    def apply(
        self, aws: Aws, seen: Seen, actual: FunctionState | None, drifted: frozenset[str]
    ) -> None:
        if actual is None:
            self._create(aws)
            return
        if drifted & {"tags", "owner"}:
            if stale := stale_keys(actual.tags, self.owner.chosen):
                aws.lambda_.untag_resource(Resource=self.arn, TagKeys=stale)
            aws.lambda_.tag_resource(Resource=self.arn, Tags=self.owner.tags())
        if drifted & CONFIGURATION:
            # The role is left out where it is right: sending it needs the right to pass it.
            role: dict[str, Any] = {"Role": self.role_arn} if "role" in drifted else {}
            aws.lambda_.update_function_configuration(
                FunctionName=self.name, **self._configuration(), **role
            )
        if drifted & {"code_sha256", "architecture"}:
            aws.lambda_.update_function_code(
                FunctionName=self.name, ZipFile=self.code.zipped, Architectures=[ARCHITECTURE]
            )

    def leaving(self, state: FunctionState) -> bool:
        return state.state == "Deleting"

    def busy(self, state: FunctionState) -> str | None:
        if state.state == "Pending":
            return "Lambda is still making the function"
        return UNDER_WAY[0].reason if state.last_update == "InProgress" else None

    def remove(self, aws: Aws, seen: Seen, state: FunctionState) -> None:
        """Delete the function; its policy, its asynchronous invocation and its events go along."""
        try:
            aws.lambda_.delete_function(FunctionName=self.name)
        except aws.lambda_.exceptions.ResourceNotFoundException:
            return

    def _create(self, aws: Aws) -> None:
        aws.lambda_.create_function(
            FunctionName=self.name,
            Role=self.role_arn,
            Architectures=[ARCHITECTURE],
            Code={"ZipFile": self.code.zipped},
            Tags=self.owner.tags(),
            **self._configuration(),
        )

    def _configuration(self) -> dict[str, Any]:
        return {
            "Handler": self.plan.handler,
            "Runtime": RUNTIME,
            "MemorySize": MEMORY_MB,
            "Timeout": self.plan.timeout_seconds,
            "Environment": {"Variables": dict(self.plan.environment)},
            "LoggingConfig": {
                "LogFormat": "JSON",
                "LogGroup": self.plan.log_group,
                "ApplicationLogLevel": LEVEL,
                "SystemLogLevel": LEVEL,
            },
        }


def _levels(logging: Mapping[str, str]) -> str:
    """The two levels; INFO is what Lambda takes where none is named."""
    return ", ".join(logging.get(f"{kind}LogLevel", LEVEL) for kind in ("Application", "System"))
