"""Whether the deployed endpoint answers, as a browser would ask it first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ordersetup.aws import Aws
from ordersetup.step import Calls, Group, Seen, Shown, State, Step
from ordersetup.steps.rest_api import RestApi
from ordersetup.steps.stage import Stage
from ordersetup.web import NoAnswer

IN_A_ROW = 3
"""How many answers must be right: API Gateway's nodes learn of a deployment one by one."""


@dataclass(frozen=True, kw_only=True)
class EndpointState(State):
    """What the endpoint's answers to a preflight say."""

    preflight: Annotated[str, Shown("OPTIONS /orders", waited=True)]
    allow_origin: Annotated[str, Shown("Access-Control-Allow-Origin", waited=True)]
    url: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Endpoint(Step[EndpointState]):
    """API Gateway › EcommerceAPI › Stages › prod › Invoke URL.

    A fresh deployment is served by some nodes before others: for some seconds an answer that is
    right can be followed by one that is not. The preflight is answered by API Gateway alone, so
    asking costs no function call and makes no order.
    """

    api: RestApi
    stage: Stage
    origin: str

    group: ClassVar[Group] = Group.STAGE
    calls: ClassVar[Calls] = Calls(read=(), write=())

    @property
    def key(self) -> str:
        return f"endpoint/{self.api.name}/{self.stage.name}"

    @property
    def title(self) -> str:
        return "Ask the endpoint"

    @property
    def console(self) -> str:
        return f"API Gateway › {self.api.name} › Stages › {self.stage.name} › Invoke URL"

    def console_page(self, region: str) -> str:
        return self.api.console_page(region)

    @property
    def desired(self) -> EndpointState:
        return EndpointState(preflight="200", allow_origin=self.origin)

    @property
    def needs(self) -> tuple[Step[Any], ...]:
        return (self.stage,)

    @property
    def parent(self) -> Stage:
        return self.stage

    @property
    def looks_at(self) -> tuple[Step[Any], ...]:
        return (self.api, self.stage)

    def read(self, aws: Aws, seen: Seen) -> EndpointState:
        url = aws.orders_url(seen.of(self.api).api_id, self.stage.name, self.stage.path)
        with ThreadPoolExecutor(IN_A_ROW) as pool:
            answers = list(pool.map(lambda _: self._ask(aws, url), range(IN_A_ROW)))
        wrong = next((a for a in answers if a != ("200", self.origin)), answers[0])
        return EndpointState(preflight=wrong[0], allow_origin=wrong[1], url=url)

    def apply(
        self, aws: Aws, seen: Seen, actual: EndpointState | None, drifted: frozenset[str]
    ) -> None:
        """Nothing: the deployment is on its way, and is waited for."""

    def _ask(self, aws: Aws, url: str) -> tuple[str, str]:
        try:
            answer = aws.web.ask(
                "OPTIONS",
                url,
                headers={"Origin": self._asking, "Access-Control-Request-Method": "POST"},
                timeout=aws.seconds(10),
            )
        except NoAnswer as error:
            return (error.happened.rstrip("."), "none")
        return (str(answer.status), answer.headers.get("access-control-allow-origin", "none"))

    @property
    def _asking(self) -> str:
        return "https://example.com" if self.origin == "*" else self.origin
