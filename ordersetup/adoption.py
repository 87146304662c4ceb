"""Taking over what others have made: what would change, and what is kept of it beforehand.

What a person has made is read whole and written to a folder of this machine before the first write
to AWS: code, policies, configurations, and what differed. Secrets in it go to these files alone.
"""

from __future__ import annotations

import csv
import io
import json
import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from ordersetup.aws import Aws
from ordersetup.conflicts import Foreign, Surveyed, foreign_of
from ordersetup.errors import OrdersetupError
from ordersetup.masked import masked
from ordersetup.permissions import Uses
from ordersetup.step import Seen
from ordersetup.steps.additions import FunctionAdditions, FunctionAdditionsState
from ordersetup.steps.functions import Function
from ordersetup.steps.permission import InvokePermission
from ordersetup.steps.rest_api import RestApi, RestApiState
from ordersetup.steps.role import Role
from ordersetup.values import value
from ordersetup.web import NoAnswer

_FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
USES: Uses = {
    "lambda:GetFunction": _FUNCTIONS,
    "lambda:ListTags": _FUNCTIONS,
    "lambda:GetPolicy": _FUNCTIONS,
    "lambda:ListEventSourceMappings": (),
    "apigateway:GetResources": (),
    "apigateway:GetGatewayResponses": (),
    "iam:GetRole": ("*",),
    "iam:ListRolePolicies": ("*",),
    "iam:GetRolePolicy": ("*",),
    "iam:ListAttachedRolePolicies": ("*",),
}
"""What is asked of AWS beside the survey; the role that a function has may have any name."""

DOWNLOAD_SECONDS = 300
"""For one function's code, which may have 50 MB."""

_KEPT = {
    "VpcConfig": ("VpcId", "VPC"),
    "FileSystemConfigs": ("Arn", "file systems"),
    "Layers": ("Arn", "layers"),
}
"""Parts of a function's configuration that stay, by the field that names them, and their word."""


@dataclass(frozen=True)
class File:
    """A file in a function's code: its name, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Found:
    """What was read of what others have made.

    Args:
        files: by name, what is to be written to the folder.
        code: the files in each function's code.
        left: what stays as it is, a sentence each.
    """

    files: Mapping[str, bytes]
    code: Mapping[str, tuple[File, ...]]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Adoption:
    """What is taken over, and what was read of it.

    Args:
        resources: what bears no tag, and what differs in it.
        found: its code and documents.
    """

    resources: tuple[Foreign, ...]
    found: Found


def adoption_of(aws: Aws, surveyed: Sequence[Surveyed]) -> Adoption | None:
    """Read what is to be taken over; None if all that stands is ours.

    Raises:
        OrdersetupError: the code of a function could not be had.
        ClientError: AWS refused to tell of it.
    """
    resources = foreign_of(surveyed)
    if not resources:
        return None
    functions = [r.step for r in resources if isinstance(r.step, Function)]
    roles = [r.step.name for r in resources if isinstance(r.step, Role)]
    files = {"differences.csv": _table(resources), **_apis(aws, surveyed)}
    code: dict[str, tuple[File, ...]] = {}
    left: list[str] = []
    runs_with: dict[str, list[str]] = {}
    seen = Seen()
    for step, state in surveyed:
        seen.note(step, state)
    permissions = {s.function: s for s, _ in surveyed if isinstance(s, InvokePermission)}
    for function in functions:
        answer: dict[str, Any] = {**aws.lambda_.get_function(FunctionName=function.name)}
        package = _code(aws, function.name, answer)
        files[f"{function.name}.zip"] = package
        files |= _documents(aws, function.name, answer)
        code[function.name] = _listing(package)
        additions = FunctionAdditions(function=function, permission=permissions.get(function))
        left += _left(additions, additions.read(aws, seen), answer)
        if (role := answer["Configuration"]["Role"]) != function.role_arn:
            runs_with.setdefault(role, []).append(function.name)
    for name in sorted({*roles, *(arn.rpartition("/")[2] for arn in runs_with)}):
        files[f"{name}.role.json"] = _role(aws, name)
    left += [
        f"The role {arn.rpartition('/')[2]}, with which {_listed(names)} ran, is left untouched; "
        "this stack needs it no more."
        for arn, names in runs_with.items()
    ]
    return Adoption(resources, Found(files, code, tuple(masked(line) for line in left)))


def check_unchanged(adoption: Adoption, surveyed: Sequence[Surveyed]) -> None:
    """Refuse to go on where what stands is no more what was shown.

    Raises:
        OrdersetupError: it has changed meanwhile.
    """
    if foreign_of(surveyed) != adoption.resources:
        raise OrdersetupError(
            "What is to be taken over has changed since it was shown. Nothing was changed by us.",
            "Look at it again with: ordersetup provision --adopt",
        )


def save(found: Found, folder: Path) -> None:
    """Write everything to a folder, readable by its owner alone; nothing is overwritten.

    Raises:
        OrdersetupError: it could not be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in found.files.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
    except OSError as error:
        raise OrdersetupError(
            f"What is to be replaced could not be saved in {folder}: {error.strerror}. "
            "Nothing was changed.",
            "Give another folder, that does not exist yet, with --save-to DIR.",
        ) from error


