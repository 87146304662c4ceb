"""An IAM user of the engine who runs the command line, in this process, and what was called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from click.testing import CliRunner

from ordersetup.cli import group
from ordersetup.local import ROOT_CREDENTIALS, Engine
from tests.end_to_end.command_line import REGION
from tests.end_to_end.engine_iam import CALLED_OTHERWISE, bent

NAME = "jane"
_DENIED = re.compile(
    r"(?:may not|not allowed:|not authorized to perform:|[;] ) ?([a-z0-9]+:[A-Za-z]+)"
)
_PREFIXES = {"tagging": "tag", "monitoring": "cloudwatch"}
"""IAM's names of services, where they sign their requests with another."""


@dataclass(frozen=True)
class Run:
    """What came of a command, and which operations it called."""

    code: int
    said: str
    out: str
    calls: frozenset[str]

    @property
    def denied(self) -> frozenset[str]:
        """The actions of AWS that it was refused."""
        meant = {engine: action for action, engine in CALLED_OTHERWISE.items()}
        return frozenset(meant.get(a, a) for a in _DENIED.findall(self.said))


@dataclass
class Caller:
    """Runs commands with an access key of the engine.

    Args:
        engine: where.
        key: access key and secret.
    """

    engine: Engine
    key: tuple[str, str]

    def __call__(self, *args: str) -> Run:
        variables = {
            "AWS_ENDPOINT_URL": self.engine.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.key[0],
            "AWS_SECRET_ACCESS_KEY": self.key[1],
        }
        with recorded() as calls:
            done = CliRunner().invoke(group, args, env=variables, prog_name="ordersetup")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Run(done.exit_code, done.output, done.stdout, frozenset(calls))


def root(engine: Engine) -> Caller:
    """The engine's root user."""
    return Caller(engine, ROOT_CREDENTIALS)


def client(engine: Engine, service: str, key: tuple[str, str] = ROOT_CREDENTIALS) -> Any:
    """A client of the engine."""
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=engine.endpoint_url,
        region_name=REGION,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
    )


def hired(engine: Engine) -> Caller:
    """A new IAM user, who may do nothing yet."""
    iam = client(engine, "iam")
    iam.create_user(UserName=NAME)
    made = iam.create_access_key(UserName=NAME)["AccessKey"]
    return Caller(engine, (made["AccessKeyId"], made["SecretAccessKey"]))


def hold(engine: Engine, documents: Iterable[Mapping[str, Any]]) -> None:
    """Let the user hold these documents and nothing else, turned as the engine needs them."""
    iam = client(engine, "iam")
    for old in iam.list_user_policies(UserName=NAME)["PolicyNames"]:
        iam.delete_user_policy(UserName=NAME, PolicyName=old)
    for number, document in enumerate(documents):
        iam.put_user_policy(
            UserName=NAME,
            PolicyName=f"part-{number}",
            PolicyDocument=json.dumps(bent(document, REGION)),
        )


def without(documents: Iterable[Mapping[str, Any]], actions: Iterable[str]) -> list[dict[str, Any]]:
    """The documents with some actions left out."""
    left_out = set(actions)
    return [
        {
            **document,
            "Statement": [
                {**statement, "Action": kept}
                for statement in document["Statement"]
                if (kept := [a for a in statement["Action"] if a not in left_out])
            ],
        }
        for document in documents
    ]


@contextmanager
def recorded() -> Iterator[set[str]]:
    """Every operation that any client of this process calls, as "service:Operation"."""
    calls: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own seam

    def noted(self: Any, name: str, arguments: Any) -> Any:
        service = self.meta.service_model.signing_name
        calls.add(f"{_PREFIXES.get(service, service)}:{name}")
        return call(self, name, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", noted)
        yield calls
