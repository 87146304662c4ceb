"""What goes between our clients and AWS in a test: recorded, and disturbed on demand."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import IncompleteReadError, ReadTimeoutError
from botocore.model import OperationModel
from moto.apigateway.models import apigateway_backends
from moto.awslambda.models import lambda_backends

from ordersetup.aws import Aws
from ordersetup.web import Answer, Web
from tests.stacks import ACCOUNT, REGION

Bend = Callable[[dict[str, Any]], object]


class Weather(Protocol):
    """Stands between our clients and AWS."""

    def answer(self, model: OperationModel, request: Mapping[str, Any]) -> Any:
        """The answer to a call, before it has any effect; None lets it pass."""


class Cut(BaseException):
    """The program is ended from outside, wherever it is."""


@dataclass
class Wire:
    """What goes between our clients and AWS: recorded, and disturbed on demand.

    Operations are called "service:Operation", as in a step's `calls`.
    """

    calls: list[str] = field(default_factory=list)
    requests: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last arguments of each operation."""
    weather: Weather | None = None
    _refusals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _lost: Counter[str] = field(default_factory=Counter)
    _bends: dict[str, list[Bend]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    """The calls that may change something, each by a name that is the same in every run."""
    _killed_before: str | None = None
    _killed_after: str | None = None
    _dead: bool = False
    _broken_off: str | None = None
    _lossy: bool = False
    _heard: set[str] = field(default_factory=set)
    _held: tuple[str, Callable[[], object]] | None = None
    _here: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def refuse(
        self, operation: str, code: str, message: str, *, times: int = 1, status: int = 400
    ) -> None:
        """Answer the next calls of an operation with an error of AWS, without any effect."""
        answer: dict[str, Any] = {
            "Error": {"Code": code, "Message": message, **_newer_name(code)},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        self._refusals.setdefault(operation, []).extend([answer] * times)

    def answer(self, operation: str, told: Mapping[str, Any], *, times: int = 1) -> None:
        """Answer the next calls of an operation that moto has not, or not as a test needs it."""
        answer = {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}, **told}
        self._refusals.setdefault(operation, []).extend([answer] * times)

    def lose(self, operation: str) -> None:
        """Let the next request of an operation have its effect, and lose the answer."""
        self._lost[operation] += 1

    def kill(self, call: str, *, answered: bool) -> None:
        """End the program, by `Cut`, at a call of `writes`; none of its threads calls any more.

        Args:
            call: which.
            answered: whether the call has its effect; else it never reaches AWS.
        """
        if answered:
            self._killed_after = call
        else:
            self._killed_before = call

    def break_off(self, call: str) -> None:
        """Let a call of `writes` have its effect, and break its answer off; it is told once."""
        self._broken_off = call

    def lose_each_once(self) -> None:
        """Let each call of `writes` have its effect, and lose the answer the first time."""
        self._lossy = True

    def hold(self, call: str, deed: Callable[[], object]) -> None:
        """Hold the whole program up right before a call of `writes`, and do something meanwhile."""
        self._held = (call, deed)

    def bend(self, operation: str, *bends: Bend) -> None:
        """Change the next answers of an operation, one after another, before they are read."""
        self._bends.setdefault(operation, []).extend(bends)

    @property
    def undisturbed(self) -> bool:
        """Whether all the weather that was ordered has come."""
        ordered = (self._killed_before, self._killed_after, self._broken_off, self._held)
        came = not (any(self._refusals.values()) or +self._lost or any(self._bends.values()))
        return came and not any(ordered)

    @property
    def dead(self) -> bool:
        """Whether the program was ended by `kill`, and so neither calls AWS nor asks the API."""
        return self._dead

    def forget(self) -> None:
        """Begin anew: no calls, no weather."""
        self.calls.clear()
        self.writes.clear()
        self.requests.clear()
        self._refusals.clear()
        self._lost.clear()
        self._bends.clear()
        self.weather = None
        self._killed_before = self._killed_after = self._broken_off = self._held = None
        self._dead = self._lossy = False
        self._heard.clear()

    def watch(self, session: boto3.Session) -> None:
        """Listen to every client that the session will make."""
        session.events.register("before-parameter-build", self._asked)
        session.events.register("before-call", self._before)  # type: ignore[arg-type]  # may answer
        session.events.register("before-send", self._sent)
        session.events.register("after-call", self._after)
        session.events.register("after-call-error", self._over)

    def _asked(self, params: Mapping[str, Any], model: OperationModel, **_: object) -> None:
        self.requests[operation_of(model)] = dict(params)
        self._here.call = None if is_read(model.name) else named(operation_of(model), params)

    def _before(
        self, model: OperationModel, params: Mapping[str, Any], **_: object
    ) -> tuple[AWSResponse, Any] | None:
        operation = operation_of(model)
        self._begin(operation)
        if not self._refusals.get(operation):
            return self.weather.answer(model, params) if self.weather else None
        answer = self._refusals[operation].pop(0)
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        return AWSResponse("", status, {}, None), answer  # type: ignore[arg-type]  # never read

    def _begin(self, operation: str) -> None:
        with self._lock:
            call = self._here.call
            if call is not None and not is_poll(call):
                # The same call again, such as one that was refused, is another moment of the run.
                again = sum(made.partition(" (")[0] == call for made in self.writes)
                self._here.call = call = f"{call} ({again + 1})" if again else call
            if call is not None and call == self._killed_before:
                self._die()
            if self._dead:
                raise Cut
            self.calls.append(operation)
            if call is not None:
                self.writes.append(call)
        if self._held is not None:
            self._take_turns(call)

    def _die(self) -> None:
        self._killed_before = self._killed_after = None
        self._dead = True

    def _take_turns(self, call: str | None) -> None:
        """While something is to happen meanwhile, one call is made at a time."""
        self._turn.acquire()
        self._here.turn = True
        if self._held is not None and self._held[0] == call:
            _, deed = self._held
            self._held = None
            try:
                deed()
            except BaseException:
                self._over()
                raise

    def _over(self, **_: object) -> None:
        if getattr(self._here, "turn", False):
            self._here.turn = False
            self._turn.release()

    def _sent(self, event_name: str, **_more: object) -> None:
        """Runs after moto has done what was asked, and before anyone has heard of it."""
        if self._here.call is not None:
            self._answer(self._here.call)
        _, service, name = event_name.split(".")
        operation = f"{_PREFIXES.get(service, service)}:{name}"
        if self._lost[operation]:
            self._lost[operation] -= 1
            raise ReadTimeoutError(endpoint_url=f"https://{service}.example")

    def _answer(self, call: str) -> None:
        if call == self._killed_after:
            self._die()
            raise Cut
        if call == self._broken_off:
            # What it has begun to read botocore does not ask for again, unlike what never came.
            self._broken_off = None
            raise IncompleteReadError(actual_bytes=0, expected_bytes=1)
        if self._lossy and call not in self._heard and not is_poll(call):
            self._heard.add(call)
            raise ReadTimeoutError(endpoint_url="https://aws.example")

    def _after(self, model: OperationModel, parsed: dict[str, Any], **_: object) -> None:
        if bends := self._bends.get(operation_of(model)):
            bends.pop(0)(parsed)
        self._over()


def _newer_name(code: str) -> dict[str, str]:
    """What SQS's JSON protocol tells beside the query protocol's code; exceptions go by it."""
    names = {
        "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
        "AWS.SimpleQueueService.QueueDeletedRecently": "QueueDeletedRecently",
        "QueueAlreadyExists": "QueueNameExists",
    }
    return {"QueryErrorCode": names[code]} if code in names else {}


_CODE = "https://awslambda-"
_READS = ("Get", "List", "Describe", "Query", "Scan", "Simulate", "Filter")
_SIGNED_AS = {"monitoring": "cloudwatch"}
_PREFIXES = {
    "resource-groups-tagging-api": "tagging",
    "api-gateway": "apigateway",
    "sesv2": "ses",
    "cloudwatch-logs": "logs",
}


_POLLS = ("ReceiveMessage", "ChangeMessageVisibilityBatch")
"""Made as often as time allows, so how often says nothing. The answer to one that is lost hides
messages for longer than a test lasts."""

_TARGETS = (
    *("TableName", "QueueName", "QueueUrl", "TopicArn", "Name", "RoleName", "FunctionName"),
    *("logGroupName", "EmailIdentity", "name", "ResourceArn", "resourceArn", "Resource"),
    *("Endpoint", "pathPart", "httpMethod", "responseType", "stageName"),
)
"""The parameters that name what a call is about, as far as they are the same in every run."""

_RANDOM = re.compile(r"(?<=OrderProcessingDrill-)[0-9a-f]{12}|(?<=restapis/)[a-z0-9]{10}")


def is_read(name: str) -> bool:
    """Whether an operation changes nothing."""
    return name.startswith(_READS)


def is_poll(call: str) -> bool:
    """Whether a call is made as often as time allows."""
    return call.partition(" ")[0].endswith(_POLLS)


def named(operation: str, params: Mapping[str, Any]) -> str:
    """A call by its operation and what it is about."""
    about = [_RANDOM.sub("*", str(params[key])) for key in _TARGETS if key in params]
    return " ".join([operation, *(re.split(r"[/:](?=[^/:]+$)", word)[-1] for word in about)])


def operation_of(model: OperationModel) -> str:
    """An operation as a step's `calls` write it."""
    service = model.service_model.signing_name
    return f"{_SIGNED_AS.get(service, service)}:{model.name}"


class Watched(Aws):
    """The seam whose every word goes over the wire: calls of AWS, and what the API is asked.

    Args:
        session: that the wire watches.
        wire: where the program can be ended.
        web: asks the deployed API.
    """

    def __init__(self, session: boto3.Session, wire: Wire, web: Web) -> None:
        self._wire = wire
        super().__init__(session, endpoint_url=None, web=web)

    @property
    def web(self) -> Web:
        """What asks the deployed API; a program that is dead asks nothing."""
        return self._web

    @web.setter
    def web(self, web: Web) -> None:
        self._web = web
        if "ask" in vars(web):
            return
        ask = web.ask

        def asked(*args: Any, **how: Any) -> Answer:
            if self._wire.dead:
                raise Cut
            return ask(*args, **how)

        web.ask = asked  # type: ignore[method-assign]  # of this one alone


class Visitor(Web):
    """Asks the deployed API as a browser does; answered from the stage's deployment.

    Args:
        region: where the stack stands that it visits.
    """

    def __init__(self, region: str = REGION) -> None:
        super().__init__()
        self.region = region
        self.answers: list[Answer] = []
        """Given first, in this order, before the API's own."""

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **_: Any
    ) -> Answer:
        """The stage's answer to OPTIONS: the origin that the mock integration is told to send.

        To GET it is API Gateway's refusal, since no path of ours takes it, or a function's code.
        """
        if method == "GET":
            return self._code(url) if url.startswith(_CODE) else self._refused(url)
        assert method == "OPTIONS"
        assert headers is not None
        assert {"Origin", "Access-Control-Request-Method"} <= headers.keys()
        if self.answers:
            return self.answers.pop(0)
        host, stage, path = url.removeprefix("https://").split("/")
        api = apigateway_backends[ACCOUNT][self.region].get_rest_api(host.partition(".")[0])
        if stage not in api.stages:
            return Answer(403, {}, b'{"message":"Forbidden"}')
        # Our correction of moto keeps what a deployment serves.
        deployment: Any = api.deployments[api.stages[stage].deployment_id or ""]
        resource = next(r for r in deployment.served.values() if r.path_part == path)
        mapped = resource.get_integration("OPTIONS").get_integration_response("200")
        origin = mapped.response_parameters["method.response.header.Access-Control-Allow-Origin"]
        return Answer(200, {"access-control-allow-origin": origin.strip("'")}, b"")

    def _code(self, url: str) -> Answer:
        """What Code.Location leads to."""
        key = url.rpartition("/")[2]
        functions = lambda_backends[ACCOUNT][self.region].list_functions()
        return next(Answer(200, {}, f.code_bytes) for f in functions if f.code["S3Key"] == key)

    def _refused(self, url: str) -> Answer:
        """What API Gateway says by itself, with the headers that the deployment gives it."""
        host, stage, _ = url.removeprefix("https://").split("/")
        api = apigateway_backends[ACCOUNT][self.region].get_rest_api(host.partition(".")[0])
        deployment: Any = api.deployments[api.stages[stage].deployment_id or ""]
        refusal = deployment.refusals.get("DEFAULT_4XX")
        given = (refusal.response_parameters if refusal else None) or {}
        origin = given.get("gatewayresponse.header.Access-Control-Allow-Origin")
        headers = {"access-control-allow-origin": origin.strip("'")} if origin else {}
        return Answer(403, headers, b'{"message":"Missing Authentication Token"}')