def _code(aws: Aws, name: str, answer: Mapping[str, Any]) -> bytes:
    """A function's code, proven by its hash. The address is a secret: it is signed."""
    address = answer["Code"].get("Location", "")
    try:
        download = aws.web.ask("GET", address, timeout=DOWNLOAD_SECONDS)
    except NoAnswer as error:
        reason = error.reason.replace(address, "its address")
    else:
        digest = b64encode(sha256(download.body).digest()).decode()
        if digest == answer["Configuration"]["CodeSha256"]:
            return download.body
        reason = (
            f"it was answered {download.status}"
            if download.status != 200
            else "what came has another hash than Lambda tells"
        )
    raise OrdersetupError(
        f"The code of {name} could not be saved before it is replaced: {reason}. "
        "Nothing was changed.",
        "Check the network, then run it again.",
    )


def _documents(aws: Aws, name: str, answer: Mapping[str, Any]) -> dict[str, bytes]:
    kept = {key: answer[key] for key in ("Configuration", "Tags", "Concurrency") if key in answer}
    documents = {f"{name}.configuration.json": _json(kept)}
    try:
        policy = aws.lambda_.get_policy(FunctionName=name)["Policy"]
    except aws.lambda_.exceptions.ResourceNotFoundException:
        return documents
    return documents | {f"{name}.policy.json": _json(json.loads(policy))}


def _left(
    additions: FunctionAdditions, found: FunctionAdditionsState, answer: Mapping[str, Any]
) -> list[str]:
    """What a person has added to a function, which no step touches."""
    configuration = answer["Configuration"]
    kept: dict[str, object] = {}
    for key, (names, word) in _KEPT.items():
        parts = configuration.get(key) or []
        listed = parts if isinstance(parts, list) else [parts]
        kept[word] = tuple(part[names] for part in listed if part.get(names))
    # Its checks are what others have added: whatever does not hold is there.
    kept |= {check.label: check.actual for check in additions.checks(found) if not check.holds}
    return [
        f"{additions.function.name} keeps {word}: {value(what)}."
        for word, what in kept.items()
        if what != ()
    ]


def _role(aws: Aws, name: str) -> bytes:
    """A role with all its policies; those attached by their names alone, since they stay."""
    try:
        role = aws.iam.get_role(RoleName=name)["Role"]
    except aws.iam.exceptions.NoSuchEntityException:
        return _json({"Role": None})
    inline = [
        policy
        for page in aws.iam.get_paginator("list_role_policies").paginate(RoleName=name)
        for policy in page["PolicyNames"]
    ]
    attached = [
        policy["PolicyArn"]
        for page in aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        for policy in page["AttachedPolicies"]
    ]
    documents = {
        policy: aws.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in inline
    }
    return _json({"Role": role, "InlinePolicies": documents, "AttachedPolicies": attached})


def _apis(aws: Aws, surveyed: Sequence[Surveyed]) -> dict[str, bytes]:
    return {
        f"{step.name}.api.json": _api(aws, state.api_id)
        for step, state in surveyed
        if isinstance(step, RestApi) and isinstance(state, RestApiState) and state.owner is None
    }


def _api(aws: Aws, api_id: str) -> bytes:
    """An API's methods with their mappings, and its gateway responses."""
    pages = aws.apigateway.get_paginator("get_resources").paginate(
        restApiId=api_id, embed=["methods"]
    )
    resources = [resource for page in pages for resource in page["items"]]
    answers = aws.apigateway.get_gateway_responses(restApiId=api_id, limit=500)["items"]
    return _json({"Resources": resources, "GatewayResponses": answers})


def _table(resources: Sequence[Foreign]) -> bytes:
    """What differed, as a table: was, and becomes."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("resource", "step", "attribute", "was", "becomes"))
    for resource in resources:
        for step, check in ((d.step, d.check) for d in resource.differences):
            told = (
                ("", "is missing", "exists")
                if check is None
                else (check.label, value(check.actual), value(check.expected))
            )
            rows.writerow(masked((resource.step.console, step.title, *told)))
    return text.getvalue().encode()


def _listing(package: bytes) -> tuple[File, ...]:
    """The files in a zip, their names without what a terminal would obey."""
    try:
        with ZipFile(io.BytesIO(package)) as archive:
            inside = [entry for entry in archive.infolist() if not entry.is_dir()]
    except BadZipFile:
        return (File("(no zip)", len(package)),)
    return tuple(
        File("".join(c if c.isprintable() else "?" for c in entry.filename), entry.file_size)
        for entry in inside
    )


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True, default=str) + "\n").encode()


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
