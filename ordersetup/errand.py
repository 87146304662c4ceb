"""On which step's behalf a call is made: told in its User-Agent, which CloudTrail keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest

_STEP: ContextVar[str] = ContextVar("step", default="")
_NOT_IN_A_TOKEN = re.compile(r"[^A-Za-z0-9._-]+")


@contextmanager
def on_behalf_of(key: str) -> Iterator[None]:
    """Whatever this thread calls meanwhile is the errand of a step."""
    before = _STEP.set(key)
    try:
        yield
    finally:
        _STEP.reset(before)


def token(key: str) -> str:
    """A step's key as the User-Agent has it (RFC 9110: a product's token)."""
    return f"step/{_NOT_IN_A_TOKEN.sub('.', key)}"


def tell(request: AWSRequest, **_: object) -> None:
    """When a request is made (botocore's `request-created`): add whose errand it is."""
    if key := _STEP.get():
        agent = request.headers["User-Agent"]
        words = agent.decode() if isinstance(agent, bytes) else agent
        request.headers.replace_header("User-Agent", f"{words} {token(key)}")
