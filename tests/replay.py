"""An AWS that answers as it was recorded, and on demand as no document of its says it does."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import boto3
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel, Shape
from botocore.response import StreamingBody

from ordersetup.aws import Aws
from ordersetup.web import Answer, Web
from tests.stacks import REGION

Path = tuple[str | int, ...]
Spoil = Callable[[Any], Any]

GONE = object()
"""Stands for a field that is not in the answer."""

_KEY = "replay-key"
_POLICIES = ("AssumeRolePolicyDocument", "PolicyDocument", "Document")
TOO_MANY = 300
"""Calls that no survey makes: pages that never end."""


@dataclass
class _Visits(Web):
    """Notes what the deployed API answers, or answers as it was noted."""

    real: Web
    noted: dict[tuple[str, str], Answer] = field(default_factory=dict)
    recording: bool = True

    def ask(self, method: str, url: str, **how: Any) -> Answer:
        if self.recording:
            self.noted[method, url] = self.real.ask(method, url, **how)
        return self.noted.get((method, url), Answer(404, {}, b""))


class Replay:
    """Records while the body of `recording` runs, and answers the same from then on.

    Args:
        web: asks the deployed API while recording.
    """

    def __init__(self, web: Web) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        """By operation, and then by what was asked."""
        self.shapes: dict[str, Shape | None] = {}
        self._recording = True
        self._spoilt: tuple[str, Callable[[dict[str, Any]], object]] | None = None
        self._asked = 0
        session = boto3.Session("testing", "testing", region_name=REGION)
        session.events.register("before-parameter-build", self._note)
        session.events.register("before-call", self._answer)  # type: ignore[arg-type]  # may answer
        session.events.register("after-call", self._keep)
        self._visits = _Visits(web)
        self.aws = Aws(session, endpoint_url=None, web=self._visits)

    def done(self) -> None:
        """From here on nothing is recorded, and nobody else is asked."""
        self._recording = self._visits.recording = False

    def spoil(self, operation: str, how: Callable[[dict[str, Any]], object]) -> None:
        """Change each further answer of one operation, and of no other."""
        self._spoilt = (operation, how)
        self._asked = 0

    def _note(self, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context[_KEY] = repr(sorted(params.items()))

    def _answer(
        self, model: OperationModel, context: Mapping[str, Any], **_: object
    ) -> tuple[AWSResponse, Any] | None:
        if self._recording:
            return None
        self._asked += 1
        assert self._asked < TOO_MANY, f"{name_of(model)} is asked again and again"
        known = self.answers[name_of(model)]
        # A page that was never there is the first one over again.
        told = _copied(known.get(context[_KEY], next(iter(known.values()))))
        if self._spoilt and self._spoilt[0] == name_of(model):
            self._spoilt[1](told)
        _encode_policies(told)
        return AWSResponse("", told["ResponseMetadata"]["HTTPStatusCode"], {}, None), told  # type: ignore[arg-type]

    def _keep(
        self, model: OperationModel, parsed: Any, context: Mapping[str, Any], **_: object
    ) -> None:
        if self._recording:
            told = dict(parsed)
            for name, value in told.items():
                if isinstance(value, StreamingBody):
                    told[name] = value.read()
                    parsed[name] = _body(told[name])
            self.answers.setdefault(name_of(model), {})[context[_KEY]] = copy.deepcopy(told)
            self.shapes[name_of(model)] = model.output_shape


def name_of(model: OperationModel) -> str:
    """The operation as a step's `calls` write it."""
    return f"{model.service_model.signing_name}:{model.name}"


def _copied(told: dict[str, Any]) -> dict[str, Any]:
    copied = copy.deepcopy(told)
    return {k: _body(v) if isinstance(v, bytes) else v for k, v in copied.items()}


def _body(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))


def _encode_policies(told: Any) -> None:
    """IAM tells policies as a URL has them, and botocore decodes those that it has parsed."""
    for path in [path for path in fields_of(told) if path[-1] in _POLICIES]:
        if isinstance(value_at(told, path), dict | list):
            put(told, path, quote(json.dumps(value_at(told, path))))


def fields_of(told: Any, at: Path = (), depth: int = 6) -> Iterator[Path]:
    """The place of every value of an answer; of a list its first item's alone."""
    if depth == 0 or not isinstance(told, dict | list):
        return
    inside = told.items() if isinstance(told, dict) else enumerate(told[:1])
    for name, value in inside:
        if name == "ResponseMetadata":
            continue
        yield (*at, name)
        yield from fields_of(value, (*at, name), depth - 1)


def value_at(told: Any, path: Path) -> Any:
    """The value in that place; GONE if there is none."""
    for name in path:
        try:
            told = told[name]
        except (KeyError, IndexError, TypeError):
            return GONE
    return told


def put(told: Any, path: Path, value: Any) -> None:
    """Put a value in a place, or take away what is there."""
    place = value_at(told, path[:-1])
    if place is GONE or value_at(told, path) is GONE:
        return
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value


def instead_of(value: Any) -> dict[str, Any]:
    """What could stand for a value of this type, on a bad day or in a newer version."""
    match value:
        case bool():
            others: dict[str, Any] = {"a text": "true", "the other": not value}
        case int():
            others = {"a text": "many", "huge": 10**30, "negative": -1}
        case datetime():
            odd = datetime.max.replace(tzinfo=UTC)
            others = {"a text": "yesterday", "odd": odd, "of no zone": odd.replace(tzinfo=None)}
        case str():
            others = {"empty": "", "unknown": "SOMETHING_NEW", "a number": 7, "JSON": "[1]"}
            others |= {"a list": []}
        case list():
            others = {"empty": [], "a text": "x", "of nothing": [None], "an object": {}}
        case dict():
            others = {"empty": {}, "a text": "x", "a list": [], "unknown": {"New": {"x": [1]}}}
        case bytes():
            others = {"empty": _body(b""), "HTML": _body(b"<html>"), "a list": _body(b"[1]")}
        case _:
            others = {}
    return others


def sample(shape: Shape, depth: int = 4) -> Any:
    """Something of that shape."""
    kind = shape.type_name
    if kind == "structure":
        members = getattr(shape, "members", {}) if depth else {}
        return {name: sample(member, depth - 1) for name, member in members.items()}
    if kind == "list":
        return [sample(shape.member, depth - 1)] if depth else []  # type: ignore[attr-defined]
    simple: dict[str, Any] = {"boolean": True, "timestamp": datetime(2026, 1, 1, tzinfo=UTC)}
    simple |= dict.fromkeys(("integer", "long", "float", "double"), 3) | {"map": {"x": "y"}}
    return simple.get(kind, "SOMETHING_NEW")
