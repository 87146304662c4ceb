"""What an export has written, and the commands that go on from there."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ordersetup.blueprint import Names
from ordersetup.export.exported import CODE, IMPORT_TEMPLATE, TEMPLATE, TO_IMPORT, Exported
from ordersetup.views.console import console
from ordersetup.views.json_lines import write


@dataclass(frozen=True)
class Told:
    """An export and its circumstances.

    Args:
        exported: what was made.
        form: cloudformation or terraform.
        folder: where it was written.
        names: the stack's.
        account: the account.
        local: whether that is the embedded engine's.
        missing: how many of the steps are missing; all of them if the stack does not stand.
        steps: how many steps there are.
        drifted: how many of those that stand differ from what was exported.
        again: the command that exports anew.
        provision: the command that makes the stack stand as it shall.
    """

    exported: Exported
    form: str
    folder: Path
    names: Names
    account: str
    local: bool
    missing: int
    steps: int
    drifted: int
    again: str
    provision: str


def tell_exported(told: Told, *, json: bool, color: bool) -> None:
    """Write to stdout what was written, and how to go on.

    Args:
        told: the export.
        json: as one JSON object, else for people.
        color: whether colour may be used.
    """
    if json:
        write(exported_fields(told))
        return
    out = console(color=color)
    exported = told.exported
    out.print(f"[bold]Written to[/bold] {told.folder}: ", end="")
    out.print(", ".join(exported.files), markup=False)
    for remark in remarks(told):
        out.print(f"  • {remark}", markup=False)
    out.print("\n[bold]Next[/bold]")
    for command in commands(told):
        out.print(f"  {command}", markup=False)


def remarks(told: Told) -> list[str]:
    """What a person should know of the export, one sentence each."""
    said = []
    exported = told.exported
    if told.local:
        said.append(
            "This describes the stack of the embedded engine on this machine, and no AWS account: "
            "its ARNs and ids are the engine's."
        )
    if told.form == "cloudformation":
        said.append(f"BUCKET below stands for an S3 bucket of yours in {told.names.region}.")
    if told.missing:
        how = "does not stand" if told.missing == told.steps else "stands in part"
        said.append(
            f"The stack {how}, so that there is nothing to import yet. "
            f"To take it over: {told.provision}, then {told.again}"
        )
    else:
        said.append(f"{exported.imports} resources that stand are taken over as they are.")
    if exported.later:
        said.append(
            f"Not imported, but made by what follows: {', '.join(exported.later)} "
            "(an e-mail subscription has no ARN before it is confirmed)."
        )
    if told.drifted:
        steps = "1 step differs" if told.drifted == 1 else f"{told.drifted} steps differ"
        said.append(
            f"{steps} from what was exported, and would be changed. First: {told.provision}"
        )
    return said


def commands(told: Told) -> Sequence[str]:
    """The commands that go on from an export, to paste."""
    if told.form == "cloudformation":
        return _cloudformation(told)
    folder = shlex.quote(str(told.folder))
    return [f"terraform -chdir={folder} init", f"terraform -chdir={folder} plan"]


def _cloudformation(told: Told) -> list[str]:
    folder, where = told.folder, f"--region {told.names.region}"
    name = f"--stack-name orders-{told.names.stack}"
    given = "--capabilities CAPABILITY_NAMED_IAM --parameters "
    given += "ParameterKey=CodeBucket,ParameterValue=BUCKET"

    def file(name: str) -> str:
        return shlex.quote(f"file://{folder / name}")

    key = told.exported.code_key
    upload = f"aws s3 cp {shlex.quote(str(folder / CODE))} s3://BUCKET/{key} {where}"
    aws = f"aws cloudformation {{}} {name} {where}"
    if not told.exported.imports:
        return [
            upload,
            f"{aws.format('create-stack')} --template-body {file(TEMPLATE)} {given}",
        ]
    change = "--change-set-name import"
    return [
        upload,
        f"{aws.format('create-change-set')} {change} --change-set-type IMPORT "
        f"--template-body {file(IMPORT_TEMPLATE)} --resources-to-import {file(TO_IMPORT)} {given}",
        f"{aws.format('wait change-set-create-complete')} {change}",
        f"{aws.format('execute-change-set')} {change}",
        aws.format("wait stack-import-complete"),
        f"{aws.format('update-stack')} --template-body {file(TEMPLATE)} {given}",
    ]


def exported_fields(told: Told) -> dict[str, Any]:
    """The export as documented in docs/json.md."""
    return {
        "type": "exported",
        "stack": told.names.stack,
        "account": told.account,
        "region": told.names.region,
        "format": told.form,
        "folder": str(told.folder),
        "files": list(told.exported.files),
        "stands": not told.missing,
        "imports": told.exported.imports,
        "later": list(told.exported.later),
        "drifted": told.drifted,
        "remarks": remarks(told),
        "commands": list(commands(told)),
    }
